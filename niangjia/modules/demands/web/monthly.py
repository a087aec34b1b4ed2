"""月报: on the screen by one cut at a time, as a workbook with all of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from niangjia.kernel.access.guard import requires
from niangjia.kernel.sheets.report import Cell, ReportSheet, write_report
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.figures import FIGURES, Cut, Figure, Line, figures, total, written
from niangjia.modules.demands.queries.monthly import last_day, month_of
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.ui.pages import actor_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = tuple(f"{one.label}（{one.unit}）" if one.unit not in {"件", "%"} else one.label for one in FIGURES)
SHARES = frozenset(number for number, one in enumerate(FIGURES, start=1) if one.kind == "share")
NOTE = "登记、受理、化解、涉及人数按登记日期计入本月，办结、按时、满意、工时、追回金额按办结日期；率的分子分母是同一批诉求。"
CUTS = (Cut.ORGANISATION, Cut.KIND, Cut.NATURE, Cut.CHANNEL)
HEADLINE = ("recorded", "ended", "resolved", "people", "recovered")


@requires(Permission.DEMAND_VIEW)
@require_GET
def monthly(request: HttpRequest) -> HttpResponse:
    actor, path, today = actor_of(request), current_path(request), timezone.localdate()
    first = month_of(request.GET.get("month", ""), today)
    asked = request.GET.get("by", "")
    cut = Cut(asked) if asked in CUTS else Cut.ORGANISATION
    whole = total(actor, path, first, last_day(first))
    address = f"{reverse('demands:monthly')}?month={first:%Y-%m}"
    following = (first + timedelta(days=31)).replace(day=1)
    return render(
        request, "demands/monthly.html",
        {
            "first": first, "month": f"{first:%Y-%m}", "this_month": f"{today:%Y-%m}", "note": NOTE,
            "before": f"{first - timedelta(days=1):%Y-%m}", "after": f"{following:%Y-%m}" if following <= today else "",
            "headline": [(one.label, written(one, whole), one.unit) for one in FIGURES if one.key in HEADLINE],
            "lines": [(line.label, shown(line)) for line in figures(actor, path, first, last_day(first), cut)],
            "headings": HEADINGS, "cut": {"value": cut.value, "head": head_of(cut)},
            "at": current_organisation(request), "file": f"{reverse('demands:monthly_file')}?month={first:%Y-%m}",
            "tabs": [(one.label, f"{address}&by={one.value}", None, one is cut) for one in CUTS],
        },
    )  # fmt: skip


@requires(Permission.DEMAND_VIEW)
@require_GET
def monthly_file(request: HttpRequest) -> HttpResponse:
    actor, path = actor_of(request), current_path(request)
    first = month_of(request.GET.get("month", ""), timezone.localdate())
    at = current_organisation(request)
    title = f"{at.name if at else ''}诉求办理月报（{first:%Y年}{first.month}月）"
    last = last_day(first)
    whole = total(actor, path, first, last)
    sheets = [sheet_of(cut, title, [*figures(actor, path, first, last, cut), whole]) for cut in CUTS]
    with TemporaryDirectory(prefix="niangjia-monthly-") as folder:
        file = Path(folder, "monthly.xlsx")
        write_report(file, sheets)
        response = HttpResponse(file.read_bytes(), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, f"{title}.xlsx") or ""
    return response


def sheet_of(cut: Cut, title: str, lines: list[Line]) -> ReportSheet:
    return ReportSheet(cut.label, title, NOTE, (head_of(cut), *HEADINGS), [cells(line) for line in lines], SHARES)


def head_of(cut: Cut) -> str:
    return cut.label.removeprefix("按")


def shown(line: Line) -> list[tuple[str, str]]:
    """The cells of a line as text for the screen."""
    texts = (written(one, line) for one in FIGURES)
    return [
        (heading, f"{text}%" if one.kind == "share" and text != "—" else text)
        for heading, one, text in zip(HEADINGS, FIGURES, texts, strict=True)
    ]


def cells(line: Line) -> list[Cell]:
    """The same for the workbook, where numbers stay numbers: money in yuan, shares as parts of one."""
    return [line.label, *(cell(one, line.value(one)) for one in FIGURES)]


def cell(figure: Figure, value: float | None) -> Cell:
    if value is None or figure.kind == "share":
        return value
    if figure.kind == "money":
        return value / 100
    return round(value, 1) if figure.kind == "hours" else int(value)
