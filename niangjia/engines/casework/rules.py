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
    ROUTE = "route", "分派"
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
    DROP_TASK = "drop_task", "取消协办"
    SEND_OUT = "send_out", "函请外单位"
    OUTSIDE_ANSWER = "outside_answer", "外单位回复"
    CONSULT = "consult", "会商"
    CLOSE_CONSULTATION = "close_consultation", "会商纪要"
    ANSWER = "answer", "答复"
    CALL_BACK = "call_back", "回访"
    CLOSE_AT_ONCE = "close_at_once", "当场办结"
    RATE = "rate", "评价"
    REOPEN = "reopen", "重新办理"
    WITHDRAW = "withdraw", "撤回"
    URGE = "urge", "催办"
    INSTRUCT = "instruct", "批示"
    REMARK = "remark", "内部备注"
    REPLY = "reply", "告知"
    LET_LOOK = "let_look", "指定知悉"
    PAUSE = "pause", "暂停计时"
    RESUME = "resume", "恢复计时"
    ASK_EXTENSION = "ask_extension", "申请延期"
    EXTEND = "extend", "批准延期"
    REFUSE_EXTENSION = "refuse_extension", "不同意延期"
    REGRADE = "regrade", "调整紧急程度"
    CLIMB = "climb", "超时上报"
    EDIT = "edit", "修改"


class PauseReason(Word):
    """Why the clock may stand still."""

    FACTS = "FACTS", "等待当事人补充"
    CONSULTATION = "CONSULTATION", "等待会商"
    PROCEEDINGS = "PROCEEDINGS", "等待仲裁、诉讼结果"
    OUTSIDE = "OUTSIDE", "等待外单位回复"
    ASKER = "ASKER", "当事人要求暂缓"
    FORCE = "FORCE", "灾害等不可抗力"


OPEN = frozenset({Stage.RECEIVED, Stage.FACTS_ASKED, Stage.ACCEPTED, Stage.IN_HAND, Stage.ANSWERED})
ENDED = frozenset(set(Stage) - OPEN)
WAITING = frozenset({Stage.RECEIVED, Stage.FACTS_ASKED})
WORKED_ON = frozenset({Stage.ACCEPTED, Stage.IN_HAND})

TRANSITIONS: Mapping[Verb, Mapping[Stage, Stage]] = {
    Verb.ACCEPT: {Stage.RECEIVED: Stage.ACCEPTED},
    Verb.REFUSE: dict.fromkeys(WAITING, Stage.REFUSED),
    Verb.ASK_FACTS: {Stage.RECEIVED: Stage.FACTS_ASKED},
    Verb.MERGE: dict.fromkeys(WAITING | WORKED_ON, Stage.MERGED),
    Verb.TAKE: {Stage.RECEIVED: Stage.IN_HAND, Stage.ACCEPTED: Stage.IN_HAND, Stage.IN_HAND: Stage.IN_HAND},
    Verb.ANSWER: {Stage.ACCEPTED: Stage.ANSWERED, Stage.IN_HAND: Stage.ANSWERED},
    Verb.CLOSE_AT_ONCE: {Stage.RECEIVED: Stage.RESOLVED},
    Verb.REOPEN: {Stage.RESOLVED: Stage.IN_HAND, Stage.CLOSED: Stage.IN_HAND},
    Verb.WITHDRAW: dict.fromkeys(OPEN | {Stage.MERGED}, Stage.WITHDRAWN),
}
"""From which stage to which, of the verbs that move a case by themselves; a call-back decides by what was heard."""

REOPEN_WITHIN_DAYS = 14
TRIES = 3
MINUTES_BETWEEN_TRIES = 30  # two tries within half an hour are one
HAND_BACKS = 3
MOST_EXTENSION_DAYS = 60
RATINGS = range(1, 6)
POOR = 2
"""So few stars say that it isn't well, even where it was resolved."""

# --- who may do what, and when ---


