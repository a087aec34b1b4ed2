"""Findings, for the flow that opens a demand for each and for whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from niangjia.kernel.errors import Missing
from niangjia.modules.visits.models import Finding
from niangjia.modules.visits.rules import Outcome


@dataclass(frozen=True)
class Spoken:
    """A finding that is somebody's word."""

    text: str
    is_explained: bool
    explanation: str
    people: int
    asker_name: str
    asker_phone: str
    by_employer: bool
    is_confidential: bool
    employer_id: int
    employer: str
    division: str
    place: str
    said_at: datetime


def spoken(finding_id: int) -> Spoken:
    """Raises Missing."""
    rows = Finding.objects.unscoped(reason="the finding that was just written").select_related("visit__employer")
    row = rows.filter(pk=finding_id).first()
    if row is None:
        raise Missing
    employer = row.visit.employer
    return Spoken(
        row.text, row.outcome == Outcome.EXPLAINED, row.explanation, row.people, row.asker_name or "",
        row.asker_phone or "", row.by_employer, row.is_confidential, employer.pk, employer.name, employer.division_id,
        employer.address, row.visit.arrived_at,
    )  # fmt: skip
