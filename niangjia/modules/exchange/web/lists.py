"""The lists of partners and of what they were told."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy

from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.exchange.models import Delivery, Partner
from niangjia.modules.exchange.permissions import Permission
from niangjia.modules.exchange.rules import TOLD
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import Mark, Screen

TAKEN, WAITING, GIVEN_UP = "taken", "waiting", "given_up"
STATES = ((WAITING, "待发送"), (TAKEN, "已送达"), (GIVEN_UP, "没有送达"))


def partner_mark(row: Partner) -> Mark:
    return Mark("已停用", "neutral") if row.retired_at else Mark("使用中", "success")


def delivery_mark(row: Delivery) -> Mark:
    if row.taken_at:
        return Mark("已送达", "success")
    if row.given_up_at:
        return Mark("没有送达", "error")
    return Mark("等待重发" if row.tries else "待发送", "warning" if row.tries else "info")


class PartnerList(ListSpec):
    name, title, permission = "exchange.partner", "对接单位", Permission.PARTNER_EDIT
    columns = (
        Column("name", "单位", phone="title"),
        Column("state", "状态", value=partner_mark),
        Column("code", "代号"),
        Column("union", "转到"),
        Column("address", "回传地址", default=False),
        Column("last_heard_at", "最近一次请求"),
    )
    sorts = (Sort("made", "最近添加的在前", ("created_at",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Partner]:
        return Partner.objects.visible_to(actor)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names = names_of(row.scope_id for row in rows)
        for row in rows:
            row.union = names.get(row.scope_id, "")
        return rows


def in_state(rows: QuerySet[Any], state: str) -> QuerySet[Any]:
    if state == TAKEN:
        return rows.filter(taken_at__isnull=False)
    return rows.filter(given_up_at__isnull=False) if state == GIVEN_UP else rows.filter(next_at__isnull=False)


class DeliveryList(ListSpec):
    name, title, permission = "exchange.delivery", "回传记录", Permission.PARTNER_EDIT
    columns = (
        Column("what", "消息", value=lambda row: Verb(row.event).label, phone="title"),
        Column("state", "结果", value=delivery_mark),
        Column("number", "诉求", value=lambda row: row.case.number),
        Column("partner_number", "对方编号", value=lambda row: row.case.partner_number),
        Column("partner", "单位", value=lambda row: row.partner.name),
        Column("made_at", "产生"),
        Column("tries", "次数", numeric=True),
        Column("answer", "最近一次结果", phone="hidden"),
    )
    filters = (
        Filter("state", "结果", in_state, choices=STATES),
        Filter(
            "event", "消息", lambda rows, value: rows.filter(event=value),
            choices=tuple((verb.value, verb.label) for verb in Verb if verb.value in TOLD),
        ),
        Filter(
            "partner", "单位", lambda rows, value: rows.filter(partner=int(value)),
            choices=lambda actor: [
                (str(pk), name) for pk, name in Partner.objects.visible_to(actor).order_by("name").values_list("pk", "name")
            ],
        ),
    )  # fmt: skip
    sorts = (Sort("made", "最近的在前", ("made_at",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Delivery]:
        return Delivery.objects.visible_to(actor)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("case", "partner")


PARTNERS = Screen(
    register(PartnerList()),
    row_url=lambda row: reverse("exchange:partner", args=[row.pk]),
    empty_title="还没有对接单位",
    empty_text="12345、省总工会的系统要把诉求转过来，先在这里登记，把密钥交给对方的技术人员。",
    empty_href=reverse_lazy("exchange:partner_add"),  # type: ignore[arg-type]
    empty_action="登记对接单位",
    template="exchange/partner_list.html",
)
DELIVERIES = Screen(
    register(DeliveryList()),
    row_url=lambda row: reverse("exchange:delivery", args=[row.pk]),
    empty_title="还没有回传记录",
    empty_text="对接单位转来的诉求每办一步，就会回传一条消息，记在这里。",
    template="exchange/partner_list.html",
)
