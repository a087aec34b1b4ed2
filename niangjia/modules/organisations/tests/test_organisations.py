"""Founding, editing, renaming."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from niangjia.kernel.access.models import ScopePath
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.organisations import (
    add_organisation,
    edit_organisation,
    rename_organisation,
)
from niangjia.modules.organisations.actions.structure import dissolve_organisation
from niangjia.modules.organisations.models import Division, Organisation, StructureChange
from niangjia.modules.organisations.queries.organisations import nodes, structure_changes, trail_of
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.rules import credit_code_check_character
from niangjia.modules.organisations.testing import NOW, acting_as, found_union, small_tree

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


def code_of(number: int, prefix: str = "81530999") -> str:
    first = f"{prefix}{number:09d}"
    return first + credit_code_check_character(first)


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def chair(tree):
    return acting_as("CHAIR", tree.county)


def found(tree, actor, **facts):
    facts = {"parent_id": tree.north.pk, "name": "北山水泥厂工会", "kind": K.PRIMARY_UNION} | facts
    return add_organisation(actor=actor, now=NOW, **facts)


def test_founding_places_it_and_tells_it(tree, chair):
    made = found(
        tree, chair, name=" 北山水泥厂(集团) 工会", credit_code=code_of(1).lower(), founded_on=date(2020, 3, 1)
    )
    assert made.name == "北山水泥厂（集团）工会"
    assert made.name_key.startswith("bei shan shui ni")
    assert made.credit_code == code_of(1)
    assert made.division_id == tree.north.division_id
    assert made.scope.path == f"{tree.north.scope.path}.{made.pk}"
    assert ScopePath.objects.get(scope=made.pk).from_on == date(2020, 3, 1)
    (change,) = structure_changes(made)
    assert (change.kind, change.on, change.actor_name) == ("FOUNDED", date(2020, 3, 1), chair.name)
    assert [entry.verb for entry in trail_of(made)] == ["organisations.organisation.founded"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"kind": K.TOWNSHIP_UNION}, "organisation.wrong_parent"),
        ({"kind": K.GROUP}, "organisation.wrong_parent"),
        ({"name": "北山纺织厂 工会"}, "organisation.name_taken"),
        ({"name": "工会"}, "organisation.name"),
        ({"credit_code": "91530999000000001X"}, "organisation.credit_code"),
        ({"credit_code": code_of(2, "91530999")}, "organisation.credit_code"),
        ({"founded_on": TODAY + timedelta(days=2)}, "organisation.founded_ahead"),
        ({"division": "999999999"}, "organisation.division"),
    ],
)
def test_founding_is_refused(tree, chair, facts, code):
    before = Organisation.objects.unscoped(reason="test").count()
    with refused(code):
        found(tree, chair, **facts)
    assert Organisation.objects.unscoped(reason="test").count() == before
    assert not AuditEntry.objects.filter(reason="never").exists()


def test_a_name_may_return_under_another_parent(tree, chair):
    assert found(tree, chair, parent_id=tree.south.pk, name=tree.mill.name).name == tree.mill.name


def test_a_code_stands_once_in_the_whole_register(tree):
    found(tree, acting_as("CHAIR", tree.north), credit_code=code_of(3))
    with refused("organisation.code_taken") as refusal:
        found(
            tree, acting_as("CHAIR", tree.south), parent_id=tree.south.pk, name="南湖水厂工会", credit_code=code_of(3)
        )
    assert "北山" not in refusal.value.message  # the other stands out of sight


def test_who_may_found(tree):
    with pytest.raises(Missing):
        found(tree, acting_as("CHAIR", tree.south))
    with pytest.raises(NotPermitted):
        found(tree, acting_as("CLERK", tree.north))
    assert found(tree, acting_as("ORGANISER", tree.north)).pk


def test_founding_twice_is_refused_the_second_time(tree, chair):
    found(tree, chair)
    with refused("organisation.name_taken"):
        found(tree, chair)


def test_editing_touches_only_what_is_given(tree, chair):
    clerk = acting_as("CLERK", tree.north)
    edit_organisation(tree.mill.pk, actor=clerk, now=NOW, address="北山路 1 号", credit_code=code_of(4))
    row = Organisation.objects.visible_to(chair).get(pk=tree.mill.pk)
    assert (row.address, row.credit_code, row.name) == ("北山路 1 号", code_of(4), tree.mill.name)
    entry = trail_of(row)[0]
    assert entry.verb == "organisations.organisation.edited"
    assert entry.after == {"address": "北山路 1 号", "credit_code": code_of(4)}
    edit_organisation(tree.mill.pk, actor=clerk, now=NOW, address="北山路 1 号")
    assert trail_of(row)[0].pk == entry.pk  # nothing changed, nothing told


def test_who_may_edit(tree):
    with pytest.raises(Missing):
        edit_organisation(tree.mill.pk, actor=acting_as("CHAIR", tree.south), now=NOW, address="x")
    with pytest.raises(NotPermitted):
        edit_organisation(tree.mill.pk, actor=acting_as("AUDITOR", tree.county), now=NOW, address="x")


def test_renaming_keeps_the_old_name_in_the_history(tree, chair):
    row = rename_organisation(
        tree.mill.pk, name="北山纺织集团工会", on=TODAY, actor=chair, now=NOW, note="云总工〔2026〕8号"
    )
    assert (row.name, row.name_key) == ("北山纺织集团工会", "bei shan fang zhi ji tuan gong hui")
    change = structure_changes(row)[0]
    assert (change.kind, change.note) == ("RENAMED", "原名：北山纺织厂工会。云总工〔2026〕8号")
    assert trail_of(row)[0].before["name"] == "北山纺织厂工会"
    with refused("organisation.same_name"):
        rename_organisation(tree.mill.pk, name="北山纺织集团工会", on=TODAY, actor=chair, now=NOW)


def test_a_union_does_not_rename_itself(tree):
    with pytest.raises(NotPermitted):
        rename_organisation(tree.mill.pk, name="北山大厂工会", on=TODAY, actor=acting_as("CHAIR", tree.mill), now=NOW)
    with pytest.raises(Missing):
        rename_organisation(tree.mill.pk, name="北山大厂工会", on=TODAY, actor=acting_as("CHAIR", tree.south), now=NOW)
    assert StructureChange.objects.unscoped(reason="test").filter(kind="RENAMED").count() == 0


def test_the_tree_counts_the_living_below_and_no_groups(tree, chair):
    found_union(tree.mill, "甲班工会小组", K.GROUP)
    gone = found_union(tree.north, "北山旧厂工会")
    dissolve_organisation(gone.pk, on=TODAY, actor=chair, now=NOW, reason="企业注销")
    rows = [tree.county, tree.north, tree.mill, tree.harbour]
    assert [(node.below, node.children) for node in nodes(rows)] == [(4, 2), (1, 1), (0, 1), (0, 0)]


# --- ground ---


@pytest.fixture
def ground(tree):
    """The county answers for its division, in which the townships lie."""
    county = Division.objects.create(code="530999", name="云岭县")
    Division.objects.update(parent=county)
    Division.objects.filter(pk="530999").update(parent=None)
    for code, parent in (("530999300", county), ("531000", None)):
        Division.objects.create(code=code, name=code, parent=parent)
    tree.county.division = county
    tree.county.save()


@pytest.mark.parametrize("code", ["530999002", "530999", "531000", ""])
def test_a_township_draws_no_other_ground_for_itself(tree, ground, code):
    """Else its clerk would see every employer of the neighbour's, or of another county."""
    with refused("organisation.ground"):
        edit_organisation(tree.north.pk, division=code, actor=acting_as("CHAIR", tree.north), now=NOW)
    edit_organisation(
        tree.north.pk, address="云山路 1 号", division="530999101", actor=acting_as("CLERK", tree.north), now=NOW
    )


def test_the_county_gives_ground_out_of_its_own(tree, ground, chair):
    edit_organisation(tree.north.pk, division="530999300", actor=chair, now=NOW)
    with refused("organisation.ground"):
        edit_organisation(tree.north.pk, division="531000", actor=chair, now=NOW)
    facts = {"parent_id": tree.county.pk, "name": "石门镇总工会", "kind": K.TOWNSHIP_UNION}
    with refused("organisation.ground"):
        found(tree, chair, **facts, division="531000")
    assert found(tree, chair, **facts, division="530999101").division_id == "530999101"


def test_a_firms_union_may_say_where_it_lies(tree, ground):
    """It answers for no ground."""
    edit_organisation(tree.mill.pk, division="531000", actor=acting_as("ENTERPRISE_CLERK", tree.mill), now=NOW)
