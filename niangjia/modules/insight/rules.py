"""Periods as people name them, and how a bar is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Days:
    """From a day to a day, both counted."""

    since: date
    until: date

    @property
    def is_one_year_or_less(self) -> bool:
        return self.until < _year_later(self.since)

    def a_year_before(self) -> Days:
        return Days(_year_earlier(self.since), _year_earlier(self.until))


def days_of(since: date | None, until: date | None, today: date) -> Days:
    """What was asked, put right: nothing after today, the earlier day first; without an answer this year."""
    until = min(until or today, today)
    since = since or until.replace(month=1, day=1)
    return Days(min(since, until), max(since, until))


def named_periods(today: date) -> list[tuple[str, Days]]:
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    last_year = date(today.year - 1, 1, 1)
    return [
        ("本月", Days(month, today)),
        ("上月", Days(before.replace(day=1), before)),
        ("本季度", Days(quarter, today)),
        ("今年", Days(date(today.year, 1, 1), today)),
        ("去年", Days(last_year, date(today.year - 1, 12, 31))),
        ("近两年", Days(_year_earlier(_year_earlier(today)) + timedelta(days=1), today)),
    ]


def months_of(days: Days) -> list[date]:
    """The first day of every month that has a day in the period."""
    found = [days.since.replace(day=1)]
    while last_of(found[-1]) < days.until:
        found.append(last_of(found[-1]) + timedelta(days=1))
    return found


def last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _year_later(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


@dataclass(frozen=True)
class Bar:
    """In a drawing `HEIGHT` high: where it begins from the left, how wide, from where down, how high."""

    left: float
    width: float
    top: float
    height: float


HEIGHT, STEP, GAP = 100.0, 24.0, 4.0


def bars(values: Sequence[int], most: int, *, place: int, of: int) -> list[Bar]:
    """The bars of one row of numbers among `of` rows drawn side by side; `most` is the highest of all."""
    width = (STEP - GAP) / of
    return [
        Bar(round(number * STEP + place * width, 2), round(width, 2), round(HEIGHT - height, 2), round(height, 2))
        for number, value in enumerate(values)
        for height in [HEIGHT * value / most if most else 0.0]
    ]
