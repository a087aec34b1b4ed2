"""Which days a period has, and how a share is written. Pure."""

from __future__ import annotations

from datetime import date

from niangjia.engines.metrics.declared import Period

PERIODS = ("month", "quarter", "year", "last_month", "last_quarter", "last_year")
_MONTHS_OF_QUARTER, _MONTHS = 3, 12


def period_named(name: str, today: date) -> Period:
    """The period that a name of PERIODS means on a day; any other name means the year."""
    quarter = (today.month - 1) // _MONTHS_OF_QUARTER
    begins = {
        "month": (date(today.year, today.month, 1), 1),
        "quarter": (date(today.year, quarter * _MONTHS_OF_QUARTER + 1, 1), _MONTHS_OF_QUARTER),
        "year": (date(today.year, 1, 1), _MONTHS),
    }
    last = name.startswith("last_")
    from_on, months = begins.get(name.removeprefix("last_"), begins["year"])
    if last:
        from_on = months_later(from_on, -months)
    return Period(name if name in PERIODS else "year", _label(from_on, months), from_on, months_later(from_on, months))


def _label(from_on: date, months: int) -> str:
    if months == _MONTHS:
        return f"{from_on.year}年"
    if months == _MONTHS_OF_QUARTER:
        return f"{from_on.year}年第{(from_on.month - 1) // _MONTHS_OF_QUARTER + 1}季度"
    return f"{from_on.year}年{from_on.month}月"


def months_later(first: date, months: int) -> date:
    """`first` is the first of a month."""
    index = first.year * _MONTHS + first.month - 1 + months
    return date(index // _MONTHS, index % _MONTHS + 1, 1)


def percent(part: int, whole: int) -> str:
    """One decimal, rounded down, so that only a whole is called 100 %; a dash of nothing."""
    if not whole:
        return "—"
    permille = part * 1000 // whole
    return f"{permille // 10}.{permille % 10}%"
