"""What members ask for on the phone, on the officer's desk."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.modules.members.actions.granting import grant_request, grant_requests, refuse_request, refuse_requests
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.applications import request_in_sight, trail_of_paper
from niangjia.modules.members.rules import RequestKind, RequestState
from niangjia.modules.members.web.application_lists import REQUESTS, request_mark, since
from niangjia.modules.members.web.applications import many, tabs
from niangjia.modules.members.web.lists import category_labels, state_mark
from niangjia.modules.members.web.wording import told
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of

DOES = {
    RequestKind.TRANSFER: "会籍从今天起转到那个工会。要有两边的办理权限；没有的，由共同的上级工会办理。",
    RequestKind.LEAVE: "从今天起不再是会员。",
    RequestKind.KEEP: "会籍从今天起保留，不缴会费。",
    RequestKind.RESUME: "会籍从今天起恢复为正常。",
    RequestKind.CORRECTION: "请先在会员页面改好资料，再点办结。",
}


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    return show_list(
        request, REQUESTS, within=current_path(request),
        context={"tabs": tabs(actor_of(request)), "at": current_organisation(request)},
    )  # fmt: skip


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def member_request(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, pk)


def shown(request: HttpRequest, pk: int) -> HttpResponse:
    row = request_in_sight(pk, actor_of(request))
    kind = RequestKind(row.kind)
    membership = row.membership
    names = names_of(filter(None, (membership.scope_id, row.to_scope_id)))
    return render(
        request,
        "members/request.html",
        {
            "row": row,
            "kind": kind.label,
            "does": DOES[kind],
            "grant_title": f"办理“{kind.label}”？",
            "is_correction": kind is RequestKind.CORRECTION,
            "mark": request_mark(row.state),
            "union": names.get(membership.scope_id, ""),
            "target": names.get(row.to_scope_id or 0, ""),
            "membership": membership,
            "membership_mark": state_mark(membership.status),
            "categories": category_labels(membership.categories),
            "since": since(row),
            "is_waiting": row.state == RequestState.RECEIVED,
            "trail": told(trail_of_paper(row)),
        },
    )


def _back(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    if request.headers.get("HX-Target") == "drawer-body":
        response = shown(request, pk)
        response["HX-Trigger"] = "list-changed"
        return response
    return redirect(reverse("members:request", args=[pk]))


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def request_grant(request: HttpRequest, pk: int) -> HttpResponse:
    row = grant_request(
        pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now()
    )  # fmt: skip
    return _back(request, pk, f"“{RequestKind(row.kind).label}”已办好，并已告诉本人。")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def request_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    request_in_sight(pk, actor_of(request))
    refuse_request(pk, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    return _back(request, pk, "已答复不予办理，原因已告诉本人。")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def requests_grant(request: HttpRequest) -> HttpResponse:
    return many(request, "办理", "members:requests", grant_requests)


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def requests_refuse(request: HttpRequest) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return many(
        request, "不予办理", "members:requests", lambda pks, **more: refuse_requests(pks, reason=reason, **more)
    )
