"""Taking demands down: what is kept, where it comes to lie, who is told, who is kept out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.rules import Stage, Urgency
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.demands.actions import edit_facts, facts_of, record_demand
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries import demand_in_sight
from niangjia.modules.demands.rules import MOST_A_DAY, Channel, Nature, Party
from niangjia.modules.demands.testing import NOW, demand, facts, phone_number
from niangjia.modules.organisations.actions.employers import add_employer, link_employer_to_union
from niangjia.modules.organisations.testing import FOUNDED, Tree, acting_as, officer, small_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> Tree:
    return small_tree()


@pytest.fixture
def mill_works(tree: Tree):
    """The employer whose workers the mill's union has."""
    chair = acting_as("CHAIR", tree.county)
    made = add_employer(name="北山纺织厂", division="530999101", headcount=200, actor=chair, now=NOW)
    link_employer_to_union(made.pk, organisation_id=tree.mill.pk, from_on=FOUNDED, actor=chair, now=NOW)
    return made


def sees(row: Demand, user: User) -> bool:
    try:
        demand_in_sight(row.pk, actor_of(user.pk, now=NOW))
    except Missing:
        return False
    return True


def test_it_is_kept_as_it_was_said(tree: Tree) -> None:
    row = demand(
        tree.county, " 公司三个月　没有发工资。\n\n\n\n三个人。\x00 ", employer_name="某某公司", claimed_fen=12_600_000
    )
    assert row.body == "公司三个月 没有发工资。\n\n三个人。"
    assert row.case.title == "公司三个月 没有发工资"
    assert (row.case.stage, row.case.urgency) == (Stage.RECEIVED, Urgency.PRESSING)  # as the kind says
    assert row.claimed_fen == 12_600_000
    assert "工资" in row.words
    assert row.case.number.startswith("SQ20261120-")


def test_a_refusal_names_its_field(tree: Tree) -> None:
    for wrong, field in (
        ({"body": " "}, "body"),
        ({"asker_phone": "139"}, "asker_phone"),
        ({"people": 0}, "people"),
        ({"claimed_fen": -1}, "claimed_fen"),
        ({"kind": "9999"}, "kind"),
        ({"kind": "01"}, "kind"),
        ({"happened_on": (NOW + timedelta(days=1)).date()}, "happened_on"),
        ({"accused_user_id": 987654}, "accused_user"),
    ):
        with pytest.raises(Refused) as refusal:
            demand(tree.county, **{"body": "说了什么", **wrong})
        assert refusal.value.field == field
    assert not Demand.objects.unscoped(reason="the test's own").exists()


def test_only_whoever_may_record_does(tree: Tree) -> None:
    for actor in (acting_as("FINANCE", tree.county), acting_as("CHAIR", tree.south), Actor(None, "谁"), casework.ASKER):
        with pytest.raises(NotPermitted):
            demand(tree.north, actor=actor)
    assert demand(tree.north, actor=SYSTEM)
    assert demand(tree.north, actor=casework.ASKER, channel=Channel.PHONE_PAGE)
    assert demand(tree.north, actor=Actor(None, "12345"), channel=Channel.PARTNER, partner="12345", partner_number="A1")


def test_a_petition_has_its_statutory_days(tree: Tree) -> None:
    row = demand(tree.county, channel=Channel.PETITION, urgency=1)
    assert row.case.limits["accept"] == [15, "natural_days"]
    assert row.case.limits["answer"] == [60, "natural_days"]


def test_a_question_is_no_hurry_of_its_own(tree: Tree) -> None:
    assert demand(tree.county, nature=Nature.ENQUIRY, kind="0601").case.urgency == Urgency.NORMAL
    assert demand(tree.county, kind="0601").case.urgency == Urgency.URGENT


def test_the_words_suggest_a_kind(tree: Tree) -> None:
    row = demand(tree.county, "老板拖欠工资三个月了", kind="")
    assert row.kind == ""
    assert (row.suggested["kind"], row.suggested["words"]) == ("0101", ["拖欠工资"])


