"""Days as somebody may have typed them into an address."""

from __future__ import annotations

from datetime import date

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Far enough from the ends of the calendar to reckon with weeks and years."""


def day_in(text: str) -> date | None:
    """None for what is no day, or none that a union could mean."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None
