"""月交流: what a group looks at, prepared: last month's tasks first. Plain values, so that they can stand in the minutes for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.demands.queries.figures import demands_of
from niangjia.modules.insight.queries.demand_facts import demand_state, demand_totals, hot_spots
from niangjia.modules.insight.queries.visit_facts import group_totals, officer_lines, visit_totals
from niangjia.modules.visits.queries.meetings import (
    last_day_of,
    open_risks_under,
    task_line,
    tasks_at,
    townships_of,
)


def month_facts(meeting: Any, postings: Sequence[Any], actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Within what the actor may see; the number of statements doesn't grow with the group."""
    since, until = meeting.month, last_day_of(meeting.month)
    path = meeting.scope.path
    paths = townships_of(postings) if meeting.group_id else [path]
    today = timezone.localdate(now)
    users = [posting.user_id for posting in postings]
    officers = officer_lines(actor, path, since, until, today=today, user_ids=users)
    if meeting.group_id:
        visits = group_totals(actor, path, since, until, group_id=meeting.group_id, officers=officers)
    else:
        visits = visit_totals(actor, path, since, until, today=today)
    return {
        "since": since.isoformat(), "until": until.isoformat(), "as_of": timezone.localtime(now).isoformat(),
        "tasks": [task_line(task, today) for task in tasks_at(meeting)],
        "officers": officers, "visits": visits,
        "demands": demand_totals(actor, path, paths, since, until), "state": demand_state(actor, paths, since, until, now),
        "hot_spots": hot_spots(actor, path, since, until), "risks": open_risks_under(paths),
    }  # fmt: skip


def facts_told(facts: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Facts that stand for good, without the demands that this reader may not know of: who led the meeting saw more."""
    state = dict(facts.get("state") or {})
    rows = {name: lines for name, lines in state.items() if isinstance(lines, list)}
    seen = demands_of(actor, None).filter(pk__in={one["pk"] for lines in rows.values() for one in lines})
    known = set(seen.values_list("pk", flat=True)) if any(rows.values()) else set()
    told = {name: [one for one in lines if one["pk"] in known] for name, lines in rows.items()}
    return {**facts, "state": state | told}
