"""Stays and what came of them; risks as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.visits.models import Finding, Risk, Stay, StayResult, Visit
from niangjia.modules.visits.queries.people import names_of_users
from niangjia.modules.visits.rules import Outcome

REASON = "what belongs to a stay in sight"


def stay_in_sight(pk: int, actor: Actor) -> Stay:
    """Raises Missing."""
    rows = Stay.objects.visible_to(actor).select_related("scope", "employer", "leader")
    found: Stay | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这次蹲点，可能不在您的管辖范围内。")
    return found


def is_of_team(stay: Stay, actor: Actor) -> bool:
    return actor.user_id is not None and (actor.user_id == stay.leader_id or actor.user_id in stay.team)


def stay_state(stay: Stay, today: date) -> tuple[str, str]:
    """(words, tone)."""
    if stay.ended_at is not None:
        return "已结束", "neutral"
    if today < stay.from_on:
        return "未开始", "info"
    return ("进行中", "success") if today < stay.until_on else ("到期未交报告", "warning")


def helped_in(name: str) -> Any:
    """'unions' or 'members' of each stay, counted by itself: a sum over a join would double what stands beside it."""
    rows = StayResult.objects.unscoped(reason=REASON).filter(stay=OuterRef("pk")).order_by()
    total = rows.values("stay").annotate(total=Sum(name)).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)


@dataclass(frozen=True)
class StayTold:
    """What came of a stay."""

    results: list[StayResult]
    unions: int
    members: int
    visits: int
    explained: int
    passed_on: int
    team: list[str]


def told_of(stay: Stay) -> StayTold:
    results = list(StayResult.objects.unscoped(reason=REASON).filter(stay=stay).order_by("-on", "-pk"))
    helped = StayResult.objects.unscoped(reason=REASON).filter(stay=stay).aggregate(
        unions=Sum("unions"), members=Sum("members")
    )  # fmt: skip
    spoken = Finding.objects.unscoped(reason=REASON).filter(visit__stay=stay).aggregate(
        explained=Count("pk", filter=Q(outcome=Outcome.EXPLAINED)),
        passed_on=Count("pk", filter=Q(outcome=Outcome.PASSED_ON)),
    )  # fmt: skip
    names = names_of_users(stay.team)
    return StayTold(
        results, helped["unions"] or 0, helped["members"] or 0,
        Visit.objects.unscoped(reason=REASON).filter(stay=stay).count(),
        spoken["explained"], spoken["passed_on"], [names[pk] for pk in stay.team if pk in names],
    )  # fmt: skip


def risk_in_sight(pk: int, actor: Actor) -> Risk:
    """Raises Missing."""
    rows = Risk.objects.visible_to(actor).select_related(
        "scope", "employer__division", "owner", "visit__user", "reported_to"
    )
    found: Risk | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这条风险，可能不在您的管辖范围内。")
    return found


def open_risks_before(user_id: int, on: date) -> int:
    """How many of somebody's risks are due by a day."""
    rows = Risk.objects.unscoped(reason="one's own risks")
    return rows.filter(owner=user_id, closed_at=None, due_on__lte=on).count()


# --- as the trail names them ---


def names_of_risks(ids: list[int]) -> dict[int, str]:
    rows = Risk.objects.unscoped(reason="names in the trail, whose reader was asked for the right")
    return dict(rows.filter(pk__in=ids).values_list("pk", "employer__name"))


def names_of_stays(ids: list[int]) -> dict[int, str]:
    rows = Stay.objects.unscoped(reason="names in the trail, whose reader was asked for the right")
    return dict(rows.filter(pk__in=ids).values_list("pk", "title"))
