"""The hotline: a call begins, and ends as a demand, as an answer, as a word on an earlier one, or as nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import OPEN, TRIES, Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.numbers import line_of
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.models import Call, Demand, Nuisance
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.calls import call_in_sight
from niangjia.modules.demands.queries.demands import demand_in_sight
from niangjia.modules.demands.rules import SHORTEST_REASON, CallOutcome, Channel, Facts

HIDDEN = frozenset({"", "anonymous", "unknown", "private", "withheld", "匿名", "未知", "无号码"})
"""What a telephone system says of a number that it was not told."""

SHORTEST_LINE, LONGEST_LINE = 3, 16
LONGEST_MARK = timedelta(days=180)
FURTHEST_PROMISE = timedelta(days=30)
BY_PHONE = "诉求人来电"


def tidy_line(raw: str) -> tuple[str, str]:
    """Number and extension; no number for a hidden one. Raises Refused."""
    if raw.strip().lower() in HIDDEN:
        return "", ""
    number, extension = line_of(raw)
    if not (number.isascii() and number.isdigit() and SHORTEST_LINE <= len(number) <= LONGEST_LINE):
        raise Refused("call.phone", "请输入来电号码（数字），分机写成“转 801”；没有显示号码的请留空。", "phone")
    return number, extension


def begin_call(*, phone: str, scope_id: int, recording: str = "", actor: Actor, now: datetime) -> Call:
    """Raises Refused, Missing, NotPermitted."""
    number, extension = tidy_line(phone)
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    with adding(
        actor=actor, permission=Permission.HOTLINE_ANSWER, scope=scope, verb="demands.call.began", now=now
    ) as recorded:
        call: Call = Call.objects.create(
            scope=scope, operator_id=actor.user_id, phone=number or None, began_at=now, recording=recording.strip()[:300],
            note=f"分机 {extension}" if extension else "",
        )  # fmt: skip
        recorded(call)
    return call


@contextmanager
def _ending(call_id: int, outcome: CallOutcome, *, note: str = "", actor: Actor, now: datetime) -> Iterator[Call]:
    """Raises Refused for a call that has ended: a second press must not record a second demand."""
    with changing(
        Call, call_id, actor=actor, permission=Permission.HOTLINE_ANSWER, verb="demands.call.ended", now=now
    ) as call:
        if call.ended_at is not None:
            raise Refused("call.ended", "这个来电已经结束并记下了，请从右边的列表打开。")
        yield call
        call.ended_at = now
        call.outcome = outcome
        if note:
            call.note = "；".join(part for part in (call.note, note) if part)[:300]
        call.save()


def record_from_call(
    call_id: int,
    facts: Facts,
    *,
    close_at_once: str = "",
    follows_id: int | None = None,
    call_back_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Demand:
    """The demand of a call. `close_at_once`: what was explained; `follows_id`: the open one that it is, or joins.

    Raises Refused, Missing, NotPermitted; then nothing is written and the call is still on.
    """
    ensure_promise(call_back_at, now)
    outcome = CallOutcome.EXPLAINED if close_at_once else CallOutcome.DEMAND
    with _ending(call_id, outcome, actor=actor, now=now) as call:
        facts = replace(facts, channel=Channel.HOTLINE, recording=call.recording or facts.recording)
        demand = record_demand(
            facts, scope_id=call.scope_id, close_at_once=close_at_once, route=follows_id is None, actor=actor, now=now
        )
        if follows_id is not None:
            other = demand_in_sight(follows_id, actor)
            reason = f"来电反映的与 {other.case.number} 是同一件事"
            casework.merge_cases([demand.pk], into_id=other.pk, reason=reason, actor=actor, now=now)
        call.demand = demand
        call.call_back_at = call_back_at
    return demand


def follow_up_by_call(
    call_id: int, demand_id: int, *, text: str = "", is_urged: bool = False, actor: Actor, now: datetime
) -> Demand:
    """查询进度: the caller heard where it is; what he added or urged is passed on to whoever handles it.

    Raises Refused, Missing, NotPermitted.
    """
    text = text.strip()
    with _ending(call_id, CallOutcome.FOLLOWED, actor=actor, now=now) as call:
        demand = demand_in_sight(demand_id, actor)
        case_id, stage = demand.pk, demand.case.stage
        asker = casework.ASKER
        if is_urged and stage in OPEN:
            casework.urge_case(case_id, text=text or "诉求人来电催问进展。", actor=asker, now=now, by_name=BY_PHONE)
        elif text and stage == Stage.FACTS_ASKED:
            casework.give_facts(case_id, text=text, actor=asker, now=now, by_name=BY_PHONE)
        elif text:
            casework.remark(case_id, text=f"{BY_PHONE}补充：{text}", actor=actor, now=now)
        call.demand = demand
    return demand


def drop_call(call_id: int, *, note: str = "", actor: Actor, now: datetime) -> Call:
    """中断: nobody spoke, or the line broke before anything was said."""
    with _ending(call_id, CallOutcome.DROPPED, note=note, actor=actor, now=now) as call:
        pass
    return call


def promise_call_back(call_id: int, *, at: datetime, note: str = "", actor: Actor, now: datetime) -> Call:
    """The call ends with the promise to ring back at a time. Raises Refused."""
    ensure_promise(at, now)
    with _ending(call_id, CallOutcome.PROMISED, note=note, actor=actor, now=now) as call:
        if not call.phone:
            raise Refused("call.no_phone", "这个来电没有号码，无法回拨。请先问到联系电话，记为诉求后再约定。", "at")
        call.call_back_at = at
    return call


def ensure_promise(at: datetime | None, now: datetime) -> None:
    """Raises Refused for a time that can't be kept."""
    if at is None:
        return
    if at <= now:
        raise Refused("call.promise", "回电时间应在现在之后。", "call_back_at")
    if at > now + FURTHEST_PROMISE:
        raise Refused("call.promise", "回电时间请约在 30 天以内。", "call_back_at")


