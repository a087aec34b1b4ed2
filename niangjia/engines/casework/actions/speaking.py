"""What is said about a case without moving it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from niangjia.engines.casework.actions.stepping import Step, stepping
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.queries.people import able_at
from niangjia.engines.casework.rules import Verb, ensure_text
from niangjia.kernel.access.actor import Actor


def urge_case(case_id: int, *, text: str = "", actor: Actor, now: datetime, by_name: str = "") -> Case:
    """催办: the lead is told, or the desk while there is none."""
    with stepping(case_id, Verb.URGE, actor=actor, now=now, text=text, by_name=by_name) as step:
        step.case.urged += 1
        step.for_asker = actor.user_id is None
        step.tell(hands(step), "催办")
    return step.case


def instruct_case(case_id: int, *, text: str, actor: Actor, now: datetime) -> Case:
    """批示, of a leader in charge."""
    with stepping(case_id, Verb.INSTRUCT, actor=actor, now=now, text=text) as step:
        ensure_text(text, "请写下批示。")
        step.tell(hands(step), f"{actor.name}批示")
    return step.case


def remark(case_id: int, *, text: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime) -> Case:
    """Internal: the asker never reads it."""
    with stepping(case_id, Verb.REMARK, actor=actor, now=now, text=text, file_ids=file_ids) as step:
        ensure_text(text or ("·" if file_ids else ""), "请写下备注，或添加文件。")
    return step.case


def reply(case_id: int, *, text: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime) -> Case:
    """告知: to the asker, on the way; not yet the answer."""
    with stepping(case_id, Verb.REPLY, actor=actor, now=now, text=text, file_ids=file_ids) as step:
        ensure_text(text, "请写下要告知诉求人的话。")
    return step.case


def hands(step: Step) -> list[int]:
    """The lead; while there is none whoever may accept where it lies."""
    case = step.case
    if case.lead_id is not None:
        return [case.lead_id]
    return [told.user_id for told in able_at(case, kind_named(case.kind).accept, now=step.now)]
