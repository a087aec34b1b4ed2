"""What this engine hangs into the desk."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework.permissions import Permission
from niangjia.engines.casework.queries.limits import names_of_gradings
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.kernel.worktime.actions import may_publish
from niangjia.kernel.worktime.queries import years_missing
from niangjia.ui import desk


def register() -> None:
    edit = Permission.WORKTIME_EDIT
    register_labels(
        {
            "worktime.calendar.published": "公布工作日历",
            "worktime.office_hours.set": "设置办公时间",
            "casework.grading.changed": "调整办理时限",
        }
    )
    register_subject("casework.grading", edit, names_of_gradings)
    register_subject("worktime.calendaryear", edit, lambda years: {year: f"{year} 年工作日历" for year in years})
    desk.register_menu(
        desk.MenuEntry("系统管理", "工作日历", "calendar-event", "casework:calendar_now", edit, order=40),
        desk.MenuEntry("系统管理", "办公时间", "clock", "casework:hours", edit, order=45),
    )
    desk.register_waiting(waiting)


def waiting(actor: Actor) -> list[desk.Waiting]:
    """A table that is missing is entered by whoever may; the others only read that it is guessed."""
    if not actor.can(Permission.WORKTIME_EDIT) or not may_publish(actor):
        return []
    return [
        desk.Waiting(f"{year} 年工作日历待录入", 1, reverse("casework:calendar", args=[year]), "calendar-event")
        for year in years_missing(timezone.localdate())
    ]
