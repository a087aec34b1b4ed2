"""Where the phone was, which weeks count: tables of cases, no database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from niangjia.modules.visits.place_rules import Arrival, Point, Seen, check_place, in_words, metres_between
from niangjia.modules.visits.rules import PlaceState, weeks_due, were_together

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
MILL, HARBOUR = Point(32.10, 119.10), Point(32.20, 119.30)
BEIJING, SHANGHAI = Point(39.9042, 116.4074), Point(31.2304, 121.4737)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [(MILL, MILL, 0), (MILL, Point(32.101, 119.10), 111), (BEIJING, SHANGHAI, 1_067_000), (Point(0, 0), Point(0, 180), 20_015_000)],
)  # fmt: skip
def test_metres_along_the_great_circle(one: Point, other: Point, metres: float) -> None:
    assert metres_between(one, other) == pytest.approx(metres, rel=0.002, abs=0.5)


def test_distances_in_words() -> None:
    assert (in_words(412.4), in_words(3_240)) == ("412 米", "3.2 公里")


def arrival(
    point: Point | None, accuracy: float | None = 20.0, home: Point | None = MILL, employer: int = 1
) -> Arrival:
    return Arrival(point, accuracy, AT, employer, home)


@pytest.mark.parametrize(
    ("told", "state", "word"),
    [
        (arrival(None), PlaceState.UNKNOWN, "没有给出"),
        (arrival(Point(float("inf"), 119.1)), PlaceState.UNKNOWN, "没有给出"),
        (arrival(MILL), PlaceState.THERE, "0 米"),
        (arrival(Point(32.1044, 119.10)), PlaceState.THERE, "489 米"),
        (arrival(Point(32.1064, 119.10)), PlaceState.FAR, "712 米"),
        (arrival(Point(32.1064, 119.10), 250.0), PlaceState.THERE, "712 米"),  # within what the phone is sure of
        (arrival(Point(32.1064, 119.10), None), PlaceState.FAR, "712 米"),
        (arrival(Point(32.1064, 119.10), 8_000.0), PlaceState.UNKNOWN, "误差"),
        (arrival(MILL, 0.0), PlaceState.IMPLAUSIBLE, "精度"),
        (arrival(MILL, -3.0), PlaceState.IMPLAUSIBLE, "精度"),
        (arrival(MILL, float("nan")), PlaceState.IMPLAUSIBLE, "精度"),
        (arrival(Point(0.0, 0.0)), PlaceState.IMPLAUSIBLE, "境外"),
        (arrival(Point(48.8566, 2.3522)), PlaceState.IMPLAUSIBLE, "境外"),
        (arrival(Point(119.1, 32.1)), PlaceState.IMPLAUSIBLE, "境外"),  # the two exchanged
        (arrival(HARBOUR), PlaceState.FAR, "21.9 公里"),
        (arrival(MILL, home=None), PlaceState.UNCHECKED, "还没有登记位置"),
    ],
)
def test_what_is_made_of_the_phones_word(told: Arrival, state: str, word: str) -> None:
    found, note = check_place(told)
    assert (found, word in note) == (state, True), note


def seen(point: Point, minutes: float, *, employer: int = 2, home: Point | None = HARBOUR, own: bool = True) -> Seen:
    return Seen(point, AT - timedelta(minutes=minutes), employer, home, own)


@pytest.mark.parametrize(
    ("other", "state"),
    [
        (seen(MILL, 60 * 24 * 7), PlaceState.IMPLAUSIBLE),  # to the metre, at an employer far away
        (seen(MILL, 60 * 24 * 7, own=False), PlaceState.IMPLAUSIBLE),
        (seen(Point(32.10003, 119.1), 60 * 24 * 7), PlaceState.THERE),  # three metres off: a real fix
        (seen(MILL, 60, home=Point(32.105, 119.1)), PlaceState.THERE),  # next door, at one gate
        (seen(MILL, 60, employer=1), PlaceState.THERE),  # the same employer again
        (seen(MILL, 60, home=None), PlaceState.THERE),  # nobody knows whether it is far
        (seen(HARBOUR, 5), PlaceState.IMPLAUSIBLE),  # 22 km in five minutes
        (seen(HARBOUR, -5), PlaceState.IMPLAUSIBLE),  # handed in out of order
        (seen(HARBOUR, 0), PlaceState.IMPLAUSIBLE),
        (seen(HARBOUR, 30), PlaceState.THERE),
        (seen(HARBOUR, 5, own=False), PlaceState.THERE),  # somebody else was there
        (seen(Point(32.13, 119.1), 0.1), PlaceState.THERE),  # below five kilometres a phone may jump
    ],
)
def test_what_other_visits_say_of_it(other: Seen, state: str) -> None:
    assert check_place(arrival(MILL), [other])[0] == state


@pytest.mark.parametrize(("minutes", "together"), [(0, True), (60, True), (-60, True), (61, False), (180, False)])
def test_who_was_there_within_the_hour(minutes: int, together: bool) -> None:
    assert were_together(AT, AT + timedelta(minutes=minutes)) is together


HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)}
MAKE_UP = {date(2026, 10, 10)}
NOV = (date(2026, 11, 2), date(2026, 11, 30))


def works(day: date) -> bool:
    return day in MAKE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


def days(*pairs: tuple[int, int]) -> list[tuple[date, date]]:
    return [(date(2026, 11, begin), date(2026, 11, end)) for begin, end in pairs]


@pytest.mark.parametrize(
    ("span", "absences", "since", "until", "mondays"),
    [
        ((date(2026, 1, 1), None), [], *NOV, [2, 9, 16, 23]),
        ((date(2026, 11, 11), None), [], *NOV, [9, 16, 23]),  # began on Wednesday: three of five days
        ((date(2026, 11, 12), None), [], *NOV, [16, 23]),  # on Thursday: two of five
        ((date(2026, 1, 1), date(2026, 11, 19)), [], *NOV, [2, 9, 16]),
        ((date(2026, 1, 1), date(2026, 11, 17)), [], *NOV, [2, 9]),
        ((date(2026, 1, 1), None), days((9, 14)), *NOV, [2, 16, 23]),  # a week of leave
        ((date(2026, 1, 1), None), days((9, 11)), *NOV, [2, 9, 16, 23]),  # two days of it
        ((date(2026, 1, 1), None), days((9, 10), (11, 13)), *NOV, [2, 16, 23]),  # three in two parts
        ((date(2026, 1, 1), None), days((13, 17)), *NOV, [2, 9, 16, 23]),  # across a week-end
        ((date(2027, 1, 1), None), [], *NOV, []),
        ((date(2026, 1, 1), date(2026, 2, 1)), [], *NOV, []),
        ((date(2026, 1, 1), None), [], date(2026, 11, 5), date(2026, 11, 12), [2]),  # a week belongs to its Thursday
        ((date(2026, 1, 1), None), [], date(2026, 11, 6), date(2026, 11, 13), [9]),
        ((date(2026, 1, 1), None), [], date(2026, 11, 30), date(2026, 11, 2), []),
    ],
)  # fmt: skip
def test_weeks_on_post(
    span: tuple[date, date | None], absences: list[tuple[date, date]], since: date, until: date, mondays: list[int]
) -> None:
    assert [monday.day for monday in weeks_due(span, absences, works, since, until)] == mondays


def test_a_week_without_a_working_day_does_not_count() -> None:
    october = weeks_due((date(2026, 1, 1), None), [], works, date(2026, 9, 21), date(2026, 10, 19))
    assert [monday.isoformat() for monday in october] == ["2026-09-21", "2026-09-28", "2026-10-05", "2026-10-12"]
    golden = {date(2026, 9, 28) + timedelta(days=n) for n in range(7)}
    weeks = weeks_due((date(2026, 1, 1), None), [], lambda day: works(day) and day not in golden, date(2026, 9, 21), date(2026, 10, 19))  # fmt: skip
    assert date(2026, 9, 28) not in weeks


def test_the_months_add_up_to_the_year() -> None:
    span = (date(2025, 12, 1), None)
    months = [date(2026, month, 1) for month in range(1, 13)] + [date(2027, 1, 1)]
    parts = [weeks_due(span, [], works, a, b) for a, b in pairwise(months)]
    assert sum(map(len, parts)) == len(weeks_due(span, [], works, months[0], months[-1])) == 53
