"""Admitting, putting right, looking: what works, what is refused and to whom, and what the trail keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from niangjia.kernel.access.actor import NOBODY, Actor
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.members.actions import (
    MembershipFacts,
    admit_member,
    change_membership,
    correct_document,
    edit_person,
    problems_of,
    rename_person,
    reveal,
    transfer_member,
)
from niangjia.modules.members.models import Membership, MembershipChange, Person
from niangjia.modules.members.queries.people import ELSEWHERE
from niangjia.modules.members.rules import Change, Document, MembershipState
from niangjia.modules.members.testing import JOINED, NOW, TODAY, identity_number, member, person_facts, phone_number
from niangjia.modules.organisations.testing import Tree, acting_as, small_tree

pytestmark = pytest.mark.django_db
FACTS = MembershipFacts(joined_on=JOINED)


@pytest.fixture
def tree() -> Tree:
    return small_tree()


@pytest.fixture
def clerk(tree: Tree) -> Actor:
    return acting_as("ENTERPRISE_CLERK", tree.mill)


def all_of(model):
    return model.objects.unscoped(reason="a test looks at everything")


def entries(verb: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb=verb))


def test_admitting_reads_birth_and_sex_from_the_number(tree: Tree, clerk: Actor) -> None:
    number = identity_number(date(1988, 2, 29), woman=True)
    made = member(tree.mill, "曾小明", document_number=number, categories=[6, 2, 6], actor=clerk)
    person = all_of(Person).get(pk=made.person_id)
    assert (person.born_on, person.sex) == (date(1988, 2, 29), "2")
    assert (made.status, made.scope_id, made.categories) == (MembershipState.NORMAL, tree.mill.pk, [2, 6])
    assert (made.name, made.name_key, made.initials) == ("曾小明", "zeng xiao ming", "zxm")
    assert made.phone_tail == person.phone[-4:]
    (change,) = all_of(MembershipChange)
    assert (change.kind, change.on, change.to_scope_id) == ("JOINED", JOINED, tree.mill.pk)


def test_admitting_is_in_the_trail_masked(tree: Tree, clerk: Actor) -> None:
    number = identity_number()
    made = member(tree.mill, document_number=number, actor=clerk)
    (joined,), (registered,) = entries("members.membership.joined"), entries("members.person.registered")
    assert (joined.subject_id, joined.path) == (made.pk, tree.mill.scope.path)
    assert number not in str(registered.after)
    assert registered.after["document_number"].startswith(number[:2] + "***")


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("name", {"name": "林"}),
        ("document_number", {"document_number": "790000199005170011"}),
        ("document_number", {"document_number": ""}),
        ("document_kind", {"document_kind": "LIBRARY_CARD"}),
        ("phone", {"phone": "12"}),
        ("bank_card", {"bank_card": "6222020000000000"}),
        ("sex", {"sex": "2"}),
        ("born_on", {"born_on": date(1970, 1, 1)}),
        ("education", {"education": "99"}),
        ("ethnicity", {"ethnicity": "00"}),
        ("native_place", {"native_place": "远" * 61}),
    ],
)
def test_wrong_facts_are_refused_beside_their_field(tree: Tree, clerk: Actor, field: str, facts: dict) -> None:
    with pytest.raises(Refused) as refusal:
        admit_member(organisation_id=tree.mill.pk, person=person_facts(**facts), membership=FACTS, actor=clerk, now=NOW)
    assert refusal.value.field == field
    assert not all_of(Person).exists()


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("joined_on", MembershipFacts(joined_on=date(2026, 11, 23))),
        ("joined_on", MembershipFacts(joined_on=date(2005, 1, 1))),  # fifteen years old
        ("categories", replace(FACTS, categories=(99,))),
        ("employment_status", replace(FACTS, employment_status="7")),
        ("platform", replace(FACTS, platform=12345)),
        ("delivery_site", replace(FACTS, delivery_site=12345)),
        ("employer", replace(FACTS, employer=12345)),
    ],
)
def test_wrong_work_is_refused_beside_its_field(tree: Tree, clerk: Actor, field: str, facts: MembershipFacts) -> None:
    with pytest.raises(Refused) as refusal:
        admit_member(organisation_id=tree.mill.pk, person=person_facts(), membership=facts, actor=clerk, now=NOW)
    assert refusal.value.field == field


def test_all_problems_are_told_at_once(clerk: Actor) -> None:
    wrong = person_facts("1", phone="12", document_number="x")
    late = MembershipFacts(joined_on=date(2030, 1, 1))
    assert set(problems_of(wrong, late, actor=clerk, now=NOW)) == {"name", "phone", "document_number", "joined_on"}


def test_a_passport_needs_no_number_of_eighteen(tree: Tree) -> None:
    made = member(
        tree.mill, "JOSÉ GARCÍA", document_kind=Document.PASSPORT, document_number="e 1234567", sex="1",
        born_on=date(1980, 1, 1),
    )  # fmt: skip
    assert made.person.document_number == "E1234567"
    assert made.name_key == "jose garcia"


def test_who_may_admit_where(tree: Tree) -> None:
    tried = {"person": person_facts(), "membership": FACTS, "now": NOW}
    with pytest.raises(Missing):  # a neighbour's union looks as if it weren't there
        admit_member(organisation_id=tree.harbour.pk, actor=acting_as("ENTERPRISE_CLERK", tree.mill), **tried)
    with pytest.raises(Missing):
        admit_member(organisation_id=tree.mill.pk, actor=NOBODY, **tried)
    with pytest.raises(NotPermitted):
        admit_member(organisation_id=tree.mill.pk, actor=acting_as("HOTLINE_OPERATOR", tree.county), **tried)
    with pytest.raises(Refused):  # a township has no members of its own
        admit_member(organisation_id=tree.north.pk, actor=acting_as("CLERK", tree.county), **tried)
    assert admit_member(organisation_id=tree.mill.pk, actor=acting_as("CLERK", tree.county), **tried).pk


def test_a_second_membership_is_refused_and_leaks_nothing(tree: Tree, clerk: Actor) -> None:
    facts = person_facts("陈大海")
    admit = {"person": facts, "membership": FACTS, "now": NOW}
    admit_member(organisation_id=tree.mill.pk, actor=clerk, **admit)
    with pytest.raises(Refused) as known:
        admit_member(organisation_id=tree.mill.pk, actor=clerk, **admit)
    assert "陈大海" in known.value.message
    assert known.value.field == "document_number"
    stranger = acting_as("ENTERPRISE_CLERK", tree.harbour)
    with pytest.raises(Refused) as unknown:
        admit_member(organisation_id=tree.harbour.pk, actor=stranger, **admit)
    assert unknown.value.message == ELSEWHERE
    assert "陈" not in unknown.value.message
    assert all_of(Membership).count() == all_of(Person).count() == 1


def test_who_left_may_join_again_elsewhere_as_the_same_person(tree: Tree, clerk: Actor) -> None:
    facts = person_facts("陈大海", education="60")
    old = admit_member(organisation_id=tree.mill.pk, person=facts, membership=FACTS, actor=clerk, now=NOW)
    change_membership(old.pk, change=Change.LEFT, on=date(2025, 1, 1), actor=clerk, now=NOW)
    other = acting_as("ENTERPRISE_CLERK", tree.harbour)
    again = MembershipFacts(joined_on=date(2025, 6, 1))
    with pytest.raises(Refused) as renamed:
        admit_member(
            organisation_id=tree.harbour.pk,
            person=replace(facts, name="陈大江"),
            membership=again,
            actor=other,
            now=NOW,
        )
    assert renamed.value.message == ELSEWHERE  # the registered name is not told
    newer = replace(facts, education="30", phone=phone_number(), native_place="")
    made = admit_member(organisation_id=tree.harbour.pk, person=newer, membership=again, actor=other, now=NOW)
    assert made.person_id == old.person_id
    person = all_of(Person).get()
    assert (person.education, person.phone) == ("30", newer.phone)
    old.refresh_from_db()
    assert old.phone_tail == made.phone_tail == newer.phone[-4:]


def test_the_dead_do_not_join_again(tree: Tree, clerk: Actor) -> None:
    facts = person_facts("陈大海")
    old = admit_member(organisation_id=tree.mill.pk, person=facts, membership=FACTS, actor=clerk, now=NOW)
    change_membership(old.pk, change=Change.DIED, on=TODAY, actor=clerk, now=NOW)
    with pytest.raises(Refused, match="去世"):
        admit_member(organisation_id=tree.mill.pk, person=facts, membership=FACTS, actor=clerk, now=NOW)


def test_editing_touches_what_is_given_and_the_trail_keeps_both_sides(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill, native_place="福建省")
    before, phone = made.person.phone, phone_number()
    edit_person(made.person_id, changes={"phone": phone, "education": "20"}, actor=clerk, now=NOW, reason="本人要求")
    made.refresh_from_db()
    person = all_of(Person).get()
    assert (person.phone, person.education, person.native_place) == (phone, "20", "福建省")
    assert made.phone_tail == phone[-4:]
    (entry,) = entries("members.person.edited")
    assert set(entry.after) == {"phone", "education"}
    assert (entry.before["education"], entry.after["education"]) == ("", "20")
    assert before not in str(entry.before)
    assert phone not in str(entry.after)
    edit_person(made.person_id, changes={"phone": phone}, actor=clerk, now=NOW)
    assert len(entries("members.person.edited")) == 1  # nothing changed, nothing told


def test_a_change_that_the_mask_hides_is_in_the_trail(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill, phone="12411112013")
    edit_person(made.person_id, changes={"phone": "12422222013"}, actor=clerk, now=NOW)
    (entry,) = entries("members.person.edited")
    assert entry.before == entry.after == {"phone": "12*******13"}


def test_editing_never_touches_name_or_document(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill, "陈大海")
    edit_person(made.person_id, changes={"name": "别人", "document_number": "x"}, actor=clerk, now=NOW)
    assert all_of(Person).get().name == "陈大海"


@pytest.mark.parametrize(
    ("job", "place", "error"),
    [
        ("ENTERPRISE_CLERK", "harbour", Missing),
        ("AUDITOR", "mill", NotPermitted),
        ("SYSTEM_ADMINISTRATOR", "county", Missing),
    ],
)
def test_who_may_not_edit_rename_or_reveal(tree: Tree, job: str, place: str, error: type[Exception]) -> None:
    pk = member(tree.mill).person_id
    actor = acting_as(job, getattr(tree, place))
    for act in (
        lambda: edit_person(pk, changes={"education": "20"}, actor=actor, now=NOW),
        lambda: rename_person(pk, name="林小雁", reason="写错了字", actor=actor, now=NOW),
        lambda: correct_document(
            pk, document_kind="RESIDENT", document_number=identity_number(), reason="号码抄错", actor=actor, now=NOW
        ),
        lambda: reveal(pk, field="phone", reason="电话核实困难", actor=actor, now=NOW),
    ):
        with pytest.raises(error):
            act()
    assert not AuditEntry.objects.filter(actor_name=actor.name, path=None).exists()
    assert not entries("members.person.revealed")


def test_the_union_that_somebody_left_changes_and_reveals_nothing(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill)
    transfer_member(made.pk, to=tree.harbour.pk, on=TODAY, actor=acting_as("CLERK", tree.county), now=NOW)
    with pytest.raises(NotPermitted):
        reveal(made.person_id, field="phone", reason="电话核实困难", actor=clerk, now=NOW)
    with pytest.raises(NotPermitted):
        edit_person(made.person_id, changes={"education": "20"}, actor=clerk, now=NOW)
    now_in_charge = acting_as("ENTERPRISE_CLERK", tree.harbour)
    assert reveal(made.person_id, field="phone", reason="电话核实困难", actor=now_in_charge, now=NOW)


def test_renaming_carries_every_membership_row(tree: Tree, clerk: Actor) -> None:
    old = member(tree.mill, "单小燕")
    new = transfer_member(old.pk, to=tree.harbour.pk, on=TODAY, actor=acting_as("CLERK", tree.county), now=NOW)
    rename_person(
        old.person_id, name="曾 小燕", reason="户口本更名", actor=acting_as("ENTERPRISE_CLERK", tree.harbour), now=NOW
    )
    for row in (old, new):
        row.refresh_from_db()
        assert (row.name, row.name_key, row.initials) == ("曾小燕", "zeng xiao yan", "zxy")
    (entry,) = entries("members.person.renamed")
    assert (entry.before, entry.after, entry.reason) == ({"name": "单小燕"}, {"name": "曾小燕"}, "户口本更名")
    with pytest.raises(Refused):
        rename_person(old.person_id, name="曾小雁", reason="错", actor=acting_as("CLERK", tree.county), now=NOW)


def test_correcting_a_document(tree: Tree, clerk: Actor) -> None:
    made, other = member(tree.mill), member(tree.harbour)
    taken, free = other.person.document_number, identity_number(date(1977, 7, 7), woman=True)
    asked = {"document_kind": "RESIDENT", "reason": "号码抄错一位", "actor": clerk, "now": NOW}
    with pytest.raises(Refused) as refusal:
        correct_document(made.person_id, document_number=taken, **asked)
    assert refusal.value.field == "document_number"
    correct_document(made.person_id, document_number=free, **asked)
    person = all_of(Person).get(pk=made.person_id)
    assert (person.document_number, person.born_on, person.sex) == (free, date(1977, 7, 7), "2")
    (entry,) = entries("members.person.document_corrected")
    assert set(entry.after) == {"document_number", "born_on", "sex"}
    assert free not in str(entry.after)


def test_a_look_is_kept_before_it_is_given(tree: Tree, clerk: Actor) -> None:
    made = member(tree.mill)
    person = made.person
    assert (
        reveal(person.pk, field="document_number", reason="核对困难档案", actor=clerk, now=NOW)
        == person.document_number
    )
    (entry,) = entries("members.person.revealed")
    assert (entry.subject_id, entry.after, entry.reason) == (person.pk, {"field": "document_number"}, "核对困难档案")
    assert (entry.actor_name, entry.at, entry.path) == (clerk.name, NOW, tree.mill.scope.path)
    assert person.document_number not in str(entry.after)


@pytest.mark.parametrize("reason", ["", "看看", "  看 \n "])
def test_a_look_without_a_reason_is_refused(tree: Tree, clerk: Actor, reason: str) -> None:
    pk = member(tree.mill).person_id
    with pytest.raises(Refused) as refusal:
        reveal(pk, field="phone", reason=reason, actor=clerk, now=NOW)
    assert refusal.value.field == "reason"
    assert not entries("members.person.revealed")
    with pytest.raises(Missing):
        reveal(pk, field="name_key", reason="核对困难档案", actor=clerk, now=NOW)
