"""How time is counted: by working days, by office hours, by natural days, round the clock.

Pure. A clock keeps arrays of the days from 2000 to 2060 and answers in a few microseconds.

The rules (worked examples: docs/worktime.md):

- Working days: the day of receipt isn't counted, whatever the hour; the last one ends at closing time.
- Working minutes: only what lies inside office hours; outside them counting begins at the next opening.
- Natural days: counted from the next day; a last day that is no working day moves to the next that is
  one; ends at closing time, as nobody could act on it later.
- Minutes: round the clock.
- Stopped spans: office limits get the working time that fell into them, natural days a day for every
  24 hours begun, minutes the time itself. A span that begins after the deadline gives nothing.
- Extra days are working days of office limits, else natural days.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from niangjia.kernel.errors import Refused
from niangjia.kernel.worktime.explaining import Explanation, explain
from niangjia.kernel.worktime.holidays import FIRST_YEAR, LAST_YEAR, SATURDAY, Day, fixed_holidays
from niangjia.kernel.worktime.limits import Limit, Unit

ZONE = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(FIRST_YEAR, 1, 1, tzinfo=ZONE)
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
WHOLE = 100  # per cent
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1440 * MINUTE

Stopped = Sequence[tuple[datetime, datetime]]
Spans = tuple[tuple[int, int], ...]
"""Minutes of the day: ((510, 720), (840, 1050))."""

DEFAULT_SPANS: Spans = ((510, 720), (840, 1050))


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on working days of a season ("06-15" to "09-15", both included) from a day until a day."""

    spans: Spans
    season_from: str = "01-01"
    season_until: str = "12-31"
    from_on: date = FIRST_DAY
    until_on: date | None = None

    def holds_on(self, on: date, month_day: str) -> bool:
        if on < self.from_on or (self.until_on is not None and on >= self.until_on):
            return False
        if self.season_from <= self.season_until:
            return self.season_from <= month_day <= self.season_until
        return month_day >= self.season_from or month_day <= self.season_until

    @property
    def is_all_year(self) -> bool:
        return (self.season_from, self.season_until) == ("01-01", "12-31")


class Calendar:
    """Which days are working days. `years`: the tables that are published; other years are guessed."""

    def __init__(self, years: Mapping[int, Iterable[Day]]) -> None:
        self.known = frozenset(years)
        self.named: dict[int, Day] = {}
        self.working = bytearray((FIRST_DAY.weekday() + day) % 7 < SATURDAY for day in range(DAYS))
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            if year not in self.known:
                for on, name in fixed_holidays(year).items():
                    self._mark(Day(on, False, name))
        for year in sorted(self.known):
            for day in years[year]:
                self._mark(day)
        self.workdays = array("i", (day for day in range(DAYS) if self.working[day]))
        self.workdays_before = array("i", accumulate(self.working, initial=0))

    def _mark(self, day: Day) -> None:
        index = (day.on - FIRST_DAY).days
        if 0 <= index < DAYS:
            self.named[index] = day
            self.working[index] = day.is_working

    def is_working(self, on: date) -> bool:
        return bool(self.working[index_of(on)])

    def named_on(self, on: date) -> Day | None:
        return self.named.get(index_of(on))


def index_of(on: date) -> int:
    index = (on - FIRST_DAY).days
    if not 0 <= index < DAYS:
        raise out_of_range()
    return index


def out_of_range() -> Refused:
    return Refused("worktime.range", f"日期要在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间，请核对。")


@lru_cache(maxsize=64)
def _in_microseconds(spans: Spans) -> Spans:
    return tuple((opens * MINUTE, closes * MINUTE) for opens, closes in spans)


@lru_cache(maxsize=1)
def _month_days() -> list[tuple[date, str]]:
    days = (FIRST_DAY + timedelta(days=day) for day in range(DAYS))
    return [(on, f"{on:%m-%d}") for on in days]


