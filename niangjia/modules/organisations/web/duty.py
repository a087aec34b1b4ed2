"""The duty roster week by week, and who stands in for whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.days import day_in
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.duty import (
    add_shift,
    add_stand_in,
    change_shift,
    end_stand_in,
    remove_shift,
    repeat_week,
)
from niangjia.modules.organisations.models import DutyShift, Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.at import current_organisation
from niangjia.modules.organisations.queries.duty import (
    absent_colleagues,
    monday_of,
    on_duty,
    shift_in_sight,
    shifts_ahead,
    stand_ins_of,
    start_of,
    week_of,
)
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, tops_of
from niangjia.modules.organisations.rules import DutyPart
from niangjia.modules.organisations.web.officers import officer_label
from niangjia.modules.organisations.web.organisations import ensure_may
from niangjia.ui import pages
from niangjia.ui.forms import DayField, Picker
from niangjia.ui.pages import actor_of

PART_TONES = {DutyPart.LEADER: "success", DutyPart.ON_DUTY: "info", DutyPart.RESERVE: "neutral"}
WEEK = timedelta(days=7)


def _organisation(request: HttpRequest) -> Organisation:
    """Named in the address, else where one works, else the first of one's own."""
    actor = actor_of(request)
    wanted = pages.number_in(request.GET.get("organisation", ""))
    if wanted:
        return organisation_in_sight(wanted, actor)
    at = current_organisation(request)
    if at is not None:
        return organisation_in_sight(at.pk, actor)
    tops = tops_of(actor)
    if not tops:
        raise Missing
    return organisation_in_sight(tops[0].pk, actor)


def _monday(request: HttpRequest) -> date:
    return monday_of(day_in(request.GET.get("week", "")) or timezone.localdate())


def address(organisation_id: int, monday: date, **more: Any) -> str:
    query = urlencode({"organisation": organisation_id, "week": monday.isoformat(), **more})
    return f"{reverse('organisations:duty')}?{query}"


def _shown(shift: DutyShift) -> dict[str, Any]:
    part = DutyPart(shift.part)
    starts, ends = timezone.localtime(shift.from_at), timezone.localtime(shift.until_at)
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"次日 {ends:%H:%M}"
    if ends == start_of(starts.date() + timedelta(days=1)):
        until = "24:00"
    return {
        "shift": shift,
        "part": part.label,
        "tone": PART_TONES[part],
        "hours": f"{starts:%H:%M}–{until}",
    }


@requires(Permission.DUTY_VIEW)
@require_GET
def duty(request: HttpRequest) -> HttpResponse:
    """One organisation's week; `?print=1` for the wall."""
    actor, now = actor_of(request), timezone.now()
    organisation, monday = _organisation(request), _monday(request)
    if not actor.may(Permission.DUTY_VIEW, organisation.scope.path):
        raise NotPermitted
    days = week_of(organisation, monday, now=now)
    may_edit = organisation.is_open and actor.may(Permission.DUTY_EDIT, organisation.scope.path)
    context = {
        "organisation": organisation,
        "days": [(day, [_shown(shift) for shift in day.shifts]) for day in days],
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "previous": address(organisation.pk, monday - WEEK),
        "next": address(organisation.pk, monday + WEEK),
        "this_week": address(organisation.pk, monday_of(timezone.localdate())),
        "is_this_week": monday == monday_of(timezone.localdate()),
        "is_empty": not any(day.shifts for day in days),
        "back": address(organisation.pk, monday),
    }
    if "print" in request.GET:
        return render(request, "organisations/duty_print.html", context)
    return render(
        request,
        "organisations/duty.html",
        context
        | {
            "print_url": address(organisation.pk, monday, print=1),
            "now_on_duty": [_shown(shift) for shift in on_duty(organisation.pk, at=now)],
            "stand_ins": stand_ins_of(organisation, today=timezone.localdate()),
            "yesterday": timedelta(days=1),
            "today": timezone.localdate(),
            "may_edit": may_edit,
            "may_repeat": may_edit and monday + WEEK > timezone.localdate(),
        },
    )


# ---- shifts


def _officer_picker(organisation: Organisation) -> Picker:
    picker = Picker("organisations:officer_choices", label_of=officer_label, placeholder="输入姓名查找")
    picker.source = f"{reverse('organisations:officer_choices')}?organisation={organisation.pk}"  # type: ignore[assignment]
    picker.is_required = True
    return picker


