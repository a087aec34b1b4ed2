"""Everything that is done with a case by a form, as one table: what is asked, what is done, what is said after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from niangjia.engines.casework import actions
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.engines.casework.web import forms
from niangjia.kernel.access.actor import Actor

Do = Callable[..., object]


@dataclass(frozen=True)
class Act:
    """`verb` is what `verbs_open_to` allows it by; `name` its address and the name of its route.

    `of` says what the act is about beside the case: its id comes as `?of=` and goes first into `do`.
    `key` is the letter that opens it. `group` is its place in the menu of a case's page.
    """

    name: str
    verb: Verb
    label: str
    form: type[forms.ActForm]
    do: Do
    said: str
    icon: str = "point"
    key: str = ""
    group: str = ""
    text: str = ""  # above the form: what follows
    danger: bool = False
    template: str = "act"
    of: str = ""  # '' the case · 'task' · 'consultation' · 'extension'
    initial: Callable[[Case], dict[str, Any]] = field(default=lambda case: {})  # noqa: ARG005

    def done(self, case: Case, facts: Mapping[str, Any], *, of: int | None, actor: Actor, now: datetime) -> object:
        return self.do(of if self.of else case.pk, **facts, actor=actor, now=now)


def _merge(case_id: int, *, into_id: int, reason: str, actor: Actor, now: datetime) -> object:
    return actions.merge_cases([case_id], into_id=into_id, reason=reason, actor=actor, now=now)


def _graded(case: Case) -> dict[str, Any]:
    return {"urgency": case.urgency, "is_major": case.is_major}


WORK, MOVE, CLOCK, NOTE = "办理", "流转", "时限", "其他"

ACTS: tuple[Act, ...] = (
    Act("accept", Verb.ACCEPT, "受理", forms.AcceptForm, actions.accept_case, "已受理。", "check", "a", WORK),
    Act("take", Verb.TAKE, "我来办", forms.Nothing, actions.take_case, "由您主办。", "user-check", "t", WORK,
        text="接办后您是主办人，到期提醒发给您。"),
    Act("assign", Verb.ASSIGN, "交办", forms.AssignForm, actions.assign_case, "已交办。", "send", "d", MOVE,
        text="交给下级单位或本单位的人办理，还没有受理的同时受理。"),
    Act("refuse", Verb.REFUSE, "不予受理", forms.RefuseForm, actions.refuse_case, "已告知不予受理。", "ban", "", WORK, danger=True),
    Act("ask_facts", Verb.ASK_FACTS, "退回补充", forms.AskFactsForm, actions.ask_facts, "已请诉求人补充。",
        "arrow-back-up", "b", WORK),
    Act("give_facts", Verb.GIVE_FACTS, "补充材料", forms.GiveFactsForm, actions.give_facts, "已补充。", "file-plus", "b", WORK),
    Act("answer", Verb.ANSWER, "答复", forms.AnswerForm, actions.answer_case, "已答复，等待回访。", "message-check", "f", WORK),
    Act("reply", Verb.REPLY, "告知诉求人", forms.ReplyForm, actions.reply, "已告知诉求人。", "message", "m", WORK),
    Act("call_back", Verb.CALL_BACK, "记录回访", forms.CallBackForm, actions.call_back, "已记下回访。", "phone-call", "h", WORK),
    Act("invite", Verb.INVITE, "请人协办", forms.InviteForm, actions.invite, "已请对方协办。", "user-plus", "i", MOVE),
    Act("send_out", Verb.SEND_OUT, "函请外单位", forms.SendOutForm, actions.send_out, "已记下发函。", "mail-forward", "", MOVE),
    Act("consult", Verb.CONSULT, "召集会商", forms.ConsultForm, actions.call_consultation, "已发会商通知。", "users", "", MOVE),
    Act("hand_over", Verb.HAND_OVER, "转办", forms.HandOverForm, actions.hand_over, "已转办。", "arrow-right", "z", MOVE),
    Act("hand_back", Verb.HAND_BACK, "退办", forms.HandBackForm, actions.hand_back, "已退办。", "arrow-left", "", MOVE),
    Act("merge", Verb.MERGE, "并案", forms.MergeForm, _merge, "已并案。", "arrows-join", "", MOVE),
    Act("split", Verb.SPLIT, "拆分", forms.SplitForm, actions.split_case, "已拆分。", "arrows-split", "", MOVE),
    Act("pause", Verb.PAUSE, "暂停计时", forms.PauseForm, actions.pause_clock, "已暂停计时。", "player-pause", "", CLOCK),
    Act("resume", Verb.RESUME, "恢复计时", forms.Nothing, actions.resume_clock, "已恢复计时。", "player-play", "", CLOCK,
        text="期限从现在起接着算，暂停的时间不计。"),
    Act("ask_extension", Verb.ASK_EXTENSION, "申请延期", forms.ExtensionForm, actions.ask_extension, "已提交延期申请。",
        "calendar-plus", "", CLOCK),
    Act("decide_extension", Verb.EXTEND, "审批延期", forms.DecisionForm, actions.decide_extension, "已答复延期申请。",
        "calendar-check", "y", CLOCK, of="extension"),
    Act("regrade", Verb.REGRADE, "调整紧急程度", forms.RegradeForm, actions.regrade_case, "已调整，期限重新计算。", "flag", "",
        CLOCK, initial=_graded),
    Act("remark", Verb.REMARK, "内部备注", forms.RemarkForm, actions.remark, "已记下。", "note", "n", NOTE),
    Act("urge", Verb.URGE, "催办", forms.UrgeForm, actions.urge_case, "已催办。", "bell-ringing", "u", NOTE),
    Act("instruct", Verb.INSTRUCT, "批示", forms.InstructForm, actions.instruct_case, "批示已送主办人。", "writing", "p", NOTE),
    Act("let_look", Verb.LET_LOOK, "让某人知悉", forms.LookForm, actions.let_look, "对方可以查看了。", "eye", "", NOTE),
    Act("reopen", Verb.REOPEN, "重新办理", forms.ReopenForm, actions.reopen_case, "已重新办理。", "refresh", "r", WORK),
    Act("withdraw", Verb.WITHDRAW, "诉求人撤回", forms.WithdrawForm, actions.withdraw_case, "已撤回。", "x", "", NOTE, danger=True),
    Act("finish_task", Verb.TASK_DONE, "办好了", forms.TaskForm, actions.finish_task, "已记下办理情况。", "check", of="task"),
    Act("drop_task", Verb.DROP_TASK, "取消", forms.Reason, actions.drop_task, "已取消这项。", "x", of="task"),
    Act("outside_answer", Verb.OUTSIDE_ANSWER, "登记回复", forms.OutsideAnswerForm, actions.record_outside_answer,
        "已登记对方的回复。", "mail-opened", of="task"),
    Act("close_consultation", Verb.CLOSE_CONSULTATION, "写纪要", forms.MinutesForm, actions.close_consultation,
        "纪要已存，决定已分派。", "file-text", of="consultation", template="minutes"),
)  # fmt: skip

BY_NAME: Mapping[str, Act] = {act.name: act for act in ACTS}

FIRST: Mapping[Stage, tuple[str, ...]] = {
    Stage.RECEIVED: ("accept", "assign", "take"),
    Stage.FACTS_ASKED: ("give_facts",),
    Stage.ACCEPTED: ("take", "assign", "answer"),
    Stage.IN_HAND: ("answer", "take"),
    Stage.ANSWERED: ("call_back",),
    Stage.RESOLVED: ("reopen",),
    Stage.CLOSED: ("reopen",),
}
"""What is most likely to be done next, the likeliest first: the red button and the one or two beside it."""
SECOND: Mapping[Stage, tuple[str, ...]] = {
    Stage.RECEIVED: ("assign", "ask_facts"),
    Stage.ACCEPTED: ("assign", "hand_over"),
    Stage.IN_HAND: ("hand_over", "invite"),
    Stage.ANSWERED: ("remark",),
}
