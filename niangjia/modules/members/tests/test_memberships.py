"""What becomes of memberships, one by one and many at once."""

from __future__ import annotations

import threading
import time
from datetime import date, timedelta

import pytest
from django.db import connection, connections, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.members.actions import (
    MembershipFacts,
    admit_member,
    change_members,
    change_membership,
    check_register,
    edit_membership,
    memberships,
    people,
    tag_members,
    transfer_member,
    transfer_members,
)
from niangjia.modules.members.actions.bulk import MOST_ROWS
from niangjia.modules.members.models import MemberFlow, Membership, MembershipChange
from niangjia.modules.members.queries import headcount
from niangjia.modules.members.queries.people import ELSEWHERE
from niangjia.modules.members.rules import ACTIVE, Change, MembershipState
from niangjia.modules.members.testing import JOINED, NOW, TODAY, member, person_facts
from niangjia.modules.organisations.actions import structure
from niangjia.modules.organisations.queries.open_matters import open_matters
from niangjia.modules.organisations.testing import Tree, acting_as, found_union, small_tree

pytestmark = pytest.mark.django_db
LATER = date(2025, 5, 5)


@pytest.fixture
def tree() -> Tree:
    return small_tree()


@pytest.fixture
def clerk(tree: Tree) -> Actor:
    return acting_as("ENTERPRISE_CLERK", tree.mill)


@pytest.fixture
def county(tree: Tree) -> Actor:
    return acting_as("CLERK", tree.county)


def all_of(model):
    return model.objects.unscoped(reason="a test looks at everything")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (Change.KEPT, MembershipState.KEPT),
        (Change.LEFT, MembershipState.LEFT),
        (Change.LAPSED, MembershipState.LAPSED),
        (Change.EXPELLED, MembershipState.EXPELLED),
        (Change.DIED, MembershipState.DIED),
    ],
)
def test_changes_write_row_history_tally_and_trail(tree: Tree, clerk: Actor, change: Change, state) -> None:
    made = member(tree.mill)
    change_membership(made.pk, change=change, on=LATER, reason="按规定办理", actor=clerk, now=NOW)
    made.refresh_from_db()
    assert (made.status, made.ended_on) == (state, None if state in ACTIVE else LATER)
    last = all_of(MembershipChange).latest("pk")
    assert (last.kind, last.on, last.reason, last.actor_name) == (change, LATER, "按规定办理", clerk.name)
    assert headcount(tree.county.scope.path) == (1 if state in ACTIVE else 0)
    assert headcount(tree.county.scope.path, LATER - timedelta(days=1)) == 1
    assert not check_register(now=NOW)
    (entry,) = AuditEntry.objects.filter(verb=f"members.membership.{change.lower()}")
    assert (entry.before["status"], entry.after["status"]) == (MembershipState.NORMAL, state)
    assert entry.reason == "按规定办理"


def test_retain_and_resume(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill)
    change_membership(made.pk, change=Change.KEPT, on=LATER, actor=clerk, now=NOW)
    change_membership(made.pk, change=Change.RESUMED, on=TODAY, actor=clerk, now=NOW)
    made.refresh_from_db()
    assert made.status == MembershipState.NORMAL
    assert headcount(tree.mill.scope.path, LATER) == headcount(tree.mill.scope.path) == 1
    assert not check_register(now=NOW)


def test_a_wrong_end_is_put_right_as_if_it_had_not_been(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill)
    change_membership(made.pk, change=Change.DIED, on=LATER, actor=clerk, now=NOW)
    assert headcount(tree.mill.scope.path, TODAY) == 0
    with pytest.raises(Refused):
        change_membership(made.pk, change=Change.CORRECTED, on=TODAY, actor=clerk, now=NOW)  # no reason
    change_membership(made.pk, change=Change.CORRECTED, on=TODAY, reason="误报去世", actor=clerk, now=NOW)
    made.refresh_from_db()
    assert (made.status, made.ended_on) == (MembershipState.NORMAL, None)
    assert headcount(tree.mill.scope.path, LATER) == headcount(tree.mill.scope.path) == 1
    assert not check_register(now=NOW)


