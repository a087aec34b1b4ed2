"""What this room hangs into the phone face."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from niangjia.kernel.access.workers import is_worker
from niangjia.kernel.audit.labels import register_labels
from niangjia.modules.members.queries.own import own_active, own_application, own_requests
from niangjia.modules.members.rules import ApplicationState, MembershipState, RequestKind, RequestState
from niangjia.modules.organisations.queries.joining import union_shown
from niangjia.ui import phone

APPLICATION_TONES = {
    ApplicationState.RECEIVED: "warning", ApplicationState.RETURNED: "error", ApplicationState.ACCEPTED: "success",
    ApplicationState.REFUSED: "error",
}  # fmt: skip


VERBS = {
    "access.worker.opened": "手机账号开通",
    "access.worker.closed": "手机账号注销",
    "access.worker.looked": "本人查看自己的信息",
    "access.worker.exported": "本人导出自己的信息",
    "access.worker.not_proved": "本人核对会籍未通过",
    "access.worker.owner_proved": "久未登录，核对本人通过",
    "access.worker.owner_not_proved": "久未登录，核对本人未通过",
    "members.application.received": "提交入会申请",
    "members.application.withdrawn": "撤回入会申请",
    "members.application.forgotten": "删除到期的入会申请",
    "members.consent.given": "同意使用个人信息",
    "members.consent.withdrawn": "撤回同意",
    "members.request.received": "提交会员申办",
    "members.request.withdrawn": "撤回会员申办",
}


def register() -> None:
    register_labels(VERBS)
    phone.register_card(
        phone.Card("members/phone/cards/begin.html", context=begin, order=10),
        phone.Card("members/phone/cards/union.html", context=union, order=20),
        phone.Card("members/phone/cards/application.html", context=application, order=30),
        phone.Card("members/phone/cards/requests.html", context=waiting, order=40),
    )
    phone.register_tile(
        phone.Tile("我要入会", "user-plus", "worker:join_start", order=10, hidden=is_member),
        phone.Tile("我的工会", "users-group", "worker:union", "accent", order=20),
        phone.Tile("转接·退会", "arrows-exchange", "worker:requests", "success", order=30),
        phone.Tile("我的信息", "id", "worker:data", "secondary", order=40),
    )
    phone.register_line(
        phone.Line("我在哪个工会", "users-group", "worker:union", order=10),
        phone.Line("入会申请", "file-text", "worker:application", order=20),
        phone.Line("转接、保留、退会", "arrows-exchange", "worker:requests", order=30),
        phone.Line("工会掌握我的哪些信息", "id", "worker:data", order=40),
        phone.Line("我同意过什么", "shield-check", "worker:consents", order=50),
    )


def is_member(request: HttpRequest) -> bool:
    return is_worker(request.user) and own_active(request.user.pk or 0) is not None


def begin(request: HttpRequest) -> dict[str, Any] | None:
    """How to begin, for a visitor and for a worker who has neither membership nor application."""
    if not is_worker(request.user):
        return {"visitor": True}
    user_id = request.user.pk or 0
    if own_active(user_id) is not None or _open(user_id) is not None:
        return None
    return {"visitor": False}


def union(request: HttpRequest) -> dict[str, Any] | None:
    membership = own_active(request.user.pk or 0) if is_worker(request.user) else None
    if membership is None:
        return None
    return {
        "name": membership.name,
        "union": union_shown(membership.scope_id),
        "state": MembershipState(membership.status).label,
        "joined_on": membership.joined_on,
    }


def application(request: HttpRequest) -> dict[str, Any] | None:
    row = _open(request.user.pk or 0) if is_worker(request.user) else None
    if row is None:
        return None
    state = ApplicationState(row.state)
    return {"row": row, "state": state, "tone": APPLICATION_TONES[state], "union": union_shown(row.scope_id)}


def _open(user_id: int) -> Any:
    row = own_application(user_id)
    return row if row is not None and row.state in (ApplicationState.RECEIVED, ApplicationState.RETURNED) else None


def waiting(request: HttpRequest) -> dict[str, Any] | None:
    if not is_worker(request.user):
        return None
    rows = [row for row in own_requests(request.user.pk or 0) if row.state == RequestState.RECEIVED]
    return {"rows": [(row, RequestKind(row.kind)) for row in rows]} if rows else None
