"""走访计划: a week day by day, proposed and changed by hand; one's own, or that of an officer whom one directs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.days import EARLIEST, day_in
from niangjia.modules.visits.actions.planning import (
    add_planned,
    do_planned,
    drop_planned,
    move_planned,
    propose_week,
    take_back_planned,
)
from niangjia.modules.visits.models import PlannedVisit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import kind_names, kinds_at
from niangjia.modules.visits.queries.planning import Week, officers_directed, planned_in_sight, week_of
from niangjia.modules.visits.rules import PlanReason, PlanState, VisitKindCode, monday_of
from niangjia.modules.visits.web.forms import pick_employer
from niangjia.ui import pages
from niangjia.ui.forms import DayField
from niangjia.ui.pages import actor_of

A_WEEK = timedelta(days=7)
TONES = {PlanReason.FOLLOW_UP: "error", PlanReason.OVERDUE: "warning", PlanReason.TURN: "info"}
HALVES = (("am", "上午"), ("pm", "下午"))
WEEKDAYS = "一二三四五六日"


def address(user_id: int, monday: date, **more: Any) -> str:
    query = urlencode({"officer": user_id, "week": monday.isoformat(), **more})
    return f"{reverse('visits:plan')}?{query}"


def _week(request: HttpRequest) -> Week:
    """Named in the address, else one's own; who is on no post looks at the first of those whom they direct."""
    actor, today = actor_of(request), timezone.localdate()
    monday = monday_of(day_in(request.GET.get("week", "")) or today)
    named = request.GET.get("officer", "")
    if named:
        return week_of(pages.number_in(named), monday, actor, today=today)
    own = week_of(actor.user_id or 0, monday, actor, today=today)
    if own.posting is None and not own.stops:
        directed = officers_directed(actor, today)
        if directed:
            return week_of(directed[0][0], monday, actor, today=today)
    return own


@requires(Permission.VISIT_MAKE)
@require_GET
def plan(request: HttpRequest) -> HttpResponse:
    """Seven days of two halves; `?print=1` for the pocket."""
    actor, today, week = actor_of(request), timezone.localdate(), _week(request)
    monday, user = week.monday, week.user
    context = {
        "week": week,
        "today": today,
        "days": [_shown_day(day, week, today) for day in week.days],
        "dropped": [_shown(row, week, today, {}) for row in week.dropped],
        "back": address(user.pk, monday),
    }
    if "print" in request.GET:
        return render(request, "visits/plan/print.html", context)
    this_week = monday_of(today)
    return render(
        request,
        "visits/plan/page.html",
        context
        | {
            "officers": officers_directed(actor, today),
            "previous": address(user.pk, monday - A_WEEK),
            "next": address(user.pk, monday + A_WEEK),
            "this_week": address(user.pk, this_week),
            "is_this_week": monday == this_week,
            "is_ahead": monday + A_WEEK > today,
            "print_url": address(user.pk, monday, print=1),
            "add_url": _add_url(week),
            "propose_url": f"{reverse('visits:plan_propose')}?{urlencode({'officer': user.pk, 'week': monday})}",
            "late": [(one, _add_url(week, employer=one.site.employer_id)) for one in week.late[:30]],
            "late_more": max(0, len(week.late) - 30),
            "again": [
                (row, _add_url(week, employer=row.visit.employer_id, follow_up=row.pk)) for row in week.again[:30]
            ],
        },
    )


def _add_url(week: Week, **more: Any) -> str:
    on = max(week.monday, timezone.localdate())
    return f"{reverse('visits:planned_add')}?{urlencode({'officer': week.user.pk, 'on': on, **more})}"


def _shown_day(day: Any, week: Week, today: date) -> dict[str, Any]:
    names = kind_names({row.kind for row in (*day.morning, *day.afternoon)})
    return {
        "day": day,
        "weekday": f"星期{WEEKDAYS[day.on.weekday()]}",
        "is_today": day.on == today,
        "is_past": day.on < today,
        "add_url": _add_url(week)
        if day.on < today
        else f"{reverse('visits:planned_add')}?" + urlencode({"officer": week.user.pk, "on": day.on}),
        "halves": [(label, [_shown(row, week, today, names) for row in rows]) for label, _, rows in day.halves],
    }


def _shown(row: PlannedVisit, week: Week, today: date, names: dict[str, str]) -> dict[str, Any]:
    ahead = [day for day in week.days if day.on >= today]
    return {
        "row": row,
        "reason": PlanReason(row.reason).label,
        "tone": TONES.get(PlanReason(row.reason), "neutral"),
        "kind": "" if row.kind == VisitKindCode.DAILY else names.get(row.kind, row.kind),
        "is_done": row.state == PlanState.DONE,
        "is_open": row.state == PlanState.PLANNED,
        "places": [
            (
                f"{day.on} {code}",
                f"周{WEEKDAYS[day.on.weekday()]}{label}",
                (day.on, label) == _half(row),
                day.is_working,
            )
            for day in ahead
            for code, label in HALVES
        ],
    }


