"""The roster: nobody stands on two at once, not even when two people write at the same moment."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.queries import inbox
from niangjia.modules.organisations.actions import duty
from niangjia.modules.organisations.actions.duty import (
    add_shift,
    add_stand_in,
    change_shift,
    end_stand_in,
    remove_shift,
)
from niangjia.modules.organisations.models import DutyShift, StandIn
from niangjia.modules.organisations.queries.duty import absent_colleagues, acting_for, on_duty, shifts_ahead
from niangjia.modules.organisations.rules import DutyPart
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree

TODAY = timezone.localdate(NOW)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return small_tree()


def shift(tree, user, *, begins=HOUR, hours=8, at=None, part=DutyPart.ON_DUTY):
    place = at or tree.north
    return add_shift(
        organisation_id=place.pk, user_id=user.pk, part=part, from_at=NOW + begins,
        until_at=NOW + begins + hours * HOUR, actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip


def test_who_is_on_duty_at_a_moment(tree):
    clerk, leader = officer("CLERK", tree.north, name="周敏"), officer("CHAIR", tree.north, name="何伟")
    shift(tree, clerk)
    shift(tree, leader, part=DutyPart.LEADER, hours=24)
    assert [one.user.name for one in on_duty(tree.north.pk, at=NOW + 2 * HOUR)] == ["何伟", "周敏"]
    assert [one.user.name for one in on_duty(tree.north.pk, at=NOW + 9 * HOUR)] == ["何伟"], "the end is not in it"
    assert on_duty(tree.north.pk, at=NOW) == []
    assert on_duty(tree.south.pk, at=NOW + 2 * HOUR) == []
    assert [one.user_id for one in shifts_ahead(clerk.pk, now=NOW)] == [clerk.pk]
    assert inbox(clerk.pk).count() == 1


def test_two_rosters_want_the_same_person(tree):
    """He works at the firm and may be put on the township's roster, but not on both at once."""
    clerk = officer("ENTERPRISE_CLERK", tree.mill)
    shift(tree, clerk, at=tree.mill)
    with pytest.raises(Refused) as refused:
        shift(tree, clerk, at=tree.north)
    assert refused.value.code == "shift.overlap"
    shift(tree, clerk, at=tree.north, begins=9 * HOUR)


def test_what_is_over_stays_as_it_was(tree):
    clerk = officer("CLERK", tree.north)
    old = DutyShift.objects.create(
        organisation=tree.north, user=clerk, from_at=NOW - 9 * HOUR, until_at=NOW - HOUR, part="ON_DUTY"
    )
    chair = acting_as("CHAIR", tree.county)
    with pytest.raises(Refused):
        remove_shift(old.pk, actor=chair, now=NOW)
    with pytest.raises(Refused):
        change_shift(
            old.pk, user_id=clerk.pk, from_at=NOW + HOUR, until_at=NOW + 2 * HOUR, part=DutyPart.RESERVE,
            actor=chair, now=NOW,
        )  # fmt: skip
    with pytest.raises(Refused):
        shift(tree, clerk, begins=-9 * HOUR)


def test_both_are_told_when_a_shift_changes_hands(tree):
    first, second = officer("CLERK", tree.north, name="周敏"), officer("CLERK", tree.north, name="何伟")
    made = shift(tree, first)
    change_shift(
        made.pk, user_id=second.pk, from_at=made.from_at, until_at=made.until_at, part=DutyPart.ON_DUTY,
        actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip
    assert "已改由他人值班" in inbox(first.pk)[0].title
    assert "排班有变动" in inbox(second.pk)[0].title


@pytest.mark.parametrize(("job", "place", "no"), [("CHAIR", "south", Missing), ("AUDITOR", "north", NotPermitted)])
def test_strangers_change_no_roster(tree, job, place, no):
    made = shift(tree, officer("CLERK", tree.north))
    actor = acting_as(job, getattr(tree, place))
    with pytest.raises(no):
        remove_shift(made.pk, actor=actor, now=NOW)
    assert DutyShift.objects.unscoped(reason="test").exists()


def stand_in(tree, absent, deputy, *, days=5):
    return add_stand_in(
        organisation_id=tree.north.pk, absent_id=absent.pk, deputy_id=deputy.pk, from_on=TODAY,
        until_on=TODAY + timedelta(days=days), actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip


def test_a_deputy_who_is_away_passes_it_on_and_no_ring_is_made(tree):
    first, second, third = (officer("CLERK", tree.north, name=name) for name in ("周敏", "何伟", "林小燕"))
    stand_in(tree, first, second)
    stand_in(tree, second, third, days=2)
    assert acting_for(first.pk, on=TODAY) == third.pk
    assert acting_for(first.pk, on=TODAY + timedelta(days=3)) == second.pk
    assert acting_for(first.pk, on=TODAY + timedelta(days=5)) == first.pk
    assert absent_colleagues(third.pk, on=TODAY) == [second]
    with pytest.raises(Refused) as refused:
        stand_in(tree, third, first)
    assert refused.value.code == "stand_in.circle"


def test_a_stand_in_ends_today_or_never_was(tree):
    first, second = officer("CLERK", tree.north), officer("CLERK", tree.north)
    chair = acting_as("CHAIR", tree.county)
    made = stand_in(tree, first, second)
    end_stand_in(made.pk, actor=chair, now=NOW)
    assert not StandIn.objects.unscoped(reason="test").exists(), "begun and ended on one day: it never held"
    made = stand_in(tree, first, second)
    end_stand_in(made.pk, actor=chair, now=NOW + timedelta(days=2))
    end_stand_in(made.pk, actor=chair, now=NOW + timedelta(days=3))
    assert StandIn.objects.unscoped(reason="test").get().until_on == TODAY + timedelta(days=2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_two_rosters_written_at_once(locked, monkeypatch):
    """The control takes the lock away: then both find him free."""
    tree = small_tree()
    clerk = officer("ENTERPRISE_CLERK", tree.mill)
    meet = threading.Barrier(2, timeout=10)
    outcomes: list[str] = []
    really_free = duty.ensure_free

    def slowly_free(*given, **named):
        really_free(*given, **named)
        if not locked:
            meet.wait()

    monkeypatch.setattr(duty, "ensure_free", slowly_free)
    if not locked:
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda rows, **_: rows)

    def write(place) -> None:
        try:
            if locked:
                meet.wait()
            shift(tree, clerk, at=place)
            outcomes.append("written")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[place]) for place in (tree.mill, tree.north)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == (["shift.overlap", "written"] if locked else ["written", "written"])
