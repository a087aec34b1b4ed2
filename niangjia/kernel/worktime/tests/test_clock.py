"""The clock against the walker, on thousands of cases; its rules one by one stand in test_examples.py."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest

from niangjia.kernel.errors import Refused
from niangjia.kernel.worktime.clock import ZONE, Calendar, Clock, Hours
from niangjia.kernel.worktime.explaining import explain
from niangjia.kernel.worktime.holidays import KNOWN, Day, read_notice
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.kernel.worktime.tests.walker import Season, Walker, minute_of, minutes_of

YEARS = {year: read_notice(year, text) for year, (_, text) in KNOWN.items()}
TABLE = {year: {day.on: day.is_working for day in days} for year, days in YEARS.items()}
CALENDAR = Calendar(YEARS)
SUMMER: list[Season] = [
    ("06-15", "09-15", [("08:00", "12:00"), ("15:00", "18:00")]),
    ("11-15", "02-28", [("09:00", "12:00"), ("13:30", "17:00")]),
    ("01-01", "12-31", [("08:30", "12:00"), ("14:00", "17:30")]),
]
DAY_AND_NIGHT: list[Season] = [("01-01", "12-31", [("00:00", "24:00")])]


def hours_like(seasons: list[Season]) -> list[Hours]:
    return [Hours(tuple((minute_of(a), minute_of(b)) for a, b in spans), first, last) for first, last, spans in seasons]


PAIRS = [
    (Clock(CALENDAR), Walker(TABLE)),
    (Clock(CALENDAR, hours_like(SUMMER)), Walker(TABLE, SUMMER)),
    (Clock(CALENDAR, hours_like(DAY_AND_NIGHT)), Walker(TABLE, DAY_AND_NIGHT)),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def some_moment(chance: random.Random) -> datetime:
    """Mostly near what is hard: holidays, make-up days, the turn of a year, a year that isn't known."""
    on = chance.choice(
        [
            date(2018, 1, 1) + timedelta(days=chance.randrange(3_600)),
            date(chance.randrange(2017, 2029), 12, 25) + timedelta(days=chance.randrange(14)),
            date(chance.randrange(2017, 2029), 9, 10) + timedelta(days=chance.randrange(35)),
            date(chance.randrange(2017, 2029), 1, 15) + timedelta(days=chance.randrange(45)),
        ]
    )
    minute = chance.choice(
        [chance.randrange(1440), *(minute_of(t) for t in ("08:30", "12:00", "14:00", "17:30", "0:00"))]
    )
    return datetime(on.year, on.month, on.day, minute // 60, minute % 60, tzinfo=ZONE)


def some_stops(chance: random.Random, start: datetime) -> list[tuple[datetime, datetime]]:
    stops = []
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        from_ = start + timedelta(minutes=chance.randrange(-2_000, 12_000))
        stops.append((from_, from_ + timedelta(minutes=chance.randrange(1, chance.choice([200, 9_000])))))
    return stops


def some_limit(chance: random.Random) -> Limit:
    unit = chance.choice(list(Unit))
    return Limit(chance.randrange(1, 12 if unit.is_of_days else 2_000), unit)


def test_agrees_with_the_walker() -> None:
    chance = random.Random(20261122)
    for _ in range(2_000):
        clock, walker = chance.choice(PAIRS)
        start, limit = some_moment(chance), some_limit(chance)
        stops, extra = some_stops(chance, start), chance.choice([0, 0, 0, 3])
        # The walker wants stops apart and after the start; the clock takes them as they come.
        apart = merged(start, stops)
        expected = walker.deadline(start, limit.amount, limit.unit.value, apart, extra)
        found = clock.deadline(start, limit, stopped=stops, extra_days=extra)
        assert found == expected, (start, limit, stops, extra)
        # Days and minutes of the explanation add up to the same end.
        told = explain(clock, start, limit, stopped=stops, extra_days=extra)
        assert told.due == found
        midnight = f"{found:%H:%M}" == "00:00"
        assert f"{'24:00' if midnight else format(found, '%H:%M')} 截止" in told.lines[-1].what
        assert told.lines[-1].on == found.date() - timedelta(days=midnight)
        assert (told.note != "") == clock.is_provisional(start, found)


def merged(start: datetime, stops: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    kept: list[tuple[datetime, datetime]] = []
    for a, b in sorted((max(a, start), b) for a, b in stops if b > start):
        if kept and a <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(kept[-1][1], b))
        else:
            kept.append((a, b))
    return kept


def test_working_time_agrees_with_the_walker() -> None:
    chance = random.Random(7)
    for _ in range(300):
        clock, walker = chance.choice(PAIRS)
        a = some_moment(chance)
        b = a + timedelta(minutes=chance.randrange(8_000))
        assert clock.working_minutes(a, b) == walker.worked(minutes_of(a), minutes_of(b))
        assert clock.is_open(a) == walker.is_open(minutes_of(a))
        opening = clock.next_opening(a)
        assert walker.is_open(minutes_of(opening))
        assert walker.worked(minutes_of(a), minutes_of(opening)) == 0


def test_seconds_and_microseconds_are_kept() -> None:
    clock = PAIRS[0][0]
    start = at("2026-11-23T09:10:11.123456")
    assert clock.deadline(start, Limit(30, Unit.MINUTES)) == at("2026-11-23T09:40:11.123456")
    assert clock.deadline(start, Limit(180, Unit.WORKING_MINUTES)) == at("2026-11-23T14:10:11.123456")


def test_percent_runs_in_the_units_own_time() -> None:
    clock = PAIRS[0][0]
    start = at("2026-11-20T16:30")  # a Friday
    limit = Limit(120, Unit.WORKING_MINUTES)
    due = clock.deadline(start, limit)
    assert due == at("2026-11-23T09:30")
    assert clock.at_percent(start, due, 50, limit.unit) == at("2026-11-20T17:30")
    assert clock.at_percent(start, due, 80, limit.unit) == at("2026-11-23T09:06")
    assert clock.at_percent(start, due, 100, limit.unit) == due
    assert clock.at_percent(start, due, 150, limit.unit) == at("2026-11-23T10:30")
    assert clock.at_percent(start, due, 200, limit.unit) == at("2026-11-23T11:30")
    # A day round the clock: 80 % is 19.2 hours.
    due = clock.deadline(start, Limit(1440, Unit.MINUTES))
    assert clock.at_percent(start, due, 80, Unit.MINUTES) == start + timedelta(hours=19, minutes=12)


def test_percent_agrees_with_a_limit_of_that_share() -> None:
    chance = random.Random(5)
    for _ in range(500):
        clock, _walker = chance.choice(PAIRS)
        start = some_moment(chance)
        unit = chance.choice([Unit.WORKING_MINUTES, Unit.MINUTES])
        stops = some_stops(chance, start)
        whole = clock.deadline(start, Limit(1_000, unit), stopped=stops)
        for percent in (80, 50):
            share = clock.deadline(start, Limit(10 * percent, unit), stopped=stops)
            assert clock.at_percent(start, whole, percent, unit, stopped=stops) == share
        for percent in (150, 200):
            share = clock.deadline(start, Limit(10 * percent, unit), stopped=stops)
            assert clock.at_percent(start, whole, percent, unit, stopped=stops) == share


def test_percent_of_a_limit_that_lies_outside_office_hours() -> None:
    """Another system's deadline on a Sunday: there is no working time to share."""
    clock = PAIRS[0][0]
    start, due = at("2026-11-21T10:00"), at("2026-11-22T10:00")
    assert clock.at_percent(start, due, 50, Unit.WORKING_DAYS) == at("2026-11-21T22:00")
    assert clock.at_percent(start, start, 80, Unit.WORKING_DAYS) == start


def test_an_unknown_year_is_guessed_and_said_to_be() -> None:
    clock = PAIRS[0][0]
    start = at("2026-12-30T10:00")
    told = clock.explain(start, Limit(3, Unit.WORKING_DAYS))
    assert told.due == at("2027-01-05T17:30")  # 1 January is certain, the weekend is a weekend
    assert told.is_provisional
    assert "2027 年的工作日历还没有公布" in told.note
    assert "2027年1月5日 周二 第3个工作日，17:30 截止" in told.words
    assert clock.is_provisional(start, told.due)
    assert not clock.is_provisional(at("2025-12-30T10:00"), at("2026-01-05T17:30"))
    known = Clock(
        Calendar({**YEARS, 2027: (Day(date(2027, 1, 1), False, "元旦"), Day(date(2027, 1, 4), False, "元旦"))})
    )
    assert known.deadline(start, Limit(3, Unit.WORKING_DAYS)) == at("2027-01-06T17:30")


@pytest.mark.parametrize("moment", ["1999-12-31T23:59", "2061-01-01T00:00"])
def test_far_away_is_refused(moment: str) -> None:
    with pytest.raises(Refused):
        PAIRS[0][0].deadline(at(moment), Limit(1, Unit.MINUTES))


def test_the_end_of_time_is_refused_not_wrong() -> None:
    clock = PAIRS[0][0]
    for limit in (Limit(5, Unit.WORKING_DAYS), Limit(4_000, Unit.WORKING_MINUTES), Limit(9, Unit.NATURAL_DAYS)):
        with pytest.raises(Refused):
            clock.deadline(at("2060-12-30T10:00"), limit)


def test_hours_that_changed_on_a_day() -> None:
    early = Hours(((480, 720), (780, 1020)), from_on=date(2026, 11, 24))
    late = Hours(((540, 720), (840, 1080)), until_on=date(2026, 11, 24))
    clock = Clock(CALENDAR, [early, late])
    start = at("2026-11-20T10:00")
    assert clock.deadline(start, Limit(1, Unit.WORKING_DAYS)) == at("2026-11-23T18:00")
    assert clock.deadline(start, Limit(2, Unit.WORKING_DAYS)) == at("2026-11-24T17:00")
