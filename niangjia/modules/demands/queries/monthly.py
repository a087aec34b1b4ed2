"""Which month a 月报 is of; what it says are the figures of every other page (`figures.py`)."""

from __future__ import annotations

from datetime import date, timedelta


def month_of(text: str, today: date) -> date:
    """'2026-11' → its first day; what is no month, or one to come, is this one."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return min(first, today.replace(day=1))


def last_day(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
