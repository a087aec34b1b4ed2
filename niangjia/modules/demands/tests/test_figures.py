"""Each figure is the number of rows that a list shows for it, whoever looks and however it is cut."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from niangjia.engines.casework import actions as casework
from niangjia.engines.metrics.declared import Period, Place, metric_named, metrics_for
from niangjia.kernel.lists.spec import list_named
from niangjia.modules.demands.actions.facts import set_outcome
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.figures import FIGURES, PARTS, Cut, Line, demands_of, figures, narrowed_by, total
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import acting_as, small_tree

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE)


@pytest.fixture
def tree(db: None) -> Any:
    """Eight demands of a spring: three resolved, one of them at the second go; one closed, refused, merged, open each."""
    tree = small_tree()
    county, north = acting_as("CHAIR", tree.county), acting_as("CHAIR", tree.north)
    told = demand(
        tree.county,
        "会费怎么交？",
        now=at(3, 2),
        close_at_once="每月按工资的千分之五。",
        nature=Nature.ENQUIRY,
        kind="",
        channel=Channel.HOTLINE,
    )
    assert told.case.stage_now.name == "RESOLVED"
    wages = demand(tree.north, now=at(3, 5), people=12, claimed_fen=12_600_000, route=False)
    solved(wages, north, at(3, 9), recovered_fen=12_600_000)
    again = demand(tree.north, "食堂太贵", now=at(3, 10), nature=Nature.SUGGESTION, route=False)
    casework.take_case(again.pk, actor=north, now=at(3, 10, 11))
    casework.answer_case(again.pk, text="已转食堂。", actor=north, now=at(3, 11))
    casework.call_back(again.pk, is_reached=True, is_satisfied=False, text="没有变", actor=north, now=at(3, 12))
    casework.answer_case(again.pk, text="已降价。", actor=north, now=at(4, 1))
    casework.call_back(again.pk, is_reached=True, is_satisfied=True, rating=4, actor=north, now=at(4, 2))
    gone = demand(tree.county, "打不通的电话", now=at(3, 20), route=False)
    casework.take_case(gone.pk, actor=county, now=at(3, 20, 11))
    casework.answer_case(gone.pk, text="请看公告。", actor=county, now=at(3, 23))
    for hour in (9, 11, 15):
        casework.call_back(gone.pk, is_reached=False, actor=county, now=at(3, 24, hour))
    refused = demand(tree.county, "邻居太吵", now=at(3, 25), route=False)
    casework.refuse_case(refused.pk, reason="不归工会管", elsewhere="社区", actor=county, now=at(3, 25, 11))
    twice = demand(tree.north, now=at(3, 6), route=False)
    main = demand(tree.north, "三个月没有工资，我也是", now=at(4, 6), route=False)
    casework.merge_cases([twice.pk], into_id=main.pk, reason="同一件事", actor=north, now=at(4, 7))
    demand(tree.county, "五月的", now=at(5, 4), route=False)
    return tree


def solved(row: Demand, actor: Any, now: datetime, *, recovered_fen: int) -> None:
    casework.take_case(row.pk, actor=actor, now=now - timedelta(days=1))
    set_outcome(row.pk, how_closed="COORDINATED", recovered_fen=recovered_fen, actor=actor, now=now)
    casework.answer_case(row.pk, text="工资已补发。", actor=actor, now=now)
    casework.call_back(row.pk, is_reached=True, is_satisfied=True, rating=5, actor=actor, now=now + timedelta(hours=1))


def shown(line: Line) -> dict[str, float | None]:
    return {figure.key: line.value(figure) for figure in FIGURES}


def test_the_figures_are_those_counted_by_hand(tree) -> None:
    found = shown(total(acting_as("CHAIR", tree.county), None, FIRST, LAST))
    assert found["recorded"] == 7
    assert found["resolved"] == 3
    assert found["resolved_share"] == pytest.approx(3 / 7)
    assert found["ended"] == 4, "a refused and a merged one came to an end, but nobody's matter was dealt with"
    assert found["accepted"] == 4
    assert found["net_share"] == pytest.approx(3 / 4)
    assert found["satisfied_share"] == 1.0
    assert found["first_time_share"] == pytest.approx(2 / 4)
    assert found["people"] == 18
    assert found["recovered"] == 12_600_000
    march = shown(total(acting_as("CHAIR", tree.county), None, FIRST, date(2026, 3, 31)))
    assert (march["recorded"], march["resolved"], march["ended"]) == (6, 3, 3)


def test_a_township_counts_its_own(tree) -> None:
    found = shown(total(acting_as("CHAIR", tree.county), tree.north.scope.path, FIRST, LAST))
    assert (found["recorded"], found["resolved"], found["people"]) == (4, 2, 15)


@pytest.mark.parametrize("part", PARTS.values(), ids=list(PARTS))
def test_every_part_is_the_rows_behind_it(tree, part) -> None:
    """By the query, and by the very filters to which the page's link leads."""
    actor, spec = acting_as("CHAIR", tree.county), list_named("demands.demand")
    counted = total(actor, None, FIRST, LAST).counted[part.key]
    rows = part.rows_of(demands_of(actor, None), FIRST, LAST)
    listed = spec.narrowed(spec.chosen(part.address(FIRST, LAST), actor), actor)
    if part.of:
        assert counted == sum(each(row, part.of) or 0 for row in rows)
        assert counted == sum(each(row, part.of) or 0 for row in listed)
    else:
        assert counted == rows.count() == listed.count()
    assert counted > 0, "the story has something of each"


