"""Professional union workers: the list, one of them, adding, editing, leaving, trainings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.audit.labels import label_of
from niangjia.kernel.audit.wording import changes
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.staff import (
    add_staff_member,
    add_training,
    edit_staff_member,
    leave_staff,
    remove_training,
    reveal_staff_phone,
)
from niangjia.modules.organisations.models import StaffMember
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.staff import (
    contracts_due,
    headcounts,
    staff_member_in_sight,
    trail_of_staff_member,
    trainings_of,
)
from niangjia.modules.organisations.rules import Contract, Funding, PayGrade, StaffEducation
from niangjia.modules.organisations.web.organisations import ensure_may, organisation_label
from niangjia.modules.organisations.web.staff_lists import STAFF, contract_mark
from niangjia.modules.organisations.web.wording import label
from niangjia.ui import desk, pages
from niangjia.ui.forms import Picker
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of

SEXES = [("M", "男"), ("F", "女")]
SHOWN = 100


@requires(Permission.STAFF_VIEW)
@require_GET
def staff_list(request: HttpRequest) -> HttpResponse:
    return show_list(
        request, STAFF, within=current_path(request), context={"may_edit": actor_of(request).can(Permission.STAFF_EDIT)}
    )


@requires(Permission.STAFF_VIEW)
@require_GET
def staff_headcount(request: HttpRequest) -> HttpResponse:
    """Approved against actual number, the longest gap first."""
    rows = headcounts(actor_of(request), now=timezone.now(), within=current_path(request))
    return render(
        request,
        "organisations/staff_headcount.html",
        {
            "rows": rows[:SHOWN],
            "left_out": max(0, len(rows) - SHOWN),
            "quota": sum(row.quota for row in rows),
            "actual": sum(row.actual for row in rows),
            "short": sum(max(row.gap, 0) for row in rows),
            "over": sum(max(-row.gap, 0) for row in rows),
        },
    )


class TrainingForm(forms.Form):
    title = forms.CharField(label="培训内容", max_length=100)
    on = forms.DateField(label="日期")
    hours = forms.IntegerField(label="学时", min_value=1, max_value=400)


@requires(Permission.STAFF_VIEW)
def staff_member(request: HttpRequest, pk: int) -> HttpResponse:
    """One worker with trainings and history; a POST adds a training."""
    actor, now = actor_of(request), timezone.now()
    member = staff_member_in_sight(pk, actor)
    may_edit = actor.may(Permission.STAFF_EDIT, member.organisation.scope.path)
    form = TrainingForm(request.POST or None, initial={"on": timezone.localdate()}) if may_edit else None
    if request.method == "POST":
        if form is None:
            raise NotPermitted
        if form.is_valid():
            try:
                add_training(pk, **form.cleaned_data, actor=actor, now=now)
            except Refused as refusal:
                pages.put_refusal(form, refusal)
            else:
                messages.success(request, "已登记培训。")
                return redirect("organisations:staff_member", pk)
    trainings = trainings_of(member)
    return render(
        request,
        "organisations/staff_member.html",
        {
            "member": member,
            "mark": contract_mark(member),
            "phone": mask_phone(member.phone),
            "sex": dict(SEXES).get(member.sex, ""),
            "education": label(StaffEducation, member.education) if member.education else "",
            "contract": label(Contract, member.contract),
            "funding": label(Funding, member.funding),
            "pay_grade": label(PayGrade, member.pay_grade) if member.pay_grade else "",
            "trainings": trainings,
            "hours": sum(training.hours for training in trainings),
            "form": form,
            "may_edit": may_edit,
            "trail": [
                {
                    "at": entry.at,
                    "by": entry.actor_name,
                    "text": label_of(entry.verb),
                    "note": entry.reason or "；".join(change.text for change in changes(entry) if not change.is_new),
                }
                for entry in trail_of_staff_member(member)
            ],
        },
        status=422 if form is not None and form.errors else 200,
    )


@requires(Permission.STAFF_VIEW)
@require_POST
def staff_phone(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(
        reveal_staff_phone(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now()),
        content_type="text/plain; charset=utf-8",
    )


class StaffForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=50)
    sex = forms.ChoiceField(label="性别", choices=SEXES, widget=forms.RadioSelect)
    born_on = forms.DateField(label="出生日期", required=False)
    education = forms.ChoiceField(label="学历", choices=[("", "—"), *StaffEducation.choices()], required=False)
    phone = forms.CharField(label="手机", max_length=20, required=False)
    contract = forms.ChoiceField(label="合同类型", choices=Contract.choices())
    contract_from_on = forms.DateField(label="合同开始")
    contract_until_on = forms.DateField(label="合同到期", required=False, help_text="无固定期限的劳动合同不填。")
    funding = forms.ChoiceField(label="经费来源", choices=Funding.choices())
    pay_grade = forms.ChoiceField(label="薪级", choices=[("", "—"), *PayGrade.choices()], required=False)
    username = forms.CharField(
        label="系统用户名", max_length=40, required=False, help_text="已有登录账号的填写，没有就留空。"
    )


class NewStaffForm(StaffForm):
    organisation_id = forms.IntegerField(
        label="聘用单位", widget=Picker("organisations:organisation_options", label_of=organisation_label)
    )
    field_order = ("organisation_id",)


class StaffEditForm(StaffForm):
    """The telephone is never written out: an empty field leaves what is there."""

    phone_gone = forms.BooleanField(label="删去现在的手机号", required=False)

    def __init__(self, *args: Any, member: StaffMember, **named: Any) -> None:
        super().__init__(*args, **named | {"initial": _facts(member)})
        self.member = member
        if member.phone:
            self.fields["phone"].help_text = f"现为 {mask_phone(member.phone)}；不改就留空。"
        else:
            del self.fields["phone_gone"]

    def facts(self) -> dict[str, Any]:
        facts = dict(self.cleaned_data)
        gone = facts.pop("phone_gone", False)
        return facts | {"phone": facts["phone"] or ("" if gone else self.member.phone)}


@requires(Permission.STAFF_EDIT)
def staff_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    at = current_organisation(request)
    beginning = {"organisation_id": at.pk if at else None, "contract_from_on": timezone.localdate()}
    form = NewStaffForm(request.POST or None, initial=beginning)
    if form.is_valid():
        try:
            made = add_staff_member(**form.cleaned_data, actor=actor, now=timezone.now())
        except (Refused, Missing, NotPermitted) as no:
            _put(form, no)
        else:
            messages.success(request, f"已登记{made.name}。")
            return redirect("organisations:staff_member", made.pk)
    return _form(request, form, "登记工作者")


@requires(Permission.STAFF_EDIT)
def staff_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    member = staff_member_in_sight(pk, actor)
    ensure_may(actor, Permission.STAFF_EDIT, member.organisation)
    form = StaffEditForm(request.POST or None, member=member)
    if form.is_valid():
        try:
            edit_staff_member(pk, **form.facts(), actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已保存。")
            return redirect("organisations:staff_member", pk)
    return _form(request, form, f"编辑{member.name}", member)


def _facts(member: StaffMember) -> dict[str, Any]:
    own = {name: getattr(member, name) for name in StaffForm.base_fields if name not in {"username", "phone"}}
    return own | {"username": member.user.username if member.user else ""}


class LeavingForm(forms.Form):
    on = forms.DateField(label="离职日期", help_text="从这一天起不再在聘。")
    reason = forms.CharField(label="原因", max_length=300, required=False)


@requires(Permission.STAFF_EDIT)
def staff_leave(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    member = staff_member_in_sight(pk, actor)
    ensure_may(actor, Permission.STAFF_EDIT, member.organisation)
    form = LeavingForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid():
        try:
            leave_staff(pk, **form.cleaned_data, actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"已登记{member.name}离职。有登录账号的，请再到“干部”里免去岗位。")
            return redirect("organisations:staff_member", pk)
    return _form(request, form, f"{member.name}离职", member, sure="登记离职")


@requires(Permission.STAFF_EDIT)
@require_POST
def training_remove(request: HttpRequest, pk: int) -> HttpResponse:
    member = remove_training(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已删除这条培训记录。")
    return redirect("organisations:staff_member", member.pk)


def due_soon(actor: Actor) -> list[desk.Waiting]:
    if not actor.can(Permission.STAFF_EDIT):
        return []
    address = reverse("organisations:staff_list")
    over, soon = contracts_due(actor, now=timezone.now())
    return [
        desk.Waiting("社会化工会工作者合同已到期", over, f"{address}?state=OVER", "alert-triangle"),
        desk.Waiting("社会化工会工作者合同 60 天内到期", soon, f"{address}?state=SOON", "id-badge-2"),
    ]


def _put(form: forms.Form, no: Refused | Missing | NotPermitted) -> None:
    if isinstance(no, Refused):
        pages.put_refusal(form, no)
    else:
        form.add_error("organisation_id", no.message)


def _form(
    request: HttpRequest, form: forms.Form, title: str, member: StaffMember | None = None, *, sure: str = "保存"
) -> HttpResponse:
    crumbs = [("社会化工会工作者", reverse("organisations:staff_list"))]
    if member:
        crumbs.append((member.name, reverse("organisations:staff_member", args=[member.pk])))
    return render(
        request,
        "organisations/officer_form.html",
        {"form": form, "page_title": title, "note": "", "sure": sure, "crumbs": crumbs, "back": crumbs[-1][1]},
        status=422 if form.errors else 200,
    )
