"""What demands hang into the desk and the phone: the kind of case, menu, lists, cards."""

from __future__ import annotations

from django.urls import reverse

from niangjia.engines.casework.kinds import CaseKind, register_kind
from niangjia.modules.demands import metrics
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.web import alerts, doors, hotspots, watching, wording
from niangjia.ui import desk

DEMAND = CaseKind(
    name="demands.demand",
    noun="诉求",
    prefix="SQ",
    view=Permission.DEMAND_VIEW,
    accept=Permission.DEMAND_ACCEPT,
    handle=Permission.DEMAND_HANDLE,
    call_back=Permission.DEMAND_CALL_BACK,
    supervise=Permission.DEMAND_SUPERVISE,
    lead=Permission.DEMAND_INSTRUCT,
    address=lambda case_id: reverse("demands:demand", args=[case_id]),
)


def register() -> None:
    register_kind(DEMAND)
    metrics.register()
    wording.register()
    watching.register()
    doors.register()
    hotspots.register()
    _register_keeping()


KEEPING = "系统管理"
"""What is set up once and looked at now and then stands apart from what one works in all day."""


def _register_keeping() -> None:
    """The map, the rules of emergency, and what rings."""
    section, rung = watching.SECTION, Permission.ALERT_ACKNOWLEDGE
    desk.register_menu(
        desk.MenuEntry(section, "紧急提醒", "bell-ringing", "demands:alerts", rung, order=15),
        desk.MenuEntry(KEEPING, "诉求目录", "list-tree", "demands:catalogue", Permission.DEMAND_VIEW, order=22),
        desk.MenuEntry(KEEPING, "分类建议", "category", "demands:triage", Permission.DEMAND_SUPERVISE, order=23),
        desk.MenuEntry(KEEPING, "责任分工", "route", "demands:responsibilities", Permission.DEMAND_VIEW, order=24),
        desk.MenuEntry(KEEPING, "办理时限", "hourglass", "casework:limit_table", Permission.DEMAND_VIEW, order=26),
        desk.MenuEntry(KEEPING, "紧急规则", "urgent", "demands:emergencies", Permission.DEMAND_VIEW, order=28),
        desk.MenuEntry(KEEPING, "告知短信", "message-2", "demands:asker_messages", Permission.CATALOGUE_EDIT, order=32),
    )
    desk.register_alarm(rung, alerts.alarms)
