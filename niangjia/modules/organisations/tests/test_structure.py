"""Moving, merging, dissolving: the days before keep the tree they had."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import OperationalError, connections

from niangjia.kernel import events
from niangjia.kernel.access.models import Grant, Scope
from niangjia.kernel.access.queries import path_on
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions import structure
from niangjia.modules.organisations.actions.structure import (
    dissolve_organisation,
    merge_organisations,
    move_organisation,
)
from niangjia.modules.organisations.actions.terms import appoint_post, start_term
from niangjia.modules.organisations.events import OrganisationMerged
from niangjia.modules.organisations.models import (
    Division,
    Employer,
    EmployerUnion,
    Organisation,
    Post,
    Term,
    Zone,
)
from niangjia.modules.organisations.queries import open_matters
from niangjia.modules.organisations.queries.figures import then_and_now, unions_at
from niangjia.modules.organisations.queries.organisations import structure_changes, trail_of
from niangjia.modules.organisations.rules import ChosenBy
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.rules import Post as PostKind
from niangjia.modules.organisations.testing import NOW, acting_as, found_union, officer, small_tree

TODAY = NOW.date()
LAST_YEARS_END = date(2025, 12, 31)


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


@pytest.fixture
def tree(db):
    return small_tree()


@pytest.fixture
def chair(tree):
    return acting_as("CHAIR", tree.county)


def fresh(row):
    return Organisation.objects.unscoped(reason="test").select_related("scope").get(pk=row.pk)


def then(row) -> dict[str, tuple[int | None, int]]:
    return {one.label: (one.then, one.now) for one in then_and_now(fresh(row), then=LAST_YEARS_END)}


def move(row, parent, actor, on=TODAY):
    return move_organisation(row.pk, parent_id=parent.pk, on=on, actor=actor, now=NOW, reason="区划调整")


# --- moving ---


def test_moving_keeps_last_years_figures(tree, chair):
    group = found_union(tree.mill, "甲班工会小组", K.GROUP)
    assert then(tree.north)["基层工会"] == (1, 1)
    old_path = tree.mill.scope.path
    row = move(tree.mill, tree.south, chair)
    assert row.scope.path == f"{tree.south.scope.path}.{tree.mill.pk}"
    assert fresh(group).scope.path == f"{row.scope.path}.{group.pk}"
    assert path_on(tree.mill.pk, LAST_YEARS_END) == old_path
    assert then(tree.north)["基层工会"] == (1, 0)
    assert then(tree.south)["基层工会"] == (1, 2)
    assert then(tree.county)["基层工会"] == (2, 2)
    change = structure_changes(row)[0]
    assert (change.kind, change.other_id, change.path_before) == ("MOVED", tree.south.pk, old_path)
    entry = trail_of(row)[0]
    assert (entry.verb, entry.reason) == ("organisations.organisation.moved", "区划调整")
    assert entry.after == {"path": row.scope.path}


def test_moving_is_refused(tree, chair):
    with refused("organisation.same_parent"):
        move(tree.mill, tree.north, chair)
    with refused("organisation.wrong_parent"):
        move(tree.north, tree.south, chair)
    with refused("organisation.under_itself"):
        move(tree.mill, tree.mill, chair)
    with refused("organisation.ahead"):
        move(tree.mill, tree.south, chair, on=date(2026, 12, 1))
    with refused("organisation.before_last"):
        move(tree.mill, tree.south, chair, on=date(2015, 4, 30))
    found_union(tree.south, tree.mill.name)
    with refused("organisation.name_taken"):
        move(tree.mill, tree.south, chair)
    assert fresh(tree.mill).scope.parent_id == tree.north.pk


def test_moving_twice_the_same_is_refused_the_second_time(tree, chair):
    move(tree.mill, tree.south, chair)
    with refused("organisation.same_parent"):
        move(tree.mill, tree.south, chair)


def test_what_was_closed_below_stays_closed(tree, chair):
    shop = found_union(tree.mill, "一车间工会小组", K.GROUP, founded_on=date(2026, 5, 1))
    dissolve_organisation(shop.pk, on=date(2026, 6, 1), reason="车间撤并", actor=chair, now=NOW)
    for early in (date(2026, 5, 1), date(2026, 5, 20)):
        with refused("organisation.before_last"):
            move(tree.mill, tree.south, chair, on=early)
    row = move(tree.mill, tree.south, chair, on=date(2026, 6, 1))
    assert fresh(shop).scope.path == f"{row.scope.path}.{shop.pk}"
    assert path_on(shop.pk, date(2026, 5, 31))
    assert path_on(shop.pk, date(2026, 6, 1)) is path_on(shop.pk, TODAY) is None


def test_what_happens_beside_it_at_the_new_place_is_no_matter(tree, chair):
    found_union(tree.south, "南湖造船厂工会", founded_on=TODAY)
    assert move(tree.mill, tree.south, chair, on=date(2026, 6, 1)).scope.parent_id == tree.south.pk


def test_who_may_move(tree):
    with pytest.raises(Missing):
        move(tree.mill, tree.south, acting_as("CHAIR", tree.north))  # doesn't see the south
    with pytest.raises(NotPermitted):
        move(tree.mill, tree.south, acting_as("AUDITOR", tree.county))
    with pytest.raises(NotPermitted):
        move(tree.mill, tree.harbour, acting_as("CLERK", tree.county))


# --- merging ---


def test_merging_hands_everything_over(tree, chair):
    division = Division.objects.get(code="530999101")
    shared, own = (
        Employer.objects.create(name=name, name_key=name, division=division, union_state="OWN") for name in ("甲", "乙")
    )
    for union, employer in ((tree.mill, shared), (tree.mill, own), (tree.harbour, shared)):
        EmployerUnion.objects.create(employer=employer, organisation=union, from_on=date(2020, 1, 1))
    start_term(
        tree.mill.pk, number=1, from_on=date(2024, 1, 1), until_on=date(2027, 1, 1), elected_by=ChosenBy.CONGRESS,
        actor=chair, now=NOW,
    )  # fmt: skip
    appoint_post(
        tree.mill.pk, kind=PostKind.CHAIR, name="李强", from_on=date(2024, 1, 1), chosen_by=ChosenBy.CONGRESS,
        actor=chair, now=NOW,
    )  # fmt: skip
    group = found_union(tree.mill, "甲班工会小组", K.GROUP)
    officer("ENTERPRISE_CLERK", tree.mill)
    heard = []
    events.subscribe(OrganisationMerged)(heard.append)
    try:
        merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=chair, now=NOW, reason="两厂合并")
    finally:
        events._handlers[OrganisationMerged].remove(heard.append)

    gone = fresh(tree.mill)
    assert (gone.closed_on, gone.merged_into_id) == (TODAY, tree.harbour.pk)
    assert fresh(group).scope.path == f"{tree.harbour.scope.path}.{group.pk}"
    links = EmployerUnion.objects.unscoped(reason="test").filter(until_on=None)
    assert set(links.values_list("employer_id", "organisation_id")) == {
        (shared.pk, tree.harbour.pk),
        (own.pk, tree.harbour.pk),
    }
    post = Post.objects.unscoped(reason="test").get()
    assert (post.until_on, post.ended_by) == (TODAY, "UNION_ENDED")
    assert Term.objects.unscoped(reason="test").get().ended_on == TODAY
    assert Grant.objects.unscoped(reason="test").get(scope=tree.mill.pk).ended_at == NOW
    assert [(event.gone_id, event.into_id, event.on) for event in heard] == [(gone.pk, tree.harbour.pk, TODAY)]
    assert [change.kind for change in structure_changes(gone)] == ["MERGED", "FOUNDED"]
    assert structure_changes(fresh(tree.harbour))[0].organisation_id == gone.pk
    assert trail_of(gone)[0].verb == "organisations.organisation.merged"


def test_merging_keeps_last_years_figures(tree, chair):
    before = {row.pk: then(row)["基层工会"][0] for row in (tree.county, tree.north, tree.south, tree.mill)}
    merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=chair, now=NOW)
    after = {row.pk: then(row)["基层工会"][0] for row in (tree.county, tree.north, tree.south, tree.mill)}
    assert before == after == {tree.county.pk: 2, tree.north.pk: 1, tree.south.pk: 1, tree.mill.pk: 1}
    assert then(tree.county)["基层工会"][1] == 1
    assert then(tree.mill)["基层工会"][1] == 0
    assert unions_at(tree.north.scope.path) == 0


def test_merging_is_refused(tree, chair):
    with refused("organisation.other_level"):
        merge_organisations(tree.mill.pk, tree.south.pk, on=TODAY, actor=chair, now=NOW)
    with refused("organisation.into_itself"):
        merge_organisations(tree.mill.pk, tree.mill.pk, on=TODAY, actor=chair, now=NOW)
    for union in (tree.north, tree.south):
        Zone.objects.create(organisation=union, name="第一片区")
    with refused("organisation.zone_names"):
        merge_organisations(tree.north.pk, tree.south.pk, on=TODAY, actor=chair, now=NOW)
    assert fresh(tree.mill).scope.parent_id == tree.north.pk  # the child that had moved is back


def test_merging_twice_is_refused_the_second_time(tree, chair):
    merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=chair, now=NOW)
    with refused("organisation.closed"):
        merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=chair, now=NOW)


def test_who_may_merge(tree):
    with pytest.raises(Missing):
        merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=acting_as("CHAIR", tree.north), now=NOW)
    with pytest.raises(NotPermitted):
        merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=acting_as("CLERK", tree.county), now=NOW)


def test_an_objection_above_undoes_the_merge(tree, chair):
    def object_to_it(event: OrganisationMerged) -> None:
        raise Refused("members.busy", "会员正在导入，请稍后再合并。")

    events.subscribe(OrganisationMerged)(object_to_it)
    try:
        with refused("members.busy"):
            merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=chair, now=NOW)
    finally:
        events._handlers[OrganisationMerged].remove(object_to_it)
    assert fresh(tree.mill).is_open


# --- dissolving ---


def test_dissolving_ends_it(tree, chair):
    officer("CHAIR", tree.mill)
    dissolve_organisation(tree.mill.pk, on=TODAY, actor=chair, now=NOW, reason="企业注销")
    row = fresh(tree.mill)
    assert (row.closed_on, row.merged_into_id) == (TODAY, None)
    assert path_on(row.pk, TODAY) is None
    assert path_on(row.pk, LAST_YEARS_END) == row.scope.path
    assert Grant.objects.unscoped(reason="test").get(scope=row.pk).ended_at == NOW
    assert trail_of(row)[0].reason == "企业注销"
    with refused("organisation.closed"):
        dissolve_organisation(tree.mill.pk, on=TODAY, actor=chair, now=NOW, reason="再来一次")


def test_dissolving_is_refused_while_something_hangs_on_it(tree, chair, monkeypatch):
    with refused("organisation.no_reason"):
        dissolve_organisation(tree.mill.pk, on=TODAY, actor=chair, now=NOW, reason=" ")
    with pytest.raises(Refused, match="1 个下级组织"):
        dissolve_organisation(tree.north.pk, on=TODAY, actor=chair, now=NOW, reason="撤镇")
    monkeypatch.setitem(open_matters._matters, "名会员", lambda pk: 20 if pk == tree.mill.pk else 0)
    with pytest.raises(Refused, match="还有 20 名会员"):
        dissolve_organisation(tree.mill.pk, on=TODAY, actor=chair, now=NOW, reason="企业注销")


def test_who_may_dissolve(tree):
    with pytest.raises(NotPermitted):
        dissolve_organisation(tree.mill.pk, on=TODAY, actor=acting_as("CHAIR", tree.mill), now=NOW, reason="散伙")
    with pytest.raises(Missing):
        dissolve_organisation(tree.mill.pk, on=TODAY, actor=acting_as("CHAIR", tree.south), now=NOW, reason="散伙")


# --- two at once ---


def move_each_under_the_other(one, other, chair) -> list[str]:
    outcomes = []

    def attempt(row, parent):
        try:
            move(row, parent, chair)
            outcomes.append("moved")
        except Refused as refusal:
            outcomes.append(refusal.code)
        except OperationalError:
            outcomes.append("broken off")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(outcomes)


def two_firms():
    tree = small_tree()
    return tree.mill, found_union(tree.north, "北山机械厂工会"), acting_as("CHAIR", tree.county)


def in_a_ring(*rows) -> bool:
    parents = dict(Scope.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "parent_id"))
    return set(parents.values()) <= set(parents)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_never_tie_a_ring():
    one, other, chair = two_firms()
    assert move_each_under_the_other(one, other, chair) == ["moved", "organisation.under_own"]
    assert not in_a_ring(one, other)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_they_collide(monkeypatch):
    one, other, chair = two_firms()
    both_have_looked = threading.Barrier(2, timeout=10)
    monkeypatch.setattr(structure, "hold_tree", lambda: None)
    monkeypatch.setattr("niangjia.kernel.access.actions.hold_tree", both_have_looked.wait)
    outcomes = move_each_under_the_other(one, other, chair)
    # Both pass the rule. Then the database breaks one off in the middle, or both go through and hang on each other.
    assert "organisation.under_own" not in outcomes
    assert "broken off" in outcomes or in_a_ring(one, other)
