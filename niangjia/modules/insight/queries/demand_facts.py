"""What meetings and reports say of demands. Rows that are written down for good leave the confidential ones out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.money import yuan
from niangjia.modules.demands.queries import narrowing
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.figures import Cut, Line, demands_of, figures
from niangjia.modules.demands.queries.hotspots import hot_spots_of

LONG_QUIET = timedelta(days=7)
MOST_ROWS, MOST_SPOTS, MOST_KINDS = 8, 6, 8
COUNTED = ("recorded", "resolved", "ended", "on_time", "people", "recovered", "rated", "satisfied")


def demand_totals(actor: Actor, path: str, paths: Sequence[str], since: date, until: date) -> dict[str, Any]:
    """The figures of demands at some places below one: the same as on every page. Two queries where they lie directly below."""
    if tuple(paths) == (path,):
        return said_of(figures(actor, path, since, until))
    if all(at.rpartition(".")[0] == path for at in paths):
        wanted = {at.rpartition(".")[2] for at in paths}
        lines = figures(actor, path, since, until, Cut.ORGANISATION)
        return said_of([line for line in lines if line.code in wanted])
    return said_of([line for at in paths for line in figures(actor, at, since, until)])


def said_of(lines: Sequence[Line]) -> dict[str, Any]:
    counted = {key: sum(line.counted.get(key, 0) for line in lines) for key in COUNTED}
    return {
        **counted,
        "resolved_share": share(counted["resolved"], counted["recorded"]),
        "on_time_share": share(counted["on_time"], counted["ended"]),
        "satisfied_share": share(counted["satisfied"], counted["rated"]),
        "recovered_yuan": yuan(counted["recovered"]).removesuffix(".00"),
    }


def share(part: int, whole: int) -> str:
    """'94.70', or empty where nothing divides."""
    return f"{part / whole * 100:.2f}" if whole else ""


def kinds_of(actor: Actor, path: str, since: date, until: date) -> list[tuple[str, int]]:
    """The kinds asked for most."""
    found = figures(actor, path, since, until, Cut.KIND)
    return [(line.label, line.counted.get("recorded", 0)) for line in found if line.counted.get("recorded")][
        :MOST_KINDS
    ]


def demand_state(actor: Actor, paths: Sequence[str], since: date, until: date, now: datetime) -> dict[str, Any]:
    """What lies there now: open, late, without a step for a week; and what was solved in the period."""
    rows = demands_of(actor, None).filter(case__scope__path__under_any=list(paths))
    open_ones = narrowing.open_ones(rows)
    late, quiet = narrowing.overdue(rows, now), stuck(open_ones, now)
    solved = narrowing.of_period(rows, since, until, on="case__ended_at").filter(case__stage=Stage.RESOLVED)
    return {
        "open": open_ones.count(), "overdue": late.count(), "stuck": quiet.count(), "solved": solved.count(),
        "overdue_rows": _rows(late.order_by("case__due_at", "pk"), now),
        "stuck_rows": _rows(quiet.exclude(case__due_at__lt=now).order_by("case__touched_at", "pk"), now),
        "solved_rows": _rows(solved.order_by(F("recovered_fen").desc(nulls_last=True), "-people", "pk"), now),
    }  # fmt: skip


def stuck(open_ones: narrowing.Rows, now: datetime) -> narrowing.Rows:
    """Nobody wrote a step for a week, or it has been paused for as long."""
    since = now - LONG_QUIET
    return open_ones.filter(Q(case__touched_at__lt=since) | Q(case__paused_at__lt=since))


def _rows(rows: narrowing.Rows, now: datetime) -> list[dict[str, Any]]:
    known = catalogue()
    found = rows.filter(case__is_confidential=False).select_related("case__lead", "employer")
    return [
        {
            "pk": row.pk, "number": row.case.number, "title": row.case.title, "kind": known.label_of(row.kind),
            "employer": row.employer.name if row.employer else row.employer_name, "people": row.people,
            "lead": row.case.lead.name if row.case.lead else "",
            "days": max(0, (timezone.localdate(now) - timezone.localdate(row.case.received_at)).days),
            "quiet_days": max(0, (now - row.case.touched_at).days),
        }
        for row in found[:MOST_ROWS]
    ]  # fmt: skip


def hot_spots(actor: Actor, path: str, since: date, until: date) -> list[dict[str, Any]]:
    """Without anybody's words: what, where, how many."""
    return [
        {
            "pk": one.spot.pk, "words": "、".join(one.words), "place": one.place, "employer": one.employer,
            "people": one.people, "demands": one.demands, "state": one.state.label,
        }
        for one in hot_spots_of(path, since, until, actor, limit=MOST_SPOTS)
    ]  # fmt: skip
