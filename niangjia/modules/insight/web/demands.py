"""诉求分析: what came in, what became of it, where and how; each figure opens into its rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.access.guard import requires
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.figures import (
    FIGURES,
    PARTS,
    Cut,
    Figure,
    Line,
    figures,
    narrowed_by,
    top_of,
    total,
    written,
)
from niangjia.modules.demands.queries.story import is_being_told
from niangjia.modules.insight.rules import HEIGHT, STEP, Days, bars, last_of, months_of
from niangjia.modules.insight.web.showing import Shown, choices, cut_asked, days_asked
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.ui.pages import actor_of

HEADLINE = ("resolved_share", "recorded", "resolved", "on_time_share", "satisfied_share", "recovered")
CUTS = (Cut.ORGANISATION, Cut.KIND, Cut.NATURE, Cut.CHANNEL, Cut.ZONE, Cut.OFFICER)
MOST_LINES = 200


@requires(Permission.DEMAND_VIEW)
@require_GET
def demand_figures(request: HttpRequest) -> HttpResponse:
    actor, path, today = actor_of(request), current_path(request), timezone.localdate()
    days, cut = days_asked(request, today), cut_asked(request, CUTS)
    place = int((path or top_of(actor)).rpartition(".")[2] or 0)
    whole = total(actor, path, days.since, days.until)
    earlier = days.a_year_before()
    before = total(actor, path, earlier.since, earlier.until) if days.is_one_year_or_less else None
    lines = figures(actor, path, days.since, days.until, cut)
    months = figures(actor, path, days.since, days.until, Cut.MONTH)
    shown = {figure.key: shown_of(figure, whole, days, place=place, before=before) for figure in FIGURES}
    return render(
        request, "insight/demands.html",
        {
            **choices(days, cut, CUTS, today), "is_being_told": is_being_told(), "at": current_organisation(request),
            "headline": [shown[key] for key in HEADLINE], "all": list(shown.values()),
            "chart": chart(months, days, place),
            "lines": [
                (line, [shown_of(figure, line, days, place=place, cut=cut) for figure in FIGURES]) for line in lines[:MOST_LINES]
            ],
            "more": max(0, len(lines) - MOST_LINES), "figures": FIGURES,
        },
    )  # fmt: skip


def shown_of(
    figure: Figure, line: Line, days: Days, *, place: int, before: Line | None = None, cut: Cut | None = None
) -> Shown:
    part = PARTS[figure.part]
    narrowed = part.address(days.since, days.until)
    base = place
    if cut is Cut.ORGANISATION:
        base = int(line.code) if line.code else place
        narrowed = narrowed if line.code else {**narrowed, "place": str(place)}
    elif cut is not None:
        narrowed = {**narrowed, **narrowed_by(cut, line.code)}
    href = f"{reverse('demands:organisation_demands', args=[base])}?{urlencode(narrowed)}" if base else ""
    counted = line.counted.get(figure.part, 0)
    notes = [f"{counted:,} ÷ {line.counted.get(figure.of, 0):,}"] if figure.kind == "share" else []
    if before is not None:
        notes.append(f"去年同期 {written(figure, before)}{figure.unit}")
    return Shown(figure, written(figure, line), href if counted else "", tuple(notes))


def chart(lines: list[Line], days: Days, place: int) -> dict[str, Any] | None:
    """Recorded and resolved side by side, month by month, the empty ones too; each pair opens into its rows."""
    counted = {line.code: line.counted for line in lines}
    months = months_of(days)
    if len(months) == 1 or not counted:
        return None
    recorded, resolved = (
        [counted.get(f"{month:%Y-%m}", {}).get(key, 0) for month in months] for key in ("recorded", "resolved")
    )
    most = max(*recorded, *resolved, 1)
    left, right = bars(recorded, most, place=0, of=2), bars(resolved, most, place=1, of=2)
    base = reverse("demands:organisation_demands", args=[place]) if place else ""
    columns = [
        {
            "label": f"{month.year}年{month.month}月", "short": f"{month.month}月",
            "year": f"{month:%Y}" if month.month == 1 or not number else "",
            "recorded": recorded[number], "resolved": resolved[number], "middle": number * STEP + STEP / 2 - 2,
            "href": f"{base}?{urlencode(PARTS['recorded'].address(max(month, days.since), min(last_of(month), days.until)))}",
            "of_recorded": left[number], "of_resolved": right[number],
        }
        for number, month in enumerate(months)
    ]  # fmt: skip
    return {"columns": columns, "width": len(months) * STEP, "height": HEIGHT + 18, "most": most}