def test_nothing_is_put_right_beside_another_active_membership(tree: Tree, clerk: Actor, county: Actor) -> None:
    old = member(tree.mill)
    transfer_member(old.pk, to=tree.harbour.pk, on=LATER, actor=county, now=NOW)
    with pytest.raises(Refused) as refusal:
        change_membership(old.pk, change=Change.CORRECTED, on=TODAY, reason="转错了", actor=clerk, now=NOW)
    assert refusal.value.message == ELSEWHERE
    assert not check_register(now=NOW)


@pytest.mark.parametrize(
    ("change", "on", "field"),
    [
        (Change.LEFT, TODAY + timedelta(days=1), "on"),
        (Change.LEFT, JOINED - timedelta(days=1), "on"),
        (Change.RESUMED, TODAY, "change"),
        (Change.EXPELLED, TODAY, "reason"),
        (Change.MOVED_OUT, TODAY, "change"),
        (Change.JOINED, TODAY, "change"),
        (Change.MERGED, TODAY, "change"),
    ],
)
def test_refused_changes_leave_no_trace(tree: Tree, clerk: Actor, change: Change, on: date, field: str) -> None:
    made = member(tree.mill)
    with pytest.raises(Refused) as refusal:
        change_membership(made.pk, change=change, on=on, actor=clerk, now=NOW)
    assert refusal.value.field == field
    assert all_of(MembershipChange).count() == 1
    assert not check_register(now=NOW)


def test_repeating_a_change_is_refused(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill)
    change_membership(made.pk, change=Change.LEFT, on=TODAY, actor=clerk, now=NOW)
    with pytest.raises(Refused):
        change_membership(made.pk, change=Change.LEFT, on=TODAY, actor=clerk, now=NOW)
    assert headcount(tree.mill.scope.path) == 0


def test_who_may_change(tree: Tree) -> None:
    made = member(tree.mill)
    asked = {"change": Change.LEFT, "on": TODAY, "now": NOW}
    with pytest.raises(Missing):
        change_membership(made.pk, actor=acting_as("ENTERPRISE_CLERK", tree.harbour), **asked)
    with pytest.raises(NotPermitted):
        change_membership(made.pk, actor=acting_as("AID_OFFICER", tree.north), **asked)
    change_membership(made.pk, actor=acting_as("CLERK", tree.north), **asked)


# --- editing


def test_editing_a_membership_moves_its_figures(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill, categories=[2])
    edit_membership(
        made.pk, changes={"joined_on": date(2023, 1, 1), "categories": (6, 3), "post": " 骑手 "}, actor=clerk, now=NOW
    )
    made.refresh_from_db()
    assert (made.joined_on, made.categories, made.post) == (date(2023, 1, 1), [3, 6], "骑手")
    assert headcount(tree.mill.scope.path, date(2023, 6, 1)) == 1
    assert all_of(MembershipChange).get().on == date(2023, 1, 1)
    assert not check_register(now=NOW)
    (entry,) = AuditEntry.objects.filter(verb="members.membership.edited")
    assert (entry.before["categories"], entry.after["categories"]) == ([2], [3, 6])


def test_nobody_joins_after_leaving(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill)
    change_membership(made.pk, change=Change.LEFT, on=LATER, actor=clerk, now=NOW)
    with pytest.raises(Refused) as refusal:
        edit_membership(made.pk, changes={"joined_on": LATER + timedelta(days=1)}, actor=clerk, now=NOW)
    assert refusal.value.field == "joined_on"


# --- transfers


def test_a_transfer_ends_one_and_begins_another(tree: Tree, county: Actor) -> None:
    old = member(tree.mill, categories=[2])
    new = transfer_member(old.pk, to=tree.harbour.pk, on=LATER, reason="换了单位", actor=county, now=NOW)
    old.refresh_from_db()
    assert (old.status, old.ended_on) == (MembershipState.MOVED_OUT, LATER)
    assert (new.status, new.joined_on, new.scope_id, new.person_id) == (1, LATER, tree.harbour.pk, old.person_id)
    assert new.categories == [2]
    out, into = all_of(MembershipChange).order_by("pk")[1:]
    assert [(row.kind, row.from_scope_id, row.to_scope_id) for row in (out, into)] == [
        ("MOVED_OUT", tree.mill.pk, tree.harbour.pk),
        ("MOVED_IN", tree.mill.pk, tree.harbour.pk),
    ]
    before = LATER - timedelta(days=1)
    assert [headcount(tree.mill.scope.path, day) for day in (before, LATER)] == [1, 0]
    assert [headcount(tree.harbour.scope.path, day) for day in (before, LATER)] == [0, 1]
    assert headcount(tree.county.scope.path) == headcount(tree.county.scope.path, before) == 1
    assert not check_register(now=NOW)
    assert AuditEntry.objects.get(verb="members.membership.moved_in").path == tree.harbour.scope.path


