"""The shapes in which spreadsheets write days, yes and no, and numbers; and the names nearest to a wrong one.

Pure, and quick: asked for every cell of a million rows.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from heapq import nlargest, nsmallest
from typing import NamedTuple

from niangjia.kernel.days import EARLIEST, LATEST


class Unclear(NamedTuple):
    """A text that means nothing, or may mean two things: a stable code and a sentence for the reader."""

    code: str
    message: str


NO_DAY = Unclear("day", "看不懂这个日期，请写成 2024-05-06 这样的形式。")
TWO_DAYS = Unclear("day_order", "分不清哪个是月、哪个是日，请写成 2024-05-06 这样的形式。")
FAR_DAY = Unclear("day_far", "日期的年份不在 1900 到 2199 年之间，请核对。")
NO_YES = Unclear("yes_no", "只能填“是”或“否”。")

_EPOCH = date(1899, 12, 30)  # Excel counts a 29 February 1900 that never was; right from 1900-03-01 on
_SERIALS = range(10_000, 73_416)  # 1927 to 2100, what five digits in a column of days can mean
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2}))?\s*[月日号]?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MONTHS = 12


@lru_cache(maxsize=65_536)
def day_of(text: str) -> date | Unclear | None:
    """The day that a cell means, None for an empty one. A month alone means its first day."""
    text = text if _ISO.fullmatch(text) else _TIME.sub("", unicodedata.normalize("NFKC", text).strip())
    if not text:
        return None
    if found := _YEAR_FIRST.fullmatch(text) or _PACKED.fullmatch(text):
        return _day(found[1], found[2], found[3] or "1")
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) in _SERIALS:
        return _EPOCH + timedelta(days=int(found[1]))
    if found := _YEAR_LAST.fullmatch(text):
        return _of_american_or_european(int(found[1]), int(found[2]), found[3])
    return NO_DAY


def _of_american_or_european(first: int, second: int, year: str) -> date | Unclear:
    if max(first, second) <= _MONTHS and first != second:
        return TWO_DAYS
    month, day = (first, second) if first <= _MONTHS else (second, first)
    return _day(year, str(month), str(day))


def _day(year: str, month: str, day: str) -> date | Unclear:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return NO_DAY
    return found if EARLIEST <= found <= LATEST else FAR_DAY


_MANGLED = re.compile(r"\d(\.\d+)?[eE]\+\d{1,3}")


def is_mangled_number(text: str) -> bool:
    """1.23457E+17: what is left of a long number that a spreadsheet took for a quantity."""
    return "+" in text and _MANGLED.fullmatch(text.strip()) is not None


_YES = frozenset({"是", "有", "对", "真", "√", "✓", "✔", "y", "yes", "true", "1"})
_NO = frozenset({"否", "无", "没有", "不是", "假", "×", "✗", "✘", "n", "no", "false", "0"})


def yes_no(text: str) -> bool | Unclear | None:
    """None for an empty cell."""
    if text in {"是", "否"}:
        return text == "是"
    word = unicodedata.normalize("NFKC", text).strip().lower()
    if not word:
        return None
    if word in _YES:
        return True
    return False if word in _NO else NO_YES


_REMEMBERED = 10_000


class NearestNames:
    """The three known names that a wrong one may have meant, by the pairs of neighbouring characters they share.

    A city has 150,000 employers, and each checking process keeps its own: hence the narrow arrays.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(names))
        self._having: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for index, name in enumerate(self._names):
            for pair in _pairs(name):
                self._having[pair].append(index)
        self._known: dict[str, list[str]] = {}

    def three(self, text: str) -> list[str]:
        """Nearest first; fewer where nothing else resembles it. The same wrong name is looked up once."""
        if text not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = self._look(text)
        return self._known[text]

    def _look(self, text: str) -> list[str]:
        wanted = _pairs(text)
        shared: Counter[int] = Counter()
        # 总工会 is in every name and tells nothing: rare pairs choose the candidates, all pairs rank them.
        for pair in sorted(wanted, key=lambda pair: (len(self._having.get(pair, ())), pair))[:_RARE_PAIRS]:
            shared.update(self._having.get(pair, ())[:_WITH_A_PAIR])
        likely = nlargest(_CANDIDATES, shared, key=shared.__getitem__)
        nearest = nsmallest(3, likely, key=lambda index: (-_likeness(wanted, _pairs(self._names[index])), index))
        return [self._names[index] for index in nearest]


_RARE_PAIRS, _WITH_A_PAIR, _CANDIDATES = 6, 200, 30


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def _pairs(text: str) -> frozenset[str]:
    edged = f"^{text}$"
    return frozenset(edged[index : index + 2] for index in range(len(edged) - 1))
