"""A draft that is sent twice at once, and two officers at one gate: each with the control that shows the race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connections

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions import absences, handing_in, planning
from niangjia.modules.visits.actions.years import judge, name_judges, open_year_round, publish_round, put_forward
from niangjia.modules.visits.drafts import Conflict
from niangjia.modules.visits.models import Absence, PlannedVisit, Visit, YearRound
from niangjia.modules.visits.queries.years import points_of
from niangjia.modules.visits.rules import NominationKind, PlanState, monday_of
from niangjia.modules.visits.testing import NOW, draft, posting

WHY = {"reason": "the test's own world"}


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each came to: its value, or what it raised."""
    came: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            came[number] = work()
        except (Refused, Missing, IntegrityError, OperationalError) as error:
            came[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return came


def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked before either writes."""
    both, real = threading.Barrier(2), handing_in._write

    def together(*args: Any) -> None:
        both.wait(timeout=10)
        real(*args)

    monkeypatch.setattr(handing_in, "_hold", lambda _: None)
    monkeypatch.setattr(handing_in, "_write", together)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_draft_sent_twice_at_once_is_handed_in_once(monkeypatch: pytest.MonkeyPatch, *, guarded: bool) -> None:
    tree = small_tree()
    actor = actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    written = draft(firm("北山纺织厂", "530999101"))
    if not guarded:
        unguarded(monkeypatch)
    came = at_once(*[lambda: handing_in.hand_in_visit(written, actor=actor, now=NOW)] * 2)
    assert Visit.objects.unscoped(**WHY).count() == 1
    assert (came[0] == came[1]) is guarded
    assert any(isinstance(one, IntegrityError) for one in came) is not guarded


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_officers_at_one_gate_the_second_is_told(monkeypatch: pytest.MonkeyPatch, *, guarded: bool) -> None:
    tree = small_tree()
    actors = [actor_of(officer("LIAISON_OFFICER", tree.county, name).pk, now=NOW) for name in ("何走访", "马同行")]
    employer = firm("北山纺织厂", "530999101")
    drafts = [draft(employer, at=NOW - timedelta(minutes=minutes)) for minutes in (20, 40)]
    if not guarded:
        unguarded(monkeypatch)
    pairs = zip(drafts, actors, strict=True)
    came = at_once(
        *[lambda one=one, actor=actor: handing_in.hand_in_visit(one, actor=actor, now=NOW) for one, actor in pairs]
    )
    told = [one for one in came if isinstance(one, Conflict)]
    assert len(told) == (1 if guarded else 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_stop_that_a_hand_moves_while_the_week_is_proposed_is_not_swept_away(
    monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    tree = small_tree()
    user = officer("LIAISON_OFFICER", tree.county)
    posting(tree.county, user, township_ids=[tree.north.pk])
    mill = firm("北山纺织厂", "530999101")
    monday = monday_of(NOW.date()) + timedelta(days=7)
    planning.propose_weeks(monday, actor=SYSTEM, now=NOW)
    stop = PlannedVisit.objects.unscoped(**WHY).get()
    mill.closed_on = NOW.date()
    mill.save()  # it isn't proposed again
    actor, looked, moved = actor_of(user.pk, now=NOW), planning.ground_of, list[Any]()

    def move() -> Any:
        on = monday + timedelta(days=4)
        return planning.move_planned(stop.pk, version=1, on=on, is_morning=True, actor=actor, now=NOW)

    hand = threading.Thread(target=lambda: moved.extend(at_once(move)))

    def looks(*args: Any, **more: Any) -> Any:
        found = looked(*args, **more)
        hand.start()
        if not guarded:
            hand.join(timeout=30)
        return found

    monkeypatch.setattr(planning, "ground_of", looks)
    if not guarded:
        monkeypatch.setattr(planning, "_hold_week", lambda *_: None)
    planning.propose_weeks(monday, actor=SYSTEM, now=NOW)
    hand.join(timeout=30)
    was_moved = isinstance(moved[0], PlannedVisit)
    stands = PlannedVisit.objects.unscoped(**WHY).filter(pk=stop.pk).exists()
    assert (was_moved, stands) == ((False, False) if guarded else (True, False))


@pytest.mark.django_db(transaction=True)
def test_a_visit_is_handed_in_while_the_week_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planner holds the posting and wants the stop, the visit holds the stop and names the posting."""
    tree = small_tree()
    user = officer("LIAISON_OFFICER", tree.county)
    posting(tree.county, user, township_ids=[tree.north.pk])
    mill = firm("北山纺织厂", "530999101")
    monday = monday_of(NOW.date())
    planning.propose_weeks(monday, actor=SYSTEM, now=NOW)
    stop = PlannedVisit.objects.unscoped(**WHY).get()
    both, hold, write = threading.Barrier(2), planning._hold_week, handing_in._write

    def holds(*args: Any) -> None:
        both.wait(timeout=10)
        hold(*args)

    def writes(*args: Any) -> None:
        both.wait(timeout=10)
        write(*args)

    monkeypatch.setattr(planning, "_hold_week", holds)
    monkeypatch.setattr(handing_in, "_write", writes)
    written, actor = draft(mill, planned_id=stop.pk), actor_of(user.pk, now=NOW)
    came = at_once(
        lambda: planning.propose_weeks(monday, actor=SYSTEM, now=NOW),
        lambda: handing_in.hand_in_visit(written, actor=actor, now=NOW),
    )
    assert isinstance(came[1], Visit), came
    assert PlannedVisit.objects.unscoped(**WHY).get().state == PlanState.DONE


@pytest.mark.django_db(transaction=True)
def test_points_that_come_while_the_year_is_published_do_not_stand_beside_its_results() -> None:
    tree = small_tree()
    judges = [officer("LIAISON_OFFICER", tree.county, f"评委{number}") for number in range(3)]
    chair = acting_as("CHAIR", tree.county)
    year = open_year_round(scope_id=tree.county.pk, year=2026, actor=chair, now=NOW)
    author = actor_of(officer("LIAISON_OFFICER", tree.county, "何走访").pk, now=NOW)
    one = put_forward(year.pk, kind=NominationKind.SUGGESTION, title="开夜间窗口", text="好", actor=author, now=NOW)
    name_judges(year.pk, user_ids=[user.pk for user in judges], actor=chair, now=NOW)
    for user in judges:
        judge(one.pk, points=5, actor=actor_of(user.pk, now=NOW), now=NOW)
    late, came = actor_of(judges[0].pk, now=NOW), list[Any]()
    other = threading.Thread(target=lambda: came.extend(at_once(lambda: judge(one.pk, points=10, actor=late, now=NOW))))

    def facts(row: YearRound) -> dict[str, Any]:
        found = {"points": points_of(row)[one.pk]}
        other.start()
        other.join(timeout=0.5)
        return found

    done = publish_round(year.pk, facts=facts, actor=chair, now=NOW)
    other.join(timeout=30)
    assert isinstance(came[0], Refused), came
    assert done.facts["points"] == points_of(done)[one.pk] == [5, 5, 5]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_the_same_days_entered_twice_at_once_count_once(monkeypatch: pytest.MonkeyPatch, *, guarded: bool) -> None:
    tree = small_tree()
    post = posting(tree.county, officer("LIAISON_OFFICER", tree.county))
    actor = acting_as("CHAIR", tree.county)
    both, real = threading.Barrier(2), absences._record

    def together(*args: Any, **sides: Any) -> None:
        with suppress(threading.BrokenBarrierError):  # one waits in vain for the other, who is held
            both.wait(timeout=3)
        real(*args, **sides)

    monkeypatch.setattr(absences, "_record", together)
    if not guarded:
        monkeypatch.setattr(absences, "_hold", lambda _: None)
    days = {"from_on": NOW.date(), "until_on": NOW.date() + timedelta(days=2)}
    came = at_once(*[lambda: absences.add_absence(post.pk, kind="leave", actor=actor, now=NOW, **days)] * 2)
    assert Absence.objects.unscoped(**WHY).count() == (1 if guarded else 2)
    assert sum(isinstance(one, Refused) for one in came) == (1 if guarded else 0)
