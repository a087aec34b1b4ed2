"""The text that a reader of the sheet sees in a cell, from what the workbook's XML says of it."""

from __future__ import annotations

from collections.abc import Sequence

from niangjia.kernel.sheets.formats import Shown, date_text, day_text, number_text, padded
from niangjia.kernel.sheets.markup import damaged
from niangjia.kernel.sheets.strings import SharedStrings, plain

_PLAIN_NUMBER = 11  # digits that need no second look
_REMEMBERED = 50_000


class Cells:
    """Knows a workbook's strings and styles."""

    def __init__(self, strings: SharedStrings, styles: Sequence[int], *, since_1904: bool) -> None:
        self._strings = strings
        self.near = strings.near  # for those in a hurry: the first strings, as far as they are known
        self._shown = {str(number): shown for number, shown in enumerate(styles)}
        self._since_1904 = since_1904
        self._dates: dict[str, str] = {}

    def text(self, value: str, kind: str, style: str) -> str:
        """`kind` is the cell's attribute t, `style` its s; both may be ''."""
        if kind == "s":
            return self._strings[whole(value)]
        if kind in {"", "n"}:
            shown = self._shown.get(style, Shown.NUMBER)
            if shown == Shown.NUMBER:
                return value if len(value) <= _PLAIN_NUMBER and value.isdecimal() else number_text(value)
            return self._date(value) if shown == Shown.DATE else padded(value, shown)
        if kind in {"str", "inlineStr"}:
            return plain(value)
        if kind == "b":
            return "是" if value.strip() in {"1", "true"} else "否"
        return day_text(value) if kind == "d" else value

    def _date(self, value: str) -> str:
        known = self._dates.get(value)
        if known is None:
            known = date_text(value, since_1904=self._since_1904)
            if len(self._dates) < _REMEMBERED:
                self._dates[value] = known
        return known


def whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise damaged() from None
