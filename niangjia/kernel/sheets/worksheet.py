"""The rows of a worksheet as its XML streams by, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets import cutting
from niangjia.kernel.sheets.cells import Cells, whole
from niangjia.kernel.sheets.formats import columns_by_letters, letters_of
from niangjia.kernel.sheets.headings import MOST_COLUMNS
from niangjia.kernel.sheets.markup import Document, damaged, sound_text

Row = tuple[int, list[str]]

_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_384
_LONGEST = 40_000  # characters; Excel itself allows 32,767
_MERGES_KEPT = 20_000
_MOST_UNCUT = 4 * 1024 * 1024  # bytes in which no row ends
_COLUMNS = columns_by_letters(_LAST_COLUMN)
_DIGITS = "0123456789"


class Merged(NamedTuple):
    """A merged range, rows and columns counted from 1."""

    reference: str
    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, top: int, left: int, bottom: int, right: int) -> Merged:
        return cls(f"{letters_of(left)}{top}:{letters_of(right)}{bottom}", top, left, bottom, right)


class Worksheet(Document):
    """Reads one worksheet, once. `merged` is complete when the rows are through; `last_row` is what the sheet claims.

    Everything goes through expat but for the rows that `cutting` understands: the parser stands before
    the first row then, and never hears of them.
    """

    def __init__(self, cells: Cells, *, cut: bool = True) -> None:
        super().__init__()
        self.merged: list[Merged] = []
        self.last_row: int | None = None
        self._texts = cells
        self._cuts = cut
        self._among_rows = False
        self._ready: list[Row] = []
        self._number = 0
        self._column = -1
        self._cells: list[str] = []
        self._reference = self._kind = self._style = ""
        self._said: list[str] = []
        self._length = 0
        self._taken = self._phonetic = False
        self._starts: dict[str, Callable[[Mapping[str, str]], None]] = {
            "sheetData": self._begin_rows,
            "row": self._begin_row,
            "c": self._begin_cell,
            "v": self._begin_text,
            "t": self._begin_text,
            "rPh": self._begin_phonetic,
            "dimension": self._dimension,
            "mergeCell": self._merge,
        }

    def rows(self, pieces: Iterable[bytes], upto: int | None = None) -> Iterator[Row]:
        """Rows with content; a row has at most 201 cells, the last of which only tells that there are more.

        With `upto` it stops somewhere after that row.
        """
        rest = b""
        for piece in pieces:
            if self._among_rows:
                rest = self._cut(rest + piece)
            else:
                head, tag, rest = piece.partition(b"<sheetData>")
                self.feed(head + tag)
                if not (tag and self._among_rows):
                    self._cuts = self._cuts and not self._among_rows  # they began, but not where we could cut in
                    self._among_rows = False
                    self.feed(rest)
                    rest = b""
            if self._ready:
                yield from self._ready
                self._ready.clear()
            if upto is not None and self._number > upto:
                return
        self.feed(rest, final=True)
        yield from self._ready

    # Rows without a parser

    def _cut(self, xml: bytes) -> bytes:
        """Takes the rows that are complete and returns what is left."""
        end = xml.rfind(b"</row>") + len(b"</row>")
        if end < len(b"</row>"):
            return xml if len(xml) < _MOST_UNCUT else self._parse_on(xml)
        text = sound_text(xml[:end])
        if text is None:
            return self._parse_on(xml)
        parts = text.split("</row>")
        for place in range(len(parts) - 1):
            rows = cutting.rows_of(parts[place], self._texts)
            if rows is not None:
                for number, cells in rows:
                    self._count(number or self._number + 1)
                    if cells:
                        self._ready.append((self._number, cells))
            elif "<!" in parts[place] or "<?" in parts[place]:  # may go on behind the row's end
                return self._parse_on("</row>".join(parts[place:]).encode() + xml[end:])
            else:
                self.feed(f"{parts[place]}</row>".encode())
        return xml[end:]

    def _parse_on(self, xml: bytes) -> bytes:
        self._among_rows = self._cuts = False
        self.feed(xml)
        return b""

    # What the parser says

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._depth == 1 and name != "worksheet":
            raise damaged()
        handler = self._starts.get(name)
        if handler is not None:
            handler(attributes)

    def _begin_rows(self, _: Mapping[str, str]) -> None:
        self._among_rows = self._cuts and self.is_utf8

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        self._count(whole(attributes["r"]) if "r" in attributes else self._number + 1)
        self._cells = []
        self._column = -1

    def _count(self, number: int) -> None:
        if not self._number < number <= _LAST_ROW:
            raise damaged()
        self._number = number

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
        reference = attributes.get("r")
        self._column = _COLUMNS.get(reference.rstrip(_DIGITS), -1) if reference else self._column + 1
        if not 0 <= self._column < _LAST_COLUMN:
            raise damaged()

    def _begin_text(self, _: Mapping[str, str]) -> None:
        self._taken = not self._phonetic

    def _begin_phonetic(self, _: Mapping[str, str]) -> None:
        self._phonetic = True

    def text(self, said: str) -> None:
        if self._taken:
            self._length += len(said)
            if self._length > _LONGEST:
                raise Refused(
                    "sheet.cell",
                    f"第 {self._number} 行有一格的文字过长，读不出来。请缩短到 5,000 字以内再上传。",
                    "file",
                )
            self._said.append(said)

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._taken = False
        elif name == "c":
            self._end_cell()
        elif name == "row":
            if self._cells:
                self._ready.append((self._number, self._cells))
        elif name == "rPh":
            self._phonetic = False
        elif name == "sheetData":
            self._among_rows = False

    def _end_cell(self) -> None:
        text = "".join(self._said)
        self._said.clear()
        self._length = 0
        if not text:
            return
        text = self._texts.text(text, self._kind, self._style)
        column = min(self._column, MOST_COLUMNS)
        self._cells.extend([""] * (column + 1 - len(self._cells)))
        self._cells[column] = text

    def _dimension(self, attributes: Mapping[str, str]) -> None:
        area = _area(attributes.get("ref", ""))
        if area.bottom > 1:
            self.last_row = area.bottom

    def _merge(self, attributes: Mapping[str, str]) -> None:
        if len(self.merged) < _MERGES_KEPT:
            self.merged.append(_area(attributes.get("ref", "")))


def _area(reference: str) -> Merged:
    first, _, last = reference.replace("$", "").partition(":")
    (top, left), (bottom, right) = _place(first), _place(last or first)
    return Merged(reference, top, left, bottom, right)


def _place(reference: str) -> tuple[int, int]:
    letters = reference.rstrip(_DIGITS)
    column = _COLUMNS.get(letters)
    if column is None:
        raise damaged()
    return whole(reference[len(letters) :]), column + 1
