"""Cuts of visits that lists and figures share: each says once what it counts. Each narrows rows that are in sight already."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

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
