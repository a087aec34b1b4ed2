"""Officers: the list, one officer, invitation, appointment, the end of a job, leaving an office, the table of jobs."""

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
from niangjia.kernel.access.asking import asking
from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.log_ins import log_ins_of
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.audit.labels import label_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.audit.wording import changes
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.officers import (
    appoint_officer,
    change_job_end,
    close_account,
    end_job,
    invite_again,
    invite_officer,
    leave_office,
    reset_second_step,
    reveal_phone,
    unlock_officer,
)
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.handover import Leaving, in_hand
from niangjia.modules.organisations.queries.officers import (
    JobHeld,
    Officer,
    grants_ending_soon,
    grants_in_sight,
    has_second_step,
    is_locked,
    job_label,
    job_table,
    jobs_to_give,
    may_end,
    may_manage,
    officer_in_sight,
    officer_options,
    open_invitation_of,
    trail_of_officer,
)
from niangjia.modules.organisations.queries.organisations import organisation_in_sight
from niangjia.modules.organisations.web.officer_lists import OF_ONE, OFFICERS, state_mark
from niangjia.modules.organisations.web.organisations import frame, organisation_label
from niangjia.ui import desk, pages
from niangjia.ui.forms import Picker
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of

INVITED = "invited"
"""Where the session keeps a link until it was shown, once."""


@requires(Access.OFFICER_VIEW)
@require_GET
def officer_list(request: HttpRequest) -> HttpResponse:
    may_appoint = actor_of(request).can(Access.OFFICER_APPOINT)
    return show_list(request, OFFICERS, within=current_path(request), context={"may_appoint": may_appoint})


@requires(Access.OFFICER_VIEW)
@require_GET
def officer_tab(request: HttpRequest, pk: int) -> HttpResponse:
    """Who works at one organisation and below."""
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    may_appoint = row.is_open and actor.may(Access.OFFICER_APPOINT, row.scope.path)
    return show_list(request, OF_ONE, within=row.scope.path, context=frame(request, row) | {"may_appoint": may_appoint})


@requires(Access.OFFICER_VIEW)
@require_GET
def officer_jobs(request: HttpRequest) -> HttpResponse:
    """Which job may do what, and who gives it: for reading."""
    return render(request, "organisations/officer_jobs.html", {"rows": job_table()})


@requires(Access.OFFICER_VIEW)
@require_GET
def officer_choices(request: HttpRequest) -> HttpResponse:
    """For pickers: officers in sight with a job today, within `?organisation=` if given; posts the user's id."""
    actor = actor_of(request)
    wanted = pages.number_in(request.GET.get("organisation", ""))
    path = organisation_in_sight(wanted, actor).scope.path if wanted else None
    text = " ".join(request.GET.get("q", "").split())[:50]
    found = officer_options(actor, text, path=path, now=timezone.now())
    return pages.options(request, [(user.pk, user.name, sub) for user, sub in found])


# ---- one officer