def test_emergencies_win_over_what_was_chosen(tree: Tree) -> None:
    row = demand(tree.county, "车间起火了，有人受伤被困", urgency=1)
    assert row.case.urgency == Urgency.EXTREME
    assert row.case.is_major


def test_explained_at_once(tree: Tree) -> None:
    row = demand(tree.county, nature=Nature.ENQUIRY, close_at_once="年休假五天，已说明。")
    assert row.case.stage == Stage.RESOLVED
    assert row.is_closed_at_once


# --- kept from the accused ---


def test_the_accused_employers_own_union_sees_nothing(tree: Tree, mill_works) -> None:
    own = officer("ENTERPRISE_CLERK", tree.mill, "纺织厂专干")
    county = officer("CHAIR", tree.county, "县主席")
    row = demand(tree.county, employer_id=mill_works.pk)
    assert row.case.kept_from == [tree.mill.pk]
    assert not sees(row, own)
    assert sees(row, county)


def test_by_the_exact_name_too(tree: Tree, mill_works) -> None:
    row = demand(tree.county, employer_name="北山纺织厂")
    assert row.employer_id == mill_works.pk
    assert row.case.kept_from == [tree.mill.pk]


def test_the_asker_may_agree(tree: Tree, mill_works) -> None:
    own = officer("ENTERPRISE_CLERK", tree.mill, "纺织厂专干")
    row = demand(tree.mill, employer_id=mill_works.pk, tells_own_union=True, route=False, actor=SYSTEM)
    assert row.case.scope_id == tree.mill.pk
    assert sees(row, own)


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({"nature": Nature.HELP, "kind": "0101"}, True),
        ({"nature": Nature.HELP, "kind": ""}, True),
        ({"nature": Nature.COMPLAINT, "kind": "1401"}, True),
        ({"nature": Nature.SUGGESTION, "kind": "1401"}, False),
        ({"nature": Nature.HELP, "kind": "0901"}, False),
        ({"nature": Nature.HELP, "kind": "0101", "party": Party.EMPLOYER}, False),
    ],
)
def test_what_counts_as_against_the_employer(tree: Tree, mill_works, more, kept) -> None:
    row = demand(tree.county, employer_id=mill_works.pk, **more)
    assert row.case.kept_from == ([tree.mill.pk] if kept else [])


def test_said_at_the_firms_own_door_it_goes_to_the_union_above(tree: Tree, mill_works) -> None:
    """A worker scans the code on the factory's wall, or tells its union's own clerk."""
    own = officer("ENTERPRISE_CLERK", tree.mill, "纺织厂专干")
    scanned = demand(tree.mill, actor=casework.ASKER, channel=Channel.PHONE_PAGE)
    assert scanned.case.scope_id == tree.north.pk
    told = demand(tree.mill, actor=actor_of(own.pk, now=NOW), channel=Channel.ON_BEHALF)
    assert told.case.scope_id == tree.north.pk
    assert not sees(told, own)
    assert not told.case.participants.filter(user=own).exists()


def test_learning_the_employer_later_takes_it_away_from_its_union(tree: Tree, mill_works) -> None:
    own = officer("ENTERPRISE_CLERK", tree.mill, "纺织厂专干")
    row = demand(tree.mill, kind="0901", nature=Nature.HELP, actor=SYSTEM, route=False)
    assert sees(row, own)
    casework.take_case(row.pk, actor=actor_of(own.pk, now=NOW), now=NOW)
    chair = officer("CHAIR", tree.county, "县主席")
    changed = replace(facts_of(row), employer_id=mill_works.pk, kind="0101", nature=Nature.COMPLAINT)
    edit_facts(row.pk, changed, actor=actor_of(chair.pk, now=NOW), now=NOW)
    row = demand_in_sight(row.pk, actor_of(chair.pk, now=NOW))
    assert (row.case.scope_id, row.case.lead_id) == (tree.north.pk, None)
    assert not sees(row, own)


