"""Whose task stands how, who may judge, who wins: tables."""

from __future__ import annotations

from datetime import date

import pytest

from niangjia.kernel.errors import Refused
from niangjia.modules.visits.journal_rules import (
    Decision,
    Nominated,
    Result,
    TaskState,
    ensure_decisions,
    ensure_month_may_be_met_over,
    last_of_quarter,
    may_judge,
    quarter_of,
    results,
    short_of_judges,
    task_state,
)

NOV = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 11, 22), date(2026, 10, 1), date(2026, 12, 31)),
        (date(2028, 2, 29), date(2028, 1, 1), date(2028, 3, 31)),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_quarters(day, first, last) -> None:
    assert quarter_of(day) == first
    assert last_of_quarter(first) == last


@pytest.mark.parametrize(
    ("due", "done", "carried", "state"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), False, TaskState.DONE),
        (date(2026, 11, 20), date(2026, 11, 21), False, TaskState.LATE_DONE),
        (date(2026, 11, 20), None, True, TaskState.CARRIED),
        (date(2026, 11, 21), None, False, TaskState.OVERDUE),
        (date(2026, 11, 22), None, False, TaskState.OPEN),
    ],
)
def test_how_a_task_stands(due, done, carried, state) -> None:
    assert task_state(due_on=due, done_on=done, is_carried=carried, today=date(2026, 11, 22)) is state


@pytest.mark.parametrize(
    ("month", "held", "code"),
    [(NOV, date(2026, 12, 3), ""), (NOV, NOV, ""), (date(2026, 11, 2), NOV, "meeting.month"), (NOV, date(2026, 10, 31), "meeting.held")],
)  # fmt: skip
def test_when_a_meeting_may_be_held(month, held, code) -> None:
    refused = ""
    try:
        ensure_month_may_be_met_over(month, held)
    except Refused as refusal:
        refused = refusal.code
    assert refused == code


@pytest.mark.parametrize(
    ("text", "due", "code"),
    [("到站点走一趟", NOV, ""), ("  ", NOV, "decision.text"), ("到站点走一趟", date(2026, 10, 31), "decision.due")],
)
def test_what_may_be_decided(text, due, code) -> None:
    refused = ""
    try:
        ensure_decisions([Decision(text, 1, due)], NOV)
    except Refused as refusal:
        refused = refusal.code
    assert refused == code


@pytest.mark.parametrize(
    ("judge", "may"),
    [(1, False), (2, False), (3, True), (4, False)],
    ids=["the author", "who went along", "a named judge", "nobody named this one"],
)
def test_nobody_judges_his_own(judge, may) -> None:
    assert may_judge(judge, {1, 2, 3}, Nominated(7, frozenset({1, 2}))) is may


@pytest.mark.parametrize(
    ("judges", "short"),
    [([1, 2, 3, 4, 5], []), ([3, 4, 5], []), ([1, 3, 4], [7]), ([3, 3, 4], [7, 8]), ([], [7, 8])],
)
def test_each_needs_enough_judges(judges, short) -> None:
    both = [Nominated(7, frozenset({1, 2})), Nominated(8, frozenset({9}))]
    assert short_of_judges(both, judges, least=3) == short


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ({}, []),
        ({1: [10, 8, 9]}, [Result(1, 9.0, 3, 1)]),
        ({1: [10, 10], 2: [5, 5, 5]}, [Result(2, 5.0, 3, 1), Result(1, None, 2, None)]),
        (
            {1: [8, 8, 8], 2: [8, 8, 8, 8], 3: [9, 9, 9], 4: [1, 1, 1]},
            [Result(3, 9.0, 3, 1), Result(2, 8.0, 4, 2), Result(1, 8.0, 3, 2), Result(4, 1.0, 3, 4)],
        ),
        ({1: [], 2: []}, [Result(1, None, 0, None), Result(2, None, 0, None)]),
    ],
)
def test_who_wins(points, expected) -> None:
    assert results(points, least=3) == expected
