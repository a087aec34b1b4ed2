"""What this actor may do with a case now. The acts ask the same functions, so no button leads to a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from niangjia.engines.casework.kinds import ASKER, kind_named
from niangjia.engines.casework.models import Case, Entry, Task, TaskOf
from niangjia.engines.casework.queries.clocks import facts_due
from niangjia.engines.casework.queries.rights import has_right, may_by_place, roles_of
from niangjia.engines.casework.rules import (
    HAND_BACKS,
    REOPEN_WITHIN_DAYS,
    RIGHTS,
    WAITING,
    Stage,
    Verb,
)
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import NotPermitted, Refused

SENDING = (Verb.ROUTE, Verb.ASSIGN, Verb.HAND_OVER)


def verbs_open_to(case: Case, actor: Actor, *, now: datetime) -> list[Verb]:
    """For the buttons; the actor sees the case. `ASKER` gets what the one who asked may do."""
    roles = roles_of(case, actor)
    return [
        verb
        for verb, right in RIGHTS.items()
        if case.stage_now in right.stages and _is_open(case, verb, actor, roles, now)
    ]


def _is_open(case: Case, verb: Verb, actor: Actor, roles: frozenset[str], now: datetime) -> bool:
    try:
        ensure_right(case, verb, actor, roles)
        ensure_possible(case, verb, actor, now=now)
    except (Refused, NotPermitted):
        return False
    return True


def ensure_right(case: Case, verb: Verb, actor: Actor, roles: frozenset[str] | None = None) -> None:
    """Raises NotPermitted. The product itself and the asker have theirs without a job."""
    right = RIGHTS[verb]
    if actor == SYSTEM or (actor == ASKER and right.asker):
        return
    kind = kind_named(case.kind)
    if has_right(right, case, actor, kind, roles_of(case, actor) if roles is None else roles):
        return
    if verb is Verb.TASK_DONE and actor.user_id and _own_tasks(case, actor).exists():
        return
    raise NotPermitted(f"您不能对这件{kind.noun}“{verb.label}”：要由主办人或有相应权限的人办理。")


def ensure_stage(case: Case, verb: Verb, actor: Actor) -> None:
    """Raises Refused with a sentence that says who did what meanwhile; the one who asked reads no officer's name."""
    if case.stage_now in RIGHTS[verb].stages:
        return
    last: Entry | None = case.entries.filter(data__to=case.stage).order_by("-id").first()
    who = "" if actor == ASKER else f"由{last.user_name}" if last else ""
    done = f"已{who}{Verb(last.verb).label}，" if last else ""
    raise Refused(f"case.{verb.value}", f"{done}现在是“{case.stage_now.label}”，不能{verb.label}。请刷新后再看。")


def ensure_possible(case: Case, verb: Verb, actor: Actor, *, now: datetime) -> None:
    """What a verb needs beside right and stage. Raises Refused, or NotPermitted."""
    condition = _CONDITIONS.get(verb)
    if condition is not None:
        condition(Asked(case, actor, now))


# --- conditions ---


class Asked(NamedTuple):
    case: Case
    actor: Actor
    now: datetime


def _refuses(asked: Asked) -> None:
    until = facts_due(asked.case)
    if until is not None and asked.now < until:
        shown = timezone.localtime(until)
        raise Refused("case.facts", f"诉求人可以补充到 {shown:%Y-%m-%d}，到期没有补充才能不予受理。")


def _goes_on(asked: Asked) -> None:
    """Of a merged one the asker alone still says something, as long as the main one goes on."""
    main = asked.case.merged_into
    if main is not None and (asked.actor != ASKER or not main.is_open):
        raise Refused("case.merged", f"已并入 {main.number}，请在那里办理。")


def _takes(asked: Asked) -> None:
    if asked.case.lead_id is not None:
        raise Refused("case.take", "已有人主办。请刷新后再看。")
    if asked.case.stage in WAITING and asked.actor != SYSTEM and not may_by_place(asked.case, "accept", asked.actor):
        raise NotPermitted("这件还没有受理，请由有受理权限的人先受理。")


def _assigns(asked: Asked) -> None:
    if asked.case.stage_now is Stage.IN_HAND and asked.case.lead_id is not None:
        raise Refused("case.assign", "已有人主办，要换人请用“转办”。请刷新后再看。")


def _hands_back(asked: Asked) -> None:
    if asked.case.hand_backs >= HAND_BACKS:
        raise Refused("case.bound", "已经由上级单位指定办理，不能再退办。有困难请申请会商或延期。")
    if asked.case.lead_id is None and sent_from(asked.case) is None:
        raise Refused("case.came_from", "这件是本单位接收的，没有退办的去处。请转办，或不予受理。")


