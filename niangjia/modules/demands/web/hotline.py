"""The hotline's desk: one screen for a call, worked by the keyboard alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.rules import OPEN, Stage
from niangjia.kernel.access.guard import requires
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.actions import calls as acts
from niangjia.modules.demands.models import Call, Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import catalogue, demand_in_sight
from niangjia.modules.demands.queries.calls import (
    Caller,
    call_in_sight,
    caller_of,
    calls_not_ended,
    calls_of_operator,
    nuisances,
    promised_calls,
    seat_of,
)
from niangjia.modules.demands.rules import CallOutcome, Channel, Nature, check_contact
from niangjia.modules.demands.web.intake import IntakeForm, MomentField, as_recorded
from niangjia.modules.demands.web.marks import stage_mark
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui import pages
from niangjia.ui.forms import DayField
from niangjia.ui.pages import actor_of

A_LONG_CALL = 60
"""Seconds after which the timer says that the next one may be waiting."""

FEW_PROMISES = 6
USUAL_MARK = timedelta(days=30)
OUTCOME_TONES = {
    CallOutcome.DEMAND: "info", CallOutcome.EXPLAINED: "success", CallOutcome.FOLLOWED: "neutral",
    CallOutcome.PROMISED: "warning", CallOutcome.NUISANCE: "error", CallOutcome.DROPPED: "neutral",
}  # fmt: skip


class CallForm(IntakeForm):
    nature = forms.TypedChoiceField(
        label="性质（不选的，当场解答记为咨询，转办记为求助）", choices=Nature.choices(), coerce=int, required=False,
        empty_value=None, widget=forms.RadioSelect,
    )  # fmt: skip
    answer = forms.CharField(
        label="当场答复", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    call_back_at = MomentField(label="约定回电", required=False)


class FollowForm(forms.Form):
    text = forms.CharField(
        label="来电人说了什么", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text="补充的情况或要求，会转给正在办理的人。",
    )  # fmt: skip


class DropForm(forms.Form):
    note = forms.CharField(label="备注", required=False, max_length=100)


class PromiseForm(forms.Form):
    at = MomentField(label="什么时候回电", error_messages={"required": "请写回电的日期和时间。"})
    note = forms.CharField(label="要说的事", required=False, max_length=200)


class NuisanceForm(forms.Form):
    reason = forms.CharField(label="为什么标记", max_length=200, error_messages={"required": "请写明原因。"})
    until_on = DayField(label="标记到哪天", widget=forms.DateInput)


# --- between two calls ---


@requires(Permission.HOTLINE_ANSWER)
@require_GET
def hotline(request: HttpRequest) -> HttpResponse:
    """The telephone system opens it with `?phone=…&recording=…`; nothing is written until the call is taken."""
    return desk_page(request, phone=request.GET.get("phone", "")[:40])


def desk_page(request: HttpRequest, *, phone: str, error: str = "") -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    try:
        number = acts.tidy_line(phone)[0] if phone else ""
    except Refused as no:
        number, error = "", no.message
    own = calls_of_operator(actor, now=now)
    waiting = calls_not_ended(actor)
    caller = caller_of(number, actor, now=now) if number else None
    context: dict[str, Any] = {
        "phone": phone, "error": error, "caller": caller,
        "recording": request.GET.get("recording", "")[:300], "calls": [shown_call(call) for call in own],
        "waiting": waiting, "drafts": " ".join(f"{actor.user_id}:hotline-{call.pk}" for call in waiting),
        "figures": figures(own), "promises": list(promised_calls(actor, within=current_path(request))[:FEW_PROMISES]),
        "marks": [(mark, mask_phone(mark.phone)) for mark in nuisances(actor, on=timezone.localdate(now))], "now": now,
    }  # fmt: skip
    if caller is not None:
        context |= about(caller)
    return render(request, "demands/hotline/desk.html", context, status=422 if error else 200)


def about(caller: Caller) -> dict[str, Any]:
    """Earlier demands and calls of a number, as the page draws them."""
    return {
        "before": [{"row": row, "stage": stage_mark(row.case)} for row in caller.demands],
        "earlier": [shown_call(call) for call in caller.calls],
    }


def figures(own: list[Call]) -> list[tuple[str, int]]:
    counted = {outcome: sum(1 for call in own if call.outcome == outcome) for outcome in CallOutcome}
    shown = (CallOutcome.DEMAND, CallOutcome.EXPLAINED, CallOutcome.FOLLOWED)
    return [("今天接听", len(own)), *((outcome.label, counted[outcome]) for outcome in shown)]


def shown_call(call: Call) -> dict[str, Any]:
    outcome = CallOutcome(call.outcome) if call.outcome else None
    seconds = int((call.ended_at - call.began_at).total_seconds()) if call.ended_at else None
    return {
        "call": call, "phone": mask_phone(call.phone or "") or "无号码",
        "label": outcome.label if outcome else "通话中", "tone": OUTCOME_TONES[outcome] if outcome else "warning",
        "length": f"{seconds // 60}分{seconds % 60:02}秒" if seconds is not None else "",
    }  # fmt: skip


@requires(Permission.HOTLINE_ANSWER)
@require_POST
def hotline_begin(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    scope = seat_of(actor, Permission.HOTLINE_ANSWER, within=current_path(request))
    phone = request.POST.get("phone", "")[:40]
    try:
        call = acts.begin_call(
            phone=phone, scope_id=scope.pk, recording=request.POST.get("recording", ""), actor=actor, now=timezone.now()
        )
    except Refused as no:
        return desk_page(request, phone=phone, error=no.message)
    return redirect("demands:hotline_call", call.pk)


# --- a call ---


@requires(Permission.HOTLINE_ANSWER)
@require_http_methods(["GET", "POST"])
def hotline_call(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    call = call_in_sight(pk, actor)
    if request.method == "GET" and call.ended_at is not None:
        return call_page(request, call, template="demands/hotline/ended.html")
    if request.method == "GET":
        return call_page(request, call, form=CallForm(initial=known_of(call), actor=actor))
    form = CallForm(request.POST, actor=actor)
    if form.is_valid() and recorded(request, call, form):
        return redirect("demands:hotline")
    return call_page(request, call, form=form, status=422)


def known_of(call: Call) -> dict[str, Any]:
    """The number goes into the form where one can be rung back under it."""
    number = call.phone or ""
    return {"asker_phone": number} if number and (check_contact(number, synthetic=True) is None) else {}


def recorded(request: HttpRequest, call: Call, form: CallForm) -> bool:
    """True once the call has become a demand; a refusal stands in the form."""
    act, _, other = request.POST.get("act", "").partition("-")
    answer = form.cleaned_data["answer"].strip()
    if act == "close" and not answer:
        form.add_error("answer", "请写下怎么答复的，或从现成答复里选一条。")
        return False
    nature = form.cleaned_data["nature"] or (Nature.ENQUIRY if act == "close" else Nature.HELP)
    form.cleaned_data["nature"] = nature
    try:
        demand = acts.record_from_call(
            call.pk, as_recorded(form.facts(Channel.HOTLINE)), close_at_once=answer if act == "close" else "",
            follows_id=pages.number_in(other) if act == "follow" else None,
            call_back_at=form.cleaned_data["call_back_at"], actor=actor_of(request), now=timezone.now(),
        )  # fmt: skip
    except Refused as no:
        pages.put_refusal(form, no)
        return False
    messages.success(request, told_of(demand, act))
    return True


def told_of(demand: Demand, act: str) -> str:
    number = demand.case.number
    if act == "close":
        return f"{number} 已当场解答并记下。"
    if act == "follow":
        return f"{number} 已并入同一件事，一起办理。"
    place = names_of([demand.case.scope_id]).get(demand.case.scope_id, "")
    lead = f" · {demand.case.lead.name}" if demand.case.lead else ""
    return f"{number} 已登记，派给{place}{lead}。"


def call_page(
    request: HttpRequest,
    call: Call,
    *,
    template: str = "demands/hotline/call.html",
    status: int = 200,
    opens: str = "",
    **more: Any,
) -> HttpResponse:
    """`opens`: the id of a dialog that came back with a mistake."""
    actor, now = actor_of(request), timezone.now()
    soon = next_hour(now)
    caller = caller_of(call.phone or "", actor, now=now, but=call.pk)
    dialogs: dict[str, Any] = {
        "drop_form": DropForm(prefix="drop"),
        "promise_form": PromiseForm(prefix="promise", initial={"at": soon}),
        "nuisance_form": NuisanceForm(
            prefix="nuisance", initial={"until_on": timezone.localdate(now) + USUAL_MARK}
        ),
    }  # fmt: skip
    context: dict[str, Any] = {
        "call": call, "caller": caller, **about(caller),
        "calls": [shown_call(one) for one in calls_of_operator(actor, now=now) if one.pk != call.pk],
        "long_call": A_LONG_CALL, "opens": opens, "draft": f"{actor.user_id}:hotline-{call.pk}",
        "shown": shown_call(call), **dialogs, **more,
    }  # fmt: skip
    return render(request, template, context, status=status)


def next_hour(now: datetime) -> datetime:
    return timezone.localtime(now).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


@requires(Permission.HOTLINE_ANSWER)
@require_http_methods(["GET", "POST"])
def hotline_follow(request: HttpRequest, pk: int, demand_id: int) -> HttpResponse:
    """查询进度: where it is, in words to read out; the caller's word goes to whoever handles it."""
    actor = actor_of(request)
    call, demand = call_in_sight(pk, actor), demand_in_sight(demand_id, actor)
    form = FollowForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                acts.follow_up_by_call(
                    pk, demand_id, text=form.cleaned_data["text"], is_urged="urge" in request.POST, actor=actor,
                    now=timezone.now(),
                )  # fmt: skip
            except Refused as no:
                pages.put_refusal(form, no)
            else:
                messages.success(request, f"{demand.case.number} 的查询已记下。")
                return redirect("demands:hotline")
        status = 422
    return call_page(
        request, call, template="demands/hotline/follow.html", status=status, form=form, demand=demand,
        told=read_out(demand), stage=Stage(demand.case.stage), stage_mark=stage_mark(demand.case),
        kind_label=catalogue().full_label_of(demand.kind),
    )  # fmt: skip


