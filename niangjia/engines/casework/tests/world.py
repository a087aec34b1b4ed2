"""A toy kind of case and a small tree with real jobs, for the tests of this engine.

city ── county ─┬─ north ── mill
                └─ south
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from niangjia.engines.casework import actions
from niangjia.engines.casework.kinds import CaseKind, register_kind
from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actions import place_scope
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.notify.models import Message

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, tzinfo=ZONE)  # a Monday
TODAY = NOW.date()
FOUNDED = date(2020, 1, 1)
KIND = "toy.matter"

register_kind(
    CaseKind(
        name=KIND, noun="事项", prefix="SX", view="demands:demand:view", accept="demands:demand:accept",
        handle="demands:demand:handle", call_back="demands:demand:call_back", supervise="demands:demand:supervise",
        lead="demands:demand:instruct", address=lambda pk: f"/toy/{pk}/",
    )
)  # fmt: skip

SEATS = {
    "city_chair": ("CHAIR", "city"),
    "leader": ("LEADER_IN_CHARGE", "county"),
    "head": ("DEPARTMENT_HEAD", "county"),
    "chair": ("CHAIR", "county"),
    "clerk": ("CLERK", "county"),
    "auditor": ("AUDITOR", "county"),
    "keeper": ("STATION_KEEPER", "county"),
    "north_chair": ("CHAIR", "north"),
    "north_clerk": ("CLERK", "north"),
    "north_rights": ("RIGHTS_OFFICER", "north"),
    "north_liaison": ("LIAISON_OFFICER", "north"),
    "south_chair": ("CHAIR", "south"),
    "south_clerk": ("CLERK", "south"),
    "mill_clerk": ("ENTERPRISE_CLERK", "mill"),
}


@dataclass
class World:
    scopes: dict[str, Scope] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def actor(self, who: str, now: datetime = NOW) -> Actor:
        return actor_of(self.users[who].pk, now=now)

    def at(self, place: str) -> int:
        return self.scopes[place].pk

    def user(self, who: str) -> int:
        return self.users[who].pk

    def grant(self, who: str, job: str, place: str) -> None:
        user = self.users.get(who) or User.objects.create(username=who, name=who, created_at=NOW)
        self.users[who] = user
        Grant.objects.create(user=user, job=job, scope=self.scopes[place], from_on=FOUNDED, granted_at=NOW)

    def close_job(self, who: str, now: datetime = NOW) -> None:
        Grant.objects.unscoped(reason="a test ends a job").filter(user=self.users[who]).update(ended_at=now)

    def open(self, place: str = "county", who: str = "clerk", now: datetime = NOW, **facts: Any) -> Case:
        facts = {"title": "拖欠工资", "kind": KIND} | facts
        return actions.open_case(scope_id=self.at(place), actor=self.actor(who), now=now, **facts)

    def accepted(self, **facts: Any) -> Case:
        case = self.open(**facts)
        return actions.accept_case(case.pk, actor=self.actor("head"), now=facts.get("now", NOW))

    def in_hand(self, who: str = "north_rights", place: str = "north", **facts: Any) -> Case:
        case = self.open(**facts)
        return actions.assign_case(
            case.pk,
            scope_id=self.at(place),
            user_id=self.user(who),
            actor=self.actor("clerk"),
            now=facts.get("now", NOW),
        )

    def answered(self, who: str = "north_rights", **facts: Any) -> Case:
        case = self.in_hand(who, **facts)
        return actions.answer_case(case.pk, text="已补发。", actor=self.actor(who), now=facts.get("now", NOW))

    def resolved(self, **facts: Any) -> Case:
        case = self.answered(**facts)
        return actions.call_back(
            case.pk, is_reached=True, is_satisfied=True, rating=5, actor=self.actor("clerk"), now=facts.get("now", NOW)
        )

    def told(self, who: str) -> list[str]:
        return list(Message.objects.filter(user_id=self.user(who)).order_by("id").values_list("title", flat=True))


def build() -> World:
    world = World()
    for name, parent in (
        ("city", None),
        ("county", "city"),
        ("north", "county"),
        ("south", "county"),
        ("mill", "north"),
    ):
        world.scopes[name] = place_scope(world.scopes[parent] if parent else None, on=FOUNDED)
    for who, (job, place) in SEATS.items():
        world.grant(who, job, place)
    return world


def again(case: Case) -> Case:
    return Case.objects.unscoped(reason="a test looks").select_related("scope", "lead").get(pk=case.pk)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)