def test_a_transfer_needs_the_right_at_both_ends(tree: Tree, clerk: Actor, county: Actor) -> None:
    made = member(tree.mill)
    asked = {"to": tree.harbour.pk, "on": TODAY, "now": NOW}
    with pytest.raises(Refused, match="共同的上级工会") as beyond:
        transfer_member(made.pk, actor=clerk, **asked)
    assert beyond.value.field == "to"
    with pytest.raises(Refused) as nothing:  # an id that isn't there sounds the same
        transfer_member(made.pk, to=999_999, on=TODAY, actor=clerk, now=NOW)
    assert nothing.value.message == beyond.value.message
    with pytest.raises(Missing):
        transfer_member(made.pk, actor=acting_as("ENTERPRISE_CLERK", tree.harbour), **asked)
    with pytest.raises(NotPermitted):
        transfer_member(made.pk, actor=acting_as("RIGHTS_OFFICER", tree.county), **asked)
    both = Actor(None, "两处任职", clerk.held + acting_as("ENTERPRISE_CLERK", tree.harbour).held)
    assert transfer_member(made.pk, actor=both, **asked).scope_id == tree.harbour.pk


def test_transfers_that_lead_nowhere(tree: Tree, county: Actor) -> None:
    made = member(tree.mill)
    for to in (tree.mill.pk, tree.north.pk):
        with pytest.raises(Refused) as refusal:
            transfer_member(made.pk, to=to, on=TODAY, actor=county, now=NOW)
        assert refusal.value.field == "to"
    change_membership(made.pk, change=Change.LEFT, on=TODAY, actor=county, now=NOW)
    with pytest.raises(Refused):
        transfer_member(made.pk, to=tree.harbour.pk, on=TODAY, actor=county, now=NOW)
    assert not check_register(now=NOW)


# --- many at once


def test_many_at_once_tell_row_by_row(tree: Tree, county: Actor) -> None:
    normal, gone, foreign = member(tree.mill), member(tree.mill, "陈大海"), member(tree.harbour)
    change_membership(gone.pk, change=Change.LEFT, on=LATER, actor=county, now=NOW)
    clerk = acting_as("ENTERPRISE_CLERK", tree.mill)
    results = change_members([gone.pk, normal.pk, foreign.pk], change=Change.KEPT, on=TODAY, actor=clerk, now=NOW)
    told = {result.pk: (result.name, bool(result.problem)) for result in results}
    assert told == {normal.pk: ("林小燕", False), gone.pk: ("陈大海", True), foreign.pk: ("", True)}
    foreign.refresh_from_db()
    assert foreign.status == MembershipState.NORMAL
    assert AuditEntry.objects.filter(verb="members.membership.kept").count() == 1
    assert not check_register(now=NOW)


def test_transferring_many(tree: Tree, county: Actor) -> None:
    rows = [member(tree.mill, joined_on=JOINED) for _ in range(3)]
    rows.append(member(tree.mill, joined_on=TODAY))
    results = transfer_members([row.pk for row in rows], to=tree.harbour.pk, on=LATER, actor=county, now=NOW)
    assert [bool(result.problem) for result in results] == [False, False, False, True]  # joined after that day
    assert headcount(tree.harbour.scope.path) == 3
    assert not check_register(now=NOW)
    with pytest.raises(Refused):
        transfer_members([rows[0].pk], to=tree.north.pk, on=LATER, actor=county, now=NOW)


def test_tagging_many(tree: Tree, county: Actor) -> None:
    rows = [member(tree.mill, categories=[2]), member(tree.harbour)]
    assert all(not r.problem for r in tag_members([r.pk for r in rows], add=[6], remove=[2], actor=county, now=NOW))
    assert [list(row.categories) for row in all_of(Membership).order_by("pk")] == [[6], [6]]
    assert not check_register(now=NOW)
    for wrong in ({"add": [77]}, {}):
        with pytest.raises(Refused):
            tag_members([rows[0].pk], actor=county, now=NOW, **wrong)


