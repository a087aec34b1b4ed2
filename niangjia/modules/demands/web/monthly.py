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
from niangjia.modules.demands.queries.monthly import Cut, Line, figures, month_of, total_of
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.ui.pages import actor_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = (
    "登记", "受理", "办结", "化解", "化解率", "按时办结率", "满意率", "平均办理工时（小时）", "涉及人数", "追回金额（元）",
)  # fmt: skip
SHARES = frozenset({5, 6, 7})
MONEY = len(HEADINGS)
NOTE = "登记、受理、办结各按发生的日期计入本月；化解率＝化解÷登记，按时办结率＝按时÷办结，满意率＝满意÷已评价。"


@requires(Permission.DEMAND_VIEW)
@require_GET
def monthly(request: HttpRequest) -> HttpResponse:
    actor, path, today = actor_of(request), current_path(request), timezone.localdate()
    first = month_of(request.GET.get("month", ""), today)
    asked = request.GET.get("by", "")
    cut = Cut(asked) if asked in set(Cut) else Cut.ORGANISATION
    address = f"{reverse('demands:monthly')}?month={first:%Y-%m}"
    lines = figures(actor, path, first, cut)
    following = (first + timedelta(days=31)).replace(day=1)
    return render(
        request, "demands/monthly.html",
        {
            "first": first, "month": f"{first:%Y-%m}", "this_month": f"{today:%Y-%m}", "note": NOTE,
            "before": f"{first - timedelta(days=1):%Y-%m}", "after": f"{following:%Y-%m}" if following <= today else "",
            "total": total_of(lines),
            "lines": [(line.label, shown(line)) for line in lines],
            "headings": HEADINGS, "cut": {"value": cut.value, "head": head_of(cut)},
            "at": current_organisation(request), "file": f"{reverse('demands:monthly_file')}?month={first:%Y-%m}",
            "tabs": [(one.label, f"{address}&by={one.value}", None, one is cut) for one in Cut],
        },
    )  # fmt: skip


@requires(Permission.DEMAND_VIEW)
@require_GET
def monthly_file(request: HttpRequest) -> HttpResponse:
    actor, path = actor_of(request), current_path(request)
    first = month_of(request.GET.get("month", ""), timezone.localdate())
    at = current_organisation(request)
    title = f"{at.name if at else ''}诉求办理月报（{first:%Y年}{first.month}月）"
    cuts = {cut: figures(actor, path, first, cut) for cut in Cut}
    sheets = [sheet_of(cut, title, [*lines, total_of(lines)]) for cut, lines in cuts.items()]
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
    """The same cells as text for the screen."""
    texts = []
    for number, cell in enumerate(cells(line)[1:], start=1):
        if cell is None:
            texts.append("—")
        else:
            texts.append(
                f"{cell:.2%}"
                if number in SHARES
                else f"{cell:,.2f}"
                if number == MONEY
                else f"{cell:,.1f}"
                if isinstance(cell, float)
                else f"{cell:,}"
            )
    return list(zip(HEADINGS, texts, strict=True))


def cells(line: Line) -> list[Cell]:
    return [
        line.label, line.recorded, line.accepted, line.closed, line.resolved, line.resolved_share, line.on_time_share,
        line.satisfied_share, round(line.hours, 1) if line.hours is not None else None, line.people,
        line.recovered_fen / 100,
    ]  # fmt: skip
