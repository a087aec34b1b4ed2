"""Cuts of visits that lists and figures share: each says once what it counts. Each narrows rows that are in sight already."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from niangjia.modules.visits.models import Finding, Observation
from niangjia.modules.visits.rules import Look, Outcome

Rows = QuerySet[Any]
TIMES = Q(together_with=None)
"""家次: of the records of one hour at one employer the first."""


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def of_period(rows: Rows, since: date | None, until: date | None, *, on: str = "arrived_at") -> Rows:
    """By the day, both ends counted."""
    if since:
        rows = rows.filter(**{f"{on}__gte": midnight(since)})
    if until:
        rows = rows.filter(**{f"{on}__lt": midnight(until + timedelta(days=1))})
    return rows


PLAIN = Q(is_confidential=False) & (
    Q(case=None) | Q(case__is_confidential=False, case__kept_from=[], case__kept_from_users=[])
)
"""Findings that everybody with the visit is told of."""
_REASON = "what belongs to visits in sight"


def with_findings(rows: Rows, value: str) -> Rows:
    """any, none, passed; or poor: by what was seen. A confidential finding doesn't show itself here."""
    if value == "poor":
        poor = Observation.objects.unscoped(reason=_REASON).filter(visit=OuterRef("pk"), look=Look.POOR)
        return rows.filter(Exists(poor))
    spoken = Finding.objects.unscoped(reason=_REASON).filter(PLAIN, visit=OuterRef("pk"))
    if value == "none":
        return rows.filter(~Exists(spoken))
    return rows.filter(Exists(spoken.filter(outcome=Outcome.PASSED_ON) if value == "passed" else spoken))


def looks_of(visit_ids: Collection[int]) -> dict[int, list[int]]:
    """How the five things looked, by visit."""
    found: dict[int, list[int]] = {pk: [] for pk in visit_ids}
    rows = Observation.objects.unscoped(reason=_REASON).filter(visit__in=list(visit_ids))
    for visit, look in rows.values_list("visit_id", "look"):
        found[visit].append(look)
    return found
