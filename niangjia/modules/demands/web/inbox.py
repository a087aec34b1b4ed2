"""收件箱: one list page, a tab for each lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.engines.casework.models import looked_once
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.lists.counting import Count
from niangjia.kernel.lists.spec import Chosen, ListSpec, register
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.lanes import LANES, Lane, counts, lanes_of
from niangjia.modules.demands.web.lists import BULK, BY_DUE, BY_NUMBER, BY_RECEIVED, DemandList, Rows
from niangjia.ui.listing import Screen, show_list
from niangjia.ui.pages import actor_of

NARROWED_BY = {"kind", "urgency", "channel", "nature", "major"}


class InboxList(DemandList):
    """The lane's demands; what is due first stands first."""

    # Nearly all of it lies at one's own place, which need not be said in every line.
    columns = tuple(
        replace(one, default=one.key == "channel") if one.key in ("organisation", "channel") else one
        for one in DemandList.columns
    )
    filters = tuple(one for one in DemandList.filters if one.key in NARROWED_BY)
    sorts = (BY_DUE, BY_RECEIVED, BY_NUMBER)

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.name = f"demands.inbox_{lane.key}"  # type: ignore[misc]
        self.title = f"收件箱 · {lane.label}"  # type: ignore[misc]

    def rows(self, actor: Actor) -> Rows:
        return self.lane.of(super().rows(actor), actor, timezone.now())

    def fenced(self, chosen: Chosen, actor: Actor, within: str | None, count: Count) -> bool:
        """A lane is found whole by an index of the open ones; walking by due date would meet everybody's."""
        return not count.exact


def screen_of(lane: Lane) -> Screen:
    spec: ListSpec = register(InboxList(lane))
    return Screen(
        spec,
        row_url=lambda row: reverse("demands:demand", args=[row.pk]),
        bulk=BULK,
        empty_title=lane.nothing,
        empty_text="要找别的诉求，请看诉求台账。",
        template="demands/inbox.html",
    )


SCREENS = {lane.key: screen_of(lane) for lane in LANES}


@requires(Permission.DEMAND_VIEW)
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The first lane that is the actor's."""
    return _shown(request, lanes_of(actor_of(request))[0])


@requires(Permission.DEMAND_VIEW)
@require_GET
def inbox_lane(request: HttpRequest, lane: str) -> HttpResponse:
    found = next((one for one in lanes_of(actor_of(request)) if one.key == lane), None)
    if found is None:
        raise Http404("没有这一栏。")
    return _shown(request, found)


@looked_once()
def _shown(request: HttpRequest, lane: Lane) -> HttpResponse:
    # The table alone comes anew with each filter; the numbers on the tabs stay as they were.
    whole = request.headers.get("HX-Target") != "list"
    tabs = tabs_of(actor_of(request), lane, timezone.now()) if whole else []
    may_record = actor_of(request).can(Permission.DEMAND_RECORD)
    return show_list(request, SCREENS[lane.key], context={"tabs": tabs, "lane": lane, "may_record": may_record})


def tabs_of(actor: Actor, current: Lane, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "label": lane.label, "url": address_of(lane), "count": count.text, "current": lane is current,
            "alarming": lane.key == "overdue" and count.number > 0, "some": count.number > 0,
        }
        for lane, count in counts(actor, now)
    ]  # fmt: skip


def address_of(lane: Lane) -> str:
    return reverse("demands:inbox_lane", args=[lane.key])
