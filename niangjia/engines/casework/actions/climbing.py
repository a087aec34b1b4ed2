"""What nobody does in time climbs: each step is told once, to whoever stands higher."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from niangjia.engines.casework.actions.clocks import set_clock
from niangjia.engines.casework.actions.looking import let_heads_look
from niangjia.engines.casework.actions.stepping import set_lead, take_part, writing
from niangjia.engines.casework.clock import steps_due
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Climbed, Role
from niangjia.engines.casework.queries.clocks import Running, ended_pauses, running_limit
from niangjia.engines.casework.queries.orphans import orphans
from niangjia.engines.casework.queries.people import Told, able_at, above, chairs, heads
from niangjia.engines.casework.rules import CLIMB, Stage, Verb
from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.worktime.queries import clock_of

log = logging.getLogger(__name__)

BATCH = 50
LATE = 100
AGAIN = timedelta(minutes=30)
_REASON = "the clock runs for every case"


def climb_due(*, now: datetime, case_id: int | None = None) -> int:
    """The job of every minute; any number of workers at once. Returns how many cases climbed a step.

    With `case_id` only that one climbs: for whoever tells a past case by case.
    """
    one = {} if case_id is None else {"pk": case_id}
    climbed = 0
    while True:
        with transaction.atomic():
            rows = list(
                Case.objects.unscoped(reason=_REASON)
                .filter(climb_at__lte=now, **one)
                .select_for_update(of=("self",), skip_locked=True)
                .select_related("scope", "lead")
                .order_by("climb_at")[:BATCH]
            )
            for case in rows:
                climbed += _climb_or_wait(case, now=now)
        if len(rows) < BATCH:
            return climbed


def _climb_or_wait(case: Case, *, now: datetime) -> bool:
    """One that can't be told must not keep all others from climbing: it is tried again after a while."""
    try:
        with transaction.atomic():
            return _climb(case, now=now)
    except Exception:
        log.exception("Case %s can't climb", case.number)
        Case.objects.unscoped(reason=_REASON).filter(pk=case.pk).update(climb_at=now + AGAIN)
        return False


def _climb(case: Case, *, now: datetime) -> bool:
    """Of several steps that came while nobody looked only the highest is told; the others are written as skipped."""
    running = running_limit(case)
    if running is None:
        Case.objects.unscoped(reason=_REASON).filter(pk=case.pk).update(climb_at=None)
        return False
    clock = clock_of(str(case.scope.path))
    reached = steps_due(case, clock, running.name, running.due_at, stopped=ended_pauses(case), now=now)
    if reached <= case.climb_step:  # the clock was set anew meanwhile
        set_clock(case, now=now)
        case.save()
        return False
    if _was_told(case, running, reached):  # a calendar that was changed and changed back
        case.climb_step = reached
        set_clock(case, now=now)
        case.save()
        return False
    _tell_step(case, running, reached, now=now)
    return True


def _was_told(case: Case, running: Running, step: int) -> bool:
    return case.climbed.filter(limit=running.name, due_at=running.due_at, step=step).exists()


def _tell_step(case: Case, running: Running, reached: int, *, now: datetime) -> None:
    step = CLIMB[reached - 1]
    told = _whom(case, step.whom, now=now)
    if case.is_confidential and step.whom == "head":  # else nobody could take it from a lead who does nothing
        for one in told:
            take_part(case, one.user_id, Role.LOOKER, now=now)
    written = [one.written() for one in told]
    Climbed.objects.unscoped(reason=_REASON).bulk_create(
        [
            Climbed(
                case=case, limit=running.name, due_at=running.due_at, step=number, at=now,
                told=written if number == reached else [],
            )
            for number in range(case.climb_step + 1, reached + 1)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    names = "、".join(dict.fromkeys(one.name for one in told))
    text = f"{running.label}{step.label}（{names or '没有可通知的人'}）"
    with writing(case, Verb.CLIMB, actor=SYSTEM, now=now, text=text) as line:
        line.data = {
            "step": reached, "percent": step.percent, "limit": running.name, "due": running.due_at.isoformat(),
            "told": written,
        }  # fmt: skip
        case.climb_step = reached
        case.was_late = case.was_late or step.percent >= LATE
        line.tell([one.user_id for one in told], f"{running.label}{step.label}")


def _whom(case: Case, whom: str, *, now: datetime) -> list[Told]:
    if whom == "lead":
        if case.lead is not None:
            return [Told(case.lead.pk, case.lead.name, "")]
        return able_at(case, kind_named(case.kind).accept, now=now)
    if whom == "head":
        return heads(case, now=now, but=[case.lead_id] if case.lead_id else [])
    return chairs(case, now=now) if whom == "chair" else above(case, now=now)


def bring_orphans(*, now: datetime) -> int:
    """A lead who can do nothing any more: back to the desk, and its head is told. Once, as there is no lead then."""
    brought = 0
    for pk in list(orphans(now=now).values_list("pk", flat=True)):
        with transaction.atomic():
            case = (
                orphans(now=now).filter(pk=pk).select_for_update(of=("self",), skip_locked=True)
                .select_related("scope", "lead").first()
            )  # fmt: skip
            if case is None:
                continue
            name = case.lead.name
            with writing(
                case, Verb.HAND_BACK, actor=SYSTEM, now=now, text=f"{name}已离任或账号停用，请另行安排。"
            ) as step:
                step.data = {"from_scope": case.scope_id, "to_scope": case.scope_id, "from_user": case.lead_id}
                set_lead(case, None, now=now)
                if case.stage_now is Stage.IN_HAND:
                    case.stage = Stage.ACCEPTED
                if case.is_confidential:
                    let_heads_look(case, now=now)
                step.tell([told.user_id for told in heads(case, now=now)], "没有人主办，请安排")
            brought += 1
    return brought
