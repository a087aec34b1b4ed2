"""Another kind for an organisation: where the table lets it stand with what hangs on it, its past left as it was."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from niangjia.kernel.access.actions import hold_place, hold_tree
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.employers import LINKED_KINDS, settle_employers_of_union
from niangjia.modules.organisations.actions.organisations import (
    ensure_ground,
    ensure_may_restructure,
    ensure_not_ahead,
    told,
)
from niangjia.modules.organisations.models import EmployerUnion, Organisation, StructureChange, Term, Zone
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.open_matters import open_matters
from niangjia.modules.organisations.queries.organisations import kind_of_organisation, kinds_below, placed
from niangjia.modules.organisations.rules import MEMBER_KINDS, OrganisationKind, Structural

REASON = "what hangs on an organisation that becomes another kind"


@transaction.atomic
def retype_organisation(
    pk: int, *, kind: OrganisationKind, on: date, actor: Actor, now: datetime, reason: str
) -> Organisation:
    """From the day on it is of another kind; figures of the days before count it as what it was.

    Raises Missing, NotPermitted, Refused without a reason, for a kind that may not stand there or above what stands
    below it, and for what such a kind can't have: members, employers, zones, the present committee.
    """
    if not reason.strip():
        raise Refused("organisation.no_reason", "请写明原因，如“企业改制，批复文号……”。", "reason")
    hold_tree()
    with changing(
        Organisation, pk, actor=actor, permission=Permission.ORGANISATION_VIEW,
        verb="organisations.organisation.retyped", now=now, reason=reason,
    ) as row:  # fmt: skip
        ensure_may_restructure(actor, row)
        hold_place(row.pk)
        was = kind_of_organisation(row)
        rules.ensure_may_retype(placed(row), kind, _kind_above(row), kinds_below(row))
        rules.ensure_nothing_left(kind, what_is_left(row, kind))
        _ensure_day(row, on, now)
        row.kind = str(kind)
        ensure_ground(row, row.scope.parent)
        row.save(update_fields=["kind"])
        settle_employers_of_union(row.pk, actor=actor, now=now)
        change = told(row, Structural.RETYPED, on=on, actor=actor, now=now, note=reason[:300])
        change.kind_before = str(was)
        change.save(update_fields=["kind_before"])
    return row


def what_is_left(row: Organisation, kind: OrganisationKind) -> list[tuple[str, int]]:
    """What hangs on it that an organisation of this kind can't have, as ("名会员", 20)."""
    left: list[tuple[str, int]] = []
    if kind not in MEMBER_KINDS:
        left += open_matters(row.pk)
    if kind not in LINKED_KINDS:
        links = EmployerUnion.objects.unscoped(reason=REASON).filter(organisation=row, until_on=None)
        left.append(("家用人单位", links.count()))
    if kind is not OrganisationKind.TOWNSHIP_UNION:
        zones = Zone.objects.unscoped(reason=REASON).filter(organisation=row, closed_on=None)
        left.append(("个片区", zones.count()))
    if rules.chooses_otherwise(kind_of_organisation(row), kind):
        terms = Term.objects.unscoped(reason=REASON).filter(organisation=row, ended_on=None)
        left.append(("届没有结束的班子", terms.count()))
    return left


def _kind_above(row: Organisation) -> OrganisationKind | None:
    rows = Organisation.objects.unscoped(reason=REASON).filter(scope=row.scope.parent_id)
    kind = rows.values_list("kind", flat=True).first()
    return OrganisationKind(kind) if kind else None


def _ensure_day(row: Organisation, on: date, now: datetime) -> None:
    """Not ahead, and not before it was founded or became what it is."""
    ensure_not_ahead(on, now)
    rows = StructureChange.objects.unscoped(reason=REASON).filter(
        organisation=row, kind__in=[Structural.FOUNDED, Structural.RETYPED]
    )
    latest = rows.order_by("-on").values_list("on", flat=True).first()
    if latest is not None and on < latest:
        raise Refused("organisation.before_last", f"它 {latest} 才成立或改过类型，日期不能更早。", "on")
