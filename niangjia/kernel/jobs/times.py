"""When a periodic job runs, said by the clock on the wall.

procrastinate reads a cron line in UTC; in China a night's job written as "40 2 * * *" would run in the middle of the
morning. The country keeps one time without summer time, so that a line can be worked out once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_SUNDAY = datetime(2026, 11, 22, tzinfo=CHINA)


def daily(hour: int, minute: int) -> str:
    """The cron line of a time of day in China."""
    at = _SUNDAY.replace(hour=hour, minute=minute).astimezone(UTC)
    return f"{at.minute} {at.hour} * * *"


def weekly(weekday: int, hour: int, minute: int) -> str:
    """The same on one day of the week; 0 is Sunday, as cron counts them."""
    at = (_SUNDAY + timedelta(days=weekday)).replace(hour=hour, minute=minute).astimezone(UTC)
    return f"{at.minute} {at.hour} * * {(at.weekday() + 1) % 7}"
