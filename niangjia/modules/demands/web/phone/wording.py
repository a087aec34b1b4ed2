"""Where a demand is, in words that its asker uses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage, Verb

STAGES: dict[Stage, tuple[str, str]] = {
    Stage.RECEIVED: ("等工会受理", "warning"),
    Stage.FACTS_ASKED: ("请您补充", "error"),
    Stage.ACCEPTED: ("已受理", "info"),
    Stage.IN_HAND: ("正在办理", "info"),
    Stage.ANSWERED: ("已答复，请评价", "warning"),
    Stage.RESOLVED: ("已化解", "success"),
    Stage.CLOSED: ("已办结", "neutral"),
    Stage.REFUSED: ("没有受理", "neutral"),
    Stage.MERGED: ("合并办理", "info"),
    Stage.WITHDRAWN: ("已撤回", "neutral"),
}
SAID: dict[Verb, str] = {
    Verb.RECORD: "诉求已提交",
    Verb.ACCEPT: "工会已受理",
    Verb.REFUSE: "工会没有受理",
    Verb.ASK_FACTS: "请您补充",
    Verb.GIVE_FACTS: "补充情况",
    Verb.MERGE: "和同样的诉求合并办理",
    Verb.ANSWER: "工会答复",
    Verb.RATE: "您的评价",
    Verb.CLOSE_AT_ONCE: "当场答复",
    Verb.REOPEN: "要求重新办理",
    Verb.WITHDRAW: "诉求已撤回",
    Verb.URGE: "催办",
    Verb.REPLY: "工会告诉您",
}


def badge_of(case: Case) -> tuple[str, str]:
    return STAGES[case.stage_now]


def said(verb: Verb) -> str:
    return SAID.get(verb, verb.label)


NOW = {
    Stage.RECEIVED: 1, Stage.FACTS_ASKED: 1, Stage.ACCEPTED: 2, Stage.IN_HAND: 2, Stage.ANSWERED: 4, Stage.RESOLVED: 5,
    Stage.CLOSED: 5,
}  # fmt: skip
"""Which of the five steps is under way; 5 is none any more."""


def steps(case: Case) -> list[dict[str, Any]]:
    """Done, now, and to come. `case` is where the work goes on."""
    stage = case.stage_now
    received = ("您提交了诉求", case.received_at)
    if stage not in NOW:
        end = "您撤回了诉求" if stage is Stage.WITHDRAWN else "工会没有受理"
        return [_step(*received, "done"), _step(end, case.ended_at, "end")]
    line = [
        received,
        ("请您先补充情况" if stage is Stage.FACTS_ASKED else "工会受理", case.accepted_at),
        ("工会接着办" if stage is Stage.IN_HAND and case.first_answered_at else "工会办理", None),
        ("工会答复", case.answered_at),
        ({Stage.RESOLVED: "您确认已经解决", Stage.CLOSED: "已办结"}.get(stage, "您看结果满不满意"), case.ended_at),
    ]
    now = NOW[stage]
    states = ["done" if place < now else "now" if place == now else "next" for place in range(len(line))]
    return [_step(text, at if state == "done" else None, state) for (text, at), state in zip(line, states, strict=True)]


def _step(text: str, at: datetime | None, state: str) -> dict[str, Any]:
    return {"text": text, "at": at, "state": state}
