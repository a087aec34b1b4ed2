"""XML that strangers made, parsed as it comes: without entities, and refused where it is broken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from xml.parsers import expat

from niangjia.kernel.errors import Refused

_DEEPEST = 100
_LONGEST_TAG = 4 * 1024 * 1024


def damaged() -> Refused:
    return Refused("sheet.damaged", "文件已损坏或没有传完整。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。", "file")


class Document:
    """Listens to a document that is fed piece by piece. Sub-classes say what they make of its elements.

    They come by their names in the namespace of the first of them; those of others come as ''.
    """

    def __init__(self) -> None:
        self.is_utf8 = True
        self._depth = 0
        self._fed = 0
        self._namespace = ""
        self._names: dict[str, str] = {}
        self._parser = made = expat.ParserCreate(namespace_separator=" ")
        made.buffer_text = True
        made.buffer_size = 65536
        made.XmlDeclHandler = self._declared
        made.StartDoctypeDeclHandler = _refuse_doctype
        made.StartElementHandler = self._started
        made.EndElementHandler = self._ended
        made.CharacterDataHandler = self.text

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, said: str) -> None:
        """Some characters, perhaps not all of an element's."""

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        """Raises Refused where it is broken, or made to keep us busy."""
        self._fed += len(piece)
        try:
            self._parser.Parse(piece, final)
        except (expat.ExpatError, LookupError):  # the latter for encodings that there aren't
            raise damaged() from None
        if self._depth > _DEEPEST or self._fed - self._parser.CurrentByteIndex > _LONGEST_TAG:
            raise damaged()

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.is_utf8 = (encoding or "utf-8").lower() == "utf-8"

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if not self._names:
            self._namespace = name.rpartition(" ")[0]
        if name not in self._names:
            namespace, _, local = name.rpartition(" ")
            self._names[name] = local if namespace == self._namespace else ""
        self.start(self._names[name], attributes)

    def _ended(self, name: str) -> None:
        self._depth -= 1
        self.end(self._names[name])


def _refuse_doctype(*_: object) -> None:
    """No workbook has a document type."""
    raise Refused(
        "sheet.entities",
        "文件里有工作簿不该有的内容（DTD），为安全起见不能读取。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
        "file",
    )


class _Elements(Document):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.found.append((name, {key.rpartition(" ")[2]: value for key, value in attributes.items()}))


def elements(pieces: Iterable[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """The elements of a small document in order, with their attributes by local name."""
    document = _Elements()
    for piece in pieces:
        document.feed(piece)
        yield from document.found
        document.found.clear()
    document.feed(b"", final=True)


# For those who read plain stretches of a document without a parser

_NEVER = bytes(set(range(32)) - {9, 10, 13})
_NOT_HERE = ("\ufffe".encode(), "\uffff".encode(), b"]]>")
_REFERENCE = re.compile("&(lt|gt|amp|quot|apos|#10);")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "#10": "\n"}
_LONGEST_TEXT = 40_000


def sound_text(xml: bytes) -> str | None:
    """Decoded, or None where a parser would object to a character."""
    if xml.translate(None, _NEVER) != xml or any(each in xml for each in _NOT_HERE):
        return None
    try:
        return xml.decode()
    except UnicodeDecodeError:
        return None


def plain_text(text: str) -> str | None:
    """What stands between two tags as a parser would give it, or None where it would take thought."""
    if "&" in text:
        if text.count("&") != len(_REFERENCE.findall(text)):
            return None
        text = _REFERENCE.sub(lambda match: _NAMED[match[1]], text)
    return None if "\r" in text or len(text) > _LONGEST_TEXT else text
