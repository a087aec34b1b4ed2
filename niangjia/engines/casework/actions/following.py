"""Those that were merged into another one follow what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from niangjia.engines.casework.actions.clocks import copy_pauses
from niangjia.engines.casework.actions.stepping import Step, end, set_lead, take_part, write_entry, writing
from niangjia.engines.casework.actions.telling import tell
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Role
from niangjia.engines.casework.queries.people import able_at
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.scoped import ScopedQuerySet


def pass_tasks(case: Case, to: Case, *, now: datetime) -> None:
    """What others still have to do in it they do there."""
    for task in case.tasks.filter(done_at=None, dropped_at=None):
        task.case = to
        task.save(update_fields=["case"])
        take_part(to, task.user_id, Role.CO_HANDLER, now=now)


def merged_into(case: Case) -> ScopedQuerySet[Any]:
    return Case.objects.unscoped(reason="merged cases go with the one that stays").filter(
        merged_into=case.pk, stage=Stage.MERGED
    )


def tell_merged(main: Case, *, text: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime) -> None:
    """Each merged asker gets the answer as an own reply."""
    for case in merged_into(main).select_for_update(of=("self",)).select_related("scope").order_by("pk"):
        with writing(case, Verb.REPLY, actor=actor, now=now, text=text, file_ids=file_ids) as step:
            step.for_asker = True
            step.data = {"of_main": main.pk}
            case.answered_at = now
            case.first_answered_at = case.first_answered_at or now


def tell_main(case: Case, title: str, *, text: str, now: datetime) -> None:
    """The work goes on there: whoever has it hears the merged asker's word, which moves nothing by itself."""
    main = case.merged_into
    if main is not None:
        desk = [] if main.lead_id else [told.user_id for told in able_at(main, kind_named(main.kind).accept, now=now)]
        tell(main, [main.lead_id] if main.lead_id else desk, f"并入的 {case.number} {title}", text=text, now=now)


def note_in_main(case: Case, text: str, *, now: datetime) -> None:
    """A line for those at work there; not one that its asker reads. The main one isn't locked: nothing of it changes."""
    main = case.merged_into
    if main is not None:
        write_entry(Step(main, SYSTEM, now, main.stage_now, f"并入的 {case.number} {text}"), Verb.REMARK)


def refuse_merged(main: Case, *, reason: str, elsewhere: str, actor: Actor, now: datetime) -> None:
    """The one that stays is refused: each of the others is refused with it, and its asker told."""
    for case in merged_into(main).select_for_update(of=("self",)).select_related("scope").order_by("pk"):
        with writing(case, Verb.REFUSE, actor=actor, now=now, text=reason) as step:
            step.data = {"elsewhere": elsewhere, "of_main": main.pk}
            case.merged_into = None
            end(case, Stage.REFUSED, now=now)


def promote_heir(main: Case, *, actor: Actor, now: datetime) -> None:
    """The one that stays is withdrawn: the first that was merged into it goes on in its place."""
    rows = list(merged_into(main).select_for_update(of=("self",)).select_related("scope").order_by("pk"))
    if not rows:
        return
    heir, rest = rows[0], rows[1:]
    with writing(heir, Verb.MERGE, actor=actor, now=now, text=f"{main.number} 已撤回，由本件继续办理。") as step:
        heir.merged_into = heir.ended_at = None
        heir.scope, heir.accepted_at = main.scope, main.accepted_at
        heir.stage = Stage.RECEIVED if main.stage_now is Stage.FACTS_ASKED else main.stage  # another asker was asked
        heir.runs_from, heir.limits, heir.extra_days = main.runs_from, main.limits, main.extra_days
        heir.answered_at, heir.first_answered_at = main.answered_at, heir.first_answered_at or main.first_answered_at
        heir.urgency, heir.is_major, heir.own_due_at = main.urgency, main.is_major, main.own_due_at
        set_lead(heir, main.lead_id, now=now)
        pass_tasks(main, heir, now=now)
        copy_pauses(main, heir, until=now)
        step.tell([main.lead_id], "由本件继续办理")
    Case.objects.unscoped(reason="merged cases go with the one that stays").filter(
        pk__in=[case.pk for case in rest]
    ).update(merged_into=heir)
