"""季分析: each township's quarter, the facts on one side and the officer's words on the other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.web.fields import WordsField
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.insight import papers
from niangjia.modules.insight.queries.quarters import quarter_facts
from niangjia.modules.insight.web.sending import send_paper
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.ground import townships_under
from niangjia.modules.organisations.queries.organisations import organisation_in_sight
from niangjia.modules.visits.actions.township_reports import (
    finish_township_report,
    reopen_township_report,
    write_township_report,
)
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.township_reports import (
    end_of,
    may_reopen,
    may_write,
    quarter_after,
    quarter_before,
    quarter_in,
    report_of,
    reports_by_township,
    written_quarter,
)
from niangjia.ui.listing import Mark
from niangjia.ui.pages import actor_of, sent

HINT = "这个季度突出的问题、原因，和下个季度的打算。一行一段。"


class ReportForm(forms.Form):
    text = WordsField(label="分析和打算", max_length=10_000, rows=16, required=False, help_text=HINT)


def state_of(report: Any) -> Mark:
    if report is None or report.written_at is None:
        return Mark("还没写", "neutral")
    return Mark("已定稿", "success", "check") if report.finished_at else Mark("草稿", "info")


def townships_in_sight(actor: Actor, within: str | None) -> list[Any]:
    found = {
        row.pk: row
        for path in ([within] if within else actor.paths(Permission.VISIT_VIEW))
        for row in townships_under(path)
    }
    return [row for row in found.values() if actor.may(Permission.VISIT_VIEW, row.scope.path)]


def whole_place(actor: Actor, within: str | None, townships: list[Any]) -> Any:
    """The place above the townships, of which a quarter may be written as well; None for a single township."""
    path = within or min(actor.paths(Permission.VISIT_VIEW), key=lambda path: (path.count("."), path))
    pk = int(path.rpartition(".")[2])
    return None if pk in {row.pk for row in townships} else township_in_sight(pk, actor)


@requires(Permission.VISIT_VIEW)
@require_GET
def township_reports(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    quarter = quarter_in(request.GET.get("quarter", ""), today)
    within = current_path(request)
    townships = townships_in_sight(actor, within)
    whole = whole_place(actor, within, townships)
    reports = reports_by_township([row.pk for row in townships], quarter, actor)
    following = quarter_after(quarter)
    return render(
        request, "insight/quarters/list.html",
        {
            "at": current_organisation(request), "name": papers.name_of_quarter(quarter), "quarter": written_quarter(quarter),
            "before": written_quarter(quarter_before(quarter)), "after": written_quarter(following) if following <= today else "",
            "until": end_of(quarter), "is_over": end_of(quarter) < today,
            "whole": whole,
            "lines": [(row, reports.get(row.pk), state_of(reports.get(row.pk))) for row in townships],
            "finished": sum(1 for one in reports.values() if one.finished_at),
        },
    )  # fmt: skip


def township_in_sight(pk: int, actor: Actor) -> Any:
    """Raises Missing."""
    row = organisation_in_sight(pk, actor)
    if not actor.may(Permission.VISIT_VIEW, row.scope.path):
        raise Missing("没有找到这个镇街，可能不在您的管辖范围内。")
    return row


@requires(Permission.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def township_report(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    township = township_in_sight(pk, actor)
    quarter = quarter_in(request.GET.get("quarter", ""), timezone.localdate())
    report = report_of(pk, quarter, actor)
    is_finished = report is not None and report.finished_at is not None
    if request.method == "POST" and not may_write(township.scope.path, actor):
        raise NotPermitted("季分析由驻联干部和县总的同志填写。")
    form = ReportForm(request.POST or None, initial={"text": report.text if report else ""})
    facts: dict[str, Any] = report.facts if is_finished else quarter_facts(township.scope.path, quarter, actor, now=now)  # type: ignore[union-attr]
    here = f"{reverse('insight:township_report', args=[pk])}?quarter={written_quarter(quarter)}"

    def act(said: dict[str, Any]) -> None:
        if request.POST.get("act") == "finish":
            finish_township_report(pk, quarter, text=said["text"], facts=facts, actor=actor, now=now)
            messages.success(request, "已定稿，数字不再变。")
        else:
            write_township_report(pk, quarter, text=said["text"], actor=actor, now=now)
            messages.success(request, "已保存，还可以接着改。")

    if sent(form, act):
        return redirect(here)
    return render(
        request, "insight/quarters/report.html",
        {
            "township": township, "report": report, "is_finished": is_finished, "state": state_of(report),
            "name": papers.name_of_quarter(quarter), "quarter": written_quarter(quarter), "facts": facts, "here": here,
            "form": form if not is_finished and may_write(township.scope.path, actor) else None,
            "may_reopen": is_finished and may_reopen(township.scope.path, actor),
            "columns": [(label, [facts[part][when].get(key) for when in WHEN]) for part, label, key in COLUMNS],
            "back": f"{reverse('insight:township_reports')}?quarter={written_quarter(quarter)}",
        },
        status=422 if form.errors else 200,
    )  # fmt: skip


WHEN = ("now", "last", "year_ago")
COLUMNS = (
    ("visits", "走访（家次）", "visits"), ("visits", "走到单位（家）", "employers_covered"), ("visits", "现场解释（件）", "explained"),
    ("visits", "转为诉求（件）", "passed_on"), ("demands", "登记（件）", "recorded"), ("demands", "化解（件）", "resolved"),
    ("demands", "化解率（%）", "resolved_share"), ("demands", "涉及人数（人）", "people"), ("demands", "追回（元）", "recovered_yuan"),
)  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_GET
def township_report_file(request: HttpRequest, pk: int) -> HttpResponse:
    """`?format=docx`, else a PDF."""
    actor, now = actor_of(request), timezone.now()
    township = township_in_sight(pk, actor)
    quarter = quarter_in(request.GET.get("quarter", ""), timezone.localdate())
    report = report_of(pk, quarter, actor)
    facts = (
        report.facts if report and report.finished_at else quarter_facts(township.scope.path, quarter, actor, now=now)
    )
    day = timezone.localdate(report.finished_at) if report and report.finished_at else timezone.localdate(now)
    said = {"quarter": quarter, "facts": facts, "text": report.text if report else ""}
    short = township.name.removesuffix("总工会")
    return send_paper(request, papers.quarter_paper(said, township=short, issuer=township.name, today=day), now=now)


@requires(Permission.VISIT_DIRECT)
@require_POST
def township_report_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    township_in_sight(pk, actor)
    quarter = quarter_in(request.GET.get("quarter", ""), timezone.localdate())
    report = report_of(pk, quarter, actor)
    if report is None or report.finished_at is None:
        raise Refused("report.open", "这份分析还没有定稿，可以直接修改。")
    reopen_township_report(report.pk, reason=request.POST.get("reason", ""), actor=actor, now=timezone.now())
    messages.success(request, "已重新打开。")
    return redirect(f"{reverse('insight:township_report', args=[pk])}?quarter={written_quarter(quarter)}")
