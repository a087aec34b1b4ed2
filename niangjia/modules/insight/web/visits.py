"""走访分析: how often, where, by whom, what came of it; each figure opens into its rows. And the journal's report as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.days import day_in
from niangjia.modules.demands.queries.story import is_being_told
from niangjia.modules.insight.journal import as_paper, journal_report, whole_time
from niangjia.modules.insight.queries.visit_facts import visit_totals
from niangjia.modules.insight.rules import HEIGHT, STEP, Days, bars, days_of, last_of, months_of
from niangjia.modules.insight.web.sending import send_paper
from niangjia.modules.insight.web.showing import Shown, choices, cut_asked, days_asked
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.figures import COLUMNS, FIGURE, FIGURES, Cut, Figure, Line, journal_table
from niangjia.ui.pages import actor_of

HEADLINE = ("visits", "key_share", "weekly_share", "townships_covered", "explained", "passed_on")
CUTS = (Cut.ORGANISATION, Cut.OFFICER, Cut.GROUP, Cut.KIND)
MOST_LINES = 200
OF_SHARE = {
    "key_share": ("key_covered", "key_employers"), "weekly_share": ("weeks_done", "weeks_due"),
    "employers_share": ("employers_covered", "employers"),
}  # fmt: skip
FILTERS: Mapping[str, Mapping[Cut, str]] = {
    "visits:visit_list": {Cut.ORGANISATION: "place", Cut.OFFICER: "officer", Cut.GROUP: "group", Cut.KIND: "kind"},
    "visits:finding_list": {Cut.ORGANISATION: "place", Cut.OFFICER: "officer"},
    "visits:covered_list": {Cut.ORGANISATION: "place"},
}
"""What the lists call a line of a cut; where one has no such filter the number stays without a link."""


@requires(Permission.VISIT_VIEW)
@require_GET
def visit_figures(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    path = path_here(request, actor)
    days, cut = days_asked(request, today), cut_asked(request, CUTS)
    place = int(path.rpartition(".")[2])
    whole = visit_totals(actor, path, days.since, days.until, today=today)
    earlier = days.a_year_before()
    before = visit_totals(actor, path, earlier.since, earlier.until, today=today) if days.is_one_year_or_less else None
    lines = journal_table(actor, path, days.since, days.until, cut)
    query = {"since": days.since.isoformat(), "until": days.until.isoformat()}
    shown = {one.key: shown_of(one, whole, days, place, before) for one in FIGURES}
    return render(
        request, "insight/visits.html",
        {
            **choices(days, cut, CUTS, today), "is_being_told": is_being_told(), "at": current_organisation(request),
            "headline": [shown[key] for key in HEADLINE], "all": list(shown.values()), "figures": FIGURES,
            "columns": [FIGURE[key] for key in COLUMNS],
            "lines": [(line, cells_of(line, cut, days, place)) for line in lines[:MOST_LINES]], "more": max(0, len(lines) - MOST_LINES),
            "chart": chart(journal_table(actor, path, days.since, days.until, Cut.MONTH), days, place),
            "file": f"{reverse('insight:journal_file')}?{urlencode(query)}",
        },
    )  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_GET
def journal_file(request: HttpRequest) -> HttpResponse:
    """The report of the time that was looked at, or of all; `?format=docx`, else a PDF."""
    actor, now = actor_of(request), timezone.now()
    path, today = path_here(request, actor), timezone.localdate(now)
    since, until = day_in(request.GET.get("since", "")), day_in(request.GET.get("until", ""))
    if since is None and until is None:
        since, until = whole_time(path, actor, today=today)
    days = days_of(since, until, today)
    report = journal_report(path, days.since, days.until, actor, today=today)
    return send_paper(request, as_paper(report, today=today), now=now)


def path_here(request: HttpRequest, actor: Actor) -> str:
    """Where one works, else the highest place whose visits one sees."""
    own = min(actor.paths(Permission.VISIT_VIEW), key=lambda path: (path.count("."), path))
    at = current_path(request)
    return at if at and actor.may(Permission.VISIT_VIEW, at) else own


def address(page: str, query: Mapping[str, str]) -> str:
    try:
        return f"{reverse(page)}?{urlencode(query)}" if page else ""
    except NoReverseMatch:
        return ""


def span(days: Days, place: int) -> dict[str, str]:
    return {"since": days.since.isoformat(), "until": days.until.isoformat(), "place": str(place)}


def shown_of(
    figure: Figure, counted: Mapping[str, Any], days: Days, place: int, before: Mapping[str, Any] | None
) -> Shown:
    notes = []
    if figure.key in OF_SHARE:
        part, whole = (counted[key] for key in OF_SHARE[figure.key])
        notes.append(f"{part:,} ÷ {whole:,}")
    elif figure.key == "townships_covered":
        notes.append(f"共 {counted['townships']:,} 个")
    if before is not None and before[figure.key] != "":
        notes.append(f"去年同期 {written(before[figure.key])}{figure.unit}")
    href = address(figure.page, {**span(days, place), **figure.filters}) if counted[figure.key] not in (0, "") else ""
    return Shown(figure, written(counted[figure.key]), href, tuple(notes))


def written(value: Any) -> str:
    if isinstance(value, str):
        return value or "—"
    return f"{value:,}"


def cells_of(line: Line, cut: Cut, days: Days, place: int) -> list[Shown]:
    """Links where the list can show just these rows; an officer's own visits are all of his, also those made together."""
    found = []
    for key in COLUMNS:
        figure, value = FIGURE[key], line.counted[key]
        name = FILTERS.get(figure.page, {}).get(cut, "")
        query = span(days, place) | {
            key: text for key, text in figure.filters.items() if not (cut is Cut.OFFICER and key == "counted")
        }
        own = cut is Cut.ORGANISATION and line.code == str(place)
        href = address(figure.page, query | {name: line.code}) if value and name and line.code and not own else ""
        found.append(Shown(figure, f"{value:,}", href))
    return found


def chart(lines: list[Line], days: Days, place: int) -> dict[str, Any] | None:
    """Visits month by month, the empty ones too; each opens into its rows."""
    counted = {line.code: line.counted["visits"] for line in lines}
    months: list[date] = months_of(days)
    if len(months) == 1 or not counted:
        return None
    values = [counted.get(f"{month:%Y-%m}", 0) for month in months]
    most = max(*values, 1)
    columns = [
        {
            "label": f"{month.year}年{month.month}月", "short": f"{month.month}月", "value": values[number], "bar": bar,
            "year": f"{month:%Y}" if month.month == 1 or not number else "", "middle": number * STEP + STEP / 2 - 2,
            "href": address(
                "visits:visit_list",
                span(Days(max(month, days.since), min(last_of(month), days.until)), place) | {"counted": "1"},
            ),
        }
        for number, (month, bar) in enumerate(zip(months, bars(values, most, place=0, of=1), strict=True))
    ]  # fmt: skip
    return {"columns": columns, "width": len(months) * STEP, "height": HEIGHT + 18, "most": most}
