"""The week as it is proposed: who, when, why; the same for the same facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from niangjia.modules.visits.planning import (
    NEAR_KILOMETRES,
    PER_HALF_DAY,
    Due,
    Fixed,
    Key,
    Officer,
    Proposed,
    Site,
    days_to_go,
    kilometres,
    propose,
    propose_all,
)
from niangjia.modules.visits.rules import PlanReason

MONDAY = date(2026, 11, 23)
WEEK = [MONDAY + timedelta(days=number) for number in range(5)]
BEGAN = date(2025, 1, 1)


def site(pk: int, last: str | None = None, township: str = "N", **more) -> Site:
    return Site(
        pk, f"{pk}号厂", township, {"N": "北山镇", "S": "南湖街道"}.get(township, township),
        last_on=date.fromisoformat(last) if last else None, **more,
    )  # fmt: skip


def key(pk: int, last: str | None = None, every: int = 90, **more) -> Key:
    return Key(site(pk, last, **more), every, BEGAN)


def officer(goal: int = 1, **more) -> Officer:
    return Officer(**{"user_id": 1, "goal": goal, "days": WEEK, **more})


def said(week: list[Proposed]) -> list[tuple[int, str, str]]:
    return [(one.employer_id, one.reason.value, one.because) for one in week]


OVERDUE, TURN, NEAR, FOLLOW_UP = "overdue", "turn", "near", "follow_up"


@pytest.mark.parametrize(
    ("who", "week"),
    [
        # the longest overdue goes first; one more than the goal while more are behind
        (
            officer(keys=[key(1, "2026-08-01"), key(2, "2026-07-03"), key(3, "2026-11-01")]),
            [(2, OVERDUE, "上次走访 7 月 3 日，已超 53 天"), (1, OVERDUE, "上次走访 8 月 1 日，已超 24 天")],
        ),
        (officer(keys=[key(1, "2026-08-01"), key(3, "2026-11-01")]), [(1, OVERDUE, "上次走访 8 月 1 日，已超 24 天")]),
        # of last year, and never at all
        (officer(keys=[key(1, "2025-12-31")]), [(1, OVERDUE, "上次走访 2025 年 12 月 31 日，已超 237 天")]),
        (officer(keys=[key(1)]), [(1, OVERDUE, "还没有走访过，已超 601 天")]),
        # the turn comes this week, or later while the goal isn't reached
        (officer(keys=[key(1, "2026-08-27")]), [(1, TURN, "上次走访 8 月 27 日，本周满 90 天")]),
        (
            officer(goal=2, keys=[key(1, "2026-10-01"), key(2, "2026-09-30")]),
            [
                (2, TURN, "上次走访 9 月 30 日，再过 36 天满 90 天"),
                (1, TURN, "上次走访 10 月 1 日，再过 37 天满 90 天"),
            ],
        ),
        # who was gone to a fortnight ago rests
        (officer(keys=[key(1, "2026-11-15")]), []),
        # what must be looked at again is never left out, and is said once
        (
            officer(
                keys=[key(1, "2026-07-03"), key(2, "2026-07-04")],
                dues=[Due(7, site(1, "2026-07-03"), "欠薪发了没有", date(2026, 11, 25))],
            ),
            [
                (1, FOLLOW_UP, "回看“欠薪发了没有”，11 月 25 日到期"),
                (2, OVERDUE, "上次走访 7 月 4 日，已超 52 天"),
            ],
        ),
        (
            officer(dues=[Due(7, site(1), "欠薪", date(2026, 11, 20)), Due(8, site(1), "社保", date(2026, 11, 21))]),
            [(1, FOLLOW_UP, "回看“欠薪”，已过期 3 天")],
        ),
        (officer(dues=[Due(7, site(1), "欠薪", date(2026, 11, 30))]), []),
        # the goal is filled up with neighbours, then with whoever was not seen for longest
        (
            officer(
                goal=3,
                keys=[key(1, "2026-07-03")],
                others=[site(4, "2026-01-05", township="S"), site(5, "2026-03-05"), site(1, "2026-07-03")],
            ),
            [
                (1, OVERDUE, "上次走访 7 月 3 日，已超 53 天"),
                (5, NEAR, "和1号厂同在北山镇，上次走访 3 月 5 日"),
                (4, TURN, "凑足每周 3 次，上次走访 1 月 5 日"),
            ],
        ),
        (
            officer(
                goal=2,
                keys=[key(1, "2026-07-03", point=(32.0, 119.0))],
                others=[site(5, township="S", point=(32.01, 119.0))],
            ),
            [(1, OVERDUE, "上次走访 7 月 3 日，已超 53 天"), (5, NEAR, "离1号厂 1.1 公里，还没有走访过")],
        ),
        # what stands by hand counts and isn't doubled
        (officer(keys=[key(1, "2026-07-03")], fixed=[Fixed(site(1), MONDAY, is_morning=True)]), []),
        # what was taken out by hand isn't proposed again, not even to be looked at again
        (officer(keys=[key(1, "2026-07-03")], dues=[Due(7, site(2), "欠薪", MONDAY)], skipped=frozenset({1, 2})), []),
        # away all week
        (officer(days=[], keys=[key(1, "2026-07-03")]), []),
    ],
)
def test_who_is_gone_to_and_why(who: Officer, week: list[tuple[int, str, str]]) -> None:
    assert said(propose(who, MONDAY)) == week


def test_near_ones_share_a_day() -> None:
    """Two in the north, two in the south, in turn by their dates: each pair goes together."""
    keys = [
        key(1, "2026-07-01"), key(2, "2026-07-02", township="S"), key(3, "2026-07-03"),
        key(4, "2026-07-04", township="S"),
    ]  # fmt: skip
    week = propose(officer(goal=4, keys=keys), MONDAY)
    assert [(one.employer_id, one.on.day, one.is_morning) for one in week] == [
        (1, 23, True), (3, 23, True), (2, 24, True), (4, 24, True),
    ]  # fmt: skip


def test_a_zone_and_a_distance_are_nearer_than_a_township() -> None:
    point, far = (32.0, 119.0), (32.2, 119.0)
    keys = [key(1, "2026-07-01", point=point, zone_id=5), key(2, "2026-07-02", point=far)]
    by_zone = [*keys, key(3, "2026-07-03", township="S", zone_id=5)]
    week = propose(officer(goal=3, keys=by_zone), MONDAY)
    assert [(one.employer_id, one.on.day) for one in week] == [(1, 23), (3, 23), (2, 24)]
    by_distance = [*keys, key(3, "2026-07-03", township="S", point=(32.02, 119.0))]
    week = propose(officer(goal=3, keys=by_distance), MONDAY)
    assert [(one.employer_id, one.on.day) for one in week] == [(1, 23), (3, 23), (2, 24)]


def test_somebody_who_is_there_anyway_takes_what_is_near() -> None:
    fixed = [Fixed(site(9, township="S"), WEEK[3], is_morning=False)]
    week = propose(officer(goal=2, keys=[key(1, "2026-07-01", township="S")], fixed=fixed), MONDAY)
    assert [(one.employer_id, one.on, one.is_morning) for one in week] == [(1, WEEK[3], True)]


def test_due_soonest_goes_first_though_another_is_stronger() -> None:
    dues = [Due(1, site(1), "甲", date(2026, 11, 29)), Due(2, site(2, township="S"), "乙", date(2026, 11, 23))]
    week = propose(officer(dues=dues), MONDAY)
    assert [(one.employer_id, one.on.day) for one in week] == [(2, 23), (1, 24)]


def test_days_on_which_somebody_may_be_sent() -> None:
    """Leave on Monday and Tuesday, a holiday on Wednesday, a Saturday made a working day: it comes last."""
    working = {*WEEK, MONDAY + timedelta(days=5)} - {WEEK[2]}
    away = [(WEEK[0], WEEK[2])]
    assert days_to_go(MONDAY, away, working, (BEGAN, None)) == [WEEK[3], WEEK[4], MONDAY + timedelta(days=5)]
    assert days_to_go(MONDAY, [], working, (WEEK[3], WEEK[4])) == [WEEK[3]]
    assert days_to_go(MONDAY, [], working, (BEGAN, MONDAY)) == []
    sunday = MONDAY - timedelta(days=1)
    assert days_to_go(MONDAY - timedelta(days=7), [], {sunday}, (BEGAN, None)) == [sunday]


def test_two_never_go_to_one_employer_unless_to_look_again() -> None:
    shared = [site(5), site(6)]
    one, other = officer(others=shared), officer(others=shared, user_id=2)
    weeks = propose_all([one, other], MONDAY)
    assert [[stop.employer_id for stop in week] for week in weeks.values()] == [[5], [6]]
    again = officer(user_id=2, dues=[Due(7, site(5), "欠薪", MONDAY)])
    weeks = propose_all([one, again], MONDAY, taken={})
    assert [[stop.employer_id for stop in week] for week in weeks.values()] == [[5], [5]]
    assert propose(officer(keys=[key(5, "2026-01-01")]), MONDAY, taken={5: 9}) == []
    assert len(propose(officer(keys=[key(5, "2026-01-01")]), MONDAY, taken={5: 1})) == 1


def test_kilometres() -> None:
    assert kilometres((32.0, 119.0), (32.0, 119.0)) == 0
    assert kilometres((32.0, 119.0), (33.0, 119.0)) == pytest.approx(111.2, abs=0.1)
    assert kilometres((32.0, 179.9), (32.0, -179.9)) == pytest.approx(18.9, abs=0.1)


POINTS = st.none() | st.tuples(st.floats(31.9, 32.3), st.floats(118.9, 119.3))
SITES = st.builds(
    site,
    st.integers(1, 40),
    st.none() | st.dates(date(2026, 1, 1), MONDAY).map(str),
    st.sampled_from("NSE"),
    zone_id=st.none() | st.integers(1, 3),
    point=POINTS,
)
KEYS = st.builds(Key, SITES, st.integers(7, 200), st.just(BEGAN))
DUES = st.builds(
    Due, st.integers(1, 99), SITES, st.just("看"), st.dates(MONDAY - timedelta(30), MONDAY + timedelta(30))
)
FIXED = st.builds(Fixed, SITES, st.sampled_from(WEEK), st.booleans())
OFFICERS = st.builds(
    Officer,
    st.integers(1, 5),
    st.integers(0, 8),
    st.lists(st.sampled_from(WEEK), unique=True).map(sorted),
    st.lists(KEYS, max_size=12, unique_by=lambda one: one.site.employer_id),
    st.lists(DUES, max_size=6),
    st.lists(SITES, max_size=12, unique_by=lambda one: one.employer_id),
    st.lists(FIXED, max_size=4),
)


@settings(max_examples=80, deadline=None)
@given(OFFICERS, st.dictionaries(st.integers(1, 40), st.integers(1, 5), max_size=10))
def test_what_holds_for_every_week(who: Officer, taken: dict[int, int]) -> None:
    week = propose(who, MONDAY, taken)
    assert week == propose(who, MONDAY, taken)
    ids = [one.employer_id for one in week]
    fixed = {one.site.employer_id for one in who.fixed}
    assert len(ids) == len(set(ids))
    assert not set(ids) & fixed
    for one in week:
        assert one.on in who.days
        assert one.because
        assert len(one.because) <= 100
        assert (one.reason == PlanReason.FOLLOW_UP) == (one.follow_up_id is not None)
        if one.reason != PlanReason.FOLLOW_UP:
            assert taken.get(one.employer_id, who.user_id) == who.user_id
    halves = [(one.on, one.is_morning) for one in week]
    for half in set(halves):
        there = sum((one.on, one.is_morning) == half for one in who.fixed)
        assert halves.count(half) + min(there, PER_HALF_DAY) <= PER_HALF_DAY
    assert halves == sorted(halves, key=lambda half: (half[0], not half[1]))
    others = [one for one in week if one.reason != PlanReason.FOLLOW_UP]
    assert len(others) <= max(0, who.goal + 1)
    overdue = [one for one in week if one.reason == PlanReason.OVERDUE]
    if overdue and len(week) < len(who.days) * 2 * PER_HALF_DAY - len(who.fixed):
        gone = {one.employer_id for one in overdue}
        dues = {key.site.employer_id: key.due_on for key in who.keys}
        skipped = [
            key.due_on
            for key in who.keys
            if key.site.employer_id not in {*ids, *fixed}
            and taken.get(key.site.employer_id, who.user_id) == who.user_id
        ]
        assert all(max(dues[pk] for pk in gone) <= day for day in skipped)  # never a later one before an earlier


@settings(max_examples=30, deadline=None)
@given(st.lists(OFFICERS, max_size=4, unique_by=lambda one: one.user_id))
def test_a_stop_is_somebodys_once_in_the_week(officers: list[Officer]) -> None:
    weeks = propose_all(officers, MONDAY)
    gone = sorted((one.employer_id, one.reason == PlanReason.FOLLOW_UP) for week in weeks.values() for one in week)
    for _, stops in groupby(gone, key=lambda one: one[0]):
        assert sum(not again for _, again in stops) <= 1


def test_what_is_near_is_within_some_kilometres() -> None:
    far = key(2, "2026-07-02", point=(32.0 + (NEAR_KILOMETRES + 1) / 111, 119.0))
    near = replace(far, site=replace(far.site, point=(32.0 + (NEAR_KILOMETRES - 1) / 111, 119.0)))
    first = key(1, "2026-07-01", point=(32.0, 119.0))
    days = [[one.on for one in propose(officer(goal=2, keys=[first, other]), MONDAY)] for other in (far, near)]
    assert [len(set(one)) for one in days] == [2, 1]
