"""Founding, editing and renaming an organisation by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actions import hold_tree, place_scope
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Scope, ScopePath
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.pinyin import title_key
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import (
    GROUND_KINDS,
    Division,
    Organisation,
    StructureChange,
    answering,
)
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.organisations import (
    kind_of_organisation,
    organisation_in_sight,
    placed,
)
from niangjia.modules.organisations.rules import OrganisationKind, Structural


class Facts(TypedDict, total=False):
    """What anybody may fill in later; empty text is 'not known'."""

    short_name: str
    credit_code: str
    division: str  # its code
    address: str
    telephone: str
    staff_quota: int
    founded_on: date | None


def add_organisation(
    *, parent_id: int, name: str, kind: OrganisationKind, actor: Actor, now: datetime, **facts: Unpack[Facts]
) -> Organisation:
    """Founds an organisation under another one.

    Raises Missing for a parent out of sight, NotPermitted without the right to restructure there,
    Refused for a kind that may not stand there, a wrong code, a name or code already used.
    """
    parent = organisation_in_sight(parent_id, actor)
    with adding(
        actor=actor, permission=Permission.ORGANISATION_RESTRUCTURE, scope=parent.scope,
        verb="organisations.organisation.founded", now=now,
    ) as recorded:  # fmt: skip
        hold_tree()
        parent = organisation_in_sight(parent_id, actor)  # once more: it may have moved until now
        rules.ensure_active(placed(parent))
        rules.ensure_may_sit_under(kind, kind_of_organisation(parent))
        facts.setdefault("division", parent.division_id or "")
        made = _founded(parent.scope, name, kind, facts, actor=actor, now=now)
        recorded(made)
    return made


def plant_root(
    *, name: str, kind: OrganisationKind, now: datetime, actor: Actor = SYSTEM, **facts: Unpack[Facts]
) -> Organisation:
    """The first organisation of a tree, planted when the product is set up; no page leads here."""
    rules.ensure_may_sit_under(kind, None)
    with transaction.atomic():
        hold_tree()
        made = _founded(None, name, kind, facts, actor=actor, now=now)
        audit.record(
            actor=actor, verb="organisations.organisation.founded", subject=made, path=made.scope.path,
            after=audit.snapshot(made), now=now,
        )  # fmt: skip
    return made


def edit_organisation(
    pk: int, *, actor: Actor, now: datetime, reason: str = "", **facts: Unpack[Facts]
) -> Organisation:
    """Corrects what is known of an organisation; only the facts given are touched.

    Raises Missing, NotPermitted, Refused for a closed one, a wrong or taken code, other ground than the union
    above gives.
    """
    with changing(
        Organisation, pk, actor=actor, permission=Permission.ORGANISATION_EDIT,
        verb="organisations.organisation.edited", now=now, reason=reason,
    ) as row:  # fmt: skip
        rules.ensure_active(placed(row))
        ground = row.division_id
        _fill(row, facts, timezone.localdate(now))
        if row.division_id != ground:
            ensure_may_redraw(row, actor)
            ensure_ground(row, row.scope.parent)
        row.save()
    return row


@transaction.atomic
def rename_organisation(pk: int, *, name: str, on: date, actor: Actor, now: datetime, note: str = "") -> Organisation:
    """Gives a new name from a day on; the old one stays in the history.

    Raises Missing, NotPermitted, Refused for the same name, a name taken beside it, a day to come.
    """
    hold_tree()
    with changing(
        Organisation, pk, actor=actor, permission=Permission.ORGANISATION_VIEW,
        verb="organisations.organisation.renamed", now=now, reason=note,
    ) as row:  # fmt: skip
        ensure_may_restructure(actor, row)
        rules.ensure_active(placed(row))
        tidy = rules.tidy_name(name)
        rules.ensure_name(tidy)
        if tidy == row.name:
            raise Refused("organisation.same_name", "新名称与现在的名称相同。", "name")
        ensure_not_ahead(on, now)
        ensure_name_free(tidy, row.scope.parent_id)
        told(row, Structural.RENAMED, on=on, actor=actor, now=now, note=f"原名：{row.name}。{note}"[:300])
        row.name, row.name_key = tidy, title_key(tidy)
        row.save()
    return row


def ensure_may_restructure(actor: Actor, organisation: Organisation) -> None:
    """What becomes of a union as such is for the union above it to say, not for itself."""
    if not may_restructure(actor, organisation):
        raise NotPermitted("更名、调整隶属、合并、撤销由上一级工会办理，您在上一级没有这项权限。")


def may_restructure(actor: Actor, organisation: Organisation) -> bool:
    path, _, _ = organisation.scope.path.rpartition(".")
    return actor.may(Permission.ORGANISATION_RESTRUCTURE, path or organisation.scope.path)


def ensure_not_ahead(on: date, now: datetime, field: str = "on") -> None:
    if on > timezone.localdate(now):
        raise Refused("organisation.ahead", "日期不能晚于今天，请到生效那天再办理。", field)


def told(
    organisation: Organisation,
    kind: Structural,
    *,
    on: date,
    actor: Actor,
    now: datetime,
    other: Organisation | None = None,
    path_before: str | None = None,
    path_after: str | None = None,
    note: str = "",
) -> StructureChange:
    """The line in the history that everybody in sight of the organisation reads."""
    change: StructureChange = StructureChange.objects.create(
        organisation=organisation, kind=kind, on=on, other=other, path_before=path_before, path_after=path_after,
        note=note, actor_name=actor.name, at=now,
    )  # fmt: skip
    return change


def _founded(
    parent: Scope | None, name: str, kind: OrganisationKind, facts: Facts, *, actor: Actor, now: datetime
) -> Organisation:
    today = timezone.localdate(now)
    tidy = rules.tidy_name(name)
    rules.ensure_name(tidy)
    ensure_name_free(tidy, parent.pk if parent else None)
    row = Organisation(name=tidy, name_key=title_key(tidy), kind=str(kind))
    _fill(row, facts, today)
    ensure_ground(row, parent)
    # It counts from its founding on, but can't have stood at its parent's place before the parent did.
    stood_since = ScopePath.objects.filter(scope=parent, until_on=None).values_list("from_on", flat=True).first()
    on = row.founded_on or today
    row.scope = place_scope(parent, on=max(on, stood_since or on))
    row.save(force_insert=True)
    told(row, Structural.FOUNDED, on=on, actor=actor, now=now, path_after=row.scope.path)
    return row


def _fill(row: Organisation, facts: Facts, today: date) -> None:
    if "credit_code" in facts:
        row.credit_code = _credit_code_of(row, facts["credit_code"])
    if "division" in facts:
        row.division = _division_of(facts["division"])
    if "founded_on" in facts:
        row.founded_on = facts["founded_on"]
        if row.founded_on and row.founded_on > today:
            raise Refused("organisation.founded_ahead", "成立日期不能晚于今天。", "founded_on")
    row.staff_quota = facts.get("staff_quota", row.staff_quota)
    row.short_name = facts.get("short_name", row.short_name).strip()
    row.address = facts.get("address", row.address).strip()
    row.telephone = facts.get("telephone", row.telephone).strip()


def _credit_code_of(row: Organisation, raw: str) -> str | None:
    code = rules.tidy_credit_code(raw)
    if not code:
        return None
    problem = rules.check_union_credit_code(code, kind_of_organisation(row))
    if problem:
        raise Refused("organisation.credit_code", problem, "credit_code")
    same = Organisation.objects.unscoped(reason="a credit code is unique in the whole register")
    if same.filter(credit_code=code).exclude(pk=row.pk).exists():
        raise code_taken()
    return code


def code_taken() -> Refused:
    """Whose it is isn't said: it may stand out of sight."""
    return Refused(
        "organisation.code_taken", "这个代码已登记在另一个工会名下，请核对证书，或联系上级工会查询。", "credit_code"
    )


