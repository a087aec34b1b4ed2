"""收件箱: what waits for one officer, lane by lane; each lane is a cut of the open demands in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.counting import Count, capped_count
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import narrowing
from niangjia.modules.demands.queries.narrowing import Rows

MOST_COUNTED = 99
SOON = timedelta(days=1)
Cut = Callable[[Rows, Actor, datetime], Rows]


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
        return self.cut(narrowing.open_ones(rows), actor, now)


def _me(actor: Actor) -> int:
    return actor.user_id or 0


def _team(rows: Rows, actor: Actor, permission: str) -> Rows:
    return narrowing.of_team(rows, narrowing.own_places(actor, permission))


def _concerning(rows: Rows, actor: Actor) -> Rows:
    return narrowing.mine_or_team(rows, _me(actor), narrowing.own_places(actor, Permission.DEMAND_VIEW))


def waiting_for_call_back(rows: Rows, actor: Actor) -> Rows:
    """Answered by the own places, or taken down there: who took the call rings back."""
    places = narrowing.own_places(actor, Permission.DEMAND_CALL_BACK)
    return narrowing.taken_or_held(rows.filter(case__stage=Stage.ANSWERED), places)


LANES: tuple[Lane, ...] = (
    Lane(
        "mine", "我主办的", Permission.DEMAND_HANDLE, lambda rows, actor, _: narrowing.led_by(rows, _me(actor)),
        "您手上没有在办的诉求。可以到“本单位”里接办。", "user",
    ),
    Lane(
        "acceptance", "待受理", Permission.DEMAND_ACCEPT,
        lambda rows, actor, _: _team(rows.filter(case__stage=Stage.RECEIVED), actor, Permission.DEMAND_ACCEPT),
        "没有等着受理的诉求。", "inbox",
    ),
    Lane(
        "today", "今天到期", Permission.DEMAND_VIEW,
        lambda rows, actor, now: _concerning(narrowing.due_today(rows, now), actor),
        "今天没有到期的诉求。", "clock-hour-4",
    ),
    Lane(
        "overdue", "已超时", Permission.DEMAND_VIEW,
        lambda rows, actor, now: _concerning(narrowing.overdue(rows, now), actor),
        "没有超时的诉求，保持住。", "alert-triangle",
    ),
    Lane(
        "call_back", "待回访", Permission.DEMAND_CALL_BACK, lambda rows, actor, _: waiting_for_call_back(rows, actor),
        "没有等着回访的诉求。", "phone-call",
    ),
    Lane(
        "reopened", "重新办理", Permission.DEMAND_VIEW,
        lambda rows, actor, _: _concerning(rows.filter(case__reopened__gt=0), actor),
        "没有被诉求人要求重新办理的诉求。", "refresh",
    ),
    Lane(
        "tasks", "协办任务", Permission.DEMAND_HANDLE, lambda rows, actor, _: narrowing.with_task_of(rows, _me(actor)),
        "没有请您协办的任务。", "users",
    ),
    Lane(
        "team", "本单位", Permission.DEMAND_VIEW,
        lambda rows, actor, _: _team(rows, actor, Permission.DEMAND_VIEW),
        "本单位没有在办的诉求。", "building-community",
    ),
)  # fmt: skip


def lane_named(key: str) -> Lane | None:
    return next((lane for lane in LANES if lane.key == key), None)


def lanes_of(actor: Actor) -> list[Lane]:
    return [lane for lane in LANES if actor.can(lane.permission)]


def counts(actor: Actor, now: datetime) -> list[tuple[Lane, Count]]:
    """Each lane with how much lies in it, counted to 99: one statement a lane, each on an index of the open ones."""
    rows = Demand.objects.visible_to(actor)
    return [(lane, capped_count(lane.of(rows, actor, now), MOST_COUNTED)) for lane in lanes_of(actor)]
