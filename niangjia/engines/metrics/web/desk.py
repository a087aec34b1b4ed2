"""What this engine hangs into the desk."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from niangjia.engines.metrics.permissions import Permission
from niangjia.engines.metrics.queries import names_of_faults, open_faults_of
from niangjia.engines.metrics.web import lists  # noqa: F401 - the list registers itself
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.ui import desk


def register() -> None:
    view = Permission.FIGURE_VIEW
    register_labels({"metrics.fault.assigned": "分派数据问题"})
    register_subject("metrics.datafault", view, names_of_faults)
    desk.register_menu(
        desk.MenuEntry("统计分析", "数据指标", "chart-bar", "metrics:figure_table", view, order=10),
        desk.MenuEntry("统计分析", "数据问题", "clipboard-check", "metrics:fault_list", view, order=20),
    )
    desk.register_waiting(waiting)


def waiting(actor: Actor) -> list[desk.Waiting]:
    if actor.user_id is None or not actor.can(Permission.FIGURE_VIEW):
        return []
    late, all_open = open_faults_of(actor.user_id, today=timezone.localdate())
    address = reverse("metrics:fault_list") + "?mine=1"
    return [
        desk.Waiting("数据问题已超期", late, f"{address}&state=late", "alert-triangle"),
        desk.Waiting("数据问题待整改", all_open - late, address, "clipboard-check"),
    ]
