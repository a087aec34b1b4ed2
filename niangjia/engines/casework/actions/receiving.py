"""The door: accept, refuse, ask for facts, explain at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from niangjia.engines.casework.actions.clocks import end_pause, start_pause
from niangjia.engines.casework.actions.following import note_in_main, refuse_merged, tell_main, tell_merged
from niangjia.engines.casework.actions.stepping import end, set_lead, stepping
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.queries.people import able_at
from niangjia.engines.casework.rules import PauseReason, Stage, Verb, ensure_text
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused


def accept(case: Case, *, now: datetime) -> None:
    """What acceptance sets, whichever act brought it."""
    case.accepted_at = case.runs_from = now
    case.stage = Stage.ACCEPTED


def accept_case(case_id: int, *, text: str = "", actor: Actor, now: datetime) -> Case:
    with stepping(case_id, Verb.ACCEPT, actor=actor, now=now, text=text) as step:
        accept(step.case, now=now)
        if step.case.lead_id is not None:  # it was sent to somebody
            step.case.stage = Stage.IN_HAND
    return step.case


def refuse_case(case_id: int, *, reason: str, elsewhere: str = "", actor: Actor, now: datetime) -> Case:
    """`elsewhere` says where the asker may turn instead; both are told."""
    with stepping(case_id, Verb.REFUSE, actor=actor, now=now, text=reason) as step:
        ensure_text(reason, "请写明不予受理的理由，诉求人会看到。", "reason")
        refuse_merged(step.case, reason=reason, elsewhere=elsewhere.strip(), actor=actor, now=now)
        end(step.case, Stage.REFUSED, now=now)
        step.data = {"elsewhere": elsewhere.strip()}
    return step.case


def ask_facts(case_id: int, *, text: str, actor: Actor, now: datetime) -> Case:
    """Back to the asker; the clock stands still until the facts are there."""
    with stepping(case_id, Verb.ASK_FACTS, actor=actor, now=now, text=text) as step:
        ensure_text(text, "请写明要补充什么，诉求人会看到。")
        step.case.stage = Stage.FACTS_ASKED
        start_pause(step.case, reason=PauseReason.FACTS, now=now)
    return step.case


def give_facts(
    case_id: int, *, text: str, file_ids: Sequence[int] = (), actor: Actor, now: datetime, by_name: str = ""
) -> Case:
    """At any time while it is open; where it waited for them it is received again."""
    with stepping(
        case_id, Verb.GIVE_FACTS, actor=actor, now=now, text=text, file_ids=file_ids, by_name=by_name
    ) as step:
        if not text.strip() and not file_ids:
            raise Refused("case.text", "请写下补充的情况，或添加照片。", "text")
        case = step.case
        if case.stage_now is Stage.FACTS_ASKED:
            case.stage = Stage.RECEIVED
            end_pause(case, now=now)
            whom = [told.user_id for told in able_at(case, kind_named(case.kind).accept, now=now)]
        else:
            whom = [case.lead_id] if case.lead_id else []
        step.tell(whom, "有补充材料")
        if case.merged_into is not None:
            files = f"（{len(file_ids)} 个附件，见该件）" if file_ids else ""
            tell_main(case, "有补充材料", text=step.text, now=now)
            note_in_main(case, f"补充：{step.text}{files}", now=now)
    return step.case


def close_at_once(case_id: int, *, text: str, actor: Actor, now: datetime) -> Case:
    """Explained in the call or at the window: accepted, answered and confirmed in one. `text` is what was said."""
    with stepping(case_id, Verb.CLOSE_AT_ONCE, actor=actor, now=now, text=text) as step:
        ensure_text(text, "请写下当场怎样答复的。")
        case = step.case
        accept(case, now=now)
        case.answered_at = case.first_answered_at = now
        set_lead(case, actor.user_id, now=now)
        tell_merged(case, text=text.strip(), actor=actor, now=now)
        end(case, Stage.RESOLVED, now=now)
    return step.case
