"""Another kind for an organisation, and what becomes of the shifts of one that ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.organisations.actions.retyping import retype_organisation
from niangjia.modules.organisations.actions.structure import dissolve_organisation, merge_organisations
from niangjia.modules.organisations.actions.terms import start_term
from niangjia.modules.organisations.models import DutyShift, Employer, EmployerUnion, Organisation
from niangjia.modules.organisations.queries.figures import unions_at
from niangjia.modules.organisations.queries.open_matters import register_open_matters
from niangjia.modules.organisations.queries.organisations import structure_changes
from niangjia.modules.organisations.rules import (
    ChosenBy,
    OrganisationKind,
    Placed,
    ensure_may_retype,
    kinds_to_become,
)
from niangjia.modules.organisations.testing import (
    NOW,
    Tree,
    acting_as,
    firm,
    found_union,
    officer,
    shift,
    small_tree,
    zone,
)

K = OrganisationKind
TODAY = NOW.date()
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


# --- the rule ---


@pytest.mark.parametrize(
    ("was", "kind", "parent", "below", "code"),
    [
        (K.PRIMARY_UNION, K.JOINT_UNION, K.TOWNSHIP_UNION, (), ""),
        (K.PRIMARY_UNION, K.JOINT_UNION, K.TOWNSHIP_UNION, (K.GROUP,), ""),
        (K.JOINT_UNION, K.VILLAGE_JOINT_UNION, K.TOWNSHIP_UNION, (K.GROUP,), ""),
        (K.INDUSTRY_UNION, K.SYSTEM_COMMITTEE, K.COUNTY_FEDERATION, (K.PRIMARY_UNION,), ""),
        (K.PRIMARY_UNION, K.PRIMARY_UNION, K.TOWNSHIP_UNION, (), "organisation.same_kind"),
        (K.PRIMARY_UNION, K.JOINT_UNION, K.PRIMARY_UNION, (), "organisation.wrong_parent"),
        (K.GROUP, K.PRIMARY_UNION, K.JOINT_UNION, (), "organisation.wrong_parent"),
        (K.PRIMARY_UNION, K.JOINT_UNION, K.TOWNSHIP_UNION, (K.PRIMARY_UNION,), "organisation.wrong_children"),
        (K.VILLAGE_JOINT_UNION, K.PRIMARY_UNION, K.TOWNSHIP_UNION, (K.JOINT_UNION,), "organisation.wrong_children"),
        (K.TOWNSHIP_UNION, K.COUNTY_FEDERATION, K.CITY_FEDERATION, (), "organisation.federation"),
        (K.COUNTY_FEDERATION, K.TOWNSHIP_UNION, K.CITY_FEDERATION, (), "organisation.federation"),
    ],
)
def test_what_it_may_become(was: K, kind: K, parent: K, below: tuple[K, ...], code: str) -> None:
    row = Placed(id=7, kind=was, name="某工会", path=(1, 7))
    assert (kind in kinds_to_become(was, parent, below)) == (code == "")
    if not code:
        ensure_may_retype(row, kind, parent, below)
        return
    with pytest.raises(Refused) as told:
        ensure_may_retype(row, kind, parent, below)
    assert (told.value.code, told.value.field) == (code, "kind")


# --- the act ---


@pytest.fixture
def tree(db: None) -> Tree:
    return small_tree()


@pytest.fixture
def chair(tree: Tree) -> Actor:
    return acting_as("CHAIR", tree.county)


def fresh(row: Any) -> Organisation:
    found: Organisation = Organisation.objects.unscoped(reason="test").select_related("scope").get(pk=row.pk)
    return found


def retype(row: Any, kind: K, actor: Actor, **more: Any) -> Organisation:
    said: dict[str, Any] = {"on": TODAY, "reason": "企业改制，批复〔2026〕8号"} | more
    return retype_organisation(row.pk, kind=kind, actor=actor, now=NOW, **said)


def test_the_new_kind_counts_from_its_day_and_the_old_one_before(tree: Tree, chair: Actor) -> None:
    mill = firm("北山纺织厂", "530999101")
    EmployerUnion.objects.create(employer=mill, organisation=tree.mill, from_on=date(2020, 1, 1))
    Employer.objects.unscoped(reason="test").filter(pk=mill.pk).update(union_state="OWN")
    before = unions_at(str(tree.north.scope.path))
    retype(tree.mill, K.JOINT_UNION, chair)
    assert fresh(tree.mill).kind == K.JOINT_UNION
    assert Employer.objects.unscoped(reason="test").get(pk=mill.pk).union_state == "JOINT"
    retype(tree.mill, K.VILLAGE_JOINT_UNION, chair)
    path, yesterday = str(tree.north.scope.path), TODAY - timedelta(days=1)
    assert (unions_at(path), unions_at(path, yesterday)) == (before - 1, before)
    latest = structure_changes(fresh(tree.mill))[0]
    assert (latest.kind, latest.kind_before, latest.note) == ("RETYPED", "JOINT_UNION", "企业改制，批复〔2026〕8号")
    entry = AuditEntry.objects.filter(verb="organisations.organisation.retyped").order_by("-pk")[0]
    assert (entry.before["kind"], entry.after["kind"]) == ("JOINT_UNION", "VILLAGE_JOINT_UNION")


def test_what_such_a_kind_cant_have_goes_first(
    tree: Tree, chair: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    zone(tree.north, "东片")
    with pytest.raises(Refused, match="1 个片区"):
        retype(tree.north, K.INDUSTRY_UNION, chair)
    trade = found_union(tree.county, "云岭县快递行业工会联合会", K.TRADE_JOINT_UNION)
    EmployerUnion.objects.create(employer=firm("甲厂", "530999101"), organisation=trade, from_on=TODAY)
    monkeypatch.setattr("niangjia.modules.organisations.queries.open_matters._matters", {})
    register_open_matters("名会员", lambda pk: 20 if pk == trade.pk else 0)
    with pytest.raises(Refused, match="20 名会员、1 家用人单位"):
        retype(trade, K.INDUSTRY_UNION, chair)
    system = found_union(tree.county, "教育系统工会工委", K.INDUSTRY_UNION)
    start_term(
        system.pk, number=1, from_on=date(2024, 1, 1), until_on=date(2027, 1, 1), elected_by=ChosenBy.CONGRESS,
        actor=chair, now=NOW,
    )  # fmt: skip
    with pytest.raises(Refused, match="1 届没有结束的班子"):
        retype(system, K.SYSTEM_COMMITTEE, chair)
    assert fresh(system).kind == K.INDUSTRY_UNION


def test_what_is_refused(tree: Tree, chair: Actor) -> None:
    with pytest.raises(Refused, match="写明原因"):
        retype(tree.mill, K.JOINT_UNION, chair, reason=" ")
    with pytest.raises(Refused, match="不能晚于今天"):
        retype(tree.mill, K.JOINT_UNION, chair, on=TODAY + timedelta(days=1))
    with pytest.raises(Refused, match="才成立"):
        retype(tree.mill, K.JOINT_UNION, chair, on=date(2000, 1, 1))
    retype(tree.mill, K.JOINT_UNION, chair)
    with pytest.raises(Refused, match="改过类型"):
        retype(tree.mill, K.PRIMARY_UNION, chair, on=TODAY - timedelta(days=1))
    with pytest.raises(NotPermitted):
        retype(tree.mill, K.PRIMARY_UNION, acting_as("CHAIR", tree.mill))
    with pytest.raises(Missing):
        retype(tree.mill, K.PRIMARY_UNION, acting_as("CHAIR", tree.south))


def test_on_its_page(tree: Tree, client: Client) -> None:
    client.force_login(officer("CHAIR", tree.county), backend=BACKEND)
    address = reverse("organisations:organisation_retype", args=[tree.mill.pk])
    shown = client.get(address).content.decode()
    assert 'value="JOINT_UNION"' in shown
    assert 'value="TOWNSHIP_UNION"' not in shown
    said = {"kind": "JOINT_UNION", "on": TODAY, "reason": "两家合建", "sure": "on"}
    assert client.post(address, said | {"kind": "²"}).status_code == 422
    assert client.post(address, said | {"on": "2000-01-01"}).status_code == 422
    assert client.post(address, said).status_code == 302
    history = client.get(reverse("organisations:organisation_structure", args=[tree.mill.pk])).content.decode()
    assert "改类型" in history
    assert "原来是基层工会" in history
    group = found_union(tree.mill, "甲班工会小组", K.GROUP)
    stuck = client.get(reverse("organisations:organisation_retype", args=[group.pk])).content.decode()
    assert "不允许别的类型" in stuck


# --- shifts of a union that ends ---


def hours(days: int, begin: int, end: int) -> dict[str, Any]:
    return {"from_at": NOW + timedelta(days=days, hours=begin), "until_at": NOW + timedelta(days=days, hours=end)}


def shifts() -> set[tuple[str, str]]:
    rows = DutyShift.objects.unscoped(reason="test").select_related("user", "organisation")
    return {(row.user.name, row.organisation.name) for row in rows}


def test_shifts_to_come_go_where_the_union_went(tree: Tree, chair: Actor) -> None:
    first, second, third = (officer("CLERK", tree.mill, name) for name in ("李值班", "王值班", "赵备班"))
    other = officer("CLERK", tree.harbour, "何值班")
    shift(tree.mill, first, **hours(-1, 0, 8))  # over
    shift(tree.mill, second, **hours(0, -1, 8))  # now
    shift(tree.mill, first, **hours(1, 0, 8))
    shift(tree.mill, second, **hours(2, 0, 8))  # somebody is there already
    shift(tree.mill, third, part="RESERVE", **hours(2, 0, 8))  # but not for this part
    shift(tree.harbour, other, **hours(2, 7, 12))
    merge_organisations(tree.mill.pk, tree.harbour.pk, on=TODAY, actor=chair, now=NOW, reason="两厂合并")
    mill, harbour = tree.mill.name, tree.harbour.name
    assert shifts() == {
        ("李值班", mill), ("王值班", mill), ("李值班", harbour), ("赵备班", harbour), ("何值班", harbour)
    }  # fmt: skip
    told = dict(Message.objects.filter(title__contains="您的值班有变动").values_list("user_id", "body"))
    assert set(told) == {first.pk, second.pk, third.pk}
    assert f"1 班改在“{harbour}”值" in told[first.pk]
    assert "1 班取消，那个时段那边已有人值班" in told[second.pk]
    verbs = AuditEntry.objects.filter(verb__startswith="organisations.duty_shift").values_list("verb", flat=True)
    assert sorted(verbs) == ["organisations.duty_shift.changed"] * 2 + ["organisations.duty_shift.removed"]


def test_shifts_of_a_dissolved_union_are_taken_off(tree: Tree, chair: Actor) -> None:
    user = officer("CLERK", tree.mill, "李值班")
    shift(tree.mill, user, **hours(-1, 0, 8))
    shift(tree.mill, user, **hours(1, 0, 8))
    dissolve_organisation(tree.mill.pk, on=TODAY, reason="企业注销", actor=chair, now=NOW)
    assert DutyShift.objects.unscoped(reason="test").count() == 1
    assert "1 班取消。" in Message.objects.get(title__contains="撤销，您的值班有变动").body
