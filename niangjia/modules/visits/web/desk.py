"""What visits hang into the desk: menu, lists."""

from __future__ import annotations

from niangjia.modules.visits.permissions import Permission
from niangjia.ui import desk

SECTION = "走访周记"


def register() -> None:
    from niangjia.modules.visits.web import planning_desk, visits_desk

    visits_desk.register()
    planning_desk.register()
    desk.register_menu(
        desk.MenuEntry(SECTION, "现场走访", "map-pin-check", "visits:field", Permission.VISIT_MAKE, order=5)
    )
