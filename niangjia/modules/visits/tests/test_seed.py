"""The demonstration's journal comes to the figures of the account, and its weeks are weeks that officers could have had."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from niangjia.modules.visits.rules import TOGETHER, VisitKindCode
from niangjia.modules.visits.seed import plan
from niangjia.modules.visits.seed.plan import Asked, Firm, Posted, Township, Trip

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TOWNS = [
    Township(
        10 + town, f"330203{town:03}", f"{town}桥",
        tuple(Firm(100 * town + n, f"禾{town}{n}厂", 40 + 7 * n, "已单独建会" if n % 3 else "未建会", (29.8, 121.4)) for n in range(1, 30)),
    )
    for town in range(17)
]  # fmt: skip
BROUGHT = 560


def asked() -> list[Asked]:
    chance, found = random.Random(7), set()
    while len(found) < BROUGHT:
        day = NOW - timedelta(days=chance.randrange(1, 728))
        if day.weekday() < 5:
            at = day.replace(hour=chance.randrange(10, 17), minute=chance.randrange(60), second=chance.randrange(60))
            found.add(Asked(at, chance.randrange(17), None))
    return sorted(found)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5


@pytest.fixture(scope="module")
def posted() -> list[Posted]:
    return plan.plan_postings(TOWNS, plan.COUNTY, seed="1", today=NOW.date())


@pytest.fixture(scope="module")
def trips(posted: list[Posted]) -> list[Trip]:
    return plan.plan_visits(TOWNS, posted, asked(), plan.COUNTY, is_working_day=is_working_day, seed="1", now=NOW)


def test_the_journal_has_the_figures_of_the_account(posted: list[Posted], trips: list[Trip]) -> None:
    """23 officers, 17 townships, 87 key employers all covered, 1,833 visits."""
    keys = {firm for _, firm in plan.key_firms(TOWNS, plan.COUNTY)}
    assert (len(posted), len({town for one in posted for town in one.townships})) == (23, 17)
    assert (len(trips), len({trip.officer for trip in trips})) == (1_833, 23)
    assert len({trip.township for trip in trips}) == 17
    assert (len(keys), len(keys & {trip.firm.id for trip in trips})) == (87, 87)
    assert sorted(firm for one in posted for firm in one.key_firms) == sorted(keys)


def test_each_demand_has_its_visit(trips: list[Trip]) -> None:
    brought = {trip.asked: trip for trip in trips if trip.asked}
    assert set(brought) == {one.at for one in asked()}
    assert all(trip.arrived_at == at < trip.left_at < NOW for at, trip in brought.items())
    assert all(brought[one.at].township == one.township for one in asked())


def test_weeks_are_kept_and_one_sets_herself_four(posted: list[Posted], trips: list[Trip]) -> None:
    made = Counter((trip.officer, trip.arrived_at.date() - timedelta(days=trip.arrived_at.weekday())) for trip in trips)
    due = kept = 0
    for one in posted:
        monday = one.from_on
        while monday < NOW.date():
            if any(one.is_on_post(monday + timedelta(days=n)) for n in range(5)):
                due, kept = due + 1, kept + (made[one.number, monday] >= one.goal)
            monday += timedelta(weeks=1)
    assert 0.88 < kept / due < 1
    assert sum(one.goal == 4 for one in posted) == 1
    visits = Counter(trip.officer for trip in trips)
    assert visits.most_common(1)[0][0] == plan.HERSELF


def test_nobody_goes_on_leave_or_on_a_sunday_or_to_where_another_is(posted: list[Posted], trips: list[Trip]) -> None:
    assert all(trip.arrived_at <= NOW and trip.arrived_at.weekday() < 5 for trip in trips)
    assert sum(not posted[trip.officer].is_on_post(trip.arrived_at.date()) for trip in trips) < 5
    there: dict[int, list[datetime]] = {}
    for trip in trips:
        assert all(abs(trip.arrived_at - other) > TOGETHER for other in there.get(trip.firm.id, []))
        there.setdefault(trip.firm.id, []).append(trip.arrived_at)


def test_the_visits_are_of_many_kinds(trips: list[Trip]) -> None:
    kinds = Counter(trip.kind for trip in trips)
    assert kinds[VisitKindCode.DAILY] > len(trips) / 2
    assert len(kinds) >= 6
    hot = [trip.arrived_at.month for trip in trips if trip.kind is VisitKindCode.COOLNESS]
    assert set(hot) <= {6, 7, 8, 9}


def test_the_same_seed_tells_the_same(posted: list[Posted], trips: list[Trip]) -> None:
    again = plan.plan_visits(TOWNS, posted, asked(), plan.COUNTY, is_working_day=is_working_day, seed="1", now=NOW)
    assert again == trips