def each(row: Any, name: str) -> Any:
    for word in name.split("__"):
        row = getattr(row, word)
    return row


@pytest.mark.parametrize("cut", [cut for cut in Cut if cut is not Cut.MONTH])
def test_a_cut_adds_up_and_each_line_opens_into_its_rows(tree, cut) -> None:
    actor, spec = acting_as("CHAIR", tree.county), list_named("demands.demand")
    lines = figures(actor, None, FIRST, LAST, cut)
    whole = total(actor, None, FIRST, LAST).counted
    for key, part in PARTS.items():
        assert sum(line.counted.get(key, 0) for line in lines) == whole[key], (cut, key)
        for line in lines:
            if part.of or cut is Cut.ORGANISATION:
                continue
            chosen = spec.chosen({**part.address(FIRST, LAST), **narrowed_by(cut, line.code)}, actor)
            assert spec.narrowed(chosen, actor).count() == line.counted.get(key, 0), (cut, key, line)
    assert all(line.label for line in lines)


def test_the_lines_of_organisations_are_those_below(tree) -> None:
    actor = acting_as("CHAIR", tree.county)
    lines = {line.label: line.counted["recorded"] for line in figures(actor, None, FIRST, LAST, Cut.ORGANISATION)}
    assert lines == {tree.north.name: 4, f"{tree.county.name}（本级）": 3}


def test_months_follow_each_other(tree) -> None:
    lines = figures(acting_as("CHAIR", tree.county), None, FIRST, date(2026, 5, 31), Cut.MONTH)
    assert [(line.code, line.counted["recorded"]) for line in lines] == [("2026-03", 6), ("2026-04", 1), ("2026-05", 1)]


def test_hours_are_working_hours(tree) -> None:
    """From Monday ten to Monday ten, answered and confirmed: office hours only."""
    row = demand(tree.county, "一周办好", now=at(6, 1), route=False)
    chair = acting_as("CHAIR", tree.county)
    casework.take_case(row.pk, actor=chair, now=at(6, 1, 11))
    casework.answer_case(row.pk, text="好了", actor=chair, now=at(6, 3, 9))
    casework.call_back(row.pk, is_reached=True, is_satisfied=True, actor=chair, now=at(6, 3, 10))
    row.case.refresh_from_db()
    assert row.case.spent_minutes == 2 * 7 * 60, "two days of seven hours: 8:30–12:00 and 14:00–17:30"


def test_who_may_not_see_a_demand_does_not_count_it(tree) -> None:
    demand(tree.county, "请保密", now=at(3, 30), is_confidential=True, route=False)
    outsider = acting_as("AUDITOR", tree.county)
    assert total(outsider, None, FIRST, LAST).counted["recorded"] == 7


def test_figures_ask_the_same_number_of_questions_for_any_number_of_rows(tree) -> None:
    actor, asked = acting_as("CHAIR", tree.county), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as caught:
            figures(actor, None, FIRST, LAST)
        asked.append(len(caught))
        for number in range(5):
            demand(tree.north, f"第{number}件：食堂太贵", now=at(4, 10), route=False)
    assert asked[0] == asked[1] <= 6


def test_the_metrics_by_organisation_are_the_rows_behind_them(tree) -> None:
    actor, spec = acting_as("CHAIR", tree.county), list_named("demands.demand")
    demand(tree.north, "请保密", now=at(3, 30), is_confidential=True, route=False)
    period = Period("spring", "春季", FIRST, LAST + timedelta(days=1))
    places = [Place(row.pk, row.scope.path) for row in (tree.county, tree.north, tree.mill)]
    for metric in (one for one in metrics_for(actor) if one.name.startswith("demands.")):
        numbers = metric.count(places, period)
        for place in places:
            params = dict(parse_qsl(urlsplit(metric.rows(place.id, period)).query))
            rows = spec.narrowed(spec.chosen(params, actor), actor, place.path)
            assert rows.count() == numbers.get(place.id, 0), (metric.name, place)
    assert metric_named("demands.recorded").count(places, period)[tree.county.pk] == 7
