"""CSV in the encodings and with the delimiters that Chinese offices meet."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.inert import as_meant
from niangjia.kernel.sheets.worksheet import Merged

_PIECE = 1024 * 1024
_PROBED = 64 * 1024
_PROBED_ROWS = 20
_DELIMITERS = ",;\t"
_BROKEN = "请用 Excel 打开并改正，另存为 .xlsx 后再上传。"

# A few Chinese characters in a row that are right in UTF-8 are no accident of another encoding.
_SURELY_UTF8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){3}")


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written, to write it back alike. Without a better reason as Excel reads it."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","


class DelimitedText:
    """A CSV whose encoding and delimiter are found out on opening: the file is read through once."""

    kind = "csv"
    merged: Sequence[Merged] = ()

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            head = file.read(_PROBED)
        encoding, lines, self._odd_quotes = _scanned(path, head)
        self.dialect = Dialect(encoding, _delimiter(_text_of(head, encoding)))
        self.total: int | None = lines

    def rows(self, upto: int | None = None) -> Iterator[tuple[int, list[str]]]:
        """Records counted as a spreadsheet shows them; a line break within quotes begins no new one."""
        # Strict only where quotes don't pair: then one of them would swallow the rows that follow.
        number = 0
        with self._path.open(encoding=self.dialect.encoding, newline="", buffering=_PIECE) as file:
            reader = csv.reader(file, delimiter=self.dialect.delimiter, strict=self._odd_quotes)
            try:
                for number, cells in enumerate(reader, start=1):
                    joined = "".join(cells)
                    if not joined or joined.isspace():
                        continue
                    yield number, [as_meant(cell) for cell in cells] if "'" in joined else cells
            except csv.Error:
                raise Refused(
                    "sheet.quotes", f"第 {number + 1} 行附近的双引号没有成对，后面的内容读不出来。{_BROKEN}", "file"
                ) from None


def _scanned(path: Path, head: bytes) -> tuple[str, int, bool]:
    """The encoding, an upper bound of the rows, and whether a quotation mark is left without its pair."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _read_through(path, "utf-16")
    signed = head.startswith(codecs.BOM_UTF8)
    try:
        return _read_through(path, "utf-8-sig" if signed else "utf-8")
    except _Undecodable as broken:
        if signed or broken.surely_utf8:
            raise _bad_character(broken.line) from None
    try:
        return _read_through(path, "gb18030")
    except _Undecodable as broken:
        raise _bad_character(broken.line) from None


class _Undecodable(Exception):
    def __init__(self, line: int, *, surely_utf8: bool) -> None:
        super().__init__(line)
        self.line = line
        self.surely_utf8 = surely_utf8


def _read_through(path: Path, encoding: str) -> tuple[str, int, bool]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, quotes, surely = 0, 0, False
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                right = error.object[: error.start]
                line = lines + right.count(b"\n") + 1
                raise _Undecodable(line, surely_utf8=surely or bool(_SURELY_UTF8.search(right))) from None
            if "\0" in text:
                line = lines + text[: text.index("\0")].count("\n") + 1
                raise Refused(
                    "sheet.nul", f"第 {line} 行附近有不属于文字的内容（空字符），文件可能已损坏。{_BROKEN}", "file"
                )
            surely = surely or bool(_SURELY_UTF8.search(piece))
            lines += max(text.count("\n"), text.count("\r"))
            quotes += text.count('"')
            if not piece:
                return encoding, lines + 1, quotes % 2 == 1


def _bad_character(line: int) -> Refused:
    return Refused("sheet.encoding", f"第 {line} 行附近的文字编码与文件的其他部分不一致，读不出来。{_BROKEN}", "file")


def _text_of(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(head)


def _delimiter(head: str) -> str:
    """That which makes the most rows of one width above one column; a comma in doubt."""

    def agreement(delimiter: str) -> int:
        widths = []
        try:
            for row in csv.reader(head.splitlines(keepends=True), delimiter=delimiter):
                widths.append(len(row))
                if len(widths) == _PROBED_ROWS:
                    break
        except csv.Error:
            return 0
        wide = [width for width in widths if width > 1]
        return max((wide.count(width) * width for width in set(wide)), default=0)

    return max(_DELIMITERS, key=agreement)
