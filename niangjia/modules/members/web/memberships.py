"""Changing one membership, and many at once from the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.members.actions import (
    RowResult,
    change_members,
    change_membership,
    edit_membership,
    tag_members,
    transfer_member,
    transfer_members,
)
from niangjia.modules.members.actions.memberships import CHOSEN
from niangjia.modules.members.models import Membership
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.people import membership_in_sight
from niangjia.modules.members.rules import Change, MembershipState, changes_from
from niangjia.modules.members.web.forms import ChangeForm, MembershipForm, TagForm, TransferForm, TransferManyForm
from niangjia.modules.members.web.members import back_to_member
from niangjia.modules.members.web.sending import form_page
from niangjia.ui.pages import actor_of, number_in, sent


@requires(Permission.MEMBER_EDIT)
@require_http_methods(["GET", "POST"])
def membership_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk, Permission.MEMBER_EDIT)
    form = MembershipForm(request.POST or None, membership=row, actor=actor_of(request))

    def edit(facts: dict[str, Any]) -> None:
        edit_membership(
            pk, changes=form.changes, actor=actor_of(request), now=timezone.now(), reason=facts.get("reason", "")
        )

    if sent(form, edit):
        return back_to_member(request, row.person_id, "已保存。")
    return form_page(request, form, title=f"修改“{row.name}”的会籍资料", act="保存", back=_address(row))


@requires(Permission.MEMBERSHIP_CHANGE)
@require_http_methods(["GET", "POST"])
def membership_change(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk, Permission.MEMBERSHIP_CHANGE)
    offered = [change for change in changes_from(MembershipState(row.status)) if change in CHOSEN]
    form = ChangeForm(request.POST or None, offered=offered)

    def change(facts: dict[str, Any]) -> None:
        facts["change"] = Change(facts["change"])
        change_membership(pk, actor=actor_of(request), now=timezone.now(), **facts)

    if sent(form, change):
        return back_to_member(request, row.person_id, f"已办理“{Change(form.cleaned_data['change']).label}”。")
    said = "" if offered else "这条会籍已经转出，要变动请在现在的会籍上办理。"
    return form_page(request, form, title=f"变更“{row.name}”的会籍", act="办理", back=_address(row), said=said)


@requires(Permission.MEMBERSHIP_CHANGE)
@require_http_methods(["GET", "POST"])
def membership_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    row = _to_change(request, pk, Permission.MEMBERSHIP_CHANGE)
    form = TransferForm(request.POST or None)
    if sent(form, lambda facts: transfer_member(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return back_to_member(request, row.person_id, "会籍已转接。")
    return form_page(request, form, title=f"转接“{row.name}”的会籍", act="转接", back=_address(row))


def _address(row: Membership) -> str:
    return reverse("members:member", args=[row.person_id])


def _to_change(request: HttpRequest, pk: int, permission: str) -> Membership:
    """Raises Missing, NotPermitted: a form that can't be sent isn't shown."""
    row = membership_in_sight(pk, actor_of(request))
    if not actor_of(request).may(permission, row.scope.path):
        raise NotPermitted
    return row


# --- many at once ---


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def members_keep(request: HttpRequest) -> HttpResponse:
    return _change_many(request, Change.KEPT)


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def members_resume(request: HttpRequest) -> HttpResponse:
    return _change_many(request, Change.RESUMED)


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def members_leave(request: HttpRequest) -> HttpResponse:
    return _change_many(request, Change.LEFT)


def _change_many(request: HttpRequest, change: Change) -> HttpResponse:
    results = change_members(
        _rows(request), change=change, on=timezone.localdate(), reason=request.POST.get("reason", ""),
        actor=actor_of(request), now=timezone.now(),
    )  # fmt: skip
    return _told(request, change.label, results)


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def members_transfer(request: HttpRequest) -> HttpResponse:
    """First from the list, with the rows only: asks for the target. Then with it."""
    return _asked_first(
        request, TransferManyForm, title="转接会籍", act="转接",
        do=lambda facts: transfer_members(_rows(request), actor=actor_of(request), now=timezone.now(), **facts),
    )  # fmt: skip


@requires(Permission.MEMBER_EDIT)
@require_POST
def members_tag(request: HttpRequest) -> HttpResponse:
    return _asked_first(
        request, TagForm, title="调整所属群体", act="保存",
        do=lambda facts: tag_members(_rows(request), actor=actor_of(request), now=timezone.now(), **facts),
    )  # fmt: skip


def _asked_first(
    request: HttpRequest, kind: type[Any], *, title: str, act: str, do: Callable[[dict[str, Any]], list[RowResult]]
) -> HttpResponse:
    rows = _rows(request)
    form = kind(request.POST if "ready" in request.POST else None)
    results: list[RowResult] = []
    if sent(form, lambda facts: results.extend(do(facts))):
        return _told(request, title, results)
    said = f"将办理 {len(rows)} 名会员。" if rows else "还没有勾选会员，请返回列表勾选。"
    return form_page(
        request, form, title=title, act=act, back=reverse("members:member_list"), said=said,
        chosen=[str(pk) for pk in rows],
    )  # fmt: skip


def _rows(request: HttpRequest) -> list[int]:
    return list(filter(None, map(number_in, request.POST.getlist("row"))))


def _told(request: HttpRequest, what: str, results: list[RowResult]) -> HttpResponse:
    """Back to the list when all went well, else row by row what could not be done."""
    refused = [result for result in results if result.problem]
    done = len(results) - len(refused)
    if not refused:
        messages.success(request, f"{what}：已办理 {done} 人。")
        return redirect("members:member_list")
    return render(request, "members/bulk_results.html", {"what": what, "done": done, "refused": refused})
