"""What the doors of demands hang into the desk: menu, what waits, and what their verbs are called."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.labels import register_labels
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.calls import promises_due
from niangjia.ui import desk

SECTION = "服务受理"


def register() -> None:
    desk.register_menu(
        desk.MenuEntry(SECTION, "热线话务台", "headset", "demands:hotline", Permission.HOTLINE_ANSWER, order=1),
        desk.MenuEntry(SECTION, "登记诉求", "pencil-plus", "demands:record", Permission.DEMAND_RECORD, order=15),
        desk.MenuEntry("系统管理", "诉求码", "qrcode", "demands:place_code", Permission.DEMAND_RECORD, order=30),
        desk.MenuEntry(
            SECTION, "待回电、待回访", "phone-calling", "demands:call_backs", Permission.DEMAND_CALL_BACK, order=18
        ),
    )
    desk.register_waiting(waiting)
    register_labels(
        {
            "demands.call.began": "接听来电",
            "demands.call.ended": "结束来电",
            "demands.call.returned": "回电",
            "demands.call.revealed": "查看来电号码",
            "demands.nuisance.marked": "标为骚扰",
            "demands.nuisance.lifted": "取消骚扰标记",
        }
    )


def waiting(actor: Actor) -> Iterable[desk.Waiting]:
    address = reverse("demands:call_backs")
    if actor.can(Permission.HOTLINE_ANSWER):
        yield desk.Waiting("到时间要回的电话", promises_due(actor, now=timezone.now()), address, "phone-calling")
