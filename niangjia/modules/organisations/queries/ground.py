"""For rooms above that go to employers: their rows, who answers for the ground they stand on, which lie on whose ground."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.modules.organisations.models import (
    Division,
    Employer,
    Organisation,
    ZoneEmployer,
    answering,
    ground_under,
)
from niangjia.modules.organisations.rules import OrganisationKind

_REASON = "employers that somebody goes to, whose right was asked for by their ground"


def employers_by_id(ids: Collection[int]) -> dict[int, Employer]:
    rows: Iterable[Employer] = Employer.objects.unscoped(reason=_REASON).filter(pk__in=set(ids))
    return {row.pk: row for row in rows.select_related("division")}  # type: ignore[attr-defined]


def nearest_places(divisions: Collection[str]) -> dict[str, str]:
    """The path of the nearest organisation that answers for each division; those without one are left out."""
    climb = "parent__parent__parent__parent"
    above: dict[str, list[str]] = {}
    for row in Division.objects.filter(pk__in=set(divisions)).select_related(climb):
        place: Division | None = row
        while place is not None:
            above.setdefault(row.pk, []).append(place.pk)
            place = place.parent
    wanted = {code for codes in above.values() for code in codes}
    places: dict[str, str] = {}
    found = answering().filter(division__in=wanted)
    for code, path in found.values_list("division_id", Coalesce("merged_into__scope__path", "scope__path")):
        places[code] = min(places.get(code, path), path)
    nearest = {code: next((places[one] for one in codes if one in places), "") for code, codes in above.items()}
    return {code: path for code, path in nearest.items() if path}


def zones_of_employers(ids: Collection[int]) -> dict[int, int]:
    """The zone in which each of these employers lies; those in none are left out."""
    rows = ZoneEmployer.objects.unscoped(reason=_REASON).filter(employer__in=set(ids), until_on=None)
    return dict(rows.values_list("employer_id", "zone_id"))


def employers_on_ground_of(paths: Collection[str]) -> ScopedQuerySet[Employer]:
    """Open employers that lie on the ground for which the organisations at and under the paths answer."""
    return ever_on_ground_of(paths).filter(closed_on=None)


def ever_on_ground_of(paths: Collection[str]) -> ScopedQuerySet[Employer]:
    """The closed ones too: what was counted of them stands."""
    rows: ScopedQuerySet[Employer] = Employer.objects.unscoped(reason=_REASON)
    return rows.filter(division__in=ground_under(tuple(paths))) if paths else rows.none()


def employers_seen(actor: Actor) -> ScopedQuerySet[Employer]:
    return Employer.objects.visible_to(actor)


def townships_under(path: str, on: date | None = None) -> list[Organisation]:
    """The townships' unions at and under a place, in the order of their ground; open ones, or those open on a day."""
    rows: Any = Organisation.objects.unscoped(reason="townships of a place that somebody has a right at")
    still = Q(closed_on=None) if on is None else Q(closed_on=None) | Q(closed_on__gt=on)
    return list(
        rows.filter(still, scope__path__under=path, kind=OrganisationKind.TOWNSHIP_UNION)
        .select_related("scope")
        .order_by("division_id", "pk")
    )


def scope_at(path: str) -> Scope:
    return Scope.objects.get(path=path)
