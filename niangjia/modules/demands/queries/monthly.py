"""月报: what a month brought and what became of it, cut by organisation, kind, nature and door.

Each figure goes by the day on which it happened: recorded, accepted, ended in the month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import Avg, CharField, Count, FloatField, Func, Q, Sum, Value
from django.db.models.functions import Cast, Left

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.words import Word
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.narrowing import Rows, of_period
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.organisations.queries.organisations import names_of

CLOSED_STAGES = (Stage.RESOLVED, Stage.CLOSED)


class Cut(Word):
    ORGANISATION = "organisation", "按单位"
    KIND = "kind", "按类别"
    NATURE = "nature", "按性质"
    CHANNEL = "channel", "按来源"


@dataclass
class Line:
    label: str = ""
    recorded: int = 0
    accepted: int = 0
    closed: int = 0
    resolved: int = 0
    on_time: int = 0
    rated: int = 0
    satisfied: int = 0
    hours: float | None = None
    people: int = 0
    recovered_fen: int = 0

    def share(self, part: int, whole: int) -> float | None:
        return part / whole if whole else None

    @property
    def recovered_yuan(self) -> int:
        return self.recovered_fen // 100

    @property
    def resolved_share(self) -> float | None:
        return self.share(self.resolved, self.recorded)

    @property
    def on_time_share(self) -> float | None:
        return self.share(self.on_time, self.closed)

    @property
    def satisfied_share(self) -> float | None:
        return self.share(self.satisfied, self.rated)


def month_of(text: str, today: date) -> date:
    """'2026-11' → its first day; what is no month is this one."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return min(first, today.replace(day=1))


def last_day(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def rows_of(actor: Actor, path: str | None) -> Rows:
    rows = Demand.objects.visible_to(actor)
    return rows.under(path) if path else rows


def total_of(lines: list[Line]) -> Line:
    """All lines of a cut together; hours weigh by what was closed."""
    total = Line("合计")
    for name in (
        "recorded",
        "accepted",
        "closed",
        "resolved",
        "on_time",
        "rated",
        "satisfied",
        "people",
        "recovered_fen",
    ):
        setattr(total, name, sum(getattr(line, name) for line in lines))
    spent = [(line.hours, line.closed) for line in lines if line.hours is not None]
    closed = sum(number for _, number in spent)
    total.hours = sum(hours * number for hours, number in spent) / closed if closed else None
    return total


def figures(actor: Actor, path: str | None, first: date, cut: Cut) -> list[Line]:
    """The lines of a cut."""
    rows, until = rows_of(actor, path), last_day(first)
    key = _key(cut, path or _top(actor))
    recorded = of_period(rows, first, until).annotate(cut=key).values("cut")
    found: dict[Any, dict[str, Any]] = {}
    for part in (
        recorded.annotate(recorded=Count("pk"), people=Sum("people")),
        of_period(rows, first, until, on="case__accepted_at").annotate(cut=key).values("cut").annotate(accepted=Count("pk")),
        of_period(rows.filter(case__stage__in=CLOSED_STAGES), first, until, on="case__ended_at")
        .annotate(cut=key).values("cut").annotate(**_of_ended()),
    ):  # fmt: skip
        for row in part.order_by():
            found.setdefault(row.pop("cut"), {}).update(row)
    label = _labels(cut, list(found), path or _top(actor))
    known = {one.name for one in fields(Line)}
    lines = [
        Line(label=label(code), **{name: value for name, value in row.items() if name in known and value is not None})
        for code, row in found.items()
    ]
    return sorted(lines, key=lambda line: (-line.recorded, line.label))


def _of_ended() -> dict[str, Any]:
    hours = Func(
        "case__ended_at", "case__received_at", template="extract(epoch from (%(expressions)s)) / 3600", arg_joiner=" - "
    )
    return {
        "closed": Count("pk"),
        "resolved": Count("pk", filter=Q(case__stage=Stage.RESOLVED)),
        "on_time": Count("pk", filter=Q(case__was_late=False)),
        "rated": Count("pk", filter=Q(case__is_satisfied__isnull=False)),
        "satisfied": Count("pk", filter=Q(case__is_satisfied=True)),
        "hours": Avg(Cast(hours, FloatField())),
        "recovered_fen": Sum("recovered_fen"),
    }


def _top(actor: Actor) -> str:
    return next(iter(actor.paths(Permission.DEMAND_VIEW)), "")


def _key(cut: Cut, path: str) -> Any:
    if cut is Cut.ORGANISATION:
        level = path.count(".") + 2
        return Func(Cast("case__scope__path", CharField()), Value("."), Value(level), function="split_part",
                    output_field=CharField())  # fmt: skip
    if cut is Cut.KIND:
        return Left("kind", 2)
    return Cast({Cut.NATURE: "nature", Cut.CHANNEL: "channel"}[cut], CharField())


def _labels(cut: Cut, codes: list[str], path: str) -> Callable[[str], str]:
    if cut is Cut.ORGANISATION:
        own = int(path.rsplit(".", 1)[-1]) if path else 0
        names = names_of([own, *(int(code) for code in codes if code)])
        return lambda code: names.get(int(code), "") if code else f"{names.get(own, '')}（本级）"
    if cut is Cut.KIND:
        return catalogue().label_of
    words = Nature if cut is Cut.NATURE else Channel
    return lambda code: words(int(code)).label
