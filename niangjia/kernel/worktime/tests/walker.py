"""Counting as a patient person would, a minute or a day at a time: slow, and obviously right.

Shares nothing with the clock but the tables. The bench uses it too. A moment is a number of minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 24 * 60
FIXED = {"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"}

Table = dict[int, dict[date, bool]]  # by the year of the notice: is this named day a working day?
Season = tuple[str, str, list[tuple[str, str]]]  # from, until, spans
Stops = Sequence[tuple[int, int]]


def minutes_of(at: datetime) -> int:
    return at.toordinal() * DAY + at.hour * 60 + at.minute


def moment_of(minute: int) -> datetime:
    on = datetime.fromordinal(minute // DAY).replace(tzinfo=SHANGHAI)
    return on + timedelta(minutes=minute % DAY)


class Walker:
    def __init__(self, table: Table, seasons: Sequence[Season] = ()) -> None:
        self.known = set(table)
        self.days = {on: works for days in table.values() for on, works in days.items()}
        self.seasons = seasons or [("01-01", "12-31", [("08:30", "12:00"), ("14:00", "17:30")])]
        self.open_minutes = cache(self._open_minutes)

    def works(self, day: int) -> bool:
        on = date.fromordinal(day)
        if on in self.days:
            return self.days[on]
        if on.year not in self.known and on.strftime("%m-%d") in FIXED:
            return on.strftime("%m-%d") == "05-02" and on.year < 2025 and on.weekday() < 5
        return on.weekday() < 5

    def spans(self, day: int) -> list[tuple[int, int]]:
        written = date.fromordinal(day).strftime("%m-%d")
        for first, last, spans in self.seasons:
            if (first <= last and first <= written <= last) or (first > last and not last < written < first):
                return [(minute_of(opens), minute_of(closes)) for opens, closes in spans]
        raise AssertionError

    def _open_minutes(self, day: int) -> list[bool]:
        spans = self.spans(day) if self.works(day) else []
        return [any(opens <= minute < closes for opens, closes in spans) for minute in range(DAY)]

    def is_open(self, minute: int) -> bool:
        return self.open_minutes(minute // DAY)[minute % DAY]

    def closing(self, day: int) -> int:
        return day * DAY + self.spans(day)[-1][1]

    def deadline(
        self,
        begun: datetime,
        amount: int,
        unit: str,
        stopped: Sequence[tuple[datetime, datetime]] = (),
        extra: int = 0,
    ) -> datetime:
        """Whole minutes in, whole minutes out."""
        start = minutes_of(begun)
        stops = [(minutes_of(a), minutes_of(b)) for a, b in stopped]
        office = unit in ("working_days", "working_minutes")
        if unit == "natural_days":
            return moment_of(self.natural(start, amount + extra, stops))
        if unit == "working_days":
            due = self.walk_on(self.closing(self.after(start // DAY, amount + extra)), start, stops, office=office)
        elif not extra:
            due = self.walk(start, amount, stops, office=office)
        else:
            plain = self.walk(start, amount, (), office=office)
            later = self.closing(self.after(plain // DAY, extra)) if office else plain + extra * DAY
            due = self.walk_on(later, start, stops, office=office)
        return moment_of(due)

    def after(self, day: int, number: int) -> int:
        while number:
            day += 1
            number -= self.works(day)
        return day

    def walk(self, minute: int, amount: int, stops: Stops, *, office: bool) -> int:
        """Minutes that count and are not stopped, until there are enough."""
        while amount:
            if (not office or self.is_open(minute)) and not any(a <= minute < b for a, b in stops):
                amount -= 1
            minute += 1
        return minute

    def walk_on(self, due: int, minute: int, stops: Stops, *, office: bool) -> int:
        """A deadline moved on: minutes stopped before it are owed, and paid by minutes after it that aren't stopped."""
        if not stops:
            return due
        owed = 0
        while minute < due or owed:
            if not office or self.is_open(minute):
                is_stopped = any(a <= minute < b for a, b in stops)
                if minute < due:
                    owed += is_stopped
                elif not is_stopped:
                    owed -= 1
            minute += 1
        return max(minute, due)

    def natural(self, start: int, days: int, stops: Stops) -> int:
        lost = 0
        due = self.natural_end(start // DAY + days)
        for from_, until in stops:
            if from_ >= due:
                break
            lost += until - from_
            begun = 0
            while begun * DAY < lost:
                begun += 1
            due = self.natural_end(start // DAY + days + begun)
        return due

    def natural_end(self, day: int) -> int:
        while not self.works(day):
            day += 1
        return self.closing(day)

    def worked(self, a: int, b: int) -> int:
        return sum(self.is_open(minute) for minute in range(a, b))


def minute_of(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
