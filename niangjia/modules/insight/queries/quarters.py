"""季分析: one township's quarter beside the one before and the same of last year."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.insight.queries.demand_facts import demand_totals, hot_spots, kinds_of
from niangjia.modules.insight.queries.visit_facts import looks_of, visit_totals
from niangjia.modules.visits.queries.meetings import open_risks_under
from niangjia.modules.visits.queries.township_reports import end_of, quarter_before, year_before


def quarter_facts(path: str, quarter: date, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Within what the actor may see; plain values, so that they can stand in a finished report."""
    spans = {
        "now": (quarter, end_of(quarter)), "last": (quarter_before(quarter), quarter - timedelta(days=1)),
        "year_ago": (year_before(quarter), end_of(year_before(quarter))),
    }  # fmt: skip
    since, until = spans["now"]
    return {
        "since": since.isoformat(), "until": until.isoformat(), "as_of": timezone.localtime(now).isoformat(),
        "visits": {key: visit_totals(actor, path, *span, today=timezone.localdate(now)) for key, span in spans.items()},
        "demands": {key: demand_totals(actor, path, [path], *span) for key, span in spans.items()},
        "kinds": kinds_of(actor, path, since, until), "looks": looks_of(actor, path, since, until),
        "hot_spots": hot_spots(actor, path, since, until), "risks": open_risks_under([path]),
    }  # fmt: skip
