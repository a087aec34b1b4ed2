"""The figures of a place and of those directly below it; each leads to its rows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.engines.metrics.declared import Place
from niangjia.engines.metrics.permissions import Permission
from niangjia.engines.metrics.queries import figures, places_below, recounted_at, tops
from niangjia.engines.metrics.rules import PERIODS, period_named
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing
from niangjia.ui.pages import actor_of, number_in
from niangjia.ui.places import directory

LABELS = dict(zip(PERIODS, ("本月", "本季度", "今年", "上月", "上季度", "去年"), strict=True))


@requires(Permission.FIGURE_VIEW)
@require_GET
def figure_table(request: HttpRequest) -> HttpResponse:
    """`?at=` a place in sight, else where one works now; `?period=` of PERIODS."""
    actor = actor_of(request)
    period = period_named(request.GET.get("period", "year"), timezone.localdate())
    place = _place(request)
    below = places_below(place)
    shown = figures([place, *below], period, actor)
    names = directory().names([place.id, *(one.id for one in below)])
    rows = [
        {"id": one.id, "name": names[one.id], "figures": shown[one.id]}
        for one in below
        if one.id in names and any(figure.n for figure in shown[one.id])
    ]
    return render(
        request,
        "metrics/figure_table.html",
        {
            "place": place,
            "name": names.get(place.id, ""),
            "period": period,
            "periods": [(name, LABELS[name]) for name in PERIODS],
            "head": shown[place.id],
            "rows": sorted(rows, key=_by_first_figure),
            "empty": len(below) - len(rows),
            "recounted_at": recounted_at(),
        },
    )


def _by_first_figure(row: dict[str, Any]) -> int:
    return -row["figures"][0].n if row["figures"] else 0


def _place(request: HttpRequest) -> Place:
    """Raises Missing for a place out of sight."""
    actor = actor_of(request)
    if "at" in request.GET:
        found = directory().seen(actor, number_in(request.GET["at"]))
        if found is None or not actor.may(Permission.FIGURE_VIEW, found.path):
            raise Missing("没有找到这个组织，可能不在您的管辖范围内。")
        return Place(found.id, found.path)
    here = directory().here(request)
    if here is not None and actor.may(Permission.FIGURE_VIEW, here.path):
        return Place(here.id, here.path)
    return tops(actor, Permission.FIGURE_VIEW)[0]
