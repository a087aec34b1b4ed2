"""我的: the union one is in, what one asks of it, and all that is held about one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import for_workers
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.members.actions.consents import withdraw_consent
from niangjia.modules.members.actions.looking import look_at_own
from niangjia.modules.members.actions.requests import ask, prove_membership, withdraw_request
from niangjia.modules.members.privacy import Purpose, text_of
from niangjia.modules.members.queries.joining import Offer, offers
from niangjia.modules.members.queries.own import (
    held,
    own_active,
    own_application,
    own_consents,
    own_memberships,
    own_person,
    own_requests,
)
from niangjia.modules.members.rules import (
    ACTIVE,
    ApplicationState,
    MembershipState,
    RequestKind,
    RequestState,
    requests_from,
)
from niangjia.modules.members.web.phone import telling
from niangjia.modules.members.web.phone.forms import ProofForm, RequestForm, WorkForm
from niangjia.modules.members.web.phone.joining import FIRST_OFFERS, own_id
from niangjia.modules.organisations.queries.joining import above, union_shown
from niangjia.ui.pages import number_in, put_refusal
from niangjia.ui.phone import agreed_by

STATE_TONES = {MembershipState.NORMAL: "success", MembershipState.KEPT: "info"}
REQUEST_TONES = {RequestState.RECEIVED: "warning", RequestState.DONE: "success", RequestState.REFUSED: "error"}
WHAT_FOLLOWS = {
    RequestKind.TRANSFER: "换了单位或搬了家，会籍跟着走。两边的上级工会办好后告诉您。",
    RequestKind.LEAVE: "退会后不再享受会员服务，会员身份即告终止。以后可以重新申请入会。",
    RequestKind.KEEP: "离开岗位（退休、待业等）后保留会籍，不缴会费，会员身份还在。",
    RequestKind.RESUME: "重新上岗后恢复会籍。",
    RequestKind.CORRECTION: "登记的信息不对，写清楚哪一项、应该是什么，所在工会核对后更正。",
}


@require_http_methods(["GET", "POST"])
@for_workers
def union(request: HttpRequest) -> HttpResponse:
    """我在哪个工会. Whoever isn't linked to the register yet proves it here; a wrong try says nothing of who is in it."""
    form = ProofForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = prove_membership(
                own_id(request), name=form.cleaned_data["name"], tail=form.cleaned_data["tail"], now=timezone.now()
            )
        except Refused as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, f"核对一致，{person.name}您好。")
            return redirect("worker:union")
    rows = [_membership(row) for row in own_memberships(own_id(request))]
    application = own_application(own_id(request))
    return render(
        request,
        "members/phone/union.html",
        {"rows": rows, "form": form, "application": application, "person": own_person(own_id(request))},
    )


def _membership(row: Any) -> dict[str, Any]:
    shown, state = union_shown(row.scope_id), MembershipState(row.status)
    return {
        "row": row,
        "state": state,
        "tone": STATE_TONES.get(state, "neutral"),
        "active": state in ACTIVE,
        "union": shown,
        "above": next(iter(above(shown)), None) if shown else None,
    }


# ---- requests


@require_GET
@for_workers
def requests(request: HttpRequest) -> HttpResponse:
    membership = own_active(own_id(request))
    kinds = requests_from(MembershipState(membership.status)) if membership else ()
    rows = own_requests(own_id(request))
    waiting = {row.kind for row in rows if row.state == RequestState.RECEIVED}
    shown = [
        {"row": row, "kind": RequestKind(row.kind), "state": RequestState(row.state),
         "tone": REQUEST_TONES.get(RequestState(row.state), "neutral"), "open": row.state == RequestState.RECEIVED,
         "to": union_shown(row.to_scope_id) if row.to_scope_id else None}
        for row in rows
    ]  # fmt: skip
    return render(
        request,
        "members/phone/requests.html",
        {
            "membership": membership,
            "union": union_shown(membership.scope_id) if membership else None,
            "kinds": [(kind, WHAT_FOLLOWS[kind]) for kind in kinds if kind not in waiting],
            "rows": shown,
        },
    )


