"""The clock of a place, from the tables of calendar and office hours.

Clocks are kept in the process; one small query asks whether the tables are still the same. The mark is
random, not a number: a change that was rolled back must not look like the next one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from niangjia.kernel.access.models import Scope
from niangjia.kernel.kept import Kept
from niangjia.kernel.worktime.clock import Calendar, Clock, Hours
from niangjia.kernel.worktime.holidays import FIRST_YEAR, LAST_YEAR, Day, written
from niangjia.kernel.worktime.models import CalendarDay, CalendarYear, Mark, OfficeHours

MOST_CLOCKS = 200
OCTOBER = 10


class Clocks:
    """All clocks as the tables stood at one moment; for work on many rows take it once."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        days: defaultdict[int, list[Day]] = defaultdict(list)
        for on, year, is_working, name in CalendarDay.objects.values_list("on", "year_id", "is_working", "name"):
            days[year].append(Day(on, is_working, name))
        self.calendar = Calendar({year: days[year] for year in CalendarYear.objects.values_list("year", flat=True)})
        self.hours: defaultdict[int | None, list[Hours]] = defaultdict(list)
        for row in OfficeHours.objects.order_by("-from_on", "id"):
            self.hours[row.scope_id].append(hours_of(row))
        for rows in self.hours.values():
            rows.sort(key=lambda hours: hours.is_all_year)  # a season goes before the whole year
        self._by_places = lru_cache(maxsize=MOST_CLOCKS)(self._clock)

    def of(self, path: str) -> Clock:
        """By the nearest place of a path that has hours of its own, else the product's default."""
        near = [int(label) for label in reversed(path.split(".")) if label]
        return self._by_places((*(place for place in near if place in self.hours), None))

    def _clock(self, places: tuple[int | None, ...]) -> Clock:
        return Clock(self.calendar, [hours for place in places for hours in self.hours.get(place, ())])


def hours_of(row: OfficeHours) -> Hours:
    spans = tuple((_minute(opens), _minute(closes)) for opens, closes in row.spans)
    return Hours(spans, row.season_from, row.season_until, row.from_on, row.until_on)


def _minute(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)


_clocks = Kept(Mark, lambda: Clocks(Mark.objects.values_list("value", flat=True).first() or ""))


def clocks() -> Clocks:
    return _clocks.now()


def clock_of(path: str) -> Clock:
    """The clock of a place: the office hours of the nearest place above that has its own."""
    return clocks().of(path)


def years_missing(today: date) -> list[int]:
    """Years whose table staff should have entered by now: this one, and the next from October on."""
    wanted = {today.year} | ({today.year + 1} if today.month >= OCTOBER else set())
    wanted = {year for year in wanted if FIRST_YEAR < year <= LAST_YEAR}
    return sorted(wanted - set(CalendarYear.objects.filter(year__in=wanted).values_list("year", flat=True)))


def nearest_hours(scope: Scope, today: date) -> tuple[Scope | None, list[OfficeHours]]:
    """The hours that hold at a place today and the place that set them; None: the product's default."""
    above = {place.pk: place for place in Scope.objects.filter(path__above=scope.path)}
    rows = [row for row in OfficeHours.objects.filter(scope_id__in=above) if row.holds_on(today)]
    rows += [row for row in OfficeHours.objects.filter(scope=None) if row.holds_on(today)]
    for place in [int(label) for label in reversed(str(scope.path).split("."))] + [None]:
        own = [row for row in rows if row.scope_id == place]
        if own:
            return (above[place] if place else None), sorted(own, key=lambda row: row.season_from)
    return None, []


@dataclass(frozen=True)
class YearTable:
    """A year as staff read it; without a row it is guessed."""

    year: int
    row: CalendarYear | None
    calendar: Calendar
    text: str  # the days in the words of the notice


def year_table(year: int) -> YearTable:
    days = CalendarDay.objects.filter(year=year).order_by("on").values_list("on", "is_working", "name")
    row = CalendarYear.objects.filter(year=year).first()
    return YearTable(year, row, clocks().calendar, written(Day(*day) for day in days))


def own_hours(scope_id: int, today: date) -> tuple[list[OfficeHours], list[OfficeHours]]:
    """Of a place itself: those that hold today, and those that begin later."""
    rows = list(OfficeHours.objects.filter(scope=scope_id).order_by("from_on", "season_from", "id"))
    return [row for row in rows if row.holds_on(today)], [row for row in rows if row.from_on > today]


def places_with_hours(path: str, today: date) -> list[int]:
    """Places at and under one that have hours of their own, now or soon."""
    places = Scope.objects.filter(path__under=path).values("id")
    rows = OfficeHours.objects.filter(scope__in=places).exclude(until_on__lte=today)
    return list(rows.order_by("scope__path").values_list("scope_id", flat=True).distinct())