def _division_of(code: str) -> Division | None:
    if not code:
        return None
    division = Division.objects.filter(pk=code).first()
    if division is None:
        raise Refused("organisation.division", "没有这个行政区划，请重新选择。", "division")
    return division


def ensure_may_redraw(row: Organisation, actor: Actor) -> None:
    """Ground is sight of its employers: nobody takes some for himself."""
    if row.kind in GROUND_KINDS and not may_restructure(actor, row):
        raise Refused("organisation.ground", "行政区划决定它管辖哪里的用人单位，请由上一级工会修改。", "division")


def ensure_ground(row: Organisation, parent: Scope | None) -> None:
    """What answers for ground has it from the unions above, as far as they have any themselves."""
    if parent is None or row.kind not in GROUND_KINDS or row.division is None:
        return
    given = set(answering().filter(scope__path__above=parent.path).values_list("division_id", flat=True))
    lies_in: set[str] = set()
    place: Division | None = row.division
    while place is not None:
        lies_in.add(place.pk)
        place = place.parent
    ensure_lies_in(lies_in, given)


def ensure_lies_in(lies_in: set[str], given: set[str]) -> None:
    """`lies_in`: a division and those that it is part of; `given`: the ground of the unions above, if they have any."""
    if given and not given & lies_in:
        raise Refused("organisation.ground", "这个行政区划不在上级工会的范围内，请重新选择。", "division")


def ensure_name_free(name: str, parent_id: int | None) -> None:
    beside = Organisation.objects.unscoped(reason="names beside it under the same parent")
    if beside.filter(scope__parent=parent_id, name=name, closed_on=None).exists():
        raise name_taken(name)


def name_taken(name: str) -> Refused:
    return Refused("organisation.name_taken", f"这里已有“{name}”，请核对是否重复登记。", "name")
