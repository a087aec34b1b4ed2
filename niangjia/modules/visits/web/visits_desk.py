"""What visits, postings and key employers hang into the desk."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.permissions import Permission as Org
from niangjia.modules.organisations.queries.employer_parts import EmployerPart, register_employer_part
from niangjia.modules.visits import metrics
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.waiting import follow_ups_due, proposals_open
from niangjia.modules.visits.web import lists, posting_lists, wording  # noqa: F401 - lists register themselves
from niangjia.ui import desk

SECTION = "走访周记"
VIEW = Permission.VISIT_VIEW


def register() -> None:
    wording.register()
    metrics.register()
    desk.register_menu(
        desk.MenuEntry(SECTION, "走访记录", "notebook", "visits:visit_list", VIEW, order=20),
        desk.MenuEntry(SECTION, "重点企业", "building", "visits:key_employer_list", VIEW, order=50),
        desk.MenuEntry(SECTION, "驻联干部", "user-check", "visits:posting_list", VIEW, order=60),
    )
    desk.register_due_soon(due_soon)
    desk.register_waiting(waiting)
    register_employer_part(EmployerPart("走访", "map-pin", "visits:employer_visits", VIEW, order=10))


def due_soon(actor: Actor) -> list[desk.Waiting]:
    """What one's own visits have to look at again."""
    if not actor.can(Permission.VISIT_MAKE):
        return []
    number = follow_ups_due(actor, on=timezone.localdate())
    url = f"{reverse('visits:follow_up_list')}?open=1&officer={actor.user_id}"
    return [desk.Waiting("走访待回看", number, url, "refresh")] if number else []


def waiting(actor: Actor) -> list[desk.Waiting]:
    """What visits propose for employers whose record one keeps."""
    if not (actor.can(Permission.VISIT_DIRECT) and actor.can(Org.EMPLOYER_EDIT)):
        return []
    number = proposals_open(actor)
    url = f"{reverse('visits:proposal_list')}?state=1"
    return [desk.Waiting("资料更新建议", number, url, "building")] if number else []