def _half(row: PlannedVisit) -> tuple[date, str]:
    return row.on, "上午" if row.is_morning else "下午"


@requires(Permission.VISIT_MAKE)
@require_POST
def plan_propose(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    user_id = pages.number_in(request.GET.get("officer", "")) or actor.user_id or 0
    monday = monday_of(day_in(request.GET.get("week", "")) or timezone.localdate())
    week_of(user_id, monday, actor, today=timezone.localdate())
    rows = propose_week(user_id, monday, actor=actor, now=now)
    number = sum(row.is_proposed for row in rows)
    if number:
        messages.success(request, f"已排好，建议走访 {number} 家。自己改过的没有动。")
    else:
        messages.info(request, "没有要新排的：到期回看、超期和轮到的都已排上，或这周没有可以走访的日子。")
    return redirect(address(user_id, monday))


# ---- by hand


class PlannedForm(forms.Form):
    employer = forms.IntegerField(label="去哪家单位")
    on = DayField(label="日期")
    half = forms.ChoiceField(label="上午还是下午", choices=HALVES)
    kind = forms.ChoiceField(label="走访类型")
    note = forms.CharField(label="备注", max_length=200, required=False, help_text="如约好的人、要带的材料。")
    together = forms.BooleanField(label="和同事一起去", required=False, help_text="同一周已有同事要去这家单位时勾选。")

    def __init__(self, *given: Any, actor: Actor, **more: Any) -> None:
        super().__init__(*given, **more)
        pick_employer(self.fields["employer"], actor)
        paths = actor.paths(Permission.VISIT_MAKE)
        kinds = kinds_at(paths[0]) if paths else []
        self.fields["kind"].choices = [(one.code, one.name) for one in kinds]  # type: ignore[attr-defined]


@requires(Permission.VISIT_MAKE)
@require_http_methods(["GET", "POST"])
def planned_add(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    asked = request.GET
    user_id = pages.number_in(asked.get("officer", "")) or actor.user_id or 0
    on = day_in(asked.get("on", "")) or today
    week = week_of(user_id, on, actor, today=today)
    employer, follow_up = (pages.number_in(asked.get(name, "")) for name in ("employer", "follow_up"))
    first = {"on": on, "half": "am", "kind": VisitKindCode.DAILY, "employer": employer or None}
    form = PlannedForm(request.POST or None, actor=actor, initial=first)
    said: dict[str, Any] = {}
    if pages.sent(
        form,
        lambda data: said.update(
            row=add_planned(
                user_id=user_id, employer_id=data["employer"], on=data["on"], is_morning=data["half"] == "am",
                kind=data["kind"], note=data["note"], together=data["together"],
                follow_up_id=follow_up if follow_up and data["employer"] == employer else None,
                actor=actor, now=timezone.now(),
            )
        ),
    ):  # fmt: skip
        messages.success(request, f"已排进计划：{said['row'].employer.name}。")
        return redirect(address(user_id, monday_of(said["row"].on)))
    return pages.form_page(
        request, form, title="添加走访", act="排进计划", back=address(user_id, week.monday), crumb="走访计划",
        note=week.user.name,
    )  # fmt: skip


@requires(Permission.VISIT_MAKE)
@require_POST
def planned_move(request: HttpRequest, pk: int) -> HttpResponse:
    """`to`: a day and a half, as the card's buttons say it."""
    row, version = _touched(request, pk)
    text, _, half = request.POST.get("to", "").partition(" ")
    on = day_in(text) or EARLIEST  # the action refuses what lies in the past
    move_planned(pk, version=version, on=on, is_morning=half != "pm", actor=actor_of(request), now=timezone.now())
    messages.success(request, f"已挪到 {on.month} 月 {on.day} 日{'下午' if half == 'pm' else '上午'}。")
    return redirect(address(row.user_id, monday_of(on)))


@requires(Permission.VISIT_MAKE)
@require_POST
def planned_drop(request: HttpRequest, pk: int) -> HttpResponse:
    row, version = _touched(request, pk)
    drop_planned(
        pk, version=version, because=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now()
    )
    messages.success(request, "这一周不去了，不会再排它。")
    return redirect(address(row.user_id, monday_of(row.on)))


@requires(Permission.VISIT_MAKE)
@require_POST
def planned_back(request: HttpRequest, pk: int) -> HttpResponse:
    row, version = _touched(request, pk)
    take_back_planned(pk, version=version, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已放回计划。")
    return redirect(address(row.user_id, monday_of(row.on)))


@requires(Permission.VISIT_MAKE)
@require_POST
def planned_done(request: HttpRequest, pk: int) -> HttpResponse:
    row, version = _touched(request, pk)
    do_planned(pk, version=version, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已和走访记录对上。")
    return redirect(address(row.user_id, monday_of(row.on)))


def _touched(request: HttpRequest, pk: int) -> tuple[PlannedVisit, int]:
    """What the button stood beside, and the version that was shown there."""
    version = request.GET.get("version", "") or request.POST.get("version", "")
    return planned_in_sight(pk, actor_of(request)), pages.number_in(version)
