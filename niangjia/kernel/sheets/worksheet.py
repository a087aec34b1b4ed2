"""The rows of a worksheet, cut out of its XML as it streams by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.formats import Shown, columns_by_letters, date_text, day_text, number_text, padded
from niangjia.kernel.sheets.headings import MOST_COLUMNS
from niangjia.kernel.sheets.markup import damaged, fed, parser
from niangjia.kernel.sheets.strings import SharedStrings, plain

_LAST_ROW = 1_048_576
_LAST_COLUMN = 16_384
_LONGEST = 40_000  # characters; Excel itself allows 32,767
_MERGES_KEPT = 20_000
_PLAIN_NUMBER = 11  # digits that need no second look
_REMEMBERED = 50_000
_COLUMNS = columns_by_letters(_LAST_COLUMN)
_DIGITS = "0123456789"


class Merged(NamedTuple):
    """A merged range, rows and columns counted from 1."""

    reference: str
    top: int
    left: int
    bottom: int
    right: int


class Worksheet:
    """Reads one worksheet once. `merged` is complete when the rows are through, `last_row` says what the sheet claims."""

    def __init__(self, strings: SharedStrings, styles: Sequence[int], *, since_1904: bool) -> None:
        self.merged: list[Merged] = []
        self.last_row: int | None = None
        self._strings = strings
        self._styles = styles
        self._since_1904 = since_1904
        self._ready: list[tuple[int, list[str]]] = []
        self._number = 0
        self._dates: dict[str, str] = {}

    def rows(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, list[str]]]:
        """Rows with content; a row has no more than 201 cells, the last of which tells that there are more."""
        made = parser()
        made.StartElementHandler = self._root(made)
        for _ in fed(made, pieces):
            if self._ready:
                yield from self._ready
                self._ready.clear()

    @property
    def reached(self) -> int:
        """The row that is being read, with content or without."""
        return self._number

    def _root(self, made: object) -> Callable[[str, list[str]], None]:
        """The first element says by which namespace the others are called."""

        def start(name: str, _: list[str]) -> None:
            namespace, _, said = name.rpartition(" ")
            if said != "worksheet":
                raise damaged()
            self._handle(made, namespace + " " if namespace else "")

        return start

    def _handle(self, made: object, namespace: str) -> None:  # noqa: C901, PLR0915 - closures: a million calls a second
        row_name, cell_name, value_name, text_name = (namespace + each for each in ("row", "c", "v", "t"))
        phonetic_name = namespace + "rPh"
        seldom = {namespace + "dimension": self._dimension, namespace + "mergeCell": self._merge}
        ready, columns, strings, finished = self._ready, _COLUMNS, self._strings, self._finished
        cells: list[str] = []
        texts: list[str] = []
        reference = kind = style = ""
        column, length = -1, 0
        taken = phonetic = False

        def start(name: str, attributes: list[str]) -> None:
            nonlocal reference, kind, style, column, taken, phonetic, length
            if name == cell_name:
                reference = kind = style = ""
                for place in range(0, len(attributes), 2):
                    which = attributes[place]
                    if which == "r":
                        reference = attributes[place + 1]
                    elif which == "t":
                        kind = attributes[place + 1]
                    elif which == "s":
                        style = attributes[place + 1]
                column = columns.get(reference.rstrip(_DIGITS), -1) if reference else column + 1
                if not 0 <= column < _LAST_COLUMN:
                    raise damaged()
            elif name == value_name or (name == text_name and not phonetic):
                taken, length = True, 0
            elif name == row_name:
                self._begin_row(attributes)
                cells.clear()
                column = -1
            elif name == phonetic_name:
                phonetic = True
            elif name in seldom:
                seldom[name](attributes)

        def end(name: str) -> None:
            nonlocal taken, phonetic
            if taken:
                if name != value_name and name != text_name:
                    return
                taken = False
                text = texts[0] if len(texts) == 1 else "".join(texts)
                texts.clear()
                if text:
                    text = strings[_index(text)] if kind == "s" else finished(text, kind, style)
                    place = column if column < MOST_COLUMNS else MOST_COLUMNS
                    if place == len(cells):
                        cells.append(text)
                    elif place > len(cells):
                        cells.extend([""] * (place - len(cells)))
                        cells.append(text)
                    else:
                        cells[place] += text
            elif name == row_name:
                if cells:
                    ready.append((self._number, cells.copy()))
            elif name == phonetic_name:
                phonetic = False

        def data(said: str) -> None:
            nonlocal length
            if taken:
                length += len(said)
                if length > _LONGEST:
                    raise Refused(
                        "sheet.cell",
                        f"第 {self._number} 行有一格的文字过长，读不出来。请缩短到 5,000 字以内再上传。",
                        "file",
                    )
                texts.append(said)

        made.StartElementHandler = start  # type: ignore[attr-defined]
        made.EndElementHandler = end  # type: ignore[attr-defined]
        made.CharacterDataHandler = data  # type: ignore[attr-defined]

    def _begin_row(self, attributes: list[str]) -> None:
        number = self._number + 1
        for place in range(0, len(attributes), 2):
            if attributes[place] == "r":
                number = _index(attributes[place + 1])
        if not self._number < number <= _LAST_ROW:
            raise damaged()
        self._number = number

    def _finished(self, text: str, kind: str, style: str) -> str:
        if kind in {"", "n"}:
            shown = self._styles[int(style)] if style.isdecimal() and int(style) < len(self._styles) else Shown.NUMBER
            if shown == Shown.NUMBER:
                return text if len(text) <= _PLAIN_NUMBER and text.isdecimal() else number_text(text)
            if shown == Shown.DATE:
                return self._date(text)
            return padded(text, shown)
        if kind in {"str", "inlineStr"}:
            return plain(text)
        if kind == "b":
            return "是" if text.strip() in {"1", "true"} else "否"
        return day_text(text) if kind == "d" else text

    def _date(self, text: str) -> str:
        known = self._dates.get(text)
        if known is None:
            known = date_text(text, since_1904=self._since_1904)
            if len(self._dates) < _REMEMBERED:
                self._dates[text] = known
        return known

    def _dimension(self, attributes: list[str]) -> None:
        area = _area(attributes)
        if area is not None and area.bottom > 1:
            self.last_row = area.bottom

    def _merge(self, attributes: list[str]) -> None:
        area = _area(attributes)
        if area is not None and len(self.merged) < _MERGES_KEPT:
            self.merged.append(area)


def _area(attributes: list[str]) -> Merged | None:
    for place in range(0, len(attributes), 2):
        if attributes[place] == "ref":
            first, _, last = attributes[place + 1].partition(":")
            top, left = _place(first)
            bottom, right = _place(last or first)
            return Merged(attributes[place + 1], top, left, bottom, right)
    return None


def _place(reference: str) -> tuple[int, int]:
    letters = reference.replace("$", "").rstrip(_DIGITS)
    column = _COLUMNS.get(letters)
    digits = reference.replace("$", "")[len(letters) :]
    if column is None or not digits:
        raise damaged()
    return int(digits), column + 1


def _index(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise damaged() from None
