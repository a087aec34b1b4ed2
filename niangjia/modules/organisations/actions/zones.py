"""Zones (片区): a township's ground in patches, each with its own staff and employers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import adding, changing, path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Employer, Organisation, Zone, ZoneEmployer, ZoneStaff, ground_under
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.zones import officers_of
from niangjia.modules.organisations.rules import OrganisationKind

MOST_AT_ONCE = 500
SHORTEST_NAME = 2


def add_zone(*, organisation_id: int, name: str, actor: Actor, now: datetime, bounds: str = "") -> Zone:
    """A new patch of a township's ground.

    Raises Missing for a township out of sight, NotPermitted, Refused for another kind of organisation or a name
    that the township uses already.
    """
    township = Organisation.objects.visible_to(actor).select_related("scope").filter(pk=organisation_id).first()
    if township is None:
        raise Missing("没有找到这个镇街，可能不在您的管辖范围内。")
    with adding(
        actor=actor, permission=Permission.ZONE_EDIT, scope=township.scope, verb="organisations.zone.added", now=now
    ) as recorded:
        if township.kind != OrganisationKind.TOWNSHIP_UNION:
            raise Refused("zone.township", "片区设在镇街(开发区)总工会之下，请选择镇街。", "organisation")
        if not township.is_open:
            raise Refused("zone.township_closed", f"“{township.name}”已撤销，不能再设片区。", "organisation")
        # Two of the same name at once: the second waits here and finds the first.
        Organisation.objects.unscoped(reason="the lock on the township that was let see").select_for_update().get(
            pk=township.pk
        )
        zone = Zone(organisation=township)
        _name(zone, name, bounds)
        zone.save()
        recorded(zone)
    return zone


def edit_zone(pk: int, *, name: str, bounds: str, actor: Actor, now: datetime) -> Zone:
    """Raises Missing, NotPermitted, Refused for a closed zone or a name in use."""
    with changing(
        Zone, pk, actor=actor, permission=Permission.ZONE_EDIT, verb="organisations.zone.edited", now=now
    ) as zone:
        _ensure_open(zone)
        _name(zone, name, bounds)
        zone.save()
    return zone


def close_zone(pk: int, *, on: date, actor: Actor, now: datetime, reason: str = "") -> Zone:
    """The patch is given up from `on`; its staff and employers are free from then.

    Raises Missing, NotPermitted, Refused for a closed zone or a day to come.
    """
    with changing(
        Zone, pk, actor=actor, permission=Permission.ZONE_EDIT, verb="organisations.zone.closed", now=now, reason=reason
    ) as zone:
        _ensure_open(zone)
        if on > timezone.localdate(now):
            raise Refused("zone.ahead", "撤销日期不能晚于今天。", "on")
        for model in (ZoneStaff, ZoneEmployer):
            rows = model.objects.unscoped(reason="parts of a zone under lock").filter(zone=zone)
            for row in rows.exclude(until_on__lte=on):
                row.until_on = max(on, row.from_on)
                row.save(update_fields=["until_on"])
        zone.closed_on = on
        zone.save()
    return zone


def assign_zone_staff(
    pk: int, *, user_id: int, from_on: date, actor: Actor, now: datetime, until_on: date | None = None
) -> ZoneStaff:
    """An officer works in the zone from a day until a day (half-open, may be open-ended).

    Raises Missing, NotPermitted, Refused for somebody without a job at the township, or one who is there already.
    """
    with changing(
        Zone, pk, actor=actor, permission=Permission.ZONE_EDIT, verb="organisations.zone.staff_assigned", now=now
    ) as zone:
        _ensure_open(zone)
        officer = officers_of(zone, on=timezone.localdate(now)).filter(pk=user_id).first()
        if officer is None:
            raise Refused("zone.officer", "请选择在这个镇街任职的人；新来的请先在“干部”里任命。", "user")
        if until_on is not None and until_on <= from_on:
            raise Refused("zone.staff_dates", "结束日期要晚于开始日期。", "until_on")
        for other in ZoneStaff.objects.unscoped(reason="staff of a zone under lock").filter(zone=zone, user=user_id):
            if rules.spans_overlap(from_on, until_on, other.from_on, other.until_on):
                raise Refused("zone.staff_twice", f"{officer.name}这段时间已在这个片区。", "user")
        row: ZoneStaff = ZoneStaff.objects.create(zone=zone, user=officer, from_on=from_on, until_on=until_on)
        _tell(zone, "organisations.zone.staff_assigned", actor, now, {
            "staff": officer.name, "from_on": str(from_on), "until_on": str(until_on) if until_on else None,
        })  # fmt: skip
    return row


def end_zone_staff(pk: int, *, on: date, actor: Actor, now: datetime) -> ZoneStaff:
    """`on` is the first day on which the officer doesn't work in the zone. Raises Missing, NotPermitted, Refused."""
    found: ZoneStaff | None = ZoneStaff.objects.visible_to(actor).select_related("user").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这条安排，可能不在您的管辖范围内。")
    with changing(
        Zone, found.zone_id, actor=actor, permission=Permission.ZONE_EDIT,
        verb="organisations.zone.staff_ended", now=now,
    ) as zone:  # fmt: skip
        found.refresh_from_db()
        if found.until_on is not None and found.until_on <= on:
            raise Refused("zone.staff_ended", "这条安排到那天已经结束。")
        if on < found.from_on:
            raise Refused("zone.staff_dates", f"{found.from_on} 才开始，结束日期不能更早。", "on")
        found.until_on = on
        found.save(update_fields=["until_on"])
        _tell(zone, "organisations.zone.staff_ended", actor, now, {"staff": found.user.name, "until_on": str(on)})
    return found


