"""The lists of what waits for an officer: applications to join, what members ask for; and the codes on posters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.kernel.numbers import tidy_phone
from niangjia.modules.members.models import JoiningApplication, JoiningCode, MembershipRequest
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.applications import waiting_by_union
from niangjia.modules.members.queries.joining_codes import applications_by
from niangjia.modules.members.rules import (
    ApplicationState,
    Category,
    Ground,
    IdentityAnswer,
    RequestKind,
    RequestState,
)
from niangjia.modules.members.web.lists import category_labels
from niangjia.modules.organisations.queries.organisations import closed_among, names_of
from niangjia.ui.listing import Bulk, Mark, Screen

EVERY = "all"
LONG_DAYS = (1, 3, 7, 15)
MOST_UNIONS = 60
PHONE_LENGTH = 11
STATE_TONES = {
    ApplicationState.RECEIVED: "warning",
    ApplicationState.RETURNED: "info",
    ApplicationState.ACCEPTED: "success",
}
REQUEST_TONES = {RequestState.RECEIVED: "warning", RequestState.DONE: "success"}
IDENTITY_TONES = {IdentityAnswer.MATCHES: "success", IdentityAnswer.DIFFERS: "error"}
OLDEST = Sort("waiting", "等得最久的在前", ("received_at",))
NEWEST = Sort("received_at", "最近提交的在前", ("received_at",), descending=True)


def state_mark(code: str) -> Mark:
    state = ApplicationState(code)
    return Mark(state.label, STATE_TONES.get(state, "neutral"))


def request_mark(code: str) -> Mark:
    state = RequestState(code)
    return Mark(state.label, REQUEST_TONES.get(state, "neutral"))


def identity_mark(code: str) -> Mark | str:
    if not code:
        return ""
    answer = IdentityAnswer(code)
    return Mark(answer.label, IDENTITY_TONES.get(answer, "neutral"))


def ground_label(code: str) -> str:
    return Ground(code).label if code else ""


def code_mark(row: Any) -> Mark:
    if row.retired_at:
        return Mark("已停用")
    return Mark("工会已撤并", "error") if row.is_closed else Mark("使用中", "success")


def since(row: Any) -> str:
    """How long it has waited, or that it waits no more."""
    if row.state not in (ApplicationState.RECEIVED, RequestState.RECEIVED):
        return ""
    waited = timezone.now() - row.received_at
    hours = waited.seconds // 3600
    return f"{waited.days} 天" if waited.days else f"{hours} 小时" if hours else "不到 1 小时"


def by_state(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows if value == EVERY else rows.filter(state=value)


def waiting_longer(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows.filter(received_at__lte=timezone.now() - timedelta(days=int(value)))


def unions_that_wait(actor: Actor) -> list[tuple[str, str]]:
    rows = waiting_by_union(actor)[:MOST_UNIONS]
    names = names_of(pk for pk, _, _ in rows)
    return [(str(pk), f"{names.get(pk, '')}（{n}）") for pk, n, _ in rows]


class Waits(ListSpec):
    """What waits stands alone until something else is asked for; a search looks through everything."""

    permission = Permission.MEMBERSHIP_CHANGE
    sorts = (OLDEST, NEWEST)
    waiting: str

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, within)
        return rows if chosen.text or "state" in chosen.filters else rows.filter(state=self.waiting)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names = names_of({row.seat.pk for row in rows} | {getattr(row, "to_scope_id", None) or 0 for row in rows})
        for row in rows:
            row.union = names.get(row.seat.pk, "")
            row.target = names.get(getattr(row, "to_scope_id", None) or 0, "")
        return rows


class ApplicationList(Waits):
    name = "members.application"
    title = "入会申请"
    waiting = ApplicationState.RECEIVED
    search_hint = "姓名、完整手机号"
    columns = (
        Column("name", "姓名", phone="title", personal=True),
        Column("union", "工会"),
        Column("state", "状态", value=lambda row: state_mark(row.state)),
        Column("since", "已等待", value=since),
        Column("identity_answer", "身份核验", value=lambda row: identity_mark(row.identity_answer)),
        Column("employer_text", "用人单位", phone="hidden"),
        Column("categories", "所属群体", value=lambda row: category_labels(row.categories), phone="hidden"),
        Column("received_at", "提交时间", phone="hidden"),
        Column("ground", "推荐依据", value=lambda row: ground_label(row.ground), default=False, phone="hidden"),
        Column("decided_at", "办理时间", default=False, phone="hidden"),
    )
    filters = (
        Filter("state", "状态", choices=[*ApplicationState.choices(), (EVERY, "全部")], apply=by_state, blank="待办理"),
        Filter("union", "工会", choices=unions_that_wait, apply=lambda rows, value: rows.filter(scope=int(value))),
        Filter("days", "已等待", choices=[(str(n), f"超过 {n} 天") for n in LONG_DAYS], apply=waiting_longer, blank="不限"),
        Filter(
            "identity", "身份核验", choices=IdentityAnswer.choices(),
            apply=lambda rows, value: rows.filter(identity_answer=value),
        ),
        Filter(
            "category", "所属群体", choices=[(str(code), label) for code, label in Category.choices()],
            apply=lambda rows, value: rows.filter(categories__contains=[int(value)]),
        ),
    )  # fmt: skip

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return JoiningApplication.objects.visible_to(actor)

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        phone = tidy_phone(text)
        if len(phone) == PHONE_LENGTH and phone.isascii() and phone.isdigit():
            return rows.filter(phone_digest=digest(phone))
        return rows.filter(name__contains=text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("scope").defer("document_number", "phone")


class RequestList(Waits):
    name = "members.request"
    title = "会员申办"
    waiting = RequestState.RECEIVED
    search_hint = "姓名"
    columns = (
        Column("name", "姓名", value=lambda row: row.membership.name, phone="title", personal=True),
        Column("kind", "事项", value=lambda row: RequestKind(row.kind).label),
        Column("union", "所在工会"),
        Column("target", "转到", phone="hidden"),
        Column("note", "说明", phone="hidden"),
        Column("state", "状态", value=lambda row: request_mark(row.state)),
        Column("since", "已等待", value=since),
        Column("received_at", "提交时间", phone="hidden"),
    )
    filters = (
        Filter("state", "状态", choices=[*RequestState.choices(), (EVERY, "全部")], apply=by_state, blank="待办理"),
        Filter("kind", "事项", choices=RequestKind.choices(), apply=lambda rows, value: rows.filter(kind=value)),
        Filter(
            "days", "已等待", choices=[(str(n), f"超过 {n} 天") for n in LONG_DAYS], apply=waiting_longer, blank="不限"
        ),
    )

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return MembershipRequest.objects.visible_to(actor)

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return rows.filter(membership__name__contains=text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("membership__scope")


class CodeList(ListSpec):
    name = "members.joining_code"
    title = "入会码"
    permission = Permission.MEMBERSHIP_CHANGE
    search_hint = "张贴处、入会码"
    columns = (
        Column("spot", "张贴处", phone="title"),
        Column("union", "工会"),
        Column("token", "入会码"),
        Column("state", "状态", value=code_mark),
        Column("joined", "由此申请", numeric=True),
        Column("created_at", "制作时间", phone="hidden"),
    )
    filters = (
        Filter(
            "state", "状态", choices=[("retired", "已停用"), (EVERY, "全部")], blank="使用中",
            apply=lambda rows, value: rows if value == EVERY else rows.filter(retired_at__isnull=False),
        ),
    )  # fmt: skip
    sorts = (Sort("created_at", "最近制作的在前", ("created_at",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return JoiningCode.objects.visible_to(actor)

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return rows.filter(Q(spot__contains=text) | Q(token=text.lower()))

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, within)
        return rows if chosen.text or "state" in chosen.filters else rows.filter(retired_at=None)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        unions = {row.scope_id for row in rows}
        names, closed, joined = names_of(unions), closed_among(unions), applications_by(row.pk for row in rows)
        for row in rows:
            row.union, row.is_closed = names.get(row.scope_id, ""), row.scope_id in closed
            row.joined = joined.get(row.pk, 0)
        return rows


APPLICATIONS = Screen(
    register(ApplicationList()),
    row_url=lambda row: reverse("members:application", args=[row.pk]),
    bulk=(
        Bulk(
            "同意入会", "members:applications_accept", Permission.MEMBERSHIP_CHANGE, icon="user-check",
            text="会逐份核对：证件号码已登记的、未满 16 周岁的不会办成，原因逐条写明。",
        ),
        Bulk(
            "退回补正", "members:applications_return", Permission.MEMBERSHIP_CHANGE, icon="arrow-back-up", reason=True,
            text="原因会原样告诉本人，请写明要补什么。",
        ),
        Bulk(
            "不予受理", "members:applications_refuse", Permission.MEMBERSHIP_CHANGE, icon="user-x", kind="error",
            reason=True, text="原因会原样告诉本人。",
        ),
    ),
    empty_title="没有等待办理的入会申请",
    empty_text="把入会码海报贴到驿站、车间和服务窗口，职工扫码就能申请。",
    empty_href=reverse_lazy("members:joining_codes"),  # type: ignore[arg-type]
    empty_action="去做入会码",
    template="members/application_list.html",
)  # fmt: skip

REQUESTS = Screen(
    register(RequestList()),
    row_url=lambda row: reverse("members:request", args=[row.pk]),
    bulk=(
        Bulk(
            "办理", "members:requests_grant", Permission.MEMBERSHIP_CHANGE, icon="circle-check",
            text="按本人申请的事项从今天起办理：转接、退会、保留、恢复；更正信息请先改好资料。",
        ),
        Bulk(
            "不予办理", "members:requests_refuse", Permission.MEMBERSHIP_CHANGE, icon="user-x", kind="error", reason=True,
            text="原因会原样告诉本人。",
        ),
    ),
    empty_title="没有等待办理的会员申办",
    empty_text="会员在手机上申请的转接、退会、保留、恢复和更正，会出现在这里。",
    template="members/application_list.html",
)  # fmt: skip

CODES = Screen(
    register(CodeList()),
    row_url=lambda row: reverse("members:joining_code", args=[row.pk]),
    empty_title="还没有入会码",
    empty_text="每个张贴处做一个码，可以看到哪里来的申请多；海报丢了只停用那一个。",
    empty_href=reverse_lazy("members:joining_code_add"),  # type: ignore[arg-type]
    empty_action="做一个入会码",
    template="members/application_list.html",
)
