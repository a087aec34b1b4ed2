"""Reading zones: their staff, their employers, what each carries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Func, Q, QuerySet, Sum, Value
from django.db.models.functions import Lower, StrIndex

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Employer, Organisation, Zone, ZoneEmployer, ZoneStaff
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.rules import OrganisationKind, ZoneLoad

MOST_CALLED = 200


def zone_in_sight(pk: int, actor: Actor) -> Zone:
    """Raises Missing."""
    found: Zone | None = Zone.objects.visible_to(actor).select_related("organisation__scope").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这个片区，可能不在您的管辖范围内。")
    return found


def zone_staff_in_sight(pk: int, actor: Actor) -> ZoneStaff:
    """Raises Missing."""
    found: ZoneStaff | None = (
        ZoneStaff.objects.visible_to(actor).select_related("user", "zone__organisation__scope").filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这条安排，可能不在您的管辖范围内。")
    return found


@dataclass(frozen=True)
class Carried:
    """What a zone carries on a day; workers are the heads of its employers."""

    staff: int
    employers: int
    workers: int

    @property
    def load(self) -> ZoneLoad:
        return rules.zone_load(staff=self.staff, employers=self.employers, workers=self.workers)


def carried_by(zone_ids: Iterable[int], *, on: date) -> dict[int, Carried]:
    """Two statements, whatever the number of zones."""
    ids = list(zone_ids)
    staff = (
        ZoneStaff.objects.unscoped(reason="figures of zones in sight")
        .filter(Q(until_on=None) | Q(until_on__gt=on), zone__in=ids, from_on__lte=on)
        .values_list("zone")
        .annotate(number=Count("user", distinct=True))
    )
    employers = (
        ZoneEmployer.objects.unscoped(reason="figures of zones in sight")
        .filter(zone__in=ids, until_on=None)
        .values("zone")
        .annotate(number=Count("pk"), workers=Sum("employer__headcount"))
    )
    hands = dict(staff)
    firms = {row["zone"]: row for row in employers}
    return {
        pk: Carried(
            hands.get(pk, 0),
            firms[pk]["number"] if pk in firms else 0,
            (firms[pk]["workers"] or 0) if pk in firms else 0,
        )
        for pk in ids
    }


def staff_of(zone: Zone, *, on: date) -> tuple[list[ZoneStaff], list[ZoneStaff]]:
    """(those at work there or coming, those who left)."""
    rows = list(
        ZoneStaff.objects.unscoped(reason="staff of a zone in sight")
        .filter(zone=zone)
        .select_related("user")
        .order_by("from_on", "pk")
    )
    gone = [row for row in rows if row.until_on is not None and row.until_on <= on]
    return [row for row in rows if row not in gone], gone[::-1]


def employers_in(zone: Zone, actor: Actor) -> ScopedQuerySet[Employer]:
    """The zone's employers that the actor sees."""
    inside = ZoneEmployer.objects.unscoped(reason="employers of a zone in sight").filter(zone=zone, until_on=None)
    return Employer.objects.visible_to(actor).filter(pk__in=inside.values("employer_id"))


def zone_of(employer: Employer, actor: Actor) -> Zone | None:
    """The employer's zone today, if the actor sees it."""
    found: Zone | None = (
        Zone.objects.visible_to(actor)
        .select_related("organisation")
        .filter(employers__employer=employer, employers__until_on=None)
        .first()
    )
    return found


def zones_to_choose(actor: Actor, permission: str = Permission.ZONE_VIEW) -> list[tuple[int, str]]:
    """Open zones where the actor has the permission, with their township's name."""
    rows = Zone.narrowed(Zone.objects.visible_to(actor), actor.paths(permission)).filter(closed_on=None)
    found = rows.select_related("organisation").order_by("organisation__name_key", "name")
    return [(zone.pk, f"{zone.organisation.short_name or zone.organisation.name} · {zone.name}") for zone in found]


@dataclass(frozen=True)
class ZoneNamed:
    """A zone as one speaks of it; `division` is its township's ground."""

    id: int
    name: str
    township: str
    division: str

    @property
    def label(self) -> str:
        return f"{self.township} · {self.name}"


def zones_called(line: str, actor: Actor) -> list[ZoneNamed]:
    """Open zones in sight of which the name, or all of it but its last 区, stands in a line of lower case. One query."""
    short = Func(Lower("name"), Value("区$"), Value(""), function="regexp_replace")
    rows = Zone.objects.visible_to(actor).filter(closed_on=None).annotate(at=StrIndex(Value(line), short))
    return _named(rows.filter(at__gt=0), MOST_CALLED) if line else []


def zone_options(actor: Actor, text: str) -> list[ZoneNamed]:
    """The first open zones in sight whose name, or whose township's, holds a text."""
    rows = Zone.objects.visible_to(actor).filter(closed_on=None)
    return _named(rows.filter(Q(name__contains=text) | Q(organisation__name__contains=text)), 20)


def zones_by_id(ids: Iterable[int], actor: Actor) -> dict[int, ZoneNamed]:
    """Open ones in sight."""
    rows = Zone.objects.visible_to(actor).filter(closed_on=None, pk__in=set(ids))
    return {zone.id: zone for zone in _named(rows)}


def _named(rows: QuerySet[Any], most: int | None = None) -> list[ZoneNamed]:
    found = rows.select_related("organisation").order_by("organisation__name_key", "name", "pk")
    return [
        ZoneNamed(
            row.pk, row.name, row.organisation.short_name or row.organisation.name, row.organisation.division_id or ""
        )
        for row in found[:most]
    ]


def division_of_zone(pk: int) -> str:
    """The ground of the zone's township, empty for a zone that isn't there."""
    rows = Zone.objects.unscoped(reason="on whose ground a demand lies").filter(pk=pk)
    return rows.values_list("organisation__division", flat=True).first() or ""


def townships_with_right(actor: Actor, permission: str) -> list[Organisation]:
    """Township unions where the actor has a permission."""
    rows = Organisation.narrowed(Organisation.objects.visible_to(actor), actor.paths(permission))
    return list(rows.filter(kind=OrganisationKind.TOWNSHIP_UNION, closed_on=None).order_by("name_key", "pk"))


def officers_of(zone: Zone, *, on: date) -> QuerySet[User]:
    """Users who hold a job at the zone's township or under it on a day; zone workers stand first."""
    grants = Grant.objects.unscoped(reason="who may be sent into the zone").filter(
        Q(until_on=None) | Q(until_on__gt=on), ended_at=None, from_on__lte=on,
        scope__path__under=zone.organisation.scope.path,
    )  # fmt: skip
    workers = grants.filter(job=ZONE_WORKER).values("user_id")
    return (
        User.objects.filter(pk__in=grants.values("user_id"), is_active=True)
        .annotate(is_zone_worker=Q(pk__in=workers))
        .order_by("-is_zone_worker", "name", "pk")
    )


ZONE_WORKER = "ZONE_WORKER"


def officer_options(zone: Zone, text: str, *, on: date) -> list[Any]:
    return list(officers_of(zone, on=on).filter(name__contains=text)[:20])


def names_of_zones(ids: Iterable[int]) -> dict[int, str]:
    """Names by id, for labels beside rows that are in sight."""
    rows = Zone.objects.unscoped(reason="labels of rows in sight").filter(pk__in=set(ids))
    return dict(rows.values_list("pk", "name"))
