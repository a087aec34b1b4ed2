"""What a case may become, in plain functions: stages, who waits for whom, how long, and when a head is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from niangjia.kernel.errors import Refused
from niangjia.kernel.words import Code, Word


class Stage(Code):
    RECEIVED = 10, "待受理"
    FACTS_ASKED = 15, "待补充"
    ACCEPTED = 20, "已受理"
    IN_HAND = 30, "办理中"
    ANSWERED = 40, "待回访"
    RESOLVED = 50, "已化解"
    CLOSED = 60, "已办结（未化解）"
    REFUSED = 70, "不予受理"
    MERGED = 80, "已并案"
    WITHDRAWN = 90, "已撤回"


class Urgency(Code):
    NORMAL = 1, "一般"
    PRESSING = 2, "较急"
    URGENT = 3, "紧急"
    EXTREME = 4, "特急"


class Verb(Word):
    """What people do with a case; each is a line of its timeline."""

    RECORD = "record", "登记"
    ACCEPT = "accept", "受理"
    REFUSE = "refuse", "不予受理"
    ASK_FACTS = "ask_facts", "退回补充"
    GIVE_FACTS = "give_facts", "补充材料"
    MERGE = "merge", "并案"
    SPLIT = "split", "拆分"
    ASSIGN = "assign", "交办"
    TAKE = "take", "接办"
    HAND_OVER = "hand_over", "转办"
    HAND_BACK = "hand_back", "退办"
    INVITE = "invite", "邀请协办"
    TASK_DONE = "task_done", "协办完成"
    SEND_OUT = "send_out", "函请外单位"
    CONSULT = "consult", "会商"
    ANSWER = "answer", "答复"
    CALL_BACK = "call_back", "回访"
    RATE = "rate", "评价"
    REOPEN = "reopen", "重新办理"
    WITHDRAW = "withdraw", "撤回"
    URGE = "urge", "催办"
    INSTRUCT = "instruct", "批示"
    REMARK = "remark", "内部备注"
    REPLY = "reply", "告知"
    PAUSE = "pause", "暂停计时"
    RESUME = "resume", "恢复计时"
    ASK_EXTENSION = "ask_extension", "申请延期"
    EXTEND = "extend", "批准延期"
    REFUSE_EXTENSION = "refuse_extension", "不同意延期"
    REGRADE = "regrade", "调整紧急程度"
    CLIMB = "climb", "超时上报"
    EDIT = "edit", "修改"


OPEN = frozenset({Stage.RECEIVED, Stage.FACTS_ASKED, Stage.ACCEPTED, Stage.IN_HAND, Stage.ANSWERED})
ENDED = frozenset(set(Stage) - OPEN)

TRANSITIONS: Mapping[Verb, Mapping[Stage, Stage]] = {
    Verb.ACCEPT: {Stage.RECEIVED: Stage.ACCEPTED},
    Verb.REFUSE: {Stage.RECEIVED: Stage.REFUSED},
    Verb.ASK_FACTS: {Stage.RECEIVED: Stage.FACTS_ASKED},
    Verb.GIVE_FACTS: {Stage.FACTS_ASKED: Stage.RECEIVED},
    Verb.MERGE: {
        Stage.RECEIVED: Stage.MERGED,
        Stage.FACTS_ASKED: Stage.MERGED,
        Stage.ACCEPTED: Stage.MERGED,
        Stage.IN_HAND: Stage.MERGED,
    },
    Verb.TAKE: {Stage.RECEIVED: Stage.IN_HAND, Stage.ACCEPTED: Stage.IN_HAND},
    Verb.ANSWER: {Stage.ACCEPTED: Stage.ANSWERED, Stage.IN_HAND: Stage.ANSWERED},
    Verb.REOPEN: {Stage.RESOLVED: Stage.IN_HAND, Stage.CLOSED: Stage.IN_HAND},
    Verb.WITHDRAW: dict.fromkeys(OPEN, Stage.WITHDRAWN),
}
"""From which stage to which; a call-back decides by what was heard (`after_call_back`)."""

REOPEN_WITHIN_DAYS = 14
TRIES = 3
HAND_BACKS = 3


@dataclass(frozen=True)
class ClimbStep:
    """At this share of the limit these people are told, once."""

    percent: int
    label: str
    whom: str  # 'lead' · 'head' · 'chair' · 'above'


CLIMB: tuple[ClimbStep, ...] = (
    ClimbStep(80, "即将到期", "lead"),
    ClimbStep(100, "已到期，报部门负责人", "head"),
    ClimbStep(150, "超期过半，报本级主席", "chair"),
    ClimbStep(200, "超期一倍，报上级工会", "above"),
)


def after(verb: Verb, stage: Stage) -> Stage:
    """The stage that follows. Raises Refused when the case is no longer where the verb begins."""
    following = TRANSITIONS[verb].get(stage)
    if following is None:
        raise Refused(f"case.{verb.value}", f"现在是“{stage.label}”，不能{verb.label}。请刷新后再看。")
    return following


def after_call_back(stage: Stage, *, reached: bool, satisfied: bool, tries: int) -> Stage:
    """`tries` counts this one. Confirmed by the asker: resolved; not reached in three: closed, not resolved."""
    if stage is not Stage.ANSWERED:
        raise Refused("case.call_back", f"现在是“{stage.label}”，答复之后才能回访。")
    if reached:
        return Stage.RESOLVED if satisfied else Stage.IN_HAND
    return Stage.CLOSED if tries >= TRIES else Stage.ANSWERED