def test_too_many_or_none_at_once(county: Actor) -> None:
    for pks in ([], range(MOST_ROWS + 1)):
        with pytest.raises(Refused):
            change_members(pks, change=Change.KEPT, on=TODAY, actor=county, now=NOW)


# --- the race for the one active membership


def admit_twice_at_once(tree: Tree, monkeypatch) -> list[str]:
    """Two unions admit the same person, who has left a third; both have looked before either writes."""
    third = found_union(tree.north)
    facts = person_facts("陈大海")
    old = admit_member(
        organisation_id=third.pk, person=facts, membership=MembershipFacts(JOINED),
        actor=acting_as("CLERK", tree.county), now=NOW,
    )  # fmt: skip
    change_membership(old.pk, change=Change.LEFT, on=LATER, actor=acting_as("CLERK", tree.county), now=NOW)
    both_looked, look = threading.Barrier(2), people.registered
    outcomes: list[str] = []

    def looked(*args, **kwargs):
        found = look(*args, **(kwargs | {"lock": False}))
        both_looked.wait(timeout=10)
        return found

    monkeypatch.setattr(people, "registered", looked)

    def admit(union) -> None:
        try:
            admit_member(
                organisation_id=union.pk, person=facts, membership=MembershipFacts(TODAY),
                actor=acting_as("ENTERPRISE_CLERK", union), now=NOW,
            )  # fmt: skip
            outcomes.append("admitted")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=admit, args=(union,)) for union in (tree.mill, tree.harbour)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return sorted(outcomes)


def active() -> int:
    return all_of(Membership).filter(status__in=[int(state) for state in ACTIVE]).count()


@pytest.mark.django_db(transaction=True)
def test_two_unions_at_once_get_one_membership(monkeypatch) -> None:
    assert admit_twice_at_once(small_tree(), monkeypatch) == ["admitted", "member.registered"]
    assert active() == 1
    assert not check_register(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_both_would(monkeypatch) -> None:
    """The control: the race is real, and the constraint is what stops it."""
    with connection.cursor() as cursor:
        cursor.execute("select indexdef from pg_indexes where indexname = 'membership_one_active'")
        (definition,) = cursor.fetchone()
        cursor.execute("drop index membership_one_active")
    try:
        assert admit_twice_at_once(small_tree(), monkeypatch) == ["admitted", "admitted"]
        assert active() == 2
    finally:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute("truncate members_membershipchange, members_membership cascade")
            cursor.execute(definition)


@pytest.mark.django_db(transaction=True)
def test_two_clerks_register_the_same_document_at_once(monkeypatch) -> None:
    """Nobody by that number yet: the digest's uniqueness decides, and the loser is told no more than that."""
    tree, facts, look = small_tree(), person_facts(), people.registered
    both_looked, outcomes = threading.Barrier(2), []

    def looked(*args, **kwargs):
        found = look(*args, **kwargs)
        both_looked.wait(timeout=10)
        return found

    monkeypatch.setattr(people, "registered", looked)

    def admit(union) -> None:
        try:
            admit_member(
                organisation_id=union.pk, person=facts, membership=MembershipFacts(TODAY),
                actor=acting_as("ENTERPRISE_CLERK", union), now=NOW,
            )  # fmt: skip
            outcomes.append("admitted")
        except Refused as refusal:
            outcomes.append(refusal.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=admit, args=(union,)) for union in (tree.mill, tree.harbour)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == sorted(["admitted", ELSEWHERE])
    assert active() == 1
    assert MemberFlow.objects.count() == 1


# --- nobody joins what is being dissolved


def dissolve_while_somebody_joins(tree: Tree, monkeypatch) -> list[str]:
    counted, outcomes = threading.Event(), []

    def pause(pk):
        found = open_matters(pk)
        counted.set()
        time.sleep(0.6)  # long enough for the other one to get in, if nothing keeps it out
        return found

    monkeypatch.setattr(structure, "open_matters", pause)

    def dissolve() -> None:
        try:
            structure.dissolve_organisation(
                tree.mill.pk, on=TODAY, reason="企业注销", actor=acting_as("CHAIR", tree.county), now=NOW
            )
            outcomes.append("dissolved")
        finally:
            connections.close_all()

    def join() -> None:
        counted.wait(timeout=10)
        try:
            member(tree.mill)
            outcomes.append("admitted")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=dissolve), threading.Thread(target=join)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_nobody_joins_a_union_while_it_is_dissolved(monkeypatch) -> None:
    assert dissolve_while_somebody_joins(small_tree(), monkeypatch) == ["dissolved", "membership.place"]