@dataclass(frozen=True)
class Right:
    """A verb is open in `stages` to whoever holds one of `places` (a right of the kind) where the case lies, takes
    part in one of `roles`, or, while nobody is the lead, holds one of `leaderless` there. `asker`: to the one who asked.
    """

    stages: frozenset[Stage]
    places: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    leaderless: frozenset[str] = frozenset()
    asker: bool = False


EVERY = frozenset(Stage)
_BEFORE_WORK = frozenset({Stage.RECEIVED})
_MOVING = frozenset({Stage.RECEIVED, Stage.ACCEPTED, Stage.IN_HAND})
_LEAD, _RECORDER = frozenset({"LEAD"}), frozenset({"RECORDER"})
_INSIDE = frozenset({"LEAD", "CO_HANDLER", "CONSULTED", "RECORDER"})
_ACCEPT, _HANDLE, _SUPERVISE = frozenset({"accept"}), frozenset({"handle"}), frozenset({"supervise"})
_DECIDES = frozenset({"lead"})
_WORKS = Right(WORKED_ON, _SUPERVISE, _LEAD, _HANDLE)

RIGHTS: Mapping[Verb, Right] = {
    Verb.ACCEPT: Right(_BEFORE_WORK, _ACCEPT),
    Verb.REFUSE: Right(WAITING, _ACCEPT),  # of one sent back for facts only when the asker was silent too long
    Verb.ASK_FACTS: Right(_BEFORE_WORK, _ACCEPT),
    Verb.CLOSE_AT_ONCE: Right(_BEFORE_WORK, _ACCEPT | _HANDLE),
    Verb.GIVE_FACTS: Right(OPEN | {Stage.MERGED}, _ACCEPT | _SUPERVISE, _LEAD | _RECORDER, asker=True),
    Verb.MERGE: Right(WAITING | WORKED_ON, _ACCEPT),
    Verb.SPLIT: Right(_MOVING, _ACCEPT),
    Verb.ROUTE: Right(_BEFORE_WORK, _ACCEPT),
    Verb.ASSIGN: Right(_MOVING, _ACCEPT),
    Verb.TAKE: Right(_MOVING, leaderless=_HANDLE),
    Verb.HAND_OVER: Right(_MOVING, _SUPERVISE, _LEAD, _ACCEPT),
    Verb.HAND_BACK: Right(_MOVING, frozenset(), _LEAD, _ACCEPT),
    Verb.INVITE: _WORKS,
    Verb.SEND_OUT: _WORKS,
    Verb.CONSULT: _WORKS,
    Verb.CLOSE_CONSULTATION: Right(WORKED_ON | {Stage.ANSWERED}, _SUPERVISE, _LEAD, _HANDLE),
    Verb.TASK_DONE: Right(OPEN, _SUPERVISE, _LEAD),  # and to whoever has the task
    Verb.DROP_TASK: Right(OPEN, _SUPERVISE, _LEAD),
    Verb.OUTSIDE_ANSWER: Right(OPEN, _SUPERVISE, _LEAD, _HANDLE),
    Verb.ANSWER: _WORKS,
    Verb.CALL_BACK: Right(frozenset({Stage.ANSWERED}), frozenset({"call_back"})),
    Verb.RATE: Right(
        frozenset({Stage.ANSWERED, Stage.RESOLVED, Stage.CLOSED, Stage.MERGED}), frozenset({"call_back"}), asker=True
    ),
    Verb.REOPEN: Right(frozenset({Stage.RESOLVED, Stage.CLOSED}), _ACCEPT | _SUPERVISE, asker=True),
    Verb.WITHDRAW: Right(OPEN | {Stage.MERGED}, _ACCEPT, _RECORDER, asker=True),
    Verb.URGE: Right(OPEN, _SUPERVISE, _RECORDER, asker=True),
    Verb.INSTRUCT: Right(EVERY - {Stage.MERGED}, _DECIDES),
    Verb.REMARK: Right(EVERY, _ACCEPT | _HANDLE | _SUPERVISE | _DECIDES | {"call_back"}, _INSIDE),
    Verb.REPLY: Right(OPEN, _ACCEPT | _SUPERVISE, _LEAD, _HANDLE),
    Verb.PAUSE: _WORKS,
    Verb.RESUME: _WORKS,
    Verb.ASK_EXTENSION: Right(WORKED_ON, roles=_LEAD),
    Verb.EXTEND: Right(WORKED_ON, _DECIDES),
    Verb.REFUSE_EXTENSION: Right(WORKED_ON, _DECIDES),
    Verb.REGRADE: Right(WAITING | WORKED_ON, _SUPERVISE),
    Verb.LET_LOOK: Right(EVERY, _DECIDES, _LEAD),
}
"""One table for the acts and for the buttons."""

