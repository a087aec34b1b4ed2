"""What joining hangs into the desk: the menu with what waits, 等我办的, the trail in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.kernel.audit.wording import register_values
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.applications import (
    open_applications_at,
    waiting_applications,
    waiting_counts,
    waiting_requests,
)
from niangjia.modules.members.queries.naming import names_of_applications, names_of_codes, names_of_requests
from niangjia.modules.members.rules import ApplicationState, Ground, IdentityAnswer, RequestKind, RequestState
from niangjia.modules.members.web import application_lists  # noqa: F401 - the lists register themselves
from niangjia.modules.members.web.lists import category_labels
from niangjia.modules.members.web.wording import word
from niangjia.modules.organisations.queries.open_matters import register_open_matters
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui import desk

VERBS = {
    "members.application.accepted": "同意入会",
    "members.application.returned": "退回补正",
    "members.application.refused": "不予受理",
    "members.application.handed_over": "转交入会申请",
    "members.application.revealed": "查看申请人的完整信息",
    "members.request.done": "办结会员申办",
    "members.request.refused": "不予办理会员申办",
    "members.joining_code.added": "制作入会码",
    "members.joining_code.retired": "停用入会码",
    "members.proof.issued": "出具会员证明",
    "members.person.linked": "关联手机账号",
}
# The entry itself says when, and why.
SAID_BESIDE: dict[str, Callable[[Any], str]] = dict.fromkeys(("received_at", "decided_at", "reason"), lambda _: "")


def register() -> None:
    change = Permission.MEMBERSHIP_CHANGE
    desk.register_menu(
        desk.MenuEntry("组织与会员", "入会办理", "user-plus", "members:applications", change, order=25, badge=badge)
    )
    desk.register_waiting(waiting)
    register_open_matters("份待办的入会申请", open_applications_at)
    register_labels(VERBS)
    register_subject("members.joiningapplication", change, names_of_applications, "members:application")
    register_subject("members.membershiprequest", change, names_of_requests, "members:request")
    register_subject("members.joiningcode", change, names_of_codes, "members:joining_code")
    register_values(
        "members.joiningapplication",
        scope_id=_union,
        ground=lambda value: word(Ground, value),
        categories=category_labels,
        identity_answer=lambda value: word(IdentityAnswer, value),
        state=lambda value: word(ApplicationState, value),
        **SAID_BESIDE,
    )
    register_values(
        "members.membershiprequest",
        kind=lambda value: word(RequestKind, value),
        state=lambda value: word(RequestState, value),
        **SAID_BESIDE,
    )
    register_values("members.joiningcode", scope_id=_union)


def _union(pk: int) -> str:
    return names_of([pk]).get(pk, "")


def badge(actor: Actor) -> int:
    """Both in one query: it is asked on every page."""
    applications, requests = (rows(actor).order_by().values("pk") for rows in (waiting_applications, waiting_requests))
    return applications.union(requests, all=True).count()


def waiting(actor: Actor) -> Iterable[desk.Waiting]:
    if not actor.can(Permission.MEMBERSHIP_CHANGE):
        return []
    counts = waiting_counts(actor)
    return [
        desk.Waiting("待办理的入会申请", counts.applications, reverse("members:applications"), "user-plus"),
        desk.Waiting("待办理的会员申办", counts.requests, reverse("members:requests"), "file-text"),
    ]
