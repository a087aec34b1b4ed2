"""待回电、待回访: whom somebody promised to ring, and whose answer waits for a word; and the record of all calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.queries.openness import ensure_right
from niangjia.engines.casework.rules import TRIES, Stage, Verb
from niangjia.kernel.access.guard import requires
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.demands.actions import calls as acts
from niangjia.modules.demands.models import Call
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import catalogue, demand_in_sight
from niangjia.modules.demands.queries.calls import (
    answer_given,
    call_in_sight,
    calls_from,
    demands_to_call_back,
    promised_calls,
    tries_of,
)
from niangjia.modules.demands.queries.demands import asker_shown
from niangjia.modules.demands.rules import CallOutcome
from niangjia.modules.demands.web.hotline import OUTCOME_TONES
from niangjia.modules.demands.web.intake import MomentField
from niangjia.modules.organisations.queries.at import current_path
from niangjia.ui import pages
from niangjia.ui.listing import Mark, Screen, show_list
from niangjia.ui.pages import actor_of

AT_ONCE = 100
HEARD = [("satisfied", "联系上了，满意"), ("unsatisfied", "联系上了，不满意"), ("missed", "没有联系上")]
HEARD_KEYS = {"satisfied": "Alt+Y", "unsatisfied": "Alt+N", "missed": "Alt+U"}
RETURNED = [("reached", "已经回电"), ("missed", "没有联系上")]
RETURNED_KEYS = {"reached": "Alt+Y", "missed": "Alt+U"}
RATINGS = [(5, "5 很满意"), (4, "4 满意"), (3, "3 一般"), (2, "2 不满意"), (1, "1 很不满意")]


class KeyedRadios(forms.RadioSelect):
    """Each choice has a key of its own, named beside it."""

    def __init__(self, keys: dict[str, str]) -> None:
        super().__init__()
        self.keys = keys

    def create_option(self, name: str, value: Any, label: Any, *rest: Any, **more: Any) -> dict[str, Any]:
        option = super().create_option(
            name, value, f"{label}　{self.keys[str(value)].replace('+', ' ')}", *rest, **more
        )
        option["attrs"]["aria-keyshortcuts"] = self.keys[str(value)]
        return option


class CallBackForm(forms.Form):
    heard = forms.ChoiceField(label="结果", choices=HEARD, widget=KeyedRadios(HEARD_KEYS))
    rating = forms.TypedChoiceField(
        label="打几分", choices=RATINGS, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect,
        help_text="没有打分的不选。",
    )  # fmt: skip
    text = forms.CharField(label="对方怎么说", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    next_at = MomentField(label="下次什么时候再打", required=False, help_text="没有联系上时填写。")


class ReturnForm(forms.Form):
    heard = forms.ChoiceField(label="结果", choices=RETURNED, widget=KeyedRadios(RETURNED_KEYS))
    text = forms.CharField(label="说了什么", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 3}))
    next_at = MomentField(label="下次什么时候再打", required=False, help_text="没有联系上时填写。")


@requires(Permission.DEMAND_CALL_BACK)
@require_GET
def call_backs(request: HttpRequest) -> HttpResponse:
    actor, within, now = actor_of(request), current_path(request), timezone.now()
    demands = list(demands_to_call_back(actor, within=within)[: AT_ONCE + 1])
    tried = tries_of(demands[:AT_ONCE])
    known = catalogue()
    rows: list[dict[str, Any]] = [
        {
            "row": row, "tries": tried[row.pk], "asker": asker_shown(row), "kind": known.label_of(row.kind),
            "is_later": tried[row.pk].is_later(now),
        }
        for row in demands[:AT_ONCE]
    ]  # fmt: skip
    rows.sort(key=turn)
    promises = list(promised_calls(actor, within=within)[:AT_ONCE])
    return render(
        request,
        "demands/call_backs/list.html",
        {
            "rows": rows, "more": len(demands) > AT_ONCE, "now": now, "tries_at_most": TRIES,
            "promises": [{"call": call, "phone": mask_phone(call.phone or "")} for call in promises],
        },
    )  # fmt: skip


def turn(one: dict[str, Any]) -> tuple[bool, datetime]:
    """First what may be tried now, the oldest answer first; then what was put off, by its hour."""
    if one["is_later"]:
        return True, one["tries"].next_at
    return False, one["row"].case.answered_at


@requires(Permission.DEMAND_CALL_BACK)
@require_http_methods(["GET", "POST"])
def call_back(request: HttpRequest, pk: int) -> HttpResponse:
    """One demand that was answered: the number, the answer to read out, and what was heard."""
    actor, now = actor_of(request), timezone.now()
    demand = demand_in_sight(pk, actor)
    ensure_right(demand.case, Verb.CALL_BACK, actor)
    form = CallBackForm(request.POST or None, initial={"next_at": timezone.localtime(now) + timedelta(hours=2)})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            said = form.cleaned_data
            reached = said["heard"] != "missed"
            try:
                case = acts.call_back_demand(
                    pk, is_reached=reached, is_satisfied=said["heard"] == "satisfied" if reached else None,
                    rating=said["rating"] if reached else None, text=said["text"],
                    next_at=None if reached else said["next_at"], actor=actor, now=now,
                )  # fmt: skip
            except Refused as no:
                pages.put_refusal(form, no)
            else:
                messages.success(request, told_of(Stage(case.stage), case.number, case.tries))
                return redirect("demands:call_backs")
        status = 422
    known = catalogue()
    context = {
        "demand": demand, "form": form, "asker": asker_shown(demand), "answer": answer_given(demand),
        "kind": known.full_label_of(demand.kind), "tries": tries_of([demand])[demand.pk], "tries_at_most": TRIES,
        "is_due": demand.case.stage == Stage.ANSWERED, "stage": Stage(demand.case.stage).label,
    }  # fmt: skip
    return render(request, "demands/call_backs/demand.html", context, status=status)


def told_of(stage: Stage, number: str, tries: int) -> str:
    return {
        Stage.RESOLVED: f"{number} 已化解，办结。",
        Stage.IN_HAND: f"{number} 不满意，已退回主办人继续办理。",
        Stage.CLOSED: f"{number} 三次没有联系上，按“未化解”办结。",
    }.get(stage, f"{number} 第 {tries} 次没有联系上，已记下。")


@requires(Permission.HOTLINE_ANSWER)
@require_http_methods(["GET", "POST"])
def call_return(request: HttpRequest, pk: int) -> HttpResponse:
    """One promised call-back."""
    actor, now = actor_of(request), timezone.now()
    call = call_in_sight(pk, actor)
    form = ReturnForm(request.POST or None, initial={"next_at": timezone.localtime(now) + timedelta(hours=2)})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            said = form.cleaned_data
            reached = said["heard"] == "reached"
            try:
                acts.return_call(
                    pk, is_reached=reached, note=said["text"], next_at=said["next_at"], actor=actor, now=now
                )
            except Refused as no:
                pages.put_refusal(form, no)
            else:
                messages.success(request, "已回电，记下了。" if reached else "没有联系上，到时间会再提醒。")
                return redirect("demands:call_backs")
        status = 422
    context = {
        "call": call, "form": form, "phone": mask_phone(call.phone or "") or "没有号码",
        "is_due": call.call_back_at is not None and call.called_back_at is None,
    }  # fmt: skip
    return render(request, "demands/call_backs/call.html", context, status=status)


@requires(Permission.HOTLINE_ANSWER)
@require_POST
def call_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    number = acts.reveal_call(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    response = HttpResponse(number, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


# --- the record of all calls ---


def outcome_mark(call: Call) -> Mark:
    outcome = CallOutcome(call.outcome) if call.outcome else None
    return Mark(outcome.label, OUTCOME_TONES[outcome]) if outcome else Mark("通话中", "warning")


def length_of(call: Call) -> str:
    if call.ended_at is None:
        return ""
    seconds = int((call.ended_at - call.began_at).total_seconds())
    return f"{seconds // 60}分{seconds % 60:02}秒"


def morning(day: str, later: int = 0) -> datetime:
    """Midnight of a day in the address, or of so many days later."""
    return timezone.make_aware(datetime.fromisoformat(day)) + timedelta(days=later)


class CallList(ListSpec):
    name = "demands.call"
    title = "来电记录"
    permission = Permission.HOTLINE_ANSWER
    search_hint = "完整的来电号码"
    columns = (
        Column(
            "phone", "来电号码", lambda call: mask_phone(call.phone or "") or "没有号码", phone="title", personal=True
        ),
        Column("began_at", "接听时间"),
        Column("outcome", "结果", outcome_mark),
        Column("demand", "诉求", lambda call: call.demand.case.number if call.demand else ""),
        Column("operator", "话务员", lambda call: call.operator.name),
        Column("length", "时长", length_of, phone="hidden"),
        Column("note", "备注", phone="hidden"),
        Column("call_back_at", "约定回电", default=False, phone="hidden"),
    )
    filters = (
        Filter("outcome", "结果", lambda rows, value: rows.filter(outcome=value), choices=CallOutcome.choices()),
        Filter("mine", "我接的", lambda rows, _: rows, kind="flag"),
        Filter("since", "起", lambda rows, value: rows.filter(began_at__gte=morning(value)), kind="date"),
        Filter("until", "止", lambda rows, value: rows.filter(began_at__lt=morning(value, 1)), kind="date"),
    )
    sorts = (Sort("began_at", "最近的在前", ("began_at",), descending=True),)

    def rows(self, actor: Any) -> Any:
        return Call.objects.visible_to(actor)

    def narrowed(self, chosen: Any, actor: Any, within: str | None = None) -> Any:
        rows = super().narrowed(chosen, actor, within)
        return rows.filter(operator=actor.user_id) if "mine" in chosen.filters else rows

    def found(self, rows: Any, text: str, actor: Any) -> Any:
        return calls_from(rows, text)

    def dressed(self, rows: Any) -> Any:
        return rows.select_related("operator", "demand__case")


CALLS = Screen(
    register(CallList()),
    row_url=lambda call: reverse("demands:hotline_call", args=[call.pk]),
    empty_title="还没有来电记录",
    empty_text="在热线话务台接听的来电都会记在这里。",
)


@requires(Permission.HOTLINE_ANSWER)
@require_GET
def call_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, CALLS, within=current_path(request))
