"""XML that strangers made, parsed as it comes: without entities, and refused where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from niangjia.kernel.errors import Refused

Parser = expat.XMLParserType


def damaged() -> Refused:
    return Refused("sheet.damaged", "文件已损坏或没有传完整。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。", "file")


def parser() -> Parser:
    """Names come as 'namespace local', attributes as a flat list. No workbook has a document type: none is taken."""
    made = expat.ParserCreate(namespace_separator=" ")
    made.buffer_text = True
    made.buffer_size = 65536
    made.ordered_attributes = True
    made.StartDoctypeDeclHandler = _refuse_doctype
    return made


def _refuse_doctype(*_: object) -> None:
    raise Refused(
        "sheet.entities",
        "文件里有工作簿不该有的内容（DTD），为安全起见不能读取。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
        "file",
    )


def parse(made: Parser, piece: bytes, *, final: bool = False) -> None:
    try:
        made.Parse(piece, final)
    except (expat.ExpatError, LookupError):  # the latter for encodings that there aren't
        raise damaged() from None


def fed(made: Parser, pieces: Iterable[bytes]) -> Iterator[None]:
    """Parses piece after piece and pauses in between."""
    for piece in pieces:
        parse(made, piece)
        yield
    parse(made, b"", final=True)
    yield


def elements(pieces: Iterable[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """The elements of a small document in order, by local name, with their attributes by local name."""
    found: list[tuple[str, dict[str, str]]] = []
    made = parser()
    made.StartElementHandler = _collector(found)
    for _ in fed(made, pieces):
        yield from found
        found.clear()


def _collector(found: list[tuple[str, dict[str, str]]]) -> Callable[[str, list[str]], None]:
    def start(name: str, attributes: list[str]) -> None:
        found.append((local(name), dict(zip(map(local, attributes[::2]), attributes[1::2], strict=True))))

    return start


def local(name: str) -> str:
    return name.rpartition(" ")[2]
