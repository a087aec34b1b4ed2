"""收件箱: what waits for one officer, lane by lane; each lane is a cut of the open demands in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists import counting
from niangjia.kernel.lists.counting import capped_count, up_to
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import narrowing
from niangjia.modules.demands.queries.narrowing import Rows

MOST_COUNTED = 99
APART = ("call_back", "tasks")
SOON = timedelta(days=1)
Cut = Callable[[Actor, datetime], Q]


@dataclass(frozen=True)
class Lane:
    """`permission`: without it the lane isn't offered."""

    key: str
    label: str
    permission: str
    cut: Cut
    nothing: str  # what an empty lane says
    icon: str = "inbox"

    def of(self, rows: Rows, actor: Actor, now: datetime) -> Rows:
        return narrowing.open_ones(rows).filter(self.cut(actor, now))


def _mine(actor: Actor) -> Q:
    return Q(case__lead=actor.user_id or 0)


def _team(actor: Actor, permission: str) -> Q:
    return Q(case__scope__in=narrowing.own_places(actor, permission))


def _concerning(actor: Actor) -> Q:
    return _mine(actor) | _team(actor, Permission.DEMAND_VIEW)


def to_call_back(actor: Actor) -> Q:
    """Answered by the own places, or taken down there: who took the call rings back."""
    places = narrowing.own_places(actor, Permission.DEMAND_CALL_BACK)
    # The stage stands in both: an index of what waits for a call finds those that were taken down.
    return Q(case__scope__in=places, case__stage=Stage.ANSWERED) | Q(
        case__received_scope__in=places, case__stage=Stage.ANSWERED
    )


LANES: tuple[Lane, ...] = (
    Lane(
        "mine", "我主办的", Permission.DEMAND_HANDLE, lambda actor, _: _mine(actor),
        "您手上没有在办的诉求。可以到“本单位”里接办。", "user",
    ),
    Lane(
        "acceptance", "待受理", Permission.DEMAND_ACCEPT,
        lambda actor, _: Q(case__stage=Stage.RECEIVED) & _team(actor, Permission.DEMAND_ACCEPT),
        "没有等着受理的诉求。", "inbox",
    ),
    Lane(
        "today", "今天到期", Permission.DEMAND_VIEW,
        lambda actor, now: narrowing.is_due_today(now) & _concerning(actor),
        "今天没有到期的诉求。", "clock-hour-4",
    ),
    Lane(
        "overdue", "已超时", Permission.DEMAND_VIEW,
        lambda actor, now: Q(case__due_at__lt=now) & _concerning(actor),
        "没有超时的诉求，保持住。", "alert-triangle",
    ),
    Lane(
        "call_back", "待回访", Permission.DEMAND_CALL_BACK, lambda actor, _: to_call_back(actor),
        "没有等着回访的诉求。", "phone-call",
    ),
    Lane(
        "reopened", "重新办理", Permission.DEMAND_VIEW,
        lambda actor, _: Q(case__reopened__gt=0) & _concerning(actor),
        "没有被诉求人要求重新办理的诉求。", "refresh",
    ),
    Lane(
        "tasks", "协办任务", Permission.DEMAND_HANDLE, lambda actor, _: narrowing.has_task_of(actor.user_id or 0),
        "没有请您协办的任务。", "users",
    ),
    Lane(
        "team", "本单位", Permission.DEMAND_VIEW,
        lambda actor, _: _team(actor, Permission.DEMAND_VIEW),
        "本单位没有在办的诉求。", "building-community",
    ),
)  # fmt: skip


def lane_named(key: str) -> Lane | None:
    return next((lane for lane in LANES if lane.key == key), None)


def lanes_of(actor: Actor) -> list[Lane]:
    return [lane for lane in LANES if actor.can(lane.permission)]


def counts(actor: Actor, now: datetime) -> list[tuple[Lane, counting.Count]]:
    """Each lane with how much lies in it, said to 99: one statement over the open ones led by the actor or at his places.

    What waits for a call may have been taken down for a whole city: it is counted apart, no further than said.
    """
    lanes, seen = lanes_of(actor), Demand.objects.visible_to(actor)
    cuts = {lane.key: lane.cut(actor, now) for lane in lanes}
    apart: dict[str, Rows] = {key: seen.filter(cuts.pop(key)) for key in APART if key in cuts}
    numbers = {key: capped_count(narrowing.open_ones(rows), MOST_COUNTED) for key, rows in apart.items()}
    if cuts:
        places = {place for lane in lanes for place in narrowing.own_places(actor, lane.permission)}
        near = _mine(actor) | Q(case__scope__in=sorted(places))
        counted = {key: Count("pk", filter=cut) for key, cut in cuts.items()}
        found = narrowing.open_ones(seen).filter(near).aggregate(**counted)
        numbers |= {key: up_to(number, MOST_COUNTED) for key, number in found.items()}
    return [(lane, numbers[lane.key]) for lane in lanes]