def sent_from(case: Case) -> Scope | None:
    """The place that sent it where it lies now; None: it came in here."""
    last: Entry | None = (
        case.entries.filter(verb__in=[verb.value for verb in SENDING], data__to_scope=case.scope_id)
        .exclude(data__from_scope=case.scope_id)
        .order_by("-id")
        .first()
    )
    return Scope.objects.filter(pk=last.data["from_scope"]).first() if last else None


def _rates(asked: Asked) -> None:
    if asked.case.stage_now is Stage.MERGED and asked.case.answered_at is None:
        raise Refused("case.not_answered", "还没有答复，答复之后再评价。")
    if (
        asked.case.stage_now is not Stage.ANSWERED
        and asked.case.is_satisfied is not None
        and asked.case.rating is not None
    ):
        raise Refused("case.rated", "已经评价过了，谢谢。")


def _reopens(asked: Asked) -> None:
    if asked.case.ended_at is None or asked.now > asked.case.ended_at + timedelta(days=REOPEN_WITHIN_DAYS):
        raise Refused("case.too_late", f"办结已超过 {REOPEN_WITHIN_DAYS} 天，不能重新办理。请作为新的诉求提交。")


def _pauses(asked: Asked) -> None:
    if asked.case.paused_at is not None:
        raise Refused("case.paused", "计时已经暂停。")


def _resumes(asked: Asked) -> None:
    if asked.case.paused_at is None:
        raise Refused("case.running", "计时没有暂停。")


def _asks_extension(asked: Asked) -> None:
    earlier = asked.case.extensions.filter(Q(is_granted=None) | Q(is_granted=True)).first()
    if earlier is not None:
        text = "延期申请正在等待审批。" if earlier.is_granted is None else "已经延期过一次，不能再延。"
        raise Refused("case.one_extension", text)
    if asked.case.extra_days:  # granted before it was split off
        raise Refused("case.one_extension", "已经延期过一次，不能再延。")
    if asked.case.due_at is not None and asked.now > asked.case.due_at:
        raise Refused("case.extension_late", "已经超期，不能再申请延期。请尽快答复。")


def _decides_extension(asked: Asked) -> None:
    found = asked.case.extensions.filter(is_granted=None).first()
    if found is None:
        raise Refused("case.no_extension", "没有等待审批的延期申请。请刷新后再看。")
    if found.asked_by_id == asked.actor.user_id:
        raise NotPermitted("自己申请的延期要由别的领导审批。")


def _own_tasks(case: Case, actor: Actor) -> QuerySet[Task]:
    return case.tasks.filter(user=actor.user_id, done_at=None, dropped_at=None)


def may_do_task(case: Case, task: Task, actor: Actor) -> bool:
    """An own task, or any by the right of the lead or of who supervises."""
    own = actor.user_id is not None and task.user_id == actor.user_id
    kind = kind_named(case.kind)
    return own or actor == SYSTEM or has_right(RIGHTS[Verb.TASK_DONE], case, actor, kind, roles_of(case, actor))


def _has_task(asked: Asked) -> None:
    if not asked.case.tasks.filter(done_at=None, dropped_at=None).exclude(of=TaskOf.OUTSIDE).exists():
        raise Refused("case.no_task", "没有等待完成的协办。请刷新后再看。")


def _has_any_task(asked: Asked) -> None:
    if not asked.case.tasks.filter(done_at=None, dropped_at=None).exists():
        raise Refused("case.no_task", "没有等待完成的事项。请刷新后再看。")


def _waits_outside(asked: Asked) -> None:
    if not asked.case.tasks.filter(done_at=None, dropped_at=None, of=TaskOf.OUTSIDE).exists():
        raise Refused("case.no_task", "没有等待回复的外单位。请刷新后再看。")


def _is_consulted(asked: Asked) -> None:
    if not asked.case.consultations.filter(closed_at=None).exists():
        raise Refused("case.no_consultation", "没有等待写纪要的会商。请刷新后再看。")


_CONDITIONS: Mapping[Verb, Callable[[Asked], None]] = {
    Verb.REFUSE: _refuses,
    Verb.GIVE_FACTS: _goes_on,
    Verb.WITHDRAW: _goes_on,
    Verb.TAKE: _takes,
    Verb.ASSIGN: _assigns,
    Verb.HAND_BACK: _hands_back,
    Verb.RATE: _rates,
    Verb.REOPEN: _reopens,
    Verb.PAUSE: _pauses,
    Verb.RESUME: _resumes,
    Verb.ASK_EXTENSION: _asks_extension,
    Verb.EXTEND: _decides_extension,
    Verb.REFUSE_EXTENSION: _decides_extension,
    Verb.TASK_DONE: _has_task,
    Verb.DROP_TASK: _has_any_task,
    Verb.OUTSIDE_ANSWER: _waits_outside,
    Verb.CLOSE_CONSULTATION: _is_consulted,
}