class ShiftForm(forms.Form):
    person = forms.IntegerField(label="值班人")
    part = forms.ChoiceField(label="班次", choices=DutyPart.choices(), initial=DutyPart.ON_DUTY)
    on = DayField(label="日期")
    starts_at = forms.TimeField(label="开始", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends_at = forms.TimeField(
        label="结束",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="不晚于开始时间的，算到第二天。",
    )
    note = forms.CharField(label="说明", max_length=100, required=False, help_text="如值班电话、地点。")

    def __init__(self, *args: Any, organisation: Organisation, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["person"].widget = _officer_picker(organisation)

    def facts(self) -> dict[str, Any]:
        data = self.cleaned_data
        from_at = timezone.make_aware(datetime.combine(data["on"], data["starts_at"]))
        until_at = timezone.make_aware(datetime.combine(data["on"], data["ends_at"]))
        if until_at <= from_at:
            until_at += timedelta(days=1)
        return {
            "user_id": data["person"],
            "part": DutyPart(data["part"]),
            "from_at": from_at,
            "until_at": until_at,
            "note": data["note"],
        }


@requires(Permission.DUTY_EDIT)
def shift_add(request: HttpRequest, organisation_id: int) -> HttpResponse:
    actor = actor_of(request)
    organisation = organisation_in_sight(organisation_id, actor)
    ensure_may(actor, Permission.DUTY_EDIT, organisation)
    on = day_in(request.GET.get("on", "")) or timezone.localdate()
    form = ShiftForm(
        request.POST or None, organisation=organisation, initial={"on": on, "starts_at": "08:30", "ends_at": "17:30"}
    )
    if form.is_valid():
        try:
            made = add_shift(organisation_id=organisation_id, **form.facts(), actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"已排{made.user.name}值班。")
            return redirect(address(organisation_id, monday_of(form.cleaned_data["on"])))
    return _form(request, form, "排班", organisation, monday_of(on))


@requires(Permission.DUTY_EDIT)
def shift_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    shift = shift_in_sight(pk, actor)
    ensure_may(actor, Permission.DUTY_EDIT, shift.organisation)
    starts, ends = timezone.localtime(shift.from_at), timezone.localtime(shift.until_at)
    form = ShiftForm(
        request.POST or None,
        organisation=shift.organisation,
        initial={
            "person": shift.user_id, "part": shift.part, "on": starts.date(), "starts_at": starts.time(),
            "ends_at": ends.time(), "note": shift.note,
        },
    )  # fmt: skip
    if form.is_valid():
        try:
            change_shift(pk, **form.facts(), actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已改好，有变动的人会收到消息。")
            return redirect(address(shift.organisation_id, monday_of(form.cleaned_data["on"])))
    return _form(
        request, form, "改班", shift.organisation, monday_of(starts.date()),
        remove_url=reverse("organisations:shift_remove", args=[pk]),
    )  # fmt: skip


@requires(Permission.DUTY_EDIT)
@require_POST
def shift_remove(request: HttpRequest, pk: int) -> HttpResponse:
    shift = shift_in_sight(pk, actor_of(request))
    remove_shift(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已取消这一班。")
    return redirect(address(shift.organisation_id, monday_of(timezone.localdate(shift.from_at))))


@requires(Permission.DUTY_EDIT)
@require_POST
def week_repeat(request: HttpRequest, organisation_id: int) -> HttpResponse:
    monday = _monday(request)
    made = repeat_week(organisation_id=organisation_id, monday=monday, actor=actor_of(request), now=timezone.now())
    if made:
        messages.success(request, f"已照上周排好 {made} 班，请核对。")
    else:
        messages.warning(request, "没有可以照排的班：上周没有排班，或这些人这周已有班。")
    return redirect(address(organisation_id, monday))


# ---- stand-ins


class StandInForm(forms.Form):
    absent = forms.IntegerField(label="不在岗的人")
    deputy = forms.IntegerField(label="代理人")
    from_on = forms.DateField(label="开始")
    until_on = forms.DateField(label="恢复日期", help_text="本人回来的那一天；代理到前一天为止。")
    reason = forms.CharField(label="原因", max_length=100, required=False, help_text="如休假、学习、出差。")

    def __init__(self, *args: Any, organisation: Organisation, **named: Any) -> None:
        super().__init__(*args, **named)
        for name in ("absent", "deputy"):
            self.fields[name].widget = _officer_picker(organisation)


@requires(Permission.DUTY_EDIT)
def stand_in_add(request: HttpRequest, organisation_id: int) -> HttpResponse:
    actor = actor_of(request)
    organisation = organisation_in_sight(organisation_id, actor)
    ensure_may(actor, Permission.DUTY_EDIT, organisation)
    form = StandInForm(request.POST or None, organisation=organisation, initial={"from_on": timezone.localdate()})
    if form.is_valid():
        data = form.cleaned_data
        try:
            add_stand_in(
                organisation_id=organisation_id, absent_id=data["absent"], deputy_id=data["deputy"],
                from_on=data["from_on"], until_on=data["until_on"], reason=data["reason"],
                actor=actor, now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已登记代理，双方都会收到消息。")
            return redirect(address(organisation_id, monday_of(timezone.localdate())))
    note = "代理期间，要本人办的事转给代理人；代理人原来没有的权限不会因此增加。"
    return _form(request, form, "登记代理", organisation, monday_of(timezone.localdate()), note=note)


@requires(Permission.DUTY_EDIT)
@require_POST
def stand_in_end(request: HttpRequest, pk: int) -> HttpResponse:
    end_stand_in(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "代理已结束，即日起由本人办理。")
    wanted = pages.number_in(request.GET.get("organisation", ""))
    return redirect(address(wanted, monday_of(timezone.localdate())) if wanted else reverse("organisations:duty"))


def home_card(request: HttpRequest) -> dict[str, Any] | None:
    """Who is on duty now where one works, one's own shifts of the week, and for whom one stands in."""
    actor: Actor = actor_of(request)
    if actor.user_id is None:
        return None
    now = timezone.now()
    at = current_organisation(request) or next(iter(tops_of(actor)), None)
    if at is None or not actor.may(Permission.DUTY_VIEW, at.scope.path):
        return None
    return {
        "organisation": at,
        "now": [_shown(shift) for shift in on_duty(at.pk, at=now)],
        "mine": [(timezone.localtime(shift.from_at), _shown(shift)) for shift in shifts_ahead(actor.user_id, now=now)],
        "absent": absent_colleagues(actor.user_id, on=timezone.localdate()),
        "url": address(at.pk, monday_of(timezone.localdate())),
    }


def _form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    organisation: Organisation,
    monday: date,
    *,
    note: str = "",
    remove_url: str = "",
) -> HttpResponse:
    back = address(organisation.pk, monday)
    return render(
        request,
        "organisations/duty_form.html",
        {
            "form": form,
            "page_title": title,
            "note": note or organisation.name,
            "sure": "保存",
            "crumbs": [("值班表", back)],
            "back": back,
            "remove_url": remove_url,
        },
        status=422 if form.errors else 200,
    )
