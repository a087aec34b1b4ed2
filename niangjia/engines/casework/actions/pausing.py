"""The clock: paused, run again, extended once, graded anew."""

from __future__ import annotations

from datetime import datetime

from niangjia.engines.casework.actions.clocks import end_pause, grade, start_pause
from niangjia.engines.casework.actions.stepping import stepping
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Extension
from niangjia.engines.casework.queries.people import able_at
from niangjia.engines.casework.rules import MOST_EXTENSION_DAYS, PauseReason, Urgency, Verb, ensure_text
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing, Refused


def pause_clock(case_id: int, *, reason: str, text: str = "", actor: Actor, now: datetime) -> Case:
    """Also after the limit; what was late stays late."""
    with stepping(case_id, Verb.PAUSE, actor=actor, now=now, text=text) as step:
        if reason not in list(PauseReason):
            raise Refused("case.pause_reason", "请选择暂停计时的理由。", "reason")
        start_pause(step.case, reason=reason, text=text.strip()[:300], now=now)
        step.data = {"reason": reason, "label": PauseReason(reason).label}
    return step.case


def resume_clock(case_id: int, *, actor: Actor, now: datetime) -> Case:
    with stepping(case_id, Verb.RESUME, actor=actor, now=now) as step:
        end_pause(step.case, now=now)
    return step.case


def ask_extension(case_id: int, *, days: int, reason: str, actor: Actor, now: datetime) -> Extension:
    """By the lead, once; `days` in the unit of the limits (working days where these are working days)."""
    with stepping(case_id, Verb.ASK_EXTENSION, actor=actor, now=now, text=reason) as step:
        ensure_text(reason, "请写明申请延期的理由。", "reason")
        if not 1 <= days <= MOST_EXTENSION_DAYS:
            raise Refused("case.days", f"请填写 1 到 {MOST_EXTENSION_DAYS} 天。", "days")
        case = step.case
        asked: Extension = Extension.objects.create(
            case=case, days=days, reason=reason.strip()[:300], asked_by_id=actor.user_id, asked_at=now
        )
        step.data = {"days": days, "extension": asked.pk}
        deciders = able_at(case, kind_named(case.kind).lead, now=now, but=[actor.user_id])
        step.tell([told.user_id for told in deciders], f"申请延期 {days} 天")
    return asked


def decide_extension(
    extension_id: int, *, is_granted: bool, answer: str = "", actor: Actor, now: datetime
) -> Extension:
    """By 分管领导, never by whoever asked. The asker of the matter is told of a longer limit."""
    asked: Extension | None = Extension.objects.visible_to(actor).filter(pk=extension_id).first()
    if asked is None:
        raise Missing
    verb = Verb.EXTEND if is_granted else Verb.REFUSE_EXTENSION
    with stepping(asked.case_id, verb, actor=actor, now=now, text=answer) as step:
        asked = step.case.extensions.select_for_update().get(pk=extension_id)
        if asked.is_granted is not None:
            raise Refused("case.decided", "这个延期申请已经审批过了。请刷新后再看。")
        if not is_granted:
            ensure_text(answer, "请写明不同意的理由。", "answer")
        asked.decided_by_id, asked.decided_at = actor.user_id, now
        asked.is_granted, asked.answer = is_granted, answer.strip()[:300]
        asked.save()
        step.data = {"days": asked.days, "extension": asked.pk}
        step.tell([asked.asked_by_id], "延期申请已批准" if is_granted else "延期申请未批准")
        if is_granted:
            step.case.extra_days = asked.days
            step.for_asker = True
    return asked


def regrade_case(case_id: int, *, urgency: int, is_major: bool, reason: str, actor: Actor, now: datetime) -> Case:
    """The limits of the new grade count from the same moments as before."""
    with stepping(case_id, Verb.REGRADE, actor=actor, now=now, text=reason) as step:
        case = step.case
        ensure_text(reason, "请写明调整的理由。", "reason")
        if urgency not in list(Urgency):
            raise Refused("case.urgency", "请选择紧急程度。", "urgency")
        if (urgency, is_major) == (case.urgency, case.is_major):
            raise Refused("case.same_urgency", "紧急程度没有变化。", "urgency")
        step.data = {"before": [case.urgency, case.is_major], "after": [urgency, is_major]}
        grade(case, urgency, is_major=is_major)
        step.tell([case.lead_id], f"调整为{Urgency(urgency).label}")
    return step.case
