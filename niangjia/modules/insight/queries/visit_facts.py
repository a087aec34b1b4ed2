"""What meetings and reports say of visits: the figures of every other page, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.visits.queries.township_reports import looks_under


def visit_totals(actor: Actor, path: str, paths: Sequence[str], since: date, until: date) -> dict[str, Any]:
    return {}


def officer_lines(actor: Actor, path: str, since: date, until: date, user_ids: Collection[int]) -> list[dict[str, Any]]:
    return []


def looks_of(actor: Actor, path: str, since: date, until: date) -> list[dict[str, Any]]:
    return looks_under(actor, path, begin_of(since), begin_of(until + timedelta(days=1)))


def begin_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
