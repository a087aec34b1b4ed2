"""蹲点: a team lives with a place for a while, writes down what came of it, and ends with a report."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.organisations.queries.employers import employer_in_sight
from niangjia.modules.visits.models import Stay, StayResult
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import who_may
from niangjia.modules.visits.queries.stays import is_of_team, stay_in_sight

A_DAY = timedelta(days=1)
LONGEST_DAYS, LONGEST_TITLE, LONGEST_PLACE, LONGEST_WHAT, LONGEST_TEXT, MOST_TEAM = 366, 60, 100, 200, 10_000, 30
MOST_HELPED = 1_000_000


@dataclass(frozen=True)
class StayFacts:
    """`last_on` is the last day; the leader need not be named in the team."""

    title: str
    place: str
    leader_id: int
    from_on: date
    last_on: date
    team: Collection[int] = ()
    employer_id: int | None = None
    goals: str = ""


def add_stay(facts: StayFacts, *, scope_id: int, actor: Actor, now: datetime) -> Stay:
    """Raises NotPermitted, Missing for an employer out of sight, Refused."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    with adding(
        actor=actor, permission=Permission.VISIT_DIRECT, scope=scope, verb="visits.stay.added", now=now
    ) as recorded:
        stay = Stay(scope=scope)
        _put(stay, facts, actor, now)
        stay.save()
        recorded(stay)
    return stay


def edit_stay(pk: int, facts: StayFacts, *, actor: Actor, now: datetime) -> Stay:
    with changing(
        Stay, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.stay.changed", now=now
    ) as stay:
        _ensure_going(stay)
        _put(stay, facts, actor, now)
        stay.save()
    return stay


def add_stay_result(
    pk: int, *, on: date, what: str, unions: int = 0, members: int = 0, actor: Actor, now: datetime
) -> StayResult:
    """By whoever is of the team, or directs. Raises Refused for a day outside the stay or to come."""
    stay = stay_in_sight(pk, actor)
    with adding(
        actor=actor, permission=_right(stay, actor), scope=stay.scope, verb="visits.stay.result_added", now=now
    ) as recorded:
        _ensure_going(stay)
        what = _line(what)[:LONGEST_WHAT]
        if not what:
            raise Refused("stay.what", "请写做成了什么。", "what")
        if not stay.from_on <= on < stay.until_on or on > timezone.localdate(now):
            raise Refused("stay.on", "成果的日期要在蹲点期间，并且不能晚于今天。", "on")
        if not (0 <= unions <= MOST_HELPED and 0 <= members <= MOST_HELPED):
            raise Refused("stay.helped", "数字不对，请核对。", "members")
        result: StayResult = StayResult.objects.create(stay=stay, on=on, what=what, unions=unions, members=members)
        recorded(result)
    return result


def remove_stay_result(pk: int, *, actor: Actor, now: datetime) -> Stay:
    """One that was written by mistake."""
    result: StayResult | None = StayResult.objects.visible_to(actor).select_related("stay__scope").filter(pk=pk).first()
    if result is None:
        raise Missing("没有找到这条成果，可能已经删去。")
    stay = result.stay
    with adding(
        actor=actor, permission=_right(stay, actor), scope=stay.scope, verb="visits.stay.result_removed", now=now
    ) as recorded:
        _ensure_going(stay)
        recorded(result)
        gone = StayResult.objects.unscoped(reason="a result in sight, under the stay's right").filter(pk=pk)
    gone.delete()
    return stay


def end_stay(pk: int, *, report: str, actor: Actor, now: datetime) -> Stay:
    """With its report, by the leader or whoever directs. Before the last day it ends today."""
    with _ending(pk, actor, now) as stay:
        report = report.replace("\x00", "").replace("\r\n", "\n").strip()
        if not report:
            raise Refused("stay.report", "请写蹲点报告：看到什么、办了什么、建议什么。", "report")
        if len(report) > LONGEST_TEXT:
            raise Refused("stay.long", f"报告最多 {LONGEST_TEXT} 个字。", "report")
        today = timezone.localdate(now)
        if today < stay.from_on:
            raise Refused("stay.early", "蹲点还没有开始，不能结束。不去了的请改日期。")
        stay.report, stay.ended_at = report, now
        stay.until_on = min(stay.until_on, today + A_DAY)
        stay.save(update_fields=["report", "ended_at", "until_on"])
    return stay


# --- what the acts share ---


@contextmanager
def _ending(pk: int, actor: Actor, now: datetime) -> Iterator[Stay]:
    seen = stay_in_sight(pk, actor)
    leads = seen.leader_id == actor.user_id
    permission = Permission.VISIT_MAKE if leads else Permission.VISIT_DIRECT
    with changing(Stay, pk, actor=actor, permission=permission, verb="visits.stay.ended", now=now) as stay:
        _ensure_going(stay)
        yield stay


def _right(stay: Stay, actor: Actor) -> str:
    return Permission.VISIT_MAKE if is_of_team(stay, actor) else Permission.VISIT_DIRECT


def _ensure_going(stay: Stay) -> None:
    if stay.ended_at is not None:
        raise Refused("stay.ended", "这次蹲点已经结束，不能再改。")


def _put(stay: Stay, facts: StayFacts, actor: Actor, now: datetime) -> None:
    title, place = _line(facts.title), _line(facts.place)
    if not title or len(title) > LONGEST_TITLE:
        raise Refused("stay.title", f"请写蹲点的名称，最多 {LONGEST_TITLE} 个字。", "title")
    if not place or len(place) > LONGEST_PLACE:
        raise Refused("stay.place", f"请写在哪里蹲点，最多 {LONGEST_PLACE} 个字。", "place")
    if facts.last_on < facts.from_on:
        raise Refused("stay.dates", "最后一天不能早于第一天。", "last_on")
    if (facts.last_on - facts.from_on).days >= LONGEST_DAYS:
        raise Refused("stay.days", "一次蹲点最长一年，请核对日期。", "last_on")
    may = who_may(Permission.VISIT_MAKE, str(stay.scope.path), on=timezone.localdate(now))
    known = set(may.filter(pk__in={facts.leader_id, *facts.team}).values_list("pk", flat=True))
    known |= set(stay.team) | ({stay.leader_id} if stay.pk else set())  # who has left since may stand on
    if facts.leader_id not in known:
        raise Refused("stay.leader", "请选择能走访这里的人当组长。", "leader")
    if not set(facts.team) <= known or len(facts.team) > MOST_TEAM:
        raise Refused("stay.team", f"组员要是能走访这里的人，最多 {MOST_TEAM} 人。", "team")
    if facts.employer_id is not None and facts.employer_id != stay.employer_id:
        stay.employer = employer_in_sight(facts.employer_id, actor)
    elif facts.employer_id is None:
        stay.employer = None
    stay.title, stay.place, stay.leader_id = title, place, facts.leader_id
    stay.team = sorted(set(facts.team) - {facts.leader_id})
    stay.from_on, stay.until_on = facts.from_on, facts.last_on + A_DAY
    stay.goals = facts.goals.replace("\x00", "").replace("\r\n", "\n").strip()[:LONGEST_TEXT]


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
