"""Counting as a patient person would, a minute or a day at a time: slow, and obviously right.

Shares nothing with the clock but the tables. The bench uses it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIXED = {"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"}

Table = dict[int, dict[date, bool]]  # by the year of the notice: is this named day a working day?
Season = tuple[str, str, list[tuple[str, str]]]  # from, until, spans


class Walker:
    def __init__(self, table: Table, seasons: Sequence[Season] = ()) -> None:
        self.known = set(table)
        self.days = {on: works for days in table.values() for on, works in days.items()}
        self.seasons = seasons or [("01-01", "12-31", [("08:30", "12:00"), ("14:00", "17:30")])]

    def works(self, on: date) -> bool:
        if on in self.days:
            return self.days[on]
        if on.year not in self.known and on.strftime("%m-%d") in FIXED:
            return False
        return on.weekday() < 5

    def spans(self, on: date) -> list[tuple[datetime, datetime]]:
        written = on.strftime("%m-%d")
        for first, last, spans in self.seasons:
            if (first <= last and first <= written <= last) or (first > last and not last < written < first):
                return [(_at(on, opens), _at(on, closes)) for opens, closes in spans]
        raise AssertionError

    def is_open(self, minute: datetime) -> bool:
        on = minute.date()
        return self.works(on) and any(opens <= minute < closes for opens, closes in self.spans(on))

    def closing(self, on: date) -> datetime:
        return self.spans(on)[-1][1]

    def deadline(
        self,
        start: datetime,
        amount: int,
        unit: str,
        stopped: Sequence[tuple[datetime, datetime]] = (),
        extra: int = 0,
    ) -> datetime:
        """Whole minutes in, whole minutes out."""
        if unit == "working_days":
            plain = self.closing(self.after(start.date(), amount + extra))
            return self.walk_on(plain, start, stopped, office=True)
        if unit == "natural_days":
            return self.natural(start, amount + extra, stopped)
        office = unit == "working_minutes"
        if not extra:
            return self.walk(start, amount, stopped, office=office)
        plain = self.walk(start, amount, (), office=office)
        due = self.closing(self.after(plain.date(), extra)) if office else plain + extra * DAY
        return self.walk_on(due, start, stopped, office=office)

    def after(self, on: date, number: int) -> date:
        while number:
            on += DAY
            number -= self.works(on)
        return on

    def counts(self, minute: datetime, *, office: bool) -> bool:
        return not office or self.is_open(minute)

    def walk(
        self, start: datetime, amount: int, stopped: Sequence[tuple[datetime, datetime]], *, office: bool
    ) -> datetime:
        """Minutes that count and are not stopped, until there are enough."""
        minute = start
        while amount:
            if self.counts(minute, office=office) and not any(a <= minute < b for a, b in stopped):
                amount -= 1
            minute += MINUTE
        return minute

    def walk_on(
        self, due: datetime, start: datetime, stopped: Sequence[tuple[datetime, datetime]], *, office: bool
    ) -> datetime:
        """A deadline moved on: minutes stopped before it are owed, and paid by minutes after it that aren't stopped."""
        owed, minute = 0, start
        while minute < due or owed:
            if self.counts(minute, office=office):
                is_stopped = any(a <= minute < b for a, b in stopped)
                if minute < due:
                    owed += is_stopped
                elif not is_stopped:
                    owed -= 1
            minute += MINUTE
        return max(minute, due)

    def natural(self, start: datetime, days: int, stopped: Sequence[tuple[datetime, datetime]]) -> datetime:
        lost = timedelta()
        due = self.natural_end(start.date() + days * DAY)
        for from_, until in sorted(stopped):
            if from_ >= due:
                break
            lost += until - max(from_, start)
            begun = 0
            while begun * DAY < lost:
                begun += 1
            due = self.natural_end(start.date() + (days + begun) * DAY)
        return due

    def natural_end(self, on: date) -> datetime:
        while not self.works(on):
            on += DAY
        return self.closing(on)

    def worked(self, a: datetime, b: datetime) -> int:
        count = 0
        while a < b:
            count += self.is_open(a)
            a += MINUTE
        return count


def _at(on: date, text: str) -> datetime:
    if text == "24:00":
        return datetime.combine(on + DAY, time(), SHANGHAI)
    return datetime.combine(on, time.fromisoformat(text), SHANGHAI)
