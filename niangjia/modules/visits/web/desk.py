"""What visits hang into the desk: menu, lists."""

from __future__ import annotations

SECTION = "走访周记"


def register() -> None:
    from niangjia.modules.visits.web import planning_desk

    planning_desk.register()
