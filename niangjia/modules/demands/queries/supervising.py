"""督办: who is slow and where it sticks, by organisation and by officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, CharField, Count, F, Func, IntegerField, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.ltree import end_of
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.organisations.queries.organisations import names_of

Rows = QuerySet[Any, Any]
"""Of cases; grouped ones give rows of no model."""

KIND = "demands.demand"
SOON = timedelta(days=1)
LONG_PAUSED = timedelta(days=7)
LOOKED_BACK = timedelta(days=14)
MOST_OFFICERS = 50
MOST_LATE = 8
MOST_ENDED = 1500
HOUR = 3600.0


@dataclass
class Line:
    """One organisation with all that lies under it, or one officer; `is_own`: the place itself alone."""

    pk: int | None
    name: str
    open: int
    soon: int
    overdue: int
    oldest: datetime | None
    hand_backs: int
    paused_long: int
    no_lead: int
    is_own: bool = False
    to_accept: float | None = None
    to_answer: float | None = None
    to_end: float | None = None

    @property
    def slowest(self) -> str:
        """The stage that takes longest, where one clearly does."""
        spans = {"accept": self.to_accept or 0, "answer": self.to_answer or 0, "end": self.to_end or 0}
        key = max(spans, key=lambda name: spans[name])
        return key if spans[key] > 0 else ""


def _tallies(now: datetime) -> dict[str, Any]:
    return {
        "open": Count("pk"),
        "soon": Count("pk", filter=Q(due_at__gte=now, due_at__lt=now + SOON)),
        "overdue": Count("pk", filter=Q(due_at__lt=now)),
        "oldest": Min("received_at"),
        "hand_backs": Coalesce(Sum("hand_backs"), 0),
        "paused_long": Count("pk", filter=Q(paused_at__lt=now - LONG_PAUSED)),
        "no_lead": Count("pk", filter=Q(lead=None)),
    }


def _spans() -> dict[str, Any]:
    return {
        "to_accept": Avg(_hours("received_at", "accepted_at")),
        "to_answer": Avg(_hours("accepted_at", "first_answered_at")),
        "to_end": Avg(_hours("answered_at", "ended_at")),
    }


def _hours(begin: str, end: str) -> Func:
    return Func(F(end), F(begin), template="extract(epoch from (%(expressions)s)) / 3600", arg_joiner=" - ",
                output_field=IntegerField())  # fmt: skip


def in_sight(actor: Actor, path: str) -> Rows:
    rows: Rows = Case.objects.visible_to(actor).filter(kind=KIND).under(path)
    return rows


def top_of(actor: Actor, within: str | None) -> str | None:
    """The place that is supervised: where one works now, else the top of one's own tree."""
    return within or next(iter(actor.paths(Permission.DEMAND_SUPERVISE)), None)


def _child(path: str) -> Func:
    """The place directly below `path` under which a case lies; '' at the place itself."""
    level = path.count(".") + 2
    return Func(
        Cast("scope__path", CharField()), Value("."), Value(level), function="split_part", output_field=CharField()
    )


def by_organisation(actor: Actor, path: str, now: datetime) -> list[Line]:
    """The place itself and each place below it, the most late ones first."""
    rows = in_sight(actor, path)
    found: list[dict[str, Any]] = list(
        rows.filter(stage__in=sorted(OPEN)).values(child=_child(path)).annotate(**_tallies(now))
    )
    spans = _average(rows, now, child=_child(path))
    own = end_of(path)
    names = names_of([own, *(int(row["child"]) for row in found if row["child"])])
    lines = []
    for row in found:
        child = row.pop("child")
        pk = int(child) if child else own
        line = Line(pk=pk, name=names.get(pk, ""), is_own=not child, **row, **spans.get(child, {}))
        lines.append(line)
    return sorted(lines, key=lambda line: (-line.overdue, -line.open, line.name))


def by_officer(actor: Actor, path: str, now: datetime) -> list[Line]:
    """Who leads the most late ones; officers with none open aren't named."""
    rows = in_sight(actor, path)
    led = rows.filter(stage__in=sorted(OPEN), lead__isnull=False).values("lead").annotate(**_tallies(now))
    found = list(led.order_by("-overdue", "-open", "lead")[:MOST_OFFICERS])
    leads = [row["lead"] for row in found]
    spans = _average(rows.filter(lead__in=leads), now, "lead") if leads else {}
    names = dict(User.objects.filter(pk__in=leads).values_list("pk", "name"))
    return [
        Line(pk=lead, name=names.get(lead, ""), **row, **spans.get(lead, {}))
        for row in found
        for lead in [row.pop("lead")]
    ]


def latest(actor: Actor, path: str, now: datetime) -> list[Case]:
    """Those whose limit is past for the longest: for them a 督办单 is written."""
    rows = in_sight(actor, path).filter(stage__in=sorted(OPEN), due_at__lt=now).select_related("lead")
    return list(rows.order_by("due_at", "id")[:MOST_LATE])


def _average(rows: Rows, now: datetime, *keys: str, **named: Any) -> dict[Any, dict[str, Any]]:
    """Mean hours until accepted, until first answered, until ended, of what was ended lately; not more of it than says enough."""
    key = (*keys, *named)[0]
    ended = rows.filter(ended_at__gte=now - LOOKED_BACK, accepted_at__isnull=False).order_by("-ended_at")
    lately = Case.objects.unscoped(reason="rows in sight, named one by one").filter(
        pk__in=ended.values("pk")[:MOST_ENDED]
    )
    return {row.pop(key): row for row in lately.values(*keys, **named).annotate(**_spans())}


def total(lines: list[Line]) -> dict[str, Any]:
    return {
        "open": sum(line.open for line in lines), "soon": sum(line.soon for line in lines),
        "overdue": sum(line.overdue for line in lines), "paused_long": sum(line.paused_long for line in lines),
        "no_lead": sum(line.no_lead for line in lines),
        "oldest": min((line.oldest for line in lines if line.oldest), default=None),
    }  # fmt: skip
