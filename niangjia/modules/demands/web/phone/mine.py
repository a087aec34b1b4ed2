"""我的诉求: how one's own stand, and the page of one of them, by the account or by a link and a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.guard import for_workers
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.demands.actions import asker_side
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries import asker_side as reading
from niangjia.modules.demands.web.phone import photos, wording
from niangjia.modules.demands.web.phone.asking import is_grave, just_sent
from niangjia.modules.demands.web.phone.forms import GiveForm, RateForm, ReopenForm, UrgeForm, WithdrawForm
from niangjia.ui.downloads import send_stored
from niangjia.ui.pages import put_refusal

FORMS: dict[str, type[forms.Form]] = {
    "rate": RateForm, "give": GiveForm, "urge": UrgeForm, "reopen": ReopenForm, "withdraw": WithdrawForm,
}  # fmt: skip
SAID = {
    "give": "已补充，办理的工会马上能看到。",
    "urge": "已经替您催办。",
    "reopen": "已重新办理。",
    "withdraw": "已撤回。以后有事随时再说。",
}


@dataclass(frozen=True)
class Door:
    """By which the asker came in: what its addresses begin with, and where the way back leads."""

    base: str
    back: str = ""


@require_GET
@for_workers
def my_demands(request: HttpRequest) -> HttpResponse:
    rows = reading.own_demands(request.user, now=timezone.now())  # type: ignore[arg-type]
    shown = [
        {"row": row, "case": row.case, "badge": wording.badge_of(row.case), "rate": reading.to_rate(row)}
        for row in rows
    ]
    return render(request, "demands/phone/my_demands.html", {"rows": shown})


@require_GET
@for_workers
def my_demand(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, _own(request, pk), _door(pk))


@require_POST
@for_workers
def my_demand_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    return acted(request, _own(request, pk), _door(pk), act)


@require_GET
@for_workers
def my_demand_file(request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
    return sent_file(_own(request, pk), file_id)


def _own(request: HttpRequest, pk: int) -> Demand:
    return reading.own_demand(pk, request.user, now=timezone.now())  # type: ignore[arg-type]


def _door(pk: int) -> Door:
    return Door(reverse("ask:my_demand", args=[pk]), reverse("ask:my_demands"))


# --- whatever the door ---


def shown(
    request: HttpRequest, demand: Demand, door: Door, refused: dict[str, forms.Form] | None = None
) -> HttpResponse:
    now, case = timezone.now(), reading.working_case(demand)
    told = reading.told_to_asker(demand)
    is_open = demand.case.is_open or (demand.case.stage == Stage.MERGED and case.is_open)
    answer = next((one for one in told if one.is_answer), None)
    if case.is_open and case.stage != Stage.ANSWERED:
        answer = None  # it is being worked at again
    asked_for = next((one.text for one in told if one.verb is Verb.ASK_FACTS), "")
    can_urge = is_open and case.stage != Stage.ANSWERED and not reading.urged_today(demand, now=now)
    context: dict[str, Any] = {
        "demand": demand, "case": demand.case, "main": case, "door": door, "badge": wording.badge_of(demand.case),
        "steps": wording.steps(case), "union": reading.in_charge(demand), "told": _lines(told), "answer": answer,
        "own_files": [one for one in reading.own_files(demand) if one.by_asker], "asked_for": asked_for,
        "is_open": is_open, "grave": is_grave(demand), "just_sent": just_sent(request, demand.pk),
        "forms": {name: form() for name, form in FORMS.items()} | (refused or {}),
        "refused": next(iter(refused or {}), ""), "can_rate": reading.to_rate(demand), "can_urge": can_urge,
        "can_reopen": asker_side.may_reopen(demand, now=now), "can_give": is_open,
        "can_withdraw": is_open,
    }  # fmt: skip
    response = render(request, "demands/phone/my_demand.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


def _lines(told: list[reading.Told]) -> list[dict[str, Any]]:
    return [{"label": wording.said(one.verb), "told": one} for one in told]


def acted(request: HttpRequest, demand: Demand, door: Door, act: str) -> HttpResponse:
    """One act of the asker's; a refused form comes back with what was typed."""
    if act not in FORMS:
        raise Missing("没有这个操作。")
    form = FORMS[act](request.POST, request.FILES)
    if form.is_valid():
        try:
            _do(demand, act, form)
        except Refused as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(
                request, SAID.get(act) or _said_of_rating(demand, is_satisfied=form.cleaned_data["is_satisfied"])
            )
            return redirect(f"{door.base}#main")
    return shown(request, demand, door, {act: form})


def _said_of_rating(demand: Demand, *, is_satisfied: bool) -> str:
    if is_satisfied:
        return "谢谢您的评价，这件事办结了。"
    return "收到，已转告办理的工会。" if demand.case.merged_into_id else "收到，工会会接着办，并再答复您。"


def _do(demand: Demand, act: str, form: forms.Form) -> None:
    said, now = form.cleaned_data, timezone.now()
    if act == "rate":
        asker_side.rate(demand, rating=said["rating"], is_satisfied=said["is_satisfied"], text=said["text"], now=now)
    elif act == "give":
        kept = [photos.stored(upload) for upload in said["photos"]]
        asker_side.give(demand, text=said["text"], photos=kept, now=now)
    elif act == "urge":
        asker_side.urge(demand, text=said["text"], now=now)
    elif act == "reopen":
        asker_side.reopen(demand, reason=said["reason"], now=now)
    else:
        asker_side.withdraw(demand, reason=said["reason"], now=now)


def sent_file(demand: Demand, file_id: int) -> HttpResponse:
    """A picture is shown in the browser, where it can run nothing."""
    response = send_stored(reading.own_file(demand, file_id))
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