def read_out(demand: Demand) -> list[str]:
    """What an operator may say to the one who asked: no names of officers, no internal words."""
    case = demand.case
    at = names_of([case.scope_id]).get(case.scope_id, "")
    day = f"{timezone.localtime(case.received_at):%-m月%-d日}"
    said = [f"您{day}反映的“{case.title}”，编号 {case.number}，现在是“{Stage(case.stage).label}”。"]
    if case.stage in OPEN:
        said.append(f"由{at}办理。")
        due = case.answer_due_at if case.answered_at is None else case.close_due_at
        if due is not None and case.stage != Stage.ANSWERED:
            said.append(f"最晚 {timezone.localtime(due):%-m月%-d日} 前给您答复。")
    if case.stage == Stage.FACTS_ASKED:
        said.append("还需要您补充一些情况，您现在就可以告诉我。")
    if case.stage == Stage.ANSWERED:
        said.append("已经有了答复，您对结果满意吗？满意的我现在就可以记下。")
    return said


# --- other ends of a call ---


@requires(Permission.HOTLINE_ANSWER)
@require_POST
def hotline_drop(request: HttpRequest, pk: int) -> HttpResponse:
    form = DropForm(request.POST, prefix="drop")
    return ended(request, pk, form, "已记为通话中断。", lambda facts: acts.drop_call(pk, **facts))


