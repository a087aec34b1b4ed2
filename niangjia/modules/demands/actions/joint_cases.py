"""What officers do with a hot spot: look into it, open it as one joint case, say that it is none."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from django.db import transaction

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.hotspots.bursts import LEAST, MOST, Rule
from niangjia.modules.demands.hotspots.states import State
from niangjia.modules.demands.models import BurstRule, HotSpot
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.hotspots import cases_to_join, hot_spot_in_sight
from niangjia.modules.organisations.queries.organisations import organisation_in_sight

LONGEST = 200


def take_hot_spot(pk: int, *, actor: Actor, now: datetime) -> None:
    """The actor looks into it: it rings for nobody any more. Raises Missing, NotPermitted, Refused."""
    with _changing(pk, "taken", actor=actor, now=now) as spot:
        if spot.taken_at is not None:
            raise Refused("hot_spot.taken", f"{spot.taken_by.name if spot.taken_by else '系统'}已经在看，不用再处理。")
        spot.taken_at, spot.taken_by_id = now, actor.user_id
        spot.save(update_fields=["taken_at", "taken_by"])


@transaction.atomic
def open_joint_case(pk: int, *, into_id: int | None, reason: str, actor: Actor, now: datetime) -> Case:
    """并案办理: the open demands of a hot spot become one matter; each asker keeps an own reply and rating.

    Only demands that the actor sees are joined. The joint case stays the same when more come later.
    Raises Missing, NotPermitted, Refused.
    """
    with _changing(pk, "joined", actor=actor, now=now, reason=reason) as spot:
        main, others = cases_to_join(spot, actor, into_id=into_id)
        if main is None or not others:
            raise Refused("hot_spot.nothing", "没有可以并案的诉求：在办的不到两件，或者已经并在一起了。")
        joined = casework.merge_cases(
            [case.pk for case in others], into_id=main.pk, reason=reason, actor=actor, now=now
        )
        spot.case, spot.state, spot.ended_at = joined, State.JOINED, None
        if spot.taken_at is None:
            spot.taken_at, spot.taken_by_id = now, actor.user_id
        spot.save(update_fields=["case", "state", "ended_at", "taken_at", "taken_by"])
    return joined


def dismiss_hot_spot(pk: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """不是热点: nobody is told of it again. Raises Missing, NotPermitted, Refused."""
    reason = reason.strip()[:LONGEST]
    with _changing(pk, "dismissed", actor=actor, now=now, reason=reason) as spot:
        if not reason:
            raise Refused("hot_spot.reason", "请写明为什么不是热点。", "reason")
        if spot.state == State.JOINED:
            raise Refused("hot_spot.joined", "已经并案办理，不能再标为“不是热点”。")
        spot.state, spot.ended_at, spot.ended_because = State.DISMISSED, now, reason
        spot.save(update_fields=["state", "ended_at", "ended_because"])


def set_burst_rule(organisation_id: int, rule: Rule, *, actor: Actor, now: datetime) -> None:
    """From how many people on is told, at a place and under it. Raises Missing, NotPermitted, Refused."""
    if not (LEAST <= rule.people_a_day <= MOST):
        raise Refused("burst.day", f"请填 {LEAST} 到 {MOST} 之间的人数。", "people_a_day")
    if not (rule.people_a_day <= rule.people_a_week <= MOST):
        raise Refused("burst.week", f"一周的人数不能少于一天的人数，最多 {MOST}。", "people_a_week")
    place = organisation_in_sight(organisation_id, actor)
    facts = {"people_a_day": rule.people_a_day, "people_a_week": rule.people_a_week}
    with transaction.atomic():
        _ensure_row(place.pk)
        row_pk = BurstRule.objects.visible_to(actor).values_list("pk", flat=True).get(scope=place.pk)
        with changing(
            BurstRule, row_pk, actor=actor, permission=Permission.EMERGENCY_EDIT, verb="demands.burst_rule.set", now=now
        ) as row:  # fmt: skip
            for name, value in facts.items():
                setattr(row, name, value)
            row.save(update_fields=list(facts))


def _ensure_row(scope_id: int) -> None:
    usual = Rule()
    rows = BurstRule.objects.unscoped(reason="one rule a place, whoever looks")
    rows.get_or_create(
        scope_id=scope_id, defaults={"people_a_day": usual.people_a_day, "people_a_week": usual.people_a_week}
    )


def _changing(pk: int, what: str, *, actor: Actor, now: datetime, reason: str = "") -> AbstractContextManager[HotSpot]:
    hot_spot_in_sight(pk, actor, now=now)  # too few people in sight are none
    return changing(
        HotSpot, pk, actor=actor, permission=Permission.DEMAND_ACCEPT, verb=f"demands.hot_spot.{what}", now=now,
        reason=reason,
    )  # fmt: skip
