"""For rooms above that go to employers: their rows, who answers for the ground they stand on, which lie on whose ground."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.models import Q

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.modules.organisations.models import Employer, Organisation, answering_for, ground_under
from niangjia.modules.organisations.rules import OrganisationKind

_REASON = "employers that somebody goes to, whose right was asked for by their ground"


def employers_by_id(ids: Collection[int]) -> dict[int, Employer]:
    rows: Iterable[Employer] = Employer.objects.unscoped(reason=_REASON).filter(pk__in=set(ids))
    return {row.pk: row for row in rows.select_related("division")}  # type: ignore[attr-defined]


def nearest_places(divisions: Collection[str]) -> dict[str, str]:
    """The path of the nearest organisation that answers for each division; those without one are left out."""
    found = {code: answering_for(code) for code in set(divisions)}
    return {code: paths[0] for code, paths in found.items() if paths}


def employers_on_ground_of(paths: Collection[str]) -> ScopedQuerySet[Employer]:
    """Open employers that lie on the ground for which the organisations at and under the paths answer."""
    rows: ScopedQuerySet[Employer] = Employer.objects.unscoped(reason=_REASON)
    return rows.filter(closed_on=None, division__in=ground_under(tuple(paths))) if paths else rows.none()


def grounds_of(paths: Collection[str]) -> list[str]:
    """The codes of the divisions of that ground."""
    return ground_under(tuple(paths)) if paths else []


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
