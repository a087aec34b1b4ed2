"""What the desk shows of demands everywhere: the menu, the home page, the search, an organisation's tab."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.counting import capped_count
from niangjia.kernel.lists.paging import fence_around
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import narrowing
from niangjia.modules.demands.queries.board import Whose, whose_rows
from niangjia.modules.demands.queries.finding import found
from niangjia.modules.demands.queries.lanes import MOST_COUNTED, lane_named, lanes_of
from niangjia.modules.demands.web import exports, inbox
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.tabs import Tab, register_tab
from niangjia.ui import desk

SECTION = "服务受理"
WAITING, DUE_SOON = ("acceptance", "mine", "call_back", "tasks"), ("today", "overdue")
ICONS = {"acceptance": "inbox", "mine": "user", "call_back": "phone-call", "tasks": "users",
         "today": "clock-hour-4", "overdue": "alert-triangle"}  # fmt: skip
HITS = 6


def register() -> None:
    view = Permission.DEMAND_VIEW
    exports.register_exports()
    desk.register_menu(
        desk.MenuEntry(SECTION, "收件箱", "inbox", "demands:inbox", view, order=10, badge=waiting_in_all, phone=True),
        desk.MenuEntry(SECTION, "诉求台账", "list-details", "demands:demand_list", view, order=20),
        desk.MenuEntry(SECTION, "看板", "layout-kanban", "demands:board", view, order=30),
        desk.MenuEntry(SECTION, "督办", "eye-check", "demands:supervising", Permission.DEMAND_SUPERVISE, order=40),
    )
    desk.register_waiting(waiting)
    desk.register_due_soon(due_soon)
    desk.register_home_card(desk.HomeCard("诉求", view, "demands/home_card.html", context=home_card, order=5))
    desk.register_search(desk.Source("诉求", "message-circle", view, hits, order=5))
    register_tab(Tab("诉求", "demands:organisation_demands", view, order=35))


def _lines(actor: Actor, keys: Iterable[str], labels: dict[str, str]) -> list[desk.Waiting]:
    if not actor.can(Permission.DEMAND_VIEW):
        return []
    now, rows, offered = timezone.now(), Demand.objects.visible_to(actor), {lane.key for lane in lanes_of(actor)}
    lines = []
    for key in keys:
        lane = lane_named(key)
        if lane and key in offered:
            number = capped_count(lane.of(rows, actor, now), MOST_COUNTED).number
            lines.append(desk.Waiting(labels[key], number, inbox.address_of(lane), lane.icon))
    return lines


def waiting(actor: Actor) -> list[desk.Waiting]:
    labels = {"acceptance": "待受理的诉求", "mine": "我主办的诉求", "call_back": "待回访的诉求", "tasks": "请我协办的"}
    return _lines(actor, WAITING, labels)


def due_soon(actor: Actor) -> list[desk.Waiting]:
    return _lines(actor, DUE_SOON, {"today": "今天到期的诉求", "overdue": "已超时的诉求"})


def waiting_in_all(actor: Actor) -> int:
    """The menu's badge, on every page: what is to be accepted, or else what one leads; at most a hundred."""
    key = "acceptance" if actor.can(Permission.DEMAND_ACCEPT) else "mine"
    lane = lane_named(key)
    assert lane is not None
    return capped_count(lane.of(Demand.objects.visible_to(actor), actor, timezone.now()), MOST_COUNTED).number


def home_card(request: HttpRequest) -> dict[str, Any] | None:
    """The open ones by stage where one works now, and how many are late."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now, address = timezone.now(), reverse("demands:demand_list")
    rows = whose_rows(Whose.ALL, actor, current_path(request))
    stages = (Stage.RECEIVED, Stage.IN_HAND, Stage.ANSWERED)
    return {
        "at": current_organisation(request),
        "open": capped_count(narrowing.open_ones(rows)),
        "overdue": capped_count(narrowing.overdue(rows, now)),
        "stages": [(one.label, capped_count(rows.filter(case__stage=one)), f"{address}?stage={one:d}") for one in stages],
        "open_url": f"{address}?stage=open", "overdue_url": f"{address}?overdue=1",
        "may_record": actor.can(Permission.DEMAND_RECORD),
    }  # fmt: skip


def hits(actor: Actor, text: str) -> Iterable[desk.Hit]:
    """The newest few."""
    try:
        rows = found(Demand.objects.visible_to(actor), text)
    except Refused:
        return []  # too short to mean anything yet
    keys = rows.order_by(fence_around("case__received_at").desc(), "-pk").values_list("pk", flat=True)[:HITS]
    shown = Demand.objects.visible_to(actor).filter(pk__in=list(keys)).select_related("case").defer("body", "words")
    return [
        desk.Hit(row.case.title, reverse("demands:demand", args=[row.pk]), f"{row.case.number}　{Stage(row.case.stage).label}")
        for row in sorted(shown, key=lambda row: row.case.received_at, reverse=True)
    ]  # fmt: skip