@require_http_methods(["GET", "POST"])
@for_workers
def request_add(request: HttpRequest, kind: str) -> HttpResponse:
    """One request; a transfer first finds the union to go to."""
    try:
        wanted = RequestKind(kind)
    except ValueError:
        raise Missing("没有这个事项。") from None
    membership = own_active(own_id(request))
    if membership is None or wanted not in requests_from(MembershipState(membership.status)):
        raise Refused("request.none", "您现在的会籍不能办理这一项。")
    form = RequestForm(request.POST or None)
    work = WorkForm(request.POST or None) if wanted is RequestKind.TRANSFER else None
    context = {
        "kind": wanted, "follows": WHAT_FOLLOWS[wanted], "form": form, "work": work,
        "required": wanted is RequestKind.CORRECTION, "union": union_shown(membership.scope_id),
    }  # fmt: skip
    if request.method == "POST" and "edit" not in request.POST and form.is_valid() and (not work or work.is_valid()):
        choice = _targets(work, membership.scope_id) if work else []
        to = number_in(request.POST.get("union", ""))
        if work and not choice:
            work.add_error("division", "没有找到可以转去的工会，请填写新单位的全称，或选择镇街。")
        elif work and to not in {one.union.id for one in choice}:
            more = {"first": choice[:FIRST_OFFERS], "more": choice[FIRST_OFFERS:], "send": "提交转接申请"}
            return render(request, "members/phone/choose.html", context | more | {"heading": "转到哪个工会"})
        else:
            try:
                ask(own_id(request), wanted, note=form.cleaned_data["note"], to_union=to or None, now=timezone.now())
            except Refused as refusal:
                put_refusal(form, refusal)
            else:
                messages.success(request, f"已提交“{wanted.label}”，有结果会发消息告诉您。")
                return redirect("worker:requests")
    return render(request, "members/phone/request_add.html", context)


def _targets(work: WorkForm, here: int) -> list[Offer]:
    said = work.cleaned_data
    return offers(
        poster=None, employer_text=said["employer"], categories=work.categories, division=said["division"], but=here
    )


@require_POST
@for_workers
def request_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        withdraw_request(pk, own_id(request), now=timezone.now())
        messages.success(request, "已撤回。")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("worker:requests")


# ---- what is held


@require_http_methods(["GET", "POST"])
@for_workers
def data(request: HttpRequest) -> HttpResponse:
    """All that is held, masked; by POST in full, which is kept in the trail."""
    full = request.method == "POST"
    if full:
        look_at_own(own_id(request), now=timezone.now())
    found = telling.sections(held(own_id(request)), agreed_by(own_id(request)), request.user.phone, full=full)  # type: ignore[union-attr]
    return render(request, "members/phone/data.html", {"sections": found, "full": full})


@require_POST
@for_workers
def export(request: HttpRequest) -> HttpResponse:
    """The same in a file: a page to read, or JSON for another system."""
    look_at_own(own_id(request), now=timezone.now(), exported=True)
    found = telling.sections(held(own_id(request)), agreed_by(own_id(request)), request.user.phone, full=True)  # type: ignore[union-attr]
    if request.POST.get("as") == "json":
        body, kind, name = telling.as_json(found), "application/json", "wodexinxi.json"
    else:
        body, kind, name = telling.as_page(found, timezone.now()), "text/html", "wodexinxi.html"
    response = HttpResponse(body, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    return response


@require_GET
@for_workers
def consents(request: HttpRequest) -> HttpResponse:
    """What was agreed to, in the very words of then, and what follows when it is taken back."""
    rows = [
        (row, Purpose(row.purpose), text_of(Purpose(row.purpose), row.version)) for row in own_consents(own_id(request))
    ]
    application = own_application(own_id(request))
    waits = application is not None and application.state in (ApplicationState.RECEIVED, ApplicationState.RETURNED)
    return render(
        request, "members/phone/consents.html", {"rows": rows, "waits": waits, "agreed": agreed_by(own_id(request))}
    )


@require_POST
@for_workers
def consent_withdraw(request: HttpRequest, purpose: str) -> HttpResponse:
    try:
        taken = Purpose(purpose)
    except ValueError:
        raise Missing("没有这一项。") from None
    withdraw_consent(own_id(request), taken, now=timezone.now())
    if taken is Purpose.PHONE:
        logout(request)
        messages.success(request, "已撤回，登录账号已注销。")
        return redirect("phone:home")
    messages.success(request, f"已撤回“{taken.label}”的同意。")
    return redirect("worker:consents")