def return_call(
    call_id: int, *, is_reached: bool, note: str = "", next_at: datetime | None = None, actor: Actor, now: datetime
) -> Call:
    """The promised call was made, or tried; in vain it is due again at `next_at`. Raises Refused."""
    with changing(
        Call, call_id, actor=actor, permission=Permission.HOTLINE_ANSWER, verb="demands.call.returned", now=now
    ) as call:
        if call.call_back_at is None or call.called_back_at is not None:
            raise Refused("call.returned", "这个电话已经回过了，请刷新列表。")
        if is_reached:
            call.called_back_at = now
        else:
            if next_at is None:
                raise Refused("call.next", "没有联系上，请写下次什么时候再打。", "next_at")
            ensure_next(next_at, now)
            call.call_back_at = next_at
            call.tries += 1
        if note.strip():
            said = f"{timezone.localtime(now):%m-%d %H:%M} {'已回电' if is_reached else '未联系上'}：{note.strip()}"
            call.note = "；".join(part for part in (call.note, said) if part)[:300]
        call.save()
    return call


def call_back_demand(
    demand_id: int,
    *,
    is_reached: bool,
    is_satisfied: bool | None = None,
    rating: int | None = None,
    text: str = "",
    next_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Case:
    """回访 by telephone; in vain it is tried again at `next_at`, and the third time in vain ends it. Raises Refused."""
    demand = demand_in_sight(demand_id, actor)
    if not is_reached:
        if next_at is None and demand.case.tries + 1 < TRIES:
            raise Refused("call.next", "没有联系上，请写下次什么时候再打。", "next_at")
        if next_at is not None:
            ensure_next(next_at, now)
    return casework.call_back(
        demand.pk, is_reached=is_reached, is_satisfied=is_satisfied, rating=rating, text=text, next_at=next_at,
        actor=actor, now=now,
    )  # fmt: skip


def ensure_next(at: datetime, now: datetime) -> None:
    """Raises Refused."""
    if not now < at <= now + FURTHEST_PROMISE:
        raise Refused("call.next", "下次联系的时间应在现在之后、30 天以内。", "next_at")


def reveal_call(call_id: int, *, reason: str, actor: Actor, now: datetime) -> str:
    """The number in full, to ring back; the look is kept with its reason. Raises Refused without one."""
    call = call_in_sight(call_id, actor)
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("reason.short", f"请写明查看的原因，至少 {SHORTEST_REASON} 个字。", "reason")
    audit.record(
        actor=actor, verb="demands.call.revealed", subject=call, path=call.scope.path, reason=reason, now=now
    )  # fmt: skip
    return call.phone or ""


# --- nuisance ---


def mark_nuisance(call_id: int, *, reason: str, until_on: date, actor: Actor, now: datetime) -> Nuisance:
    """The call ends, and its number is marked until a day. Such calls are answered all the same. Raises Refused."""
    today = timezone.localdate(now)
    if not reason.strip():
        raise Refused("nuisance.reason", "请写明为什么标为骚扰。", "reason")
    if not today <= until_on <= today + LONGEST_MARK:
        raise Refused("nuisance.until", "请选择今天起半年以内的日期。", "until_on")
    with transaction.atomic(), _ending(call_id, CallOutcome.NUISANCE, note=reason, actor=actor, now=now) as call:
        if not call.phone:
            raise Refused("nuisance.phone", "这个来电没有号码，无法标记。可以按“通话中断”结束。", "reason")
        mark: Nuisance = Nuisance.objects.create(
            scope=call.scope, phone=call.phone, reason=reason.strip()[:200], marked_by_name=actor.name, marked_at=now,
            until_on=until_on,
        )  # fmt: skip
        audit.record(
            actor=actor, verb="demands.nuisance.marked", subject=mark, path=call.scope.path,
            after=audit.snapshot(mark), reason=reason, now=now,
        )  # fmt: skip
    return mark


def lift_nuisance(nuisance_id: int, *, actor: Actor, now: datetime) -> Nuisance:
    with changing(
        Nuisance,
        nuisance_id,
        actor=actor,
        permission=Permission.HOTLINE_ANSWER,
        verb="demands.nuisance.lifted",
        now=now,
    ) as mark:
        mark.lifted_at = now
        mark.save(update_fields=["lifted_at"])
    return mark