@pytest.mark.django_db(transaction=True)
def test_without_holding_the_place_somebody_would(monkeypatch) -> None:
    """The control."""
    monkeypatch.setattr(structure, "hold_place", lambda pk: None)
    assert dissolve_while_somebody_joins(small_tree(), monkeypatch) == ["admitted", "dissolved"]


# --- one membership at a time, in the past too


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


def test_nobody_joins_again_before_having_left(tree: Tree, county: Actor) -> None:
    facts = person_facts()
    first = admit_member(
        organisation_id=tree.mill.pk, person=facts, membership=MembershipFacts(joined_on=JOINED), actor=county, now=NOW
    )
    change_membership(first.pk, change=Change.LEFT, on=LATER, actor=county, now=NOW, reason="已经离职")
    again = {"organisation_id": tree.harbour.pk, "person": facts, "actor": county, "now": NOW}
    with refused("membership.overlaps"):
        admit_member(**again, membership=MembershipFacts(joined_on=LATER - timedelta(days=1)))
    admit_member(**again, membership=MembershipFacts(joined_on=LATER))
    assert headcount(tree.county.scope.path, LATER) == 1


def test_a_transferred_one_didn_t_join_before_the_transfer(tree: Tree, county: Actor) -> None:
    made = transfer_member(member(tree.mill).pk, to=tree.harbour.pk, on=LATER, actor=county, now=NOW)
    with refused("membership.overlaps"):
        edit_membership(made.pk, changes={"joined_on": LATER - timedelta(days=1)}, actor=county, now=NOW)
    assert headcount(tree.county.scope.path, LATER - timedelta(days=1)) == 1


def test_what_ended_before_another_one_isn_t_put_right(tree: Tree, county: Actor) -> None:
    facts, ends = person_facts(), {"change": Change.LEFT, "actor": county, "now": NOW, "reason": "已经离职"}
    first = admit_member(
        organisation_id=tree.mill.pk, person=facts, membership=MembershipFacts(joined_on=JOINED), actor=county, now=NOW
    )
    change_membership(first.pk, on=LATER, **ends)
    second = admit_member(
        organisation_id=tree.harbour.pk,
        person=facts,
        membership=MembershipFacts(joined_on=LATER),
        actor=county,
        now=NOW,
    )
    change_membership(second.pk, on=TODAY, **ends)
    with refused("membership.overlaps"):
        change_membership(first.pk, change=Change.CORRECTED, on=TODAY, actor=county, now=NOW, reason="录入时写错")
    change_membership(second.pk, change=Change.CORRECTED, on=TODAY, actor=county, now=NOW, reason="录入时写错")


# --- a transfer while the person is renamed


@pytest.mark.django_db(transaction=True)
def test_who_is_renamed_while_being_transferred_has_the_new_name(monkeypatch) -> None:
    """Both hold the person first: else they wait for each other, or the new membership keeps the old name."""
    tree = small_tree()
    actor, old = acting_as("CHAIR", tree.county), member(tree.mill)
    begins, begun = threading.Event(), memberships.begun
    outcomes = []

    def slowly(*args):
        begins.set()
        time.sleep(0.6)
        return begun(*args)

    monkeypatch.setattr(memberships, "begun", slowly)

    def transfer() -> None:
        try:
            transfer_member(old.pk, to=tree.harbour.pk, on=TODAY, actor=actor, now=NOW)
            outcomes.append("transferred")
        finally:
            connections.close_all()

    def rename() -> None:
        begins.wait(timeout=10)
        try:
            people.rename_person(old.person_id, name="林大燕", reason="录入时写错", actor=actor, now=NOW)
            outcomes.append("renamed")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=transfer), threading.Thread(target=rename)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == ["renamed", "transferred"]
    assert not check_register(now=NOW)
    assert set(all_of(Membership).values_list("name", flat=True)) == {"林大燕"}
