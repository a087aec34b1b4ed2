"""紧急提醒: what rings, who was called, who took it; and the written 紧急信息."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.web.fields import WordsField
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.documents.typesetting import typeset
from niangjia.kernel.errors import NotPermitted
from niangjia.kernel.files.kinds import PDF
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.demands.actions.alerts import acknowledge_alert
from niangjia.modules.demands.actions.urgent_reports import LABELS, LONGEST, Report, write_urgent_report
from niangjia.modules.demands.models import Alert, UrgentReport
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.alerts import alert_in_sight, ringing, rings_for
from niangjia.modules.demands.queries.demands import demand_in_sight
from niangjia.modules.demands.queries.urgent_reports import addressees, drafted, report_in_sight, reports_of
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui import desk
from niangjia.ui.listing import Mark, Screen, show_list
from niangjia.ui.pages import actor_of, sent
from niangjia.ui.templatetags.ui import chinese_day

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "demands" / "alerts" / "report.typ"


def waited(alert: Alert) -> str:
    until = alert.acknowledged_at or timezone.now()
    seconds = int((until - alert.raised_at).total_seconds())
    return f"{seconds // 60} 分钟" if seconds >= 60 else "不到 1 分钟"  # noqa: PLR2004


def state_of(alert: Alert) -> Mark:
    if alert.acknowledged_at is not None:
        return Mark("已接下", "success")
    return Mark("正在响", "error") if alert.next_at is not None else Mark("已撤下")


class AlertList(ListSpec):
    name = "demands.alert"
    title = "紧急提醒"
    permission = Permission.ALERT_ACKNOWLEDGE
    columns = (
        Column("title", "诉求", value=lambda row: row.demand.case.title, phone="title"),
        Column("state", "现在", value=state_of),
        Column("because", "原因"),
        Column("place", "在哪里办"),
        Column("raised_at", "发生时间"),
        Column("taken_by", "谁接下", value=lambda row: row.acknowledged_by.name if row.acknowledged_by else ""),
        Column("waited", "用时", value=waited),
        Column("called", "叫过的人", value=lambda row: "、".join(str(told[1]) for told in row.told), phone="hidden"),
    )
    filters = (
        Filter("ringing", "正在响", kind="flag", apply=lambda rows, _: rows.filter(next_at__isnull=False)),
        Filter("since", "自", kind="date", apply=lambda rows, day: rows.filter(raised_at__date__gte=day)),
    )
    sorts = (Sort("raised_at", "最近的在前", ("raised_at",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return Alert.objects.visible_to(actor)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("demand__case", "acknowledged_by")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names = names_of(row.scope_id for row in rows)
        for row in rows:
            row.place = names.get(row.scope_id, "")
        return rows


SCREEN = Screen(
    register(AlertList()),
    row_url=lambda row: reverse("demands:demand", args=[row.demand_id]),
    empty_title="还没有紧急提醒",
    empty_text="有符合紧急规则的诉求时，值班人员的工作台会响，并记在这里。",
    template="demands/alerts/page.html",
)


@requires(Permission.ALERT_ACKNOWLEDGE)
@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    now_ringing = [] if request.headers.get("HX-Target") == "list" else ringing(actor)
    names = names_of(alert.scope_id for alert in now_ringing)
    return show_list(
        request, SCREEN, within=current_path(request),
        context={"ringing": [(alert, names.get(alert.scope_id, ""), called(alert)) for alert in now_ringing]},
    )  # fmt: skip


def called(alert: Alert) -> list[dict[str, Any]]:
    """Who was called, in the order in which they were."""
    return [
        {"name": name, "why": why, "first": parse_datetime(str(first)), "times": times}
        for _, name, why, first, _, times in alert.told
    ]


@requires(Permission.ALERT_ACKNOWLEDGE)
@require_POST
def alert_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    row = alert_in_sight(pk, actor_of(request))
    acknowledge_alert(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "您已接下，提醒不再响。请尽快受理，并视情况写紧急信息。")
    return redirect("demands:demand", row.demand_id)


def alarms(actor: Actor) -> list[desk.Alarm]:
    """For the shell: everything that rings in sight; it sounds for those who were called."""
    return [
        desk.Alarm(
            key=str(alert.pk), title=f"紧急：{alert.demand.case.title}", text=alert.because,
            href=reverse("demands:demand", args=[alert.demand_id]),
            url=reverse("demands:alert_acknowledge", args=[alert.pk]), act="我来处理", since=alert.raised_at,
            sounds=rings_for(alert, actor.user_id),
        )
        for alert in ringing(actor)
    ]  # fmt: skip


# --- 紧急信息 ---


class ReportForm(forms.Form):
    """What is missing is named by the rule, which also says what to write instead."""

    when = forms.CharField(label=LABELS["when"], max_length=LONGEST, required=False)
    where = forms.CharField(label=LABELS["where"], max_length=LONGEST, required=False)
    what = WordsField(label=LABELS["what"], max_length=LONGEST, rows=5, required=False)
    people = forms.CharField(label=LABELS["people"], max_length=LONGEST, required=False)
    done = WordsField(
        label=LABELS["done"], max_length=LONGEST, rows=4, required=False, help_text="谁、什么时候、做了什么。"
    )
    next_steps = WordsField(
        label=LABELS["next_steps"], max_length=LONGEST, rows=3, required=False, help_text="打算怎么办，要上级做什么。"
    )


@requires(Permission.ALERT_ACKNOWLEDGE)
@require_http_methods(["GET", "POST"])
def urgent_report_write(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    demand = demand_in_sight(pk, actor)
    if not actor.may(Permission.ALERT_ACKNOWLEDGE, demand.case.scope.path):
        raise NotPermitted
    before = reports_of(demand)
    form = ReportForm(request.POST or None, initial=drafted(demand))
    made: list[UrgentReport] = []

    def write(facts: dict[str, Any]) -> None:
        made.append(write_urgent_report(pk, report=Report(**facts), actor=actor, now=now))

    if sent(form, write):
        messages.success(request, f"已报送：{made[0].number}。")
        return redirect("demands:urgent_report", made[0].pk)
    whom = [one for one in addressees(demand, now=now) if one.user.pk != actor.user_id]
    return render(
        request, "demands/alerts/report_write.html",
        {"demand": demand, "form": form, "before": before, "whom": whom, "back": demand.case.get_absolute_url()},
        status=422 if form.errors else 200,
    )  # fmt: skip


@requires(Permission.DEMAND_VIEW)
@require_GET
def urgent_report(request: HttpRequest, pk: int) -> HttpResponse:
    """As it is printed."""
    row = report_in_sight(pk, actor_of(request))
    may_follow = actor_of(request).may(Permission.ALERT_ACKNOWLEDGE, row.demand.case.scope.path)
    return render(request, "demands/alerts/report.html", _paper(row) | {"row": row, "may_follow": may_follow})


@requires(Permission.DEMAND_VIEW)
@require_GET
def urgent_report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    row = report_in_sight(pk, actor_of(request))
    made = typeset(TEMPLATE, _paper(row), now=row.at)
    response = HttpResponse(made.content, content_type=PDF)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"{row.number}.pdf") or "attachment"
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _paper(row: UrgentReport) -> dict[str, Any]:
    place = [one.pk for one in reports_of(row.demand)].index(row.pk)
    at = timezone.localtime(row.at)
    return {
        "number": row.number,
        "kind": f"紧急信息（续报{place}）" if place else "紧急信息",
        "organisation": row.number.split("紧急信息", maxsplit=1)[0],
        "about": f"{row.demand.case.title}（{row.demand.case.number}）",
        "to": "、".join(f"{what}{name}" for _, name, what in row.to),
        "parts": [line.split("：", 1) for line in row.text.split("\n") if "：" in line],
        "by": row.made_by_name,
        "day": f"{chinese_day(at.date())} {at:%H:%M}",
    }
