"""Employers, the unions their workers belong to, and the blank spots among them."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection, connections, transaction

from niangjia.kernel.access.actor import NOBODY
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions import employers as acts
from niangjia.modules.organisations.actions.organisations import edit_organisation
from niangjia.modules.organisations.models import Division, Employer, EmployerUnion, OrganisingAttempt, ZoneEmployer
from niangjia.modules.organisations.queries import employers as found
from niangjia.modules.organisations.rules import Attempt, credit_code_check_character
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.testing import NOW, acting_as, found_township, found_union, small_tree

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
NORTH, SOUTH = "530999101", "530999002"


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


def code_of(number: int, prefix: str = "91530999") -> str:
    first = f"{prefix}{number:09d}"
    return first + credit_code_check_character(first)


@pytest.fixture
def tree():
    tree = small_tree()
    county, _ = Division.objects.get_or_create(code="530999", defaults={"name": "云岭县"})
    Division.objects.filter(code__in=(NORTH, SOUTH)).update(parent=county)
    tree.county.division = county
    tree.county.save()
    return tree


@pytest.fixture
def clerk(tree):
    return acting_as("CLERK", tree.north)


def added(actor, **facts):
    facts = {"name": "北山水泥厂", "division": NORTH, "headcount": 120, "women": 30, "new_form_workers": 4} | facts
    return acts.add_employer(actor=actor, now=NOW, **facts)


def entries(employer):
    return list(AuditEntry.objects.filter(subject_kind="organisations.employer", subject_id=employer.pk).order_by("id"))


# --- registering ---


def test_registering_places_it_in_a_township_without_a_union(tree, clerk):
    made = added(clerk, name=" 北山(集团) 水泥厂", credit_code=code_of(1).lower(), industry="C", nature="PRIVATE")
    made.refresh_from_db()
    assert (made.name, made.credit_code) == ("北山（集团）水泥厂", code_of(1))
    assert made.name_key.startswith("bei shan")
    assert (made.union_state, made.counted_on) == ("NONE", TODAY)
    (entry,) = entries(made)
    assert (entry.verb, entry.path) == ("organisations.employer.added", tree.north.scope.path)


def test_registering_without_any_right_is_not_permitted(tree):
    for actor in (NOBODY, acting_as("DUTY_OFFICER", tree.north)):
        with pytest.raises(NotPermitted):
            added(actor)


def test_registering_takes_a_township_of_ones_own_ground(tree, clerk):
    with refused("employer.elsewhere"):
        added(clerk, division=SOUTH)
    with refused("employer.elsewhere"):  # a firm's union answers for no ground
        added(acting_as("ENTERPRISE_CLERK", tree.mill))
    with refused("employer.township"):
        added(acting_as("CLERK", tree.county), division="530999")
    with refused("employer.division"):
        added(clerk, division="")
    assert added(acting_as("CLERK", tree.county), division=SOUTH).division_id == SOUTH


def test_a_county_registers_where_no_township_union_stands(tree):
    Division.objects.create(code="530999300", name="新设镇", parent_id="530999")
    made = added(acting_as("CLERK", tree.county), division="530999300")
    (entry,) = entries(made)
    assert entry.path == tree.county.scope.path


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"credit_code": "81530999000000001X"}, "employer.credit_code"),
        ({"credit_code": "9153"}, "employer.credit_code"),
        ({"credit_code": code_of(1)[:17] + "*"}, "employer.credit_code"),
        ({"name": " "}, "employer.name"),
        ({"headcount": -1}, "employer.negative"),
        ({"women": 121}, "employer.women"),
        ({"new_form_workers": 121}, "employer.new_form"),
        ({"industry": "Z"}, "employer.industry"),
        ({"nature": "X"}, "employer.nature"),
        ({"counted_on": TODAY + timedelta(days=1)}, "employer.counted"),
    ],
)
def test_registering_refuses_what_cannot_be(clerk, facts, code):
    with refused(code):
        added(clerk, **facts)
    assert not Employer.objects.unscoped(reason="test").exists()


def test_a_registered_code_is_told_by_name_only_within_sight(tree, clerk):
    added(clerk, name="北山水泥厂", credit_code=code_of(1))
    with pytest.raises(Refused) as seen:
        added(clerk, name="另一家公司", credit_code=code_of(1))
    assert "北山水泥厂" in seen.value.message
    with pytest.raises(Refused) as unseen:
        added(acting_as("CLERK", tree.south), division=SOUTH, name="南湖公司", credit_code=code_of(1))
    assert (unseen.value.code, unseen.value.message) == ("employer.registered", acts.ALREADY_ELSEWHERE)


def test_one_name_in_one_township_needs_codes_to_tell_two_apart(tree, clerk):
    added(clerk)
    with refused("employer.name_twice"):
        added(clerk)
    with refused("employer.name_twice"):
        added(clerk, credit_code=code_of(2))
    added(acting_as("CLERK", tree.south), division=SOUTH)
    added(clerk, name="顺达快递站点", credit_code=code_of(3))
    added(clerk, name="顺达快递站点", credit_code=code_of(4))


# --- editing, closing ---


def test_editing_keeps_what_was_not_given_and_says_what_changed(tree, clerk):
    made = added(clerk, counted_on=date(2026, 1, 5))
    acts.edit_employer(made.pk, headcount=150, actor=clerk, now=NOW)
    made.refresh_from_db()
    assert (made.headcount, made.women, made.counted_on) == (150, 30, TODAY)
    entry = entries(made)[-1]
    assert entry.before == {"headcount": 120, "counted_on": "2026-01-05"}
    acts.edit_employer(made.pk, headcount=150, actor=clerk, now=NOW)
    assert len(entries(made)) == 2  # the same again is no change


def test_a_firms_officer_corrects_his_own_employer_but_does_not_move_it(tree, clerk):
    made = added(clerk)
    officer = acting_as("ENTERPRISE_CLERK", tree.mill)
    with pytest.raises(Missing):
        acts.edit_employer(made.pk, headcount=1, actor=officer, now=NOW)
    acts.link_employer_to_union(made.pk, organisation_id=tree.mill.pk, from_on=TODAY, actor=clerk, now=NOW)
    acts.edit_employer(made.pk, headcount=130, division=NORTH, actor=officer, now=NOW)
    with refused("employer.elsewhere"):
        acts.edit_employer(made.pk, division=SOUTH, actor=officer, now=NOW)


def test_in_sight_without_the_right_is_not_permitted_and_out_of_sight_is_missing(tree, clerk):
    made = added(clerk)
    with pytest.raises(NotPermitted):
        acts.edit_employer(made.pk, headcount=1, actor=acting_as("AUDITOR", tree.county), now=NOW)
    for stranger in (NOBODY, acting_as("CHAIR", tree.south)):
        with pytest.raises(Missing):
            acts.edit_employer(made.pk, headcount=1, actor=stranger, now=NOW)
        with pytest.raises(Missing):
            acts.close_employer(made.pk, on=TODAY, actor=stranger, now=NOW)
        with pytest.raises(Missing):
            attempted(made, stranger)


def test_moving_to_another_township_leaves_the_zone(tree, clerk):
    made = added(clerk)
    zone = tree.north.zones.create(name="第一片区")
    ZoneEmployer.objects.create(zone=zone, employer=made, from_on=date(2026, 1, 1))
    acts.edit_employer(made.pk, division=SOUTH, actor=acting_as("CLERK", tree.county), now=NOW)
    assert not ZoneEmployer.objects.unscoped(reason="test").filter(until_on=None).exists()
    assert entries(made)[-1].after["zone_left"] == "第一片区"


def test_closing_lets_go_of_unions_and_zone_and_can_be_taken_back(tree, clerk):
    made = added(clerk)
    acts.link_employer_to_union(made.pk, organisation_id=tree.mill.pk, from_on=date(2026, 1, 1), actor=clerk, now=NOW)
    with refused("employer.ahead"):
        acts.close_employer(made.pk, on=TODAY + timedelta(days=1), actor=clerk, now=NOW)
    with refused("employer.before_link"):
        acts.close_employer(made.pk, on=date(2025, 1, 1), actor=clerk, now=NOW)
    closed = acts.close_employer(made.pk, on=TODAY, reason="注销", actor=clerk, now=NOW)
    assert (closed.closed_on, closed.union_state) == (TODAY, "NONE")
    assert EmployerUnion.objects.unscoped(reason="test").get(employer=made).until_on == TODAY
    assert not found.blank_spots(clerk).exists()
    with refused("employer.closed"):
        acts.close_employer(made.pk, on=TODAY, actor=clerk, now=NOW)
    with refused("employer.closed"):
        attempted(made, clerk)
    assert acts.reopen_employer(made.pk, actor=clerk, now=NOW).closed_on is None
    with refused("employer.open"):
        acts.reopen_employer(made.pk, actor=clerk, now=NOW)
    assert [entry.verb.split(".")[-1] for entry in entries(made)] == ["added", "linked", "closed", "reopened"]


# --- unions ---


def linked(employer, union, actor, from_on=TODAY):
    return acts.link_employer_to_union(employer.pk, organisation_id=union.pk, from_on=from_on, actor=actor, now=NOW)


def test_the_state_follows_the_unions(tree, clerk):
    made = added(clerk)
    park = found_union(tree.north, "北山园区联合工会", K.PARK_JOINT_UNION)
    joint = linked(made, park, clerk)
    assert reread(made).union_state == "JOINT"
    own = linked(made, tree.mill, clerk)
    assert reread(made).union_state == "OWN"
    acts.unlink_employer_from_union(own.pk, on=TODAY, actor=clerk, now=NOW)
    assert reread(made).union_state == "JOINT"
    acts.unlink_employer_from_union(joint.pk, on=TODAY, actor=clerk, now=NOW, reason="迁出园区")
    assert reread(made).union_state == "NONE"
    entry = entries(made)[-1]
    assert (entry.verb, entry.reason) == ("organisations.employer.unlinked", "迁出园区")
    assert entry.after == {"union_state": "NONE", "union": park.name, "union_id": park.pk, "until_on": str(TODAY)}


def reread(employer):
    return Employer.objects.unscoped(reason="test").get(pk=employer.pk)


def test_linking_refuses_what_cannot_be(tree, clerk):
    made = added(clerk)
    linked(made, tree.mill, clerk)
    with refused("employer_union.twice"):
        linked(made, tree.mill, clerk)
    with refused("employer_union.kind"):
        linked(made, tree.north, clerk)
    with refused("employer_union.ahead"):
        linked(made, found_union(tree.north), clerk, from_on=TODAY + timedelta(days=1))
    with pytest.raises(Missing):  # a neighbour's union
        linked(made, tree.harbour, clerk)
    linked(made, tree.harbour, acting_as("CLERK", tree.county))


def test_a_union_left_and_joined_again_has_two_spans_that_do_not_overlap(tree, clerk):
    made = added(clerk)
    first = linked(made, tree.mill, clerk, from_on=date(2025, 1, 1))
    with refused("employer_union.dates"):
        acts.unlink_employer_from_union(first.pk, on=date(2024, 1, 1), actor=clerk, now=NOW)
    acts.unlink_employer_from_union(first.pk, on=date(2026, 1, 1), actor=clerk, now=NOW)
    with refused("employer_union.ended"):
        acts.unlink_employer_from_union(first.pk, on=TODAY, actor=clerk, now=NOW)
    with refused("employer_union.overlap"):
        linked(made, tree.mill, clerk, from_on=date(2025, 6, 1))
    linked(made, tree.mill, clerk, from_on=date(2026, 1, 1))
    assert EmployerUnion.objects.unscoped(reason="test").filter(employer=made).count() == 2


def test_unlinking_needs_sight_and_right_at_the_union(tree, clerk):
    made = added(clerk)
    link = linked(made, tree.harbour, acting_as("CLERK", tree.county))
    with pytest.raises(Missing):  # the employer is in sight, its union is not
        acts.unlink_employer_from_union(link.pk, on=TODAY, actor=clerk, now=NOW)
    with pytest.raises(NotPermitted):
        acts.unlink_employer_from_union(link.pk, on=TODAY, actor=acting_as("AUDITOR", tree.county), now=NOW)
    (shown,) = found.links_of(made, clerk)
    assert shown.union is None


def test_a_union_that_ends_hands_its_employers_over(tree, clerk):
    made = added(clerk)
    linked(made, tree.mill, clerk, from_on=date(2026, 1, 1))
    other = found_union(tree.north, "北山联合工会", K.JOINT_UNION)
    moved = acts.move_employers_of_union(tree.mill.pk, into_id=other.pk, on=TODAY, actor=clerk, now=NOW)
    assert (moved, reread(made).union_state) == (1, "JOINT")
    acts.move_employers_of_union(other.pk, into_id=None, on=TODAY, actor=clerk, now=NOW)
    assert reread(made).union_state == "NONE"


# --- attempts ---


def attempted(employer, actor, outcome=Attempt.EXPLAINED, on=TODAY, next_on=TODAY + timedelta(days=5), **facts):
    return acts.record_attempt(employer.pk, outcome=outcome, on=on, next_on=next_on, actor=actor, now=NOW, **facts)


def test_an_attempt_is_kept_with_who_and_when(tree, clerk):
    made = added(clerk)
    attempt = attempted(made, clerk, note=" 老板不在 ")
    assert (attempt.user_name, attempt.note, attempt.next_on) == (clerk.name, "老板不在", TODAY + timedelta(days=5))
    entry = entries(made)[-1]
    assert (entry.verb, entry.after["outcome"]) == ("organisations.employer.attempt_recorded", "EXPLAINED")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"on": TODAY + timedelta(days=1)}, "attempt.ahead"),
        ({"next_on": None}, "attempt.next"),
        ({"next_on": TODAY}, "attempt.next_before"),
        ({"outcome": Attempt.GONE}, "attempt.final"),
        ({"outcome": Attempt.JOINED, "next_on": None}, "attempt.join"),
    ],
)
def test_attempts_that_cannot_be(clerk, facts, code):
    with refused(code):
        attempted(added(clerk), clerk, **facts)
    assert not OrganisingAttempt.objects.unscoped(reason="test").exists()


def test_founding_is_a_state_until_it_is_given_up_or_done(tree, clerk):
    made = added(clerk)
    attempted(made, clerk, Attempt.FOUNDING, on=date(2026, 10, 1))
    assert reread(made).union_state == "FOUNDING"
    attempted(made, clerk, Attempt.EXPLAINED, on=date(2026, 10, 8))
    assert reread(made).union_state == "FOUNDING"
    attempted(made, clerk, Attempt.REFUSED, on=date(2026, 10, 20))
    assert reread(made).union_state == "NONE"
    attempted(made, clerk, Attempt.FOUNDING, on=date(2026, 11, 1))
    link = linked(made, tree.mill, clerk)
    with refused("attempt.has_union"):
        attempted(made, clerk)
    acts.unlink_employer_from_union(link.pk, on=TODAY, actor=clerk, now=NOW)
    assert reread(made).union_state == "NONE"  # what was prepared led to a union that is gone


def test_who_is_due_and_who_was_never_tried(tree, clerk):
    never, due, later, answered = (added(clerk, name=f"北山第{number}厂") for number in range(4))
    attempted(due, clerk, on=date(2026, 11, 1), next_on=date(2026, 11, 20))
    attempted(later, clerk, on=date(2026, 11, 1), next_on=date(2026, 12, 20))
    attempted(answered, clerk, on=date(2026, 11, 1), next_on=date(2026, 11, 20))
    attempted(answered, clerk, on=date(2026, 11, 20), next_on=date(2027, 1, 5))
    assert list(found.never_tried(found.blank_spots(clerk))) == [never]
    assert list(found.follow_up_due(found.blank_spots(clerk), on=TODAY)) == [due]
    assert found.follow_ups_due(clerk, on=TODAY) == 1
    assert found.follow_ups_due(acting_as("CLERK", tree.south), on=TODAY) == 0
    assert found.last_attempts([answered.pk])[answered.pk].next_on == date(2027, 1, 5)


def test_the_table_counts_by_place_and_size(tree, clerk):
    for number, heads in enumerate((0, 24, 25, 99, 300)):
        added(clerk, name=f"北山第{number}厂", headcount=heads, women=0, new_form_workers=0)
    added(acting_as("CLERK", tree.south), division=SOUTH)
    linked(added(clerk, name="有工会的厂"), tree.mill, clerk)
    assert [(row.name, row.counts) for row in found.blank_spot_table(clerk)] == [
        ("合计", (2, 1, 1, 0, 1)),
        ("北山镇", (2, 1, 1, 0, 1)),
    ]
    assert found.blank_spot_table(acting_as("CHAIR", tree.county))[0].total == 6
    assert found.blank_spot_table(acting_as("CHAIR", tree.county), within=tree.south.scope.path)[0].total == 1
    assert found.blank_spot_table(NOBODY) == []


# --- who sees whom ---


def test_sight_is_the_ground_and_ones_own_unions_employers(tree, clerk):
    county, south = acting_as("CLERK", tree.county), acting_as("CLERK", tree.south)
    north_firm, south_firm = added(clerk), added(south, division=SOUTH, name="南湖造船厂")
    assert seen(county) == {north_firm.pk, south_firm.pk}
    assert seen(clerk) == {north_firm.pk}
    assert seen(NOBODY) == seen(acting_as("ENTERPRISE_CLERK", tree.mill)) == set()
    linked(south_firm, tree.mill, county)
    assert seen(acting_as("ENTERPRISE_CLERK", tree.mill)) == {south_firm.pk}
    assert seen(clerk) == {north_firm.pk, south_firm.pk}
    assert set(Employer.objects.visible_to(county).under(tree.south.scope.path)) == {south_firm}


def seen(actor):
    return set(Employer.objects.visible_to(actor).values_list("pk", flat=True))


def test_the_ground_of_a_township_merged_into_another_goes_along(tree, clerk):
    firm = added(clerk)
    edit_organisation(tree.north.pk, address="老街 1 号", actor=acting_as("CHAIR", tree.county), now=NOW)
    tree.north.closed_on, tree.north.merged_into = TODAY, tree.south
    tree.north.save()
    south = acting_as("CLERK", tree.south)
    assert firm.pk in seen(south)
    acts.edit_employer(firm.pk, headcount=121, actor=south, now=NOW)


def test_a_township_entered_with_the_countys_division_has_no_ground(tree, clerk):
    """A new one takes over its superior's division until its own is filled in."""
    added(clerk)
    assert seen(acting_as("CHAIR", found_township(tree.county, "高新区总工会"))) == set()


