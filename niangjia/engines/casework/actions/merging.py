"""One matter out of several, several out of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from niangjia.engines.casework.actions.clocks import CLOCK_FIELDS, copy_pauses, grade, set_clock
from niangjia.engines.casework.actions.following import merged_into, pass_tasks
from niangjia.engines.casework.actions.keeping import shut_out
from niangjia.engines.casework.actions.opening import next_number
from niangjia.engines.casework.actions.stepping import (
    Step,
    end,
    locked,
    set_lead,
    stepping,
    take_part,
    write_entry,
    writing,
)
from niangjia.engines.casework.events import CaseSplit
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Role
from niangjia.engines.casework.queries.openness import ensure_right, ensure_stage
from niangjia.engines.casework.rules import WAITING, Stage, Verb, ensure_text
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import publish

TOGETHER = "与相同的诉求一并办理，结果会分别告知您。"
MOST_PARTS = 20


@transaction.atomic
def merge_cases(case_ids: Sequence[int], *, into_id: int, reason: str, actor: Actor, now: datetime) -> Case:
    """并案: `into_id` stays and is worked on; each of the others keeps its asker, reply and rating."""
    ensure_text(reason, "请写明并案的理由。", "reason")
    wanted = sorted({*case_ids, into_id})
    if not case_ids or into_id in case_ids:
        raise Refused("case.merge_itself", "请选择另一件作为主件，不能并入自己。", "into_id")
    cases = {pk: locked(pk, actor) for pk in wanted}  # in the order of ids: two merges never wait for each other
    main = cases[into_id]
    for case in cases.values():
        ensure_right(case, Verb.MERGE, actor)
        ensure_stage(case, Verb.MERGE, actor)
        if case.kind != main.kind:
            raise Refused("case.merge_kind", "两件事项的类型不同，不能并案。", "into_id")
        if case.is_confidential and not main.is_confidential:
            raise Refused("case.merge_confidential", "保密的事项不能并入公开的事项。", "into_id")
    for pk in wanted:
        if pk != into_id:
            _merge(cases[pk], main, reason.strip(), actor=actor, now=now)
    numbers = [cases[pk].number for pk in wanted if pk != into_id]
    with writing(main, Verb.MERGE, actor=actor, now=now, text=reason) as step:
        step.data = {"merged": [pk for pk in wanted if pk != into_id], "numbers": numbers}
        _keep_from_all(main, cases.values(), actor=actor, now=now)
        _run_as_the_most_pressing(main, cases.values())
        step.tell([main.lead_id], "并入了其他事项")
    return main


def _keep_from_all(main: Case, cases: Iterable[Case], *, actor: Actor, now: datetime) -> None:
    """Whoever must not know one of them knows nothing of the main one from now on."""
    together = list(cases)
    main.kept_from = sorted({place for case in together for place in case.kept_from})
    main.kept_from_users = sorted({user for case in together for user in case.kept_from_users})
    if main.lead_id in shut_out(main, actor=actor, now=now) or _kept_from_its_place(main):
        raise Refused("case.kept_from", "按回避规定，主件的承办单位或承办人不能办理并入的事项。请先转办。", "into_id")


def _run_as_the_most_pressing(main: Case, cases: Iterable[Case]) -> None:
    """Nobody waits longer for having been merged: the highest grade and the earliest limit of a partner count for all."""
    together = list(cases)
    main.own_due_at = min((case.own_due_at for case in together if case.own_due_at), default=None)
    urgency, is_major = max(case.urgency for case in together), any(case.is_major for case in together)
    if (urgency, is_major) != (main.urgency, main.is_major):
        grade(main, urgency, is_major=is_major)


def _kept_from_its_place(case: Case) -> bool:
    return bool(set(case.kept_from) & {int(label) for label in str(case.scope.path).split(".")})


def _merge(case: Case, main: Case, reason: str, *, actor: Actor, now: datetime) -> None:
    with writing(case, Verb.MERGE, actor=actor, now=now, text=TOGETHER, reason=reason) as step:
        step.for_asker = True
        step.data = {"into": main.pk, "number": main.number, "reason": reason}
        if case.lead_id and case.lead_id != main.lead_id:
            take_part(main, case.lead_id, Role.CO_HANDLER, now=now)
            step.tell([case.lead_id], f"已并入 {main.number}")
        set_lead(case, None, now=now)
        pass_tasks(case, main, now=now)
        case.merged_into = main
        end(case, Stage.MERGED, now=now)
        merged_into(case).update(merged_into=main)


def split_case(case_id: int, *, parts: Sequence[str], actor: Actor, now: datetime) -> list[Case]:
    """拆分: each title becomes a case of its own beside this one, with the same asker, limits and receipt."""
    with stepping(case_id, Verb.SPLIT, actor=actor, now=now) as step:
        titles = [title.strip() for title in parts if title.strip()]
        if not titles or len(titles) > MOST_PARTS:
            raise Refused("case.parts", f"请写明拆出的事项，每行一件，最多 {MOST_PARTS} 件。", "parts")
        made = [_part(step, title) for title in titles]
        step.data = {"parts": [part.pk for part in made], "numbers": [part.number for part in made]}
        step.text = "；".join(f"{part.number} {part.title}" for part in made)
        publish(CaseSplit(step.case.pk, step.case.kind, tuple(part.pk for part in made), actor, now))
    return made


def _part(step: Step, title: str) -> Case:
    whole, now = step.case, step.now
    part = Case(
        kind=whole.kind, title=title[:100], scope=whole.scope, received_scope=whole.received_scope,
        stage=whole.stage if whole.stage in WAITING else Stage.ACCEPTED, urgency=whole.urgency, is_major=whole.is_major,
        is_confidential=whole.is_confidential, kept_from=whole.kept_from, kept_from_users=whole.kept_from_users,
        received_at=whole.received_at, accepted_at=whole.accepted_at, runs_from=whole.runs_from, touched_at=now,
        limits=whole.limits, extra_days=whole.extra_days, own_due_at=whole.own_due_at, paused_at=whole.paused_at,
        partner=whole.partner, split_from=whole, number=next_number(kind_named(whole.kind).prefix, now=now),
    )  # fmt: skip
    part.save(force_insert=True)
    copy_pauses(whole, part)
    set_clock(part, now=now)
    part.save(update_fields=CLOCK_FIELDS)
    for user_id, role in whole.participants.filter(until_at=None, role__in=[Role.RECORDER, Role.LOOKER]).values_list(
        "user_id", "role"
    ):
        take_part(part, user_id, role, now=now)
    record = Step(part, step.actor, now, part.stage_now, f"由 {whole.number} 拆分", data={"split_from": whole.pk})
    write_entry(record, Verb.RECORD)
    audit.record(
        actor=step.actor, verb="casework.case.record", subject=part, path=whole.scope.path, after=audit.snapshot(part), now=now
    )  # fmt: skip
    return part
