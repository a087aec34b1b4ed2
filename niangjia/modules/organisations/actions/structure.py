"""Moving, merging and dissolving. What was before stays as it was: only the days to come change place."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from niangjia.kernel import events
from niangjia.kernel.access.actions import close_scope, end_grants_at, hold_place, hold_tree, move_scope
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, ScopePath
from niangjia.kernel.acting import changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.duty import hand_over_shifts
from niangjia.modules.organisations.actions.employers import move_employers_of_union
from niangjia.modules.organisations.actions.organisations import (
    ensure_may_restructure,
    ensure_name_free,
    ensure_not_ahead,
    told,
)
from niangjia.modules.organisations.events import OrganisationMerged
from niangjia.modules.organisations.models import Organisation, Post, StaffMember, Term, Zone
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.open_matters import open_matters
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, placed
from niangjia.modules.organisations.rules import PostEnd, Structural


@transaction.atomic
def move_organisation(
    pk: int, *, parent_id: int, on: date, actor: Actor, now: datetime, reason: str = ""
) -> Organisation:
    """Hangs an organisation and all below it under another parent, from a day on.

    The actor needs the right to restructure above the old place and at the new one. Raises Missing,
    NotPermitted, Refused for a place where it may not stand, a name taken there, a day before its last move.
    """
    hold_tree()
    parent = organisation_in_sight(parent_id, actor)
    with changing(
        Organisation, pk, actor=actor, permission=Permission.ORGANISATION_VIEW,
        verb="organisations.organisation.moved", now=now,
    ) as row:  # fmt: skip
        ensure_may_restructure(actor, row)
        ensure_may_receive(actor, parent)
        rules.ensure_may_move(placed(row), placed(parent))
        ensure_name_free(row.name, parent.pk)
        _ensure_day(on, now, row.scope, parent.scope)
        _move(row, parent, on=on, actor=actor, now=now, note=reason)
    return row


@transaction.atomic
def merge_organisations(
    gone_id: int, into_id: int, *, on: date, actor: Actor, now: datetime, reason: str = ""
) -> Organisation:
    """`gone` ends on the day; what stands below it, its employers, staff, zones and members go to `into`.

    Raises Missing, NotPermitted, Refused for two that can't be one, for children that may not stand
    there, and for zones of the same name. Rooms above hear OrganisationMerged before the act commits.
    """
    hold_tree()
    into = organisation_in_sight(into_id, actor)
    with changing(
        Organisation, gone_id, actor=actor, permission=Permission.ORGANISATION_VIEW,
        verb="organisations.organisation.merged", now=now, reason=reason,
    ) as gone:  # fmt: skip
        ensure_may_restructure(actor, gone)
        ensure_may_restructure(actor, into)
        rules.ensure_may_merge(placed(gone), placed(into))
        _ensure_day(on, now, gone.scope, into.scope)
        for child in _children(gone):
            rules.ensure_may_sit_under(placed(child).kind, placed(into).kind)
            ensure_name_free(child.name, into.pk)
            _move(child, into, on=on, actor=actor, now=now, note=f"随“{gone.name}”并入")
        _hand_over_zones(gone, into)
        StaffMember.objects.unscoped(reason="staff of a union that ends").filter(
            organisation=gone, left_on=None
        ).update(organisation=into)
        _end(gone, Structural.MERGED, on=on, actor=actor, now=now, note=reason, into=into)
        events.publish(OrganisationMerged(gone.pk, into.pk, on, actor, now))
    return into


@transaction.atomic
def dissolve_organisation(pk: int, *, on: date, actor: Actor, now: datetime, reason: str) -> Organisation:
    """Ends an organisation that nothing hangs on any more.

    Raises Missing, NotPermitted, Refused without a reason or naming what is still there.
    """
    if not reason.strip():
        raise Refused("organisation.no_reason", "请写明撤销原因，如“企业注销，批复文号……”。", "reason")
    hold_tree()
    with changing(
        Organisation, pk, actor=actor, permission=Permission.ORGANISATION_VIEW,
        verb="organisations.organisation.dissolved", now=now, reason=reason,
    ) as row:  # fmt: skip
        ensure_may_restructure(actor, row)
        hold_place(row.pk)
        rules.ensure_may_dissolve(placed(row), [("个下级组织", len(_children(row))), *open_matters(row.pk)])
        _ensure_day(on, now, row.scope)
        _end(row, Structural.DISSOLVED, on=on, actor=actor, now=now, note=reason)
    return row


def ensure_may_receive(actor: Actor, parent: Organisation) -> None:
    """A new child may be hung under it by whoever may restructure there."""
    if not actor.may(Permission.ORGANISATION_RESTRUCTURE, parent.scope.path):
        ensure_may_restructure(actor, parent)


def _children(organisation: Organisation) -> list[Organisation]:
    rows = Organisation.objects.unscoped(reason="whatever stands below must be dealt with")
    return list(rows.select_related("scope").filter(scope__parent=organisation.pk, closed_on=None).order_by("pk"))


def _ensure_day(on: date, now: datetime, scope: Scope, target: Scope | None = None) -> None:
    """Not ahead, and not before what is already written of the place and all below it, or of where it goes."""
    ensure_not_ahead(on, now)
    written = ScopePath.objects.filter(scope__in=Scope.objects.filter(path__under=scope.path).values("id"))
    if target is not None:
        written |= ScopePath.objects.filter(scope=target)
    latest = max(filter(None, written.aggregate(Max("from_on"), Max("until_on")).values()), default=on)
    if on < latest:
        raise Refused("organisation.before_last", f"它或它的下级 {latest} 才成立、调整或撤销，日期不能更早。", "on")


def _move(row: Organisation, parent: Organisation, *, on: date, actor: Actor, now: datetime, note: str) -> None:
    before = row.scope.path
    move_scope(row.scope, parent.scope, on=on)
    told(
        row, Structural.MOVED, on=on, actor=actor, now=now, other=parent, path_before=before,
        path_after=row.scope.path, note=note,
    )  # fmt: skip
    audit.record(
        actor=actor, verb="organisations.organisation.moved", subject=row, path=row.scope.path, reason=note, now=now,
        before={"path": before}, after={"path": row.scope.path},
    )  # fmt: skip


def _end(
    row: Organisation,
    kind: Structural,
    *,
    on: date,
    actor: Actor,
    now: datetime,
    note: str,
    into: Organisation | None = None,
) -> None:
    reason = "posts and links of a union that ends"
    Post.objects.unscoped(reason=reason).filter(organisation=row, until_on=None, from_on__lte=on).update(
        until_on=on, ended_by=str(PostEnd.UNION_ENDED)
    )
    Term.objects.unscoped(reason=reason).filter(organisation=row, ended_on=None).update(ended_on=on)
    hand_over_shifts(row, into, actor=actor, now=now)
    move_employers_of_union(row.pk, into_id=into.pk if into else None, on=on, actor=actor, now=now)
    end_grants_at(row.scope, actor=actor, now=now, reason=f"{row.name}{kind.label}")
    close_scope(row.scope, on=on)
    row.closed_on, row.merged_into = on, into
    row.save(update_fields=["closed_on", "merged_into"])
    told(row, kind, on=on, actor=actor, now=now, other=into, path_before=row.scope.path, note=note)


def _hand_over_zones(gone: Organisation, into: Organisation) -> None:
    zones = Zone.objects.unscoped(reason="zones of a union that ends")
    taken = set(zones.filter(organisation=into).values_list("name", flat=True))
    moving = zones.filter(organisation=gone, closed_on=None)
    clash = "、".join(zone.name for zone in moving if zone.name in taken)
    if clash:
        raise Refused("organisation.zone_names", f"两边都有片区“{clash}”，请先给其中一个改名。", "into")
    moving.update(organisation=into)
