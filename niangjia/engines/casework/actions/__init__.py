"""Everything that is done with a case; each takes `actor` and `now`, and leaves a line in its timeline."""

from __future__ import annotations

from niangjia.engines.casework.actions.answering import answer_case, call_back, rate_case, reopen_case, withdraw_case
from niangjia.engines.casework.actions.climbing import climb_due
from niangjia.engines.casework.actions.helping import (
    call_consultation,
    close_consultation,
    drop_task,
    finish_task,
    invite,
    record_outside_answer,
    send_out,
)
from niangjia.engines.casework.actions.looking import let_look
from niangjia.engines.casework.actions.merging import merge_cases, split_case
from niangjia.engines.casework.actions.opening import Desk, edit_case, open_case, opening
from niangjia.engines.casework.actions.passing import (
    assign_case,
    hand_back,
    hand_over,
    hand_over_all,
    route_case,
    take_case,
)
from niangjia.engines.casework.actions.pausing import (
    ask_extension,
    decide_extension,
    pause_clock,
    regrade_case,
    resume_clock,
)
from niangjia.engines.casework.actions.receiving import accept_case, ask_facts, close_at_once, give_facts, refuse_case
from niangjia.engines.casework.actions.silence import tell_of_silence
from niangjia.engines.casework.actions.speaking import instruct_case, remark, reply, urge_case
from niangjia.engines.casework.kinds import ASKER

__all__ = [
    "ASKER", "Desk", "accept_case", "answer_case", "ask_extension", "ask_facts", "assign_case", "call_back",
    "call_consultation", "climb_due", "close_at_once", "close_consultation", "decide_extension", "drop_task",
    "edit_case", "finish_task", "give_facts", "hand_back", "hand_over", "hand_over_all", "instruct_case", "invite",
    "let_look", "merge_cases", "open_case", "opening", "pause_clock", "rate_case", "record_outside_answer", "refuse_case",
    "regrade_case", "remark", "reopen_case", "reply", "resume_clock", "route_case", "send_out", "split_case",
    "take_case", "tell_of_silence", "urge_case", "withdraw_case",
]  # fmt: skip