def test_whoever_is_complained_of_neither_sees_nor_handles_it(tree: Tree) -> None:
    clerk = officer("CLERK", tree.north, "马虎")
    chair = officer("CHAIR", tree.county, "县主席")
    row = demand(tree.north, kind="1701", accused_user_id=clerk.pk)
    assert row.case.lead_id != clerk.pk
    assert not sees(row, clerk)
    with pytest.raises(Refused):
        casework.assign_case(
            row.pk, scope_id=tree.north.pk, user_id=clerk.pk, actor=actor_of(chair.pk, now=NOW), now=NOW
        )


def test_named_later_he_loses_it(tree: Tree) -> None:
    clerk = officer("CLERK", tree.north, "马虎")
    chair = actor_of(officer("CHAIR", tree.county, "县主席").pk, now=NOW)
    row = demand(tree.north, kind="1702", nature=Nature.SUGGESTION, route=False)
    casework.take_case(row.pk, actor=actor_of(clerk.pk, now=NOW), now=NOW)
    edit_facts(row.pk, replace(facts_of(row), accused_user_id=clerk.pk), actor=chair, now=NOW)
    assert not sees(row, clerk)
    assert demand_in_sight(row.pk, chair).case.lead_id is None


def test_the_one_who_writes_down_a_complaint_of_himself_loses_it_too(tree: Tree) -> None:
    clerk = officer("CLERK", tree.north, "马虎")
    row = demand(tree.north, actor=actor_of(clerk.pk, now=NOW), channel=Channel.WINDOW, accused_user_id=clerk.pk)
    assert not sees(row, clerk)


# --- floods ---


def test_one_phone_comes_only_so_often_a_day(tree: Tree) -> None:
    phone, refused = phone_number(), set()
    for number in range(200):
        try:
            demand(tree.north, f"第 {number} 件事", actor=casework.ASKER, channel=Channel.PHONE_PAGE, asker_phone=phone)
        except Refused as refusal:
            refused.add(refusal.code)
    assert refused == {"demand.too_many"}
    assert Demand.objects.unscoped(reason="the test's own").count() == MOST_A_DAY
    # The officer who answers the telephone is not counted, and the next day is another one.
    assert demand(tree.north, "打电话来说的", asker_phone=phone)
    later = NOW + timedelta(days=1, minutes=1)
    assert demand(tree.north, "第二天", actor=casework.ASKER, channel=Channel.PHONE_PAGE, asker_phone=phone, now=later)


def test_one_account_too_even_without_a_name(tree: Tree) -> None:
    user = User.objects.create(username="w1", name="", created_at=NOW)
    for number in range(MOST_A_DAY):
        said = facts(
            f"第 {number} 件", channel=Channel.PHONE_PAGE, asker_phone="", asker_name="", is_anonymous=True,
            asker_user_id=user.pk,
        )  # fmt: skip
        record_demand(said, scope_id=tree.north.pk, actor=casework.ASKER, now=NOW)
    with pytest.raises(Refused):
        record_demand(said, scope_id=tree.north.pk, actor=casework.ASKER, now=NOW)


# --- whoever asks ---


def test_an_anonymous_name_is_not_kept(tree: Tree) -> None:
    row = demand(tree.county, is_anonymous=True, asker_name="林小燕")
    assert not row.asker_name
    assert row.asker_phone_tail == ""


def test_the_trail_tells_no_name_and_no_number(tree: Tree) -> None:
    row = demand(tree.county, asker_name="欧阳不见", asker_phone="12499887766")
    entry = AuditEntry.objects.get(verb="demands.demand.recorded", subject_id=row.pk)
    assert "欧阳不见" not in str(entry.after)
    assert "12499887766" not in str(entry.after)