class Clock:
    """`hours` in order of precedence: the first that holds on a day is that day's; else the default."""

    def __init__(self, calendar: Calendar, hours: Sequence[Hours] = ()) -> None:
        self.calendar = calendar
        default = _in_microseconds(DEFAULT_SPANS)
        self._spans: list[Spans] = [default] * DAYS
        if hours:
            converted = [(row, _in_microseconds(row.spans)) for row in hours]
            self._spans = [
                next((spans for row, spans in converted if row.holds_on(on, month_day)), default)
                for on, month_day in _month_days()
            ]
        lengths = {spans: sum(closes - opens for opens, closes in spans) for spans in set(self._spans)}
        each = (lengths[spans] if works else 0 for spans, works in zip(self._spans, calendar.working, strict=True))
        self._before = array("q", accumulate(each, initial=0))  # working time before each day

    # Moments: microseconds since the first day, local time.

    @staticmethod
    def _read(at: datetime) -> int:
        moment = (at - EPOCH) // MICROSECOND
        if not 0 <= moment < DAYS * DAY:
            raise out_of_range()
        return moment

    @staticmethod
    def _show(moment: int) -> datetime:
        if moment >= DAYS * DAY:
            raise out_of_range()
        return EPOCH + timedelta(microseconds=moment)

    def _worked(self, moment: int) -> int:
        """Working time from the first day until a moment."""
        day, within = divmod(moment, DAY)
        if day >= DAYS:
            raise out_of_range()
        worked = self._before[day]
        if self.calendar.working[day]:
            for opens, closes in self._spans[day]:
                if within <= opens:
                    break
                worked += (min(closes, within)) - opens
        return worked

    def _when_worked(self, worked: int) -> int:
        """The first moment at which that much has been worked."""
        day = bisect_left(self._before, worked) - 1
        if day >= DAYS:
            raise out_of_range()
        rest = worked - self._before[day]
        for opens, closes in self._spans[day]:
            if rest <= closes - opens:
                return day * DAY + opens + rest
            rest -= closes - opens
        raise AssertionError("the day's spans add up to its working time")

    def _closing(self, day: int) -> int:
        return day * DAY + self._spans[day][-1][1]

    def _nth_workday(self, day: int, number: int) -> int:
        """The nth working day after a day."""
        before = self.calendar.workdays_before
        place = before[day + 1] + number - 1 if day + 1 < len(before) else len(self.calendar.workdays)
        if place >= len(self.calendar.workdays):
            raise out_of_range()
        return self.calendar.workdays[place]

    def _workday_from(self, day: int) -> int:
        """The day itself if it is a working day, else the next that is."""
        return self._nth_workday(day - 1, 1)

    # Deadlines

    def deadline(self, start: datetime, limit: Limit, *, stopped: Stopped = (), extra_days: int = 0) -> datetime:
        begun = self._read(start)
        due = self._plain(begun, limit, extra_days)
        if stopped:
            due = self._after_stops(begun, due, limit, extra_days, self._merged(stopped, begun))
        return self._show(due)

    def _plain(self, begun: int, limit: Limit, extra_days: int, stopped_days: int = 0) -> int:
        match limit.unit:
            case Unit.WORKING_DAYS:
                return self._closing(self._nth_workday(begun // DAY, limit.amount + extra_days))
            case Unit.NATURAL_DAYS:
                last = begun // DAY + limit.amount + extra_days + stopped_days
                return self._closing(self._workday_from(last))
            case Unit.WORKING_MINUTES:
                due = self._when_worked(self._worked(begun) + limit.amount * MINUTE)
                return self._closing(self._nth_workday(due // DAY, extra_days)) if extra_days else due
            case Unit.MINUTES:
                return begun + limit.amount * MINUTE + extra_days * DAY

    def _after_stops(self, begun: int, due: int, limit: Limit, extra_days: int, spans: list[tuple[int, int]]) -> int:
        stopped = 0
        for from_, until in spans:
            if from_ >= due:
                break
            if limit.unit.is_of_office:
                due = self._when_worked(self._worked(due) + self._worked(until) - self._worked(from_))
            elif limit.unit is Unit.MINUTES:
                due += until - from_
            else:
                stopped += until - from_
                due = self._plain(begun, limit, extra_days, stopped_days=-(-stopped // DAY))
        return due

    def _merged(self, stopped: Stopped, begun: int) -> list[tuple[int, int]]:
        """In order, without overlaps, nothing before the beginning."""
        merged: list[tuple[int, int]] = []
        for from_, until in sorted((max(self._read(a), begun), self._read(b)) for a, b in stopped):
            if until <= from_:
                continue
            if merged and from_ <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], until))
            else:
                merged.append((from_, until))
        return merged

    def at_percent(
        self, start: datetime, due: datetime, percent: int, unit: Unit, *, stopped: Stopped = ()
    ) -> datetime:
        """The moment at which that share of the limit is used: 80 is before it is due, 150 after.

        Measured in working time for office limits, else by the clock; time stopped isn't used.
        """
        if percent == WHOLE:
            return due
        begun, end = self._read(start), self._read(due)
        spans = self._merged(stopped, begun) if stopped else []
        measure, back = (self._worked, self._when_worked) if unit.is_of_office else (_same, _same)
        total = _used(begun, end, spans, measure)
        if total <= 0:  # a limit of another system may lie outside office hours altogether
            measure, back = _same, _same
            total = max(_used(begun, end, spans, measure), 0)
        from_, share = (begun, percent) if percent < WHOLE else (end, percent - WHOLE)
        # Whole seconds: nobody is told at a fraction of one.
        found = back(measure(from_) + total * share // WHOLE // SECOND * SECOND)
        for stop, resume in spans:
            if stop < from_ <= resume:
                found = back(measure(found) + measure(resume) - measure(from_))
            elif from_ <= stop < found:
                found = back(measure(found) + measure(resume) - measure(stop))
        return self._show(max(found, from_))

    # Questions

    def explain(self, start: datetime, limit: Limit, *, stopped: Stopped = (), extra_days: int = 0) -> Explanation:
        return explain(self, start, limit, stopped=stopped, extra_days=extra_days)

    def working_minutes(self, a: datetime, b: datetime) -> int:
        return self.working_microseconds(a, b) // MINUTE

    def working_microseconds(self, a: datetime, b: datetime) -> int:
        return self._worked(self._read(b)) - self._worked(self._read(a))

    def is_open(self, at: datetime) -> bool:
        day, within = divmod(self._read(at), DAY)
        return bool(self.calendar.working[day]) and any(a <= within < b for a, b in self._spans[day])

    def next_opening(self, at: datetime) -> datetime:
        """The moment itself while the office is open."""
        moment = self._read(at)
        day, within = divmod(moment, DAY)
        if self.calendar.working[day]:
            for opens, closes in self._spans[day]:
                if within < closes:
                    return self._show(max(moment, day * DAY + opens))
        following = self._nth_workday(day, 1)
        return self._show(following * DAY + self._spans[following][0][0])

    def spans_on(self, on: date) -> Spans:
        """In minutes of the day; empty on a day off."""
        day = index_of(on)
        return tuple((a // MINUTE, b // MINUTE) for a, b in self._spans[day]) if self.calendar.working[day] else ()

    def is_provisional(self, start: datetime, until: datetime) -> bool:
        """True if the count went through a year whose table isn't published."""
        first, last = start.astimezone(ZONE).year, until.astimezone(ZONE).year
        known = self.calendar.known
        return first not in known or last not in known or any(y not in known for y in range(first + 1, last))


def _same(moment: int) -> int:
    return moment


def _used(begun: int, end: int, spans: list[tuple[int, int]], measure: Callable[[int], int]) -> int:
    total = measure(end) - measure(begun)
    for from_, until in spans:
        if from_ < end:
            total -= measure(min(until, end)) - measure(from_)
    return total