@requires(Access.OFFICER_VIEW)
@require_GET
def officer(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    found = officer_in_sight(pk, actor, now=now)
    appoints = actor.can(Access.OFFICER_APPOINT)
    manages = appoints and may_manage(actor, found.user, now=now)
    return render(
        request,
        "organisations/officer.html",
        {
            "officer": found,
            "phone": mask_phone(found.user.phone),
            "current": [_job(held, actor) for held in found.current],
            "past": [_job(held, actor) for held in found.past],
            "locked": manages and is_locked(found.user, now=now),
            "invitation": open_invitation_of(found.user, now=now) if manages else None,
            "manages": manages,
            "second_step": manages and has_second_step(found.user),
            "log_ins": [_told(entry) for entry in log_ins_of(found.user)] if manages else [],
            "appoints": appoints and found.user.is_active,
            "leaving": _places_to_leave(found, actor) if appoints else [],
            "trail": [_told(entry) for entry in trail_of_officer(found)],
            "is_oneself": actor.user_id == found.user.pk,
        },
    )


def _job(held: JobHeld, actor: Actor) -> dict[str, Any]:
    return {"held": held, "mark": state_mark(held.grant), "may_end": may_end(actor, held.grant)}


def _places_to_leave(found: Officer, actor: Actor) -> list[tuple[int, str]]:
    places: dict[int, str] = {}
    for held in found.current:
        if may_end(actor, held.grant):
            places[held.grant.scope_id] = held.organisation
    return list(places.items())


def _told(entry: AuditEntry) -> dict[str, Any]:
    text = label_of(entry.verb)
    if entry.verb == "access.grant.given" and entry.after:
        text = f"{text}{job_label(str(entry.after.get('job', '')))}"
    note = "；".join(change.text for change in changes(entry) if not change.is_new)
    return {"at": entry.at, "by": entry.actor_name, "text": text, "note": entry.reason or note}


@requires(Access.OFFICER_VIEW)
@require_POST
def officer_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole number as text, in place of the masked one."""
    return HttpResponse(
        reveal_phone(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now()),
        content_type="text/plain; charset=utf-8",
    )


def officer_label(pk: int) -> str:
    """The name behind a picker's value, of an officer in sight."""
    known = grants_in_sight(asking()).filter(user=pk)
    return known.values_list("user__name", flat=True).first() or ""


# ---- invitation and appointment


class SpanForm(forms.Form):
    job = forms.ChoiceField(label="岗位")
    organisation_id = forms.IntegerField(
        label="单位", widget=Picker("organisations:organisation_options", label_of=organisation_label)
    )
    from_on = forms.DateField(label="任职日期")
    until_on = forms.DateField(
        label="到期日期", required=False, help_text="到这一天不再任职；不填则一直有效。", widget=forms.DateInput
    )

    def __init__(self, *args: Any, actor: Actor, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["job"].choices = [(job.code, job.label) for job in jobs_to_give(actor)]  # type: ignore[attr-defined]


class InvitationForm(SpanForm):
    name = forms.CharField(label="姓名", max_length=50)
    phone = forms.CharField(
        label="手机", max_length=20, required=False, help_text="用于联系本人，页面上只显示前三后四位。"
    )
    username = forms.CharField(
        label="用户名", max_length=40, help_text="登录用，小写字母开头，可含数字和 . _ -，如 zhoumin。"
    )
    field_order = ("name", "username", "phone", "job", "organisation_id", "from_on", "until_on")


class AppointmentForm(SpanForm):
    username = forms.CharField(label="用户名", max_length=40, help_text="请向本人核对；还没有账号的请用“邀请干部”。")
    field_order = ("username", "job", "organisation_id", "from_on", "until_on")


def _beginning(request: HttpRequest) -> dict[str, Any]:
    at = current_organisation(request)
    wanted = pages.number_in(request.GET.get("organisation", ""))
    return {
        "organisation_id": wanted or (at.pk if at else None),
        "from_on": timezone.localdate(),
        "username": request.GET.get("username", "")[:40],
    }


@requires(Access.OFFICER_APPOINT)
def officer_invite(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = InvitationForm(request.POST or None, actor=actor, initial=_beginning(request))
    if form.is_valid():
        try:
            made = invite_officer(**form.cleaned_data, actor=actor, now=timezone.now(), link=_link(request))
        except (Refused, NotPermitted, Missing) as no:
            _put(form, no)
        else:
            request.session[INVITED] = {"user": made.user.pk, "link": made.link}
            return redirect("organisations:officer_invited", made.user.pk)
    return _form(
        request, form, "邀请干部", sure="生成邀请链接",
        note="保存后得到一个链接，请发给本人。7 天内打开链接设置密码即可登录；链接只能用一次。",
    )  # fmt: skip


@requires(Access.OFFICER_APPOINT)
def officer_appoint(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = AppointmentForm(request.POST or None, actor=actor, initial=_beginning(request))
    if form.is_valid():
        try:
            grant = appoint_officer(**form.cleaned_data, actor=actor, now=timezone.now())
        except (Refused, NotPermitted, Missing) as no:
            _put(form, no)
        else:
            messages.success(request, f"已任命{grant.user.name}为{job_label(grant.job)}。")
            if grant.user.last_login is None:
                messages.warning(request, "本人还没有登录过，原来的邀请链接已失效，请重新邀请。")
            return redirect("organisations:officer", grant.user_id)
    return _form(request, form, "任命已有账号的干部", sure="任命", note="岗位的权限只在所选单位及其下级有效。")


@requires(Access.OFFICER_APPOINT)
@require_POST
def officer_invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    made = invite_again(pk, actor=actor_of(request), now=timezone.now(), link=_link(request))
    request.session[INVITED] = {"user": made.user.pk, "link": made.link}
    return redirect("organisations:officer_invited", pk)


@requires(Access.OFFICER_APPOINT)
@require_GET
def officer_invited(request: HttpRequest, pk: int) -> HttpResponse:
    """The link, this once: the session forgets it with this page."""
    found = officer_in_sight(pk, actor_of(request), now=timezone.now())
    kept = request.session.pop(INVITED, None)
    link = kept["link"] if kept and kept["user"] == pk else ""
    response = render(request, "organisations/officer_invited.html", {"officer": found, "link": link})
    response["Cache-Control"] = "no-store"
    return response


def _link(request: HttpRequest) -> Any:
    return lambda token: request.build_absolute_uri(reverse("invitation:accept", args=[token]))


# ---- the end of a job, leaving, the account


class JobEndForm(forms.Form):
    until_on = forms.DateField(label="到期日期", required=False, help_text="到这一天不再任职；清空则一直有效。")


@requires(Access.OFFICER_APPOINT)
def job_prolong(request: HttpRequest, pk: int, grant_id: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    found = officer_in_sight(pk, actor, now=now)
    held = next((one for one in found.held if one.grant.pk == grant_id), None)
    if held is None:
        raise Missing
    form = JobEndForm(request.POST or None, initial={"until_on": held.grant.until_on})
    if form.is_valid():
        try:
            change_job_end(grant_id, until_on=form.cleaned_data["until_on"], actor=actor, now=now)
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已调整任期。")
            return redirect("organisations:officer", pk)
    note = f"{held.organisation} · {held.job}，自 {held.grant.from_on} 起。"
    return _form(request, form, f"{found.user.name}的任期", officer=found, note=note)


@requires(Access.OFFICER_APPOINT)
@require_POST
def job_end(request: HttpRequest, pk: int, grant_id: int) -> HttpResponse:
    end_job(grant_id, actor=actor_of(request), now=timezone.now(), reason=request.POST.get("reason", "")[:300])
    messages.success(request, "已免去岗位，权限立即失效。")
    return redirect("organisations:officer", pk)


class LeaveForm(forms.Form):
    on = forms.DateField(label="离任日期", help_text="从这一天起不再任职。")
    successor_id = forms.IntegerField(
        label="接任人",
        required=False,
        widget=Picker("organisations:officer_choices", label_of=officer_label, placeholder="输入姓名查找"),
        help_text="没有待交接的事时可以不填；新来的人请先邀请。",
    )
    reason = forms.CharField(label="说明", max_length=300, required=False)


@requires(Access.OFFICER_APPOINT)
def officer_leave(request: HttpRequest, pk: int, organisation_id: int) -> HttpResponse:
    """What is in hand, and who takes it over."""
    actor, now = actor_of(request), timezone.now()
    found = officer_in_sight(pk, actor, now=now)
    organisation = organisation_in_sight(organisation_id, actor)
    form = LeaveForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid():
        try:
            left = leave_office(pk, organisation_id=organisation_id, **form.cleaned_data, actor=actor, now=now)
        except (Refused, NotPermitted) as no:
            _put(form, no)
        else:
            moved = "、".join(f"{number} {label}" for label, number in left.moved)
            messages.success(request, f"已办理离任，移交{moved}。" if moved else "已办理离任，没有需要移交的事。")
            return redirect("organisations:officer", pk)
    leaving = Leaving(pk, organisation.scope.path, timezone.localdate())
    return render(
        request,
        "organisations/officer_leave.html",
        {
            "form": form,
            "officer": found,
            "organisation": organisation,
            "in_hand": in_hand(leaving),
            "held": [held for held in found.current if held.grant.scope_id == organisation_id],
        },
        status=422 if form.errors else 200,
    )


@requires(Access.OFFICER_APPOINT)
@require_POST
def officer_unlock(request: HttpRequest, pk: int) -> HttpResponse:
    unlock_officer(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已解除锁定，本人可以马上再登录。")
    return redirect("organisations:officer", pk)


@requires(Access.OFFICER_APPOINT)
@require_POST
def officer_second_step(request: HttpRequest, pk: int) -> HttpResponse:
    reset_second_step(pk, reason=request.POST.get("reason", "")[:300], actor=actor_of(request), now=timezone.now())
    messages.success(request, "已重置两步验证，正在使用的登录已失效。请本人用密码登录后重新开启。")
    return redirect("organisations:officer", pk)


@requires(Access.OFFICER_APPOINT)
@require_POST
def officer_close(request: HttpRequest, pk: int) -> HttpResponse:
    close_account(pk, actor=actor_of(request), now=timezone.now(), reason=request.POST.get("reason", "")[:300])
    messages.success(request, "账号已停用，正在使用的登录已失效。")
    return redirect("organisations:officer", pk)


def due_soon(actor: Actor) -> list[desk.Waiting]:
    if not actor.can(Access.OFFICER_APPOINT):
        return []
    address = reverse("organisations:officer_list")
    count = grants_ending_soon(actor, now=timezone.now()).count()
    return [desk.Waiting("干部岗位 30 天内到期", count, f"{address}?state=SOON", "user-minus")]


def hits(actor: Actor, text: str) -> list[desk.Hit]:
    found = officer_options(actor, text, now=timezone.now())
    return [desk.Hit(user.name, reverse("organisations:officer", args=[user.pk]), sub) for user, sub in found]


def _put(form: forms.Form, no: Refused | NotPermitted | Missing) -> None:
    if isinstance(no, Refused):
        pages.put_refusal(form, no)
    elif isinstance(no, Missing):
        form.add_error("organisation_id" if "organisation_id" in form.fields else None, no.message)
    else:
        form.add_error("job" if "job" in form.fields else None, no.message)


def _form(
    request: HttpRequest,
    form: forms.Form,
    title: str,
    *,
    officer: Officer | None = None,
    note: str = "",
    sure: str = "保存",
) -> HttpResponse:
    list_url = reverse("organisations:officer_list")
    crumbs = [("干部", list_url)]
    if officer:
        crumbs.append((officer.user.name, reverse("organisations:officer", args=[officer.user.pk])))
    return render(
        request,
        "organisations/officer_form.html",
        {"form": form, "page_title": title, "note": note, "sure": sure, "crumbs": crumbs, "back": crumbs[-1][1]},
        status=422 if form.errors else 200,
    )
