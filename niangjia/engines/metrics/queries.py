"""Figures of places, and the faults of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet, Sum

from niangjia.engines.metrics.declared import Counting, Fault, Metric, Period, Place, faults, metric_named, metrics_for
from niangjia.engines.metrics.models import DataFault, Recount
from niangjia.engines.metrics.rules import percent
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope

_UNDER = """
with top as (select * from unnest(%s::bigint[], %s::ltree[]) as top (id, path))
select top.id, sum(f.n) from top
join access_scope s on s.path <@ top.path
join ({sql}) as f on f.scope_id = s.id
group by top.id
"""


def summed(places: Sequence[Place], sql: str, params: Sequence[Any] = ()) -> dict[int, int]:
    """The sum of n at and under each place, of an own SQL that selects (scope_id, n)."""
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _UNDER.format(sql=sql), [[place.id for place in places], [place.path for place in places], *params]
        )
        return {int(pk): int(n) for pk, n in cursor.fetchall()}


def counted_ahead(name: str) -> Counting:
    """Counting by the numbers that a Fact of this name keeps."""

    def count(places: Sequence[Place], _: Period) -> dict[int, int]:
        return summed(places, "select scope_id, n from metrics_scopefact where name = %s", [name])

    return count


@dataclass(frozen=True)
class Figure:
    """One metric of one place. `text` is the number as it is shown, a share in per cent; `href` leads to its rows."""

    metric: Metric
    n: int
    text: str
    href: str
    whole: int | None = None


def figures(places: Sequence[Place], period: Period, actor: Actor) -> dict[int, list[Figure]]:
    """Every metric that the actor may see, for each place; a place where he may not see one lacks it."""
    shown: dict[int, list[Figure]] = {place.id: [] for place in places}
    known: dict[str, dict[int, int]] = {}

    def counts(metric: Metric) -> dict[int, int]:
        if metric.name not in known:
            known[metric.name] = metric.count(places, period)
        return known[metric.name]

    for metric in metrics_for(actor):
        numbers = counts(metric)
        wholes = counts(metric_named(metric.of)) if metric.of else None
        for place in places:
            if actor.may(metric.permission, place.path):
                n = numbers.get(place.id, 0)
                whole = wholes.get(place.id, 0) if wholes is not None else None
                text = f"{n:,}" if whole is None else percent(n, whole)
                shown[place.id].append(Figure(metric, n, text, metric.rows(place.id, period), whole))
    return shown


def tops(actor: Actor, permission: str) -> list[Place]:
    """Where the actor's own tree begins, the largest first."""
    paths = [path for path in actor.paths(permission) if not _lies_under_another(path, actor.paths(permission))]
    rows = Scope.objects.filter(path__in=paths).values_list("id", "path")
    return sorted((Place(pk, str(path)) for pk, path in rows), key=lambda place: (place.path.count("."), place.id))


def _lies_under_another(path: str, paths: Sequence[str]) -> bool:
    return any(path != other and path.startswith(f"{other}.") for other in paths)


def places_below(place: Place) -> list[Place]:
    """Directly below, in the order in which they were made."""
    rows = Scope.objects.filter(parent=place.id).order_by("id").values_list("id", "path")
    return [Place(pk, str(path)) for pk, path in rows]


@dataclass(frozen=True)
class FaultSummary:
    fault: Fault
    rows: int
    places: int
    late: int
    due_on: date | None


def fault_summaries(actor: Actor, *, today: date, within: str | None = None) -> list[FaultSummary]:
    """Every kind of fault in sight: in how many rows of how many places, and how many of these are late."""
    open_ones = faults_in_sight(actor, within).filter(mended_on=None)
    late = Count("id", filter=Q(due_on__lt=today))
    rows = open_ones.order_by().values("name").annotate(Sum("n"), Count("id"), late=late, due=Min("due_on"))
    found = {row["name"]: row for row in rows}
    return [
        FaultSummary(fault, row["n__sum"], row["id__count"], row["late"], row["due"])
        for fault in faults()
        if (row := found.get(fault.name))
    ]


def faults_in_sight(actor: Actor, within: str | None = None) -> QuerySet[Any]:
    """Faults whose rows the actor may see: each kind by the right of its own room."""
    rows = DataFault.objects.visible_to(actor)
    if within is not None:
        rows = rows.under(within)
    seen = [fault.name for fault in faults() if actor.can(fault.permission)]
    return rows.filter(name__in=seen)


def open_faults_of(user_id: int, *, today: date) -> tuple[int, int]:
    """How many of one's own tasks are late, and how many there are."""
    mine = DataFault.objects.unscoped(reason="one's own tasks").filter(owner_id=user_id, mended_on=None)
    found = mine.aggregate(late=Count("id", filter=Q(due_on__lt=today)), every=Count("id"))
    return found["late"], found["every"]


def officers_in_sight(actor: Actor, text: str, *, today: date) -> list[tuple[int, str, int]]:
    """(user, name, scope of a job) of officers with a job today whose name begins so; at most twenty."""
    rows = (
        Grant.objects.visible_to(actor)
        .filter(Q(until_on=None) | Q(until_on__gt=today), ended_at=None, from_on__lte=today, user__is_active=True)
        .filter(user__name__startswith=text)
        .order_by("user__name", "user_id", "id")
        .values_list("user_id", "user__name", "scope_id")
    )
    first: dict[int, tuple[int, str, int]] = {}
    for user_id, name, scope_id in rows[:100]:
        first.setdefault(user_id, (user_id, name, scope_id))
    return list(first.values())[:20]


def recounted_at() -> datetime | None:
    """When the numbers that are counted ahead were last counted."""
    return Recount.objects.values_list("at", flat=True).first()


def names_of_faults(ids: Sequence[int]) -> dict[int, str]:
    rows = DataFault.objects.unscoped(reason="labels of entries in sight").filter(pk__in=ids)
    labels = {fault.name: fault.label for fault in faults()}
    return {pk: labels.get(name, name) for pk, name in rows.values_list("pk", "name")}
