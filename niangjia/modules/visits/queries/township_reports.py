"""Reports of townships, by quarter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q

from niangjia.kernel.access.actor import Actor
from niangjia.modules.visits.journal_rules import last_of_quarter, quarter_of
from niangjia.modules.visits.models import Observation, TownshipReport
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.rules import Aspect, Look

MOST_WORDS, EARLIEST_YEAR, LATEST_YEAR = 4, 2000, 2199


def quarter_in(text: str, today: date) -> date:
    """'2026-4' → its first day; what is no quarter, or one to come, is this one."""
    found = re.fullmatch(r"([0-9]{4})-([1-4])", text)
    if not found or not EARLIEST_YEAR <= int(found[1]) <= LATEST_YEAR:
        return quarter_of(today)
    return min(date(int(found[1]), int(found[2]) * 3 - 2, 1), quarter_of(today))


def written_quarter(first: date) -> str:
    return f"{first.year}-{(first.month + 2) // 3}"


def end_of(quarter: date) -> date:
    return last_of_quarter(quarter)


def quarter_before(quarter: date) -> date:
    return quarter_of(quarter - timedelta(days=1))


def quarter_after(quarter: date) -> date:
    return last_of_quarter(quarter) + timedelta(days=1)


def year_before(quarter: date) -> date:
    return quarter.replace(year=quarter.year - 1)


def reports_by_township(scope_ids: Iterable[int], quarter: date, actor: Actor) -> dict[int, TownshipReport]:
    rows = TownshipReport.objects.visible_to(actor).filter(scope__in=list(scope_ids), quarter=quarter)
    return {row.scope_id: row for row in rows}


def report_of(scope_id: int, quarter: date, actor: Actor) -> TownshipReport | None:
    return reports_by_township([scope_id], quarter, actor).get(scope_id)


def may_write(path: str, actor: Actor) -> bool:
    return actor.may(Permission.REPORT_WRITE, path)


def may_reopen(path: str, actor: Actor) -> bool:
    return actor.may(Permission.VISIT_DIRECT, path)


def looks_under(actor: Actor, path: str, since: Any, until: Any) -> list[dict[str, Any]]:
    """The five things as they were looked at between two moments, with a few words of those that are poor."""
    rows = Observation.objects.visible_to(actor).filter(
        visit__scope__path__under=path, visit__arrived_at__gte=since, visit__arrived_at__lt=until
    )
    names = {Look.GOOD: "good", Look.FAIR: "fair", Look.POOR: "poor"}
    tallies = {key: Count("pk", filter=Q(look=look)) for look, key in names.items()}
    counted = {row.pop("aspect"): row for row in rows.values("aspect").annotate(**tallies).order_by()}
    said: dict[int, list[str]] = {}
    for aspect, word in (
        rows.filter(look=Look.POOR).exclude(word="").order_by("-visit__arrived_at").values_list("aspect", "word")[:60]
    ):
        said.setdefault(aspect, []).append(word)
    return [
        {"aspect": aspect.label, **counted[aspect], "words": said.get(aspect, [])[:MOST_WORDS]}
        for aspect in Aspect
        if aspect in counted
    ]