@dataclass(frozen=True)
class Assigned:
    """How many came into the zone, were there already, or were left out because they lie elsewhere or are closed."""

    came: int
    already: int
    left_out: int


def assign_employers(pk: int, *, employer_ids: Iterable[int], from_on: date, actor: Actor, now: datetime) -> Assigned:
    """Puts employers of the township into the zone; each is in one zone at a time and leaves its former one that day.

    Raises Missing, NotPermitted, Refused for a closed zone, a day to come, or more than 500 at once.
    """
    wanted = sorted(set(employer_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused("zone.many", f"一次最多分入 {MOST_AT_ONCE} 家，请分几次。")
    if from_on > timezone.localdate(now):
        raise Refused("zone.employers_ahead", "分入日期不能晚于今天。", "from_on")
    with transaction.atomic():
        zone = _zone_to_fill(pk, actor)
        ground = ground_under((zone.organisation.scope.path,))
        # Locked in the order of ids, before any link is read: two officers filling two zones take turns.
        employers = list(
            Employer.objects.visible_to(actor)
            .filter(pk__in=wanted, division__in=ground, closed_on=None)
            .order_by("pk")
            .select_for_update(of=("self",))
        )
        ids = [employer.pk for employer in employers]
        current = {
            row.employer_id: row
            for row in ZoneEmployer.objects.unscoped(reason="zones of rows under lock")
            .filter(employer__in=ids, until_on=None)
            .select_related("zone")
        }
        coming = [employer for employer in employers if getattr(current.get(employer.pk), "zone_id", None) != zone.pk]
        for employer in coming:
            former = current.get(employer.pk)
            begins = from_on
            if former is not None:
                former.until_on = begins = max(from_on, former.from_on)
                former.save(update_fields=["until_on"])
            ZoneEmployer.objects.create(zone=zone, employer=employer, from_on=begins)
        if coming:
            _tell(zone, "organisations.zone.employers_assigned", actor, now, {
                "employers": len(coming), "employer_ids": [employer.pk for employer in coming],
                "from_on": str(from_on),
            })  # fmt: skip
    return Assigned(len(coming), len(employers) - len(coming), len(wanted) - len(employers))


def release_employer(pk: int, *, employer_id: int, on: date, actor: Actor, now: datetime) -> None:
    """Takes an employer out of the zone. Raises Missing, NotPermitted, Refused for a day before it came."""
    with changing(
        Zone, pk, actor=actor, permission=Permission.ZONE_EDIT, verb="organisations.zone.employer_released", now=now
    ) as zone:
        row: ZoneEmployer | None = (
            ZoneEmployer.objects.unscoped(reason="employers of a zone under lock")
            .filter(zone=zone, employer=employer_id, until_on=None)
            .select_related("employer")
            .select_for_update(of=("self",))
            .first()
        )
        if row is None:
            raise Refused("zone.employer_gone", "这个单位已不在这个片区。")
        if on < row.from_on:
            raise Refused("zone.employer_dates", f"{row.from_on} 才分入，移出日期不能更早。", "on")
        row.until_on = on
        row.save(update_fields=["until_on"])
        _tell(zone, "organisations.zone.employer_released", actor, now, {
            "employer": row.employer.name, "employer_id": employer_id, "until_on": str(on),
        })  # fmt: skip


def _zone_to_fill(pk: int, actor: Actor) -> Zone:
    zone: Zone | None = (
        Zone.objects.visible_to(actor)
        .select_related("organisation__scope")
        .select_for_update(of=("self",))
        .filter(pk=pk)
        .first()
    )
    if zone is None:
        raise Missing("没有找到这个片区，可能不在您的管辖范围内。")
    if path_of(zone, actor, Permission.ZONE_EDIT) is None:
        raise NotPermitted
    _ensure_open(zone)
    return zone


def _ensure_open(zone: Zone) -> None:
    if zone.closed_on is not None:
        raise Refused("zone.closed", f"“{zone.name}”已于 {zone.closed_on} 撤销，不能再办理。")


def _name(zone: Zone, name: str, bounds: str) -> None:
    zone.name, zone.bounds = rules.tidy_name(name), bounds.strip()[:200]
    if len(zone.name) < SHORTEST_NAME:
        raise Refused("zone.name", "请填写片区名称，例如“第一片区”。", "name")
    namesakes = Zone.objects.unscoped(reason="names within the actor's township").filter(
        organisation=zone.organisation_id, name=zone.name
    )
    if namesakes.exclude(pk=zone.pk).exists():
        raise Refused("zone.name_twice", "这个镇街已有（或曾有）同名的片区，请换个名称。", "name")


def _tell(zone: Zone, verb: str, actor: Actor, now: datetime, facts: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, subject=zone, path=zone.seat.path, after=facts, now=now)