# --- two at once ---


@pytest.mark.django_db(transaction=True)
def test_two_officers_link_the_same_employer_at_once(tree, clerk):
    """Each adds another union: the state must know both. The control shows what happens without the lock."""
    made = added(clerk)
    park = found_union(tree.north, "北山园区联合工会", K.PARK_JOINT_UNION)
    race([lambda: linked(made, tree.mill, clerk), lambda: linked(made, park, clerk)])
    assert EmployerUnion.objects.unscoped(reason="test").filter(employer=made, until_on=None).count() == 2
    assert reread(made).union_state == "OWN"

    both = threading.Barrier(2)
    other = added(clerk, name="对照厂家")

    def unlocked(union):
        with transaction.atomic():
            row = reread(other)
            EmployerUnion.objects.create(employer=row, organisation=union, from_on=TODAY)
            acts.settle_coverage(row)
            both.wait(5)
            if union == park:  # the joint union's officer commits last, and knows nothing of the other
                connection.cursor().execute("select pg_sleep(0.2)")
            row.save(update_fields=["union_state"])

    race([lambda: unlocked(tree.mill), lambda: unlocked(park)])
    assert reread(other).union_state == "JOINT"


@pytest.mark.django_db(transaction=True)
def test_the_same_union_or_the_same_code_twice_at_once_is_refused_once(tree, clerk):
    made = added(clerk)
    said = race([lambda: linked(made, tree.mill, clerk), lambda: linked(made, tree.mill, clerk)])
    assert [error.code for error in said] == ["employer_union.twice"]
    names = ("北山甲厂房", "北山乙厂房")
    said = race([partial(added, clerk, name=name, credit_code=code_of(9)) for name in names])
    assert [error.code for error in said] == ["employer.registered"]


def race(calls):
    """Runs the calls at once, each on a connection of its own; returns what was refused."""
    start, said = threading.Barrier(len(calls)), []

    def run(call):
        try:
            start.wait(5)
            call()
        except Refused as refusal:
            said.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return said