@requires(Permission.HOTLINE_ANSWER)
@require_POST
def hotline_promise(request: HttpRequest, pk: int) -> HttpResponse:
    form = PromiseForm(request.POST, prefix="promise")
    said = "已记下，到时间会出现在“待回电”里。"
    return ended(request, pk, form, said, lambda facts: acts.promise_call_back(pk, **facts))


@requires(Permission.HOTLINE_ANSWER)
@require_POST
def hotline_nuisance(request: HttpRequest, pk: int) -> HttpResponse:
    form = NuisanceForm(request.POST, prefix="nuisance")
    said = "已标记。这个号码再来电时会提示，仍请接听。"
    return ended(request, pk, form, said, lambda facts: acts.mark_nuisance(pk, **facts))


def ended(request: HttpRequest, pk: int, form: forms.Form, said: str, act: Any) -> HttpResponse:
    """One of the small dialogs: it comes back open with what was wrong."""
    actor = actor_of(request)
    call = call_in_sight(pk, actor)
    if form.is_valid():
        try:
            act({**form.cleaned_data, "actor": actor, "now": timezone.now()})
        except Refused as no:
            no.field = "at" if no.field == "call_back_at" else no.field
            pages.put_refusal(form, no)
        else:
            messages.success(request, said)
            return redirect("demands:hotline")
    name = str(form.prefix)
    filled: dict[str, Any] = {f"{name}_form": form, "form": CallForm(initial=known_of(call), actor=actor)}
    return call_page(request, call, status=422, opens=f"{name}-box", **filled)


@requires(Permission.HOTLINE_ANSWER)
@require_POST
def nuisance_lift(request: HttpRequest, pk: int) -> HttpResponse:
    acts.lift_nuisance(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已取消标记。")
    return redirect("demands:hotline")