FOR_ASKER = frozenset({
    Verb.RECORD, Verb.ACCEPT, Verb.REFUSE, Verb.ASK_FACTS, Verb.GIVE_FACTS, Verb.ANSWER, Verb.CLOSE_AT_ONCE, Verb.REPLY,
    Verb.RATE, Verb.REOPEN, Verb.WITHDRAW,
})  # fmt: skip
"""Lines that the one who asked reads too."""


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
HEADS = ("DEPARTMENT_HEAD", "LEADER_IN_CHARGE", "CHAIR", "FULL_TIME_VICE_CHAIR")
CHAIRS = ("CHAIR", "FULL_TIME_VICE_CHAIR", "LEADER_IN_CHARGE")
"""Jobs in the order in which they are looked for; the first that somebody holds."""

# --- limits ---

Written = list[int | str]
Limits = Mapping[str, Written]

LIMITS: Mapping[Urgency, Limits] = {
    Urgency.NORMAL: {"accept": [1, "working_days"], "answer": [5, "working_days"], "close": [15, "working_days"]},
    Urgency.PRESSING: {
        "accept": [240, "working_minutes"],
        "answer": [3, "working_days"],
        "close": [10, "working_days"],
    },
    Urgency.URGENT: {"accept": [60, "minutes"], "answer": [24 * 60, "minutes"], "close": [3, "working_days"]},
    Urgency.EXTREME: {"accept": [15, "minutes"], "answer": [24 * 60, "minutes"], "close": [3, "working_days"]},
}
"""What holds where a kind of case has no table of its own."""

LIMIT_LABELS: Mapping[str, str] = {"accept": "受理", "answer": "答复", "close": "办结", "own": "来源系统要求"}


def graded(urgency: int, *, is_major: bool) -> Urgency:
    """A major matter runs as the most urgent one."""
    return Urgency.EXTREME if is_major else Urgency(urgency)


def limits_of(table: Limits, overrides: Limits, *, urgency: int, is_major: bool) -> dict[str, object]:
    """The limits of one case. What the caller sets holds while it is no emergency; 'fixed' keeps it for later."""
    grade = graded(urgency, is_major=is_major)
    chosen: dict[str, object] = {name: list(table[name]) for name in ("accept", "answer", "close")}
    if grade in (Urgency.NORMAL, Urgency.PRESSING):
        chosen |= {name: list(limit) for name, limit in overrides.items() if name in chosen}
    return chosen | ({"fixed": {name: list(limit) for name, limit in overrides.items()}} if overrides else {})


# --- what follows ---


def after(verb: Verb, stage: Stage) -> Stage:
    """The stage that follows; the same one after a verb that moves nothing. Raises Refused where it isn't open."""
    if verb in TRANSITIONS:
        following = TRANSITIONS[verb].get(stage)
    elif verb is Verb.GIVE_FACTS and stage is Stage.FACTS_ASKED:
        following = Stage.RECEIVED
    else:
        following = stage if stage in RIGHTS[verb].stages else None
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


def ensure_text(text: str, sentence: str, field: str = "text") -> str:
    if not text.strip():
        raise Refused("case.text", sentence, field)
    return text.strip()
