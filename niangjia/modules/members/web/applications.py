"""Applications to join on the officer's desk: the list, one in the drawer, and what is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.crypto.masks import mask_identity, mask_phone
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.members.actions.bulk import RowResult
from niangjia.modules.members.actions.deciding import (
    accept_application,
    accept_applications,
    hand_over_application,
    refuse_application,
    refuse_applications,
    return_application,
    return_applications,
    reveal_application,
)
from niangjia.modules.members.models import JoiningApplication
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.applications import (
    application_in_sight,
    employer_known_here,
    likenesses,
    trail_of_paper,
    waiting_counts,
)
from niangjia.modules.members.rules import ApplicationState, Document, IdentityAnswer, Sex, age_on
from niangjia.modules.members.web.application_lists import APPLICATIONS, ground_label, identity_mark, since, state_mark
from niangjia.modules.members.web.forms import union_field
from niangjia.modules.members.web.lists import category_labels
from niangjia.modules.members.web.sending import form_page
from niangjia.modules.members.web.wording import told
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.membership import employer_names
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, number_in, sent

IDENTITY_SAID = {
    IdentityAnswer.MATCHES: "姓名与证件号码一致",
    IdentityAnswer.DIFFERS: "姓名与证件号码不一致，请当面核对证件",
    IdentityAnswer.UNKNOWN: "没有核验结果，请核对证件",
}


def tabs(actor: Any) -> list[tuple[str, str, int]]:
    waiting = waiting_counts(actor)
    return [
        ("入会申请", reverse("members:applications"), waiting.applications),
        ("会员申办", reverse("members:requests"), waiting.requests),
        ("入会码", reverse("members:joining_codes")),  # type: ignore[list-item]
    ]


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def applications(request: HttpRequest) -> HttpResponse:
    return show_list(
        request, APPLICATIONS, within=current_path(request),
        context={"tabs": tabs(actor_of(request)), "at": current_organisation(request)},
    )  # fmt: skip


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def application(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, pk)


def shown(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = application_in_sight(pk, actor)
    is_waiting = row.state == ApplicationState.RECEIVED
    names = names_of(filter(None, (row.scope_id, row.scope.parent_id)))
    may_reveal = actor.may(Permission.MEMBER_REVEAL, row.scope.path)
    identity = IdentityAnswer(row.identity_answer) if row.identity_answer else None
    return render(
        request,
        "members/application.html",
        {
            "row": row,
            "mark": state_mark(row.state),
            "union": names.get(row.scope_id, ""),
            "superior": names.get(row.scope.parent_id or 0, ""),
            "since": since(row),
            "is_waiting": is_waiting,
            "is_open": is_waiting or row.state == ApplicationState.RETURNED,
            "secrets": [
                (label, value, reverse("members:application_reveal", args=[pk, field]) if may_reveal else "")
                for label, value, field in (
                    (Document(row.document_kind).label, mask_identity(row.document_number), "document_number"),
                    ("手机（已验证）", mask_phone(row.phone), "phone"),
                )
            ],
            "sex": Sex(row.sex).label if row.sex else "",
            "age": age_on(row.born_on, timezone.localdate()) if row.born_on else None,
            "categories": category_labels(row.categories),
            "employer": _employer(row),
            "employer_known": employer_known_here(row, actor) is not None,
            "ground": ground_label(row.ground),
            "up_said": f"交给{names.get(row.scope.parent_id or 0, '')}，由它转到合适的工会；本人会收到通知。",
            "identity_mark": identity_mark(row.identity_answer),
            "identity": IDENTITY_SAID[identity] if identity else "",
            "likenesses": likenesses(row, actor) if is_waiting else [],
            "person_id": row.membership.person_id if row.membership else None,
            "trail": told(trail_of_paper(row)),
        },
    )  # fmt: skip


def _employer(row: JoiningApplication) -> str:
    """As the worker wrote or chose it on the own application."""
    if row.employer_text or row.employer_id is None:
        return row.employer_text
    return employer_names([row.employer_id]).get(row.employer_id, "")


def _back(request: HttpRequest, pk: int, said: str, *, gone: bool = False) -> HttpResponse:
    """`gone`: out of sight now, after it was handed over."""
    messages.success(request, said)
    if request.headers.get("HX-Target") == "drawer-body" and not gone:
        response = shown(request, pk)
        response["HX-Trigger"] = "list-changed"
        return response
    return redirect("members:applications") if gone else redirect("members:application", pk)


# --- one ---


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def application_accept(request: HttpRequest, pk: int) -> HttpResponse:
    made = accept_application(pk, actor=actor_of(request), now=timezone.now())
    return _back(request, pk, f"已同意“{made.name}”入会，并已告诉本人。")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def application_return(request: HttpRequest, pk: int) -> HttpResponse:
    application_in_sight(pk, actor_of(request))
    row = return_application(pk, reason=_reason(request), actor=actor_of(request), now=timezone.now())
    return _back(request, pk, f"已退回“{row.name}”补正，原因已告诉本人。")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def application_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    application_in_sight(pk, actor_of(request))
    row = refuse_application(pk, reason=_reason(request), actor=actor_of(request), now=timezone.now())
    return _back(request, pk, f"“{row.name}”的申请不予受理，原因已告诉本人。")


class HandOverForm(forms.Form):
    to = union_field("转给哪个工会", help_text="只列出您管辖范围内的；别处的请交给上级工会办理。")
    reason = forms.CharField(label="原因", max_length=200, help_text="如：本人在这家单位上班。")


@requires(Permission.MEMBERSHIP_CHANGE)
@require_http_methods(["GET", "POST"])
def application_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = application_in_sight(pk, actor)
    if not actor.may(Permission.MEMBERSHIP_CHANGE, row.scope.path):
        raise NotPermitted
    form = HandOverForm(request.POST or None)
    if sent(form, lambda facts: hand_over_application(pk, actor=actor, now=timezone.now(), **facts)):
        return _back(request, pk, f"“{row.name}”的申请已转交。")
    return form_page(
        request, form, title=f"转交“{row.name}”的入会申请", act="转交", back=reverse("members:application", args=[pk]),
        said="转交后由那个工会办理，本人会收到通知，不用重新提交。",
    )  # fmt: skip


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def application_hand_up(request: HttpRequest, pk: int) -> HttpResponse:
    """To the superior of the union where it lies, who sees further than its committee."""
    actor = actor_of(request)
    row = application_in_sight(pk, actor)
    to = row.scope.parent_id
    if to is None:
        raise NotPermitted("已经是最上级，请转给下面的工会。")
    hand_over_application(pk, to=to, reason=_reason(request), actor=actor, now=timezone.now())
    still = JoiningApplication.objects.visible_to(actor).filter(pk=pk).exists()
    return _back(request, pk, f"“{row.name}”的申请已交给上级工会。", gone=not still)


@requires(Permission.MEMBER_REVEAL)
@require_POST
def application_reveal(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    value = reveal_application(pk, field=field, reason=_reason(request), actor=actor_of(request), now=timezone.now())
    response = HttpResponse(value, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


# --- many ---


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def applications_accept(request: HttpRequest) -> HttpResponse:
    return many(request, "同意入会", "members:applications", accept_applications)


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def applications_return(request: HttpRequest) -> HttpResponse:
    reason = _reason(request)
    return many(
        request, "退回补正", "members:applications",
        lambda pks, **more: return_applications(pks, reason=reason, **more),
    )  # fmt: skip


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def applications_refuse(request: HttpRequest) -> HttpResponse:
    reason = _reason(request)
    return many(
        request, "不予受理", "members:applications",
        lambda pks, **more: refuse_applications(pks, reason=reason, **more),
    )  # fmt: skip


def many(request: HttpRequest, what: str, back: str, act: Callable[..., list[RowResult]]) -> HttpResponse:
    """Back to the list when all went well, else row by row what could not be done."""
    pks = list(filter(None, map(number_in, request.POST.getlist("row"))))
    results = act(pks, actor=actor_of(request), now=timezone.now())
    refused = [result for result in results if result.problem]
    done = len(results) - len(refused)
    if not refused:
        messages.success(request, f"{what}：已办理 {done} 份，都已告诉本人。")
        return redirect(back)
    return render(
        request, "members/application_results.html",
        {"what": what, "done": done, "refused": refused, "back": reverse(back)},
    )  # fmt: skip


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")
