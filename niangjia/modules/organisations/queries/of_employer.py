"""What a room above must know of one employer: its ground, its zone, and which unions are its own."""

from __future__ import annotations

from dataclasses import dataclass

from niangjia.modules.organisations.models import Employer, EmployerUnion, Organisation, ZoneEmployer
from niangjia.modules.organisations.rules import LEVEL, Level, OrganisationKind

OWN_KINDS = tuple(str(kind) for kind in OrganisationKind if LEVEL[kind] >= Level.PRIMARY)
_REASON = "facts of an employer that somebody has named"


@dataclass(frozen=True)
class EmployerFacts:
    id: int
    name: str
    division: str
    zone_id: int | None
    own_unions: tuple[int, ...]
    """Ids of the unions whose officers are its own people; joint unions of a village or a trade are not."""


def employer_facts(employer_id: int) -> EmployerFacts | None:
    row = Employer.objects.unscoped(reason=_REASON).filter(pk=employer_id).first()
    if row is None:
        return None
    unions = EmployerUnion.objects.unscoped(reason=_REASON).filter(
        employer=employer_id, until_on=None, organisation__kind__in=OWN_KINDS, organisation__closed_on=None
    )
    zones = ZoneEmployer.objects.unscoped(reason=_REASON).filter(employer=employer_id, until_on=None)
    return EmployerFacts(
        row.pk, row.name, row.division_id, zones.values_list("zone_id", flat=True).first(),
        tuple(unions.order_by("organisation_id").values_list("organisation_id", flat=True)),
    )  # fmt: skip


def is_of_one_employer(organisation_id: int) -> bool:
    """Whether the officers of this union are the people of an employer."""
    rows = Organisation.objects.unscoped(reason="of which kind the union is at which somebody asks")
    return rows.filter(pk=organisation_id, kind__in=OWN_KINDS).exists()
