"""The map 责任分工: its lines at and above a place, and where it has gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from niangjia.engines.casework.queries.load import load_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing
from niangjia.modules.demands.models import MapProposal, Responsibility
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue
from niangjia.modules.demands.routing_rules import Matter
from niangjia.modules.organisations.queries.organisations import names_of

_PARTS = ("scope", "to_scope", "user", "division", "zone", "employer")


def lines_above(scope_path: str) -> list[Responsibility]:
    """Every line that holds at a place: of its own map and of those above."""
    return list(
        Responsibility.objects.unscoped(reason="the maps of those above send what comes in below")
        .filter(scope__path__above=scope_path, ended_at=None)
        .select_related(*_PARTS)
    )


def lines_for(scope_ids: Iterable[int], matter: Matter) -> list[Responsibility]:
    """The lines of these places' maps that could fit a matter; `routing_rules.ranked` says which do."""
    return list(
        Responsibility.objects.unscoped(reason="the maps of those above send what comes in below")
        .filter(Q(employer=None) | Q(employer=matter.employer), Q(zone=None) | Q(zone=matter.zone))
        .filter(Q(division=None) | Q(division__in=list(matter.divisions)))
        .filter(scope__in=list(scope_ids), ended_at=None)
        .filter(kind__in=[matter.kind[:length] for length in range(len(matter.kind) + 1)])
        .select_related("scope", "to_scope")
        .prefetch_related("division", "zone", "employer")  # few lines name one, and then it is one statement
    )


def lines_of(scope_id: int) -> ScopedQuerySet[Responsibility]:
    return (
        Responsibility.objects.unscoped(reason="the map of a place in sight")
        .filter(scope=scope_id, ended_at=None)
        .select_related(*_PARTS)
        .order_by("is_fallback", "kind", F("employer__name").asc(nulls_first=True), "pk")
    )


def line_in_sight(pk: int, actor: Actor) -> Responsibility:
    """Raises Missing."""
    found: Responsibility | None = (
        Responsibility.objects.visible_to(actor).select_related(*_PARTS).filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这条分工，可能不在您的管辖范围内。")
    return found


def job_label(code: str) -> str:
    known = jobs()
    return known[code].label if code in known else code


def what_of(line: Any, known: Catalogue) -> str:
    """What a line is about, in words: “工资报酬，北溪镇”; a proposal has a kind alone."""
    parts = [known.full_label_of(line.kind) if line.kind else ""]
    for name in ("employer", "zone", "division"):
        part = getattr(line, name, None)
        parts.append(part.name if part is not None else "")
    return "，".join(filter(None, parts)) or "各类诉求"


@dataclass(frozen=True)
class Shown:
    """A line in words. `who`: the people behind it with what they have in hand; empty: nobody holds the job there."""

    row: Responsibility
    what: str
    place: str
    keeper: str
    job: str
    who: list[tuple[str, int]]


def shown(rows: Iterable[Responsibility], *, now: datetime) -> dict[int, Shown]:
    """Four statements, whatever the number of lines."""
    lines, known = list(rows), catalogue()
    names = names_of({row.to_scope_id for row in lines} | {row.scope_id for row in lines})
    holders = _holders_of(lines, known, now)
    load = load_of({pk for people in holders.values() for pk, _ in people})
    return {
        row.pk: Shown(
            row, what_of(row, known), names.get(row.to_scope_id, ""), names.get(row.scope_id, ""),
            job_label(_job_of(row, known)), sorted(((name, load[pk]) for pk, name in holders[row.pk]), key=itemgetter(1)),
        )
        for row in lines
    }  # fmt: skip


def _job_of(row: Responsibility, known: Catalogue) -> str:
    kind, group = known.get(row.kind), known.get(row.kind[:2])
    return row.job or (kind.job if kind else "") or (group.job if group else "")


def _holders_of(lines: Iterable[Responsibility], known: Catalogue, now: datetime) -> dict[int, list[tuple[int, str]]]:
    rows = list(lines)
    wanted = {(_job_of(row, known), row.to_scope_id) for row in rows if row.user_id is None}
    today = timezone.localdate(now)
    grants = (
        Grant.objects.unscoped(reason="who stands behind a line of the map in sight")
        .filter(Q(until_on=None) | Q(until_on__gt=today), ended_at=None, from_on__lte=today, user__is_active=True)
        .filter(job__in={job for job, _ in wanted if job}, scope__in={place for _, place in wanted})
        .values_list("job", "scope_id", "user_id", "user__name")
    )
    at: dict[tuple[str, int], dict[int, str]] = {}
    for job, place, user_id, name in grants:
        at.setdefault((job, place), {})[user_id] = name
    return {
        row.pk: [(row.user.pk, row.user.name)] if row.user else list(at.get((_job_of(row, known), row.to_scope_id), {}).items())
        for row in rows
    }  # fmt: skip


@dataclass(frozen=True)
class Group:
    """The lines of one group of the catalogue; `gaps` are its kinds for which only the fallback answers."""

    code: str
    name: str
    lines: list[Responsibility]
    gaps: list[str]
    kinds: int


def by_group(lines: Iterable[Responsibility]) -> tuple[list[Group], list[Responsibility]]:
    """(the groups of the catalogue with their lines, the lines for every kind). Only lines for the whole place fill gaps."""
    known, rows = catalogue(), list(lines)
    everywhere = {
        row.kind for row in rows if not (row.employer_id or row.zone_id or row.division_id or row.is_fallback)
    }
    groups = []
    for group in known.groups:
        kinds = known.kinds_in(group.code)
        covered = "" in everywhere or group.code in everywhere
        gaps = [] if covered else [kind.name for kind in kinds if kind.code not in everywhere]
        own = [row for row in rows if row.kind[:2] == group.code and not row.is_fallback]
        groups.append(Group(group.code, group.name, own, gaps, len(kinds)))
    return groups, [row for row in rows if not row.kind or row.is_fallback or known.get(row.kind[:2]) is None]


def proposals_waiting(actor: Actor) -> ScopedQuerySet[MapProposal]:
    return (
        MapProposal.objects.visible_to(actor)
        .filter(decided_at=None)
        .select_related("scope", "demand__case", "was_scope", "to_scope")
        .order_by("pk")
    )


def proposal_in_sight(pk: int, actor: Actor) -> MapProposal:
    """Raises Missing."""
    found: MapProposal | None = (
        MapProposal.objects.visible_to(actor)
        .select_related("scope", "demand__case", "demand__employer", "demand__zone", "was_scope", "to_scope")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Missing("没有找到这条建议，可能已处理。")
    return found
