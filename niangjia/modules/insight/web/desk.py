from __future__ import annotations

from niangjia.modules.demands.permissions import Permission
from niangjia.ui import desk


def register() -> None:
    desk.register_menu(
        desk.MenuEntry("统计分析", "诉求分析", "chart-bar", "insight:demand_figures", Permission.DEMAND_VIEW, order=10)
    )
