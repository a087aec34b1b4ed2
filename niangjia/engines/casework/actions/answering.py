"""The answer, and what the one who asked says to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from niangjia.engines.casework.actions.clocks import end_pause
from niangjia.engines.casework.actions.following import note_in_main, promote_heir, tell_main, tell_merged
from niangjia.engines.casework.actions.passing import ensure_may_know
from niangjia.engines.casework.actions.stepping import Step, end, set_lead, stepping
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import CallBack, Case
from niangjia.engines.casework.queries.people import able_at, heads
from niangjia.engines.casework.rules import (
    ENDED,
    MINUTES_BETWEEN_TRIES,
    POOR,
    RATINGS,
    TRIES,
    Stage,
    Verb,
    after_call_back,
    ensure_text,
)
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused


def answer_case(case_id: int, *, text: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime) -> Case:
    """The answer to the asker; whoever gives it where nobody leads is the lead from now on. Merged ones get it too."""
    with stepping(case_id, Verb.ANSWER, actor=actor, now=now, text=text, file_ids=file_ids) as step:
        case = step.case
        ensure_text(text, "请写下答复，诉求人会看到。")
        waiting = case.tasks.filter(done_at=None, dropped_at=None).count()
        if waiting:
            raise Refused("case.open_tasks", f"还有 {waiting} 项协办没有完成。请等待完成，或取消后再答复。")
        if case.lead_id is None:
            ensure_may_know(case, actor.user_id, now=now)
            set_lead(case, actor.user_id, now=now)
        end_pause(case, now=now)
        case.stage, case.answered_at, case.tries = Stage.ANSWERED, now, 0
        case.first_answered_at = case.first_answered_at or now
        tell_merged(case, text=text.strip(), file_ids=file_ids, actor=actor, now=now)
    return step.case


def call_back(
    case_id: int,
    *,
    is_reached: bool,
    is_satisfied: bool | None = None,
    rating: int | None = None,
    text: str = "",
    next_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Case:
    """回访. Reached: what was said decides. Not reached three times, half an hour apart at least: closed, not resolved."""
    with stepping(case_id, Verb.CALL_BACK, actor=actor, now=now, text=text) as step:
        case = step.case
        if is_reached and is_satisfied is None:
            raise Refused("case.is_satisfied", "请选择对方是否满意。", "is_satisfied")
        _ensure_rating(rating)
        if not is_reached:
            _ensure_apart(case, now=now)
            is_satisfied = rating = None
            case.tries += 1
        CallBack.objects.create(
            case=case, at=now, user_id=actor.user_id, user_name=actor.name, is_reached=is_reached,
            is_satisfied=is_satisfied, rating=rating, text=text.strip()[:500],
            next_at=None if is_reached else next_at,
        )  # fmt: skip
        step.data = {"is_reached": is_reached, "is_satisfied": is_satisfied, "rating": rating, "tries": case.tries}
        following = after_call_back(case.stage_now, reached=is_reached, satisfied=bool(is_satisfied), tries=case.tries)
        _confirmed(step, following, is_satisfied=is_satisfied, rating=rating)
    return step.case


def rate_case(
    case_id: int,
    *,
    rating: int | None,
    is_satisfied: bool,
    text: str = "",
    actor: Actor,
    now: datetime,
    by_name: str = "",
) -> Case:
    """The asker's own word: confirms an answer or sends it back; of an ended or merged case it is a rating alone."""
    with stepping(case_id, Verb.RATE, actor=actor, now=now, text=text, by_name=by_name) as step:
        case = step.case
        _ensure_rating(rating)
        step.data = {"is_satisfied": is_satisfied, "rating": rating}
        following = case.stage_now
        if case.stage_now is Stage.ANSWERED:
            following = after_call_back(case.stage_now, reached=True, satisfied=is_satisfied, tries=case.tries)
        _confirmed(step, following, is_satisfied=is_satisfied, rating=rating)
        bad = not is_satisfied or (rating is not None and rating <= POOR)
        if bad and case.merged_into is not None:
            tell_main(case, "诉求人不满意", text=step.text, now=now)
        elif bad and case.stage in ENDED:
            # The figure changes and nothing moves: those who could still put it right must hear.
            above = [] if case.is_confidential else [one.user_id for one in heads(case, now=now)]
            step.tell(
                dict.fromkeys([case.lead_id, *above]),
                f"诉求人评价不满意（{rating} 分）" if rating else "诉求人评价不满意",
            )
    return step.case


def _confirmed(step: Step, following: Stage, *, is_satisfied: bool | None, rating: int | None) -> None:
    case = step.case
    if is_satisfied is not None:
        case.is_satisfied = is_satisfied
        case.rating = rating if rating is not None else case.rating
    if following in (Stage.RESOLVED, Stage.CLOSED) and case.is_open:
        end(case, following, now=step.now)
    elif following is not case.stage_now:
        case.stage = Stage.ACCEPTED if following is Stage.IN_HAND and case.lead_id is None else following
        step.tell([case.lead_id], "诉求人不满意，请继续办理")


def _ensure_rating(rating: int | None) -> None:
    if rating is not None and rating not in RATINGS:
        raise Refused("case.rating", "请打 1 到 5 分。", "rating")


def _ensure_apart(case: Case, *, now: datetime) -> None:
    since = now - timedelta(minutes=MINUTES_BETWEEN_TRIES)
    if case.call_backs.filter(is_reached=False, at__gt=since, at__gte=case.answered_at).exists():
        raise Refused(
            "case.try_too_soon", f"刚才已经打过一次。两次回访至少间隔 {MINUTES_BETWEEN_TRIES} 分钟，共 {TRIES} 次。"
        )


def reopen_case(case_id: int, *, reason: str, actor: Actor, now: datetime, by_name: str = "") -> Case:
    """Within fourteen days of its end, counted by the calendar; answering and closing run anew."""
    with stepping(case_id, Verb.REOPEN, actor=actor, now=now, text=reason, by_name=by_name) as step:
        case = step.case
        ensure_text(reason, "请写明为什么要重新办理。", "reason")
        case.stage = Stage.IN_HAND if case.lead_id else Stage.ACCEPTED
        case.runs_from, case.ended_at, case.extra_days = now, None, 0
        case.reopened += 1
        whom = [case.lead_id] if case.lead_id else _desk(case, now=now)
        step.tell(whom, "要求重新办理")
    return step.case


def withdraw_case(case_id: int, *, reason: str, actor: Actor, now: datetime, by_name: str = "") -> Case:
    """By the asker. Those that were merged into it go on without it."""
    with stepping(case_id, Verb.WITHDRAW, actor=actor, now=now, text=reason, by_name=by_name) as step:
        case = step.case
        ensure_text(reason, "请写明撤回的理由。", "reason")
        if case.merged_into is not None:  # the main one goes on for the others
            tell_main(case, "诉求人已撤回", text=step.text, now=now)
            note_in_main(case, f"诉求人已撤回：{step.text}", now=now)
            case.merged_into = None
        step.tell([case.lead_id], "诉求人已撤回")
        promote_heir(case, actor=actor, now=now)
        end(case, Stage.WITHDRAWN, now=now)
    return step.case


def _desk(case: Case, *, now: datetime) -> list[int]:
    return [told.user_id for told in able_at(case, kind_named(case.kind).accept, now=now)]
