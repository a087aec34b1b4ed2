"""How a workbook shows its numbers: which of them are dates, and every value as text."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import IntEnum

from niangjia.kernel.sheets.archive import SMALL, Archive
from niangjia.kernel.sheets.markup import elements

_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Those built in, with the Chinese ones."""

# What says nothing of the value: quoted and escaped characters, fillers, [Red], [$-804], [DBNum1] (but not [h], [mm]).
_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|General|G/通用格式', re.IGNORECASE | re.DOTALL)
_OF_DATES = re.compile(r"[ydhmse]|aaa|上午|下午|AM/PM|A/P", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"[0#?]E[+-]", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,30}")

_SURE_DIGITS = 15  # a spreadsheet keeps no more of a number


class Shown(IntEnum):
    """Styles as numbers: these two, or above them the width to which zeros fill up a number."""

    NUMBER = 0
    DATE = 1


def shown_by(code: str) -> int:
    first = code.split(";", 1)[0]
    if _ZEROS.fullmatch(first):
        return len(first)
    said = _NOISE.sub("", first)
    return Shown.DATE if _OF_DATES.search(said) and not _SCIENTIFIC.search(said) else Shown.NUMBER


def styles_of(archive: Archive, name: str) -> list[int]:
    """What each style of the cells makes of a number."""
    custom: dict[str, int] = {}
    styles: list[int] = []
    in_cells = False
    for element, attributes in elements(archive.pieces(name, SMALL)):
        if element == "numFmt" and "numFmtId" in attributes:
            custom[attributes["numFmtId"]] = shown_by(attributes.get("formatCode", ""))
        elif element == "cellXfs":
            in_cells = True
        elif element in {"cellStyles", "dxfs"}:
            in_cells = False
        elif element == "xf" and in_cells:
            number = attributes.get("numFmtId", "0")
            built_in = Shown.DATE if number.isdecimal() and int(number) in _DATE_FORMATS else Shown.NUMBER
            styles.append(custom.get(number, built_in))
    return styles


def number_text(text: str) -> str:
    """A number as Excel shows it: whole ones without a point, those that lost digits as 1.23457E+17."""
    try:
        value = float(text)
    except ValueError:
        return text
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return text
    if value.is_integer():
        digits = str(int(value))
        return digits if len(digits.lstrip("-")) <= _SURE_DIGITS else _scientific(value)
    return f"{value:.15g}"


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"


def padded(text: str, width: int) -> str:
    """A number under a format of zeros only: 000123."""
    whole = number_text(text)
    return whole.zfill(width) if whole.isdecimal() else whole


_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zone
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_MISSING_DAY = 60  # Excel believes in 29 February 1900
_LAST = 2_958_466  # the year 10000
_MINUTE = 60


def date_text(text: str, *, since_1904: bool) -> str:
    """A serial number as the day, the day and time, or the time that it stands for."""
    try:
        value = float(text)
    except ValueError:
        return day_text(text)
    if not 0 <= value < _LAST or int(value) == _MISSING_DAY:
        return number_text(text)
    if value < 1:
        return _of_time((_EPOCH + timedelta(seconds=round(value * 86400))).time())
    epoch = _EPOCH_1904 if since_1904 else _EPOCH
    days = int(value) + (1 if value < _MISSING_DAY and not since_1904 else 0)
    try:
        return value_text(epoch + timedelta(days=days, seconds=round(value % 1 * 86400)))
    except OverflowError:
        return number_text(text)


def day_text(text: str) -> str:
    """A date that the sheet keeps in ISO form."""
    try:
        return value_text(datetime.fromisoformat(text.removesuffix("Z")))
    except ValueError:
        return text


def value_text(value: object) -> str:  # noqa: PLR0911 - a value a kind
    """A value that another reader already made out."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "是" if value else "否"
        case int() | float():
            return number_text(repr(value))
        case datetime():
            day = value.date().isoformat()
            return day if value.time() == time() else f"{day} {_of_time(value.time())}"
        case date():
            return value.isoformat()
        case time():
            return _of_time(value)
        case timedelta():
            minutes = round(value.total_seconds() / _MINUTE)
            return f"{minutes // _MINUTE:02}:{minutes % _MINUTE:02}"
        case _:
            return str(value)


def _of_time(value: time) -> str:
    return f"{value.hour:02}:{value.minute:02}"


def letters_of(column: int) -> str:
    """1 → A, 28 → AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def columns_by_letters(most: int) -> dict[str, int]:
    return {letters_of(column): column - 1 for column in range(1, most + 1)}
