"""The rights over demands and their trail in Chinese."""

from __future__ import annotations

from niangjia.kernel.access.labels import register_rights
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.letters import numbers_of_letters
from niangjia.modules.demands.queries.naming import numbers_of

RIGHTS: dict[str, str] = {
    Permission.DEMAND_VIEW: "查看诉求",
    Permission.DEMAND_RECORD: "登记诉求",
    Permission.DEMAND_ACCEPT: "受理和交办诉求",
    Permission.DEMAND_HANDLE: "办理诉求",
    Permission.DEMAND_CALL_BACK: "回访诉求人",
    Permission.DEMAND_SUPERVISE: "督办诉求",
    Permission.DEMAND_INSTRUCT: "批示和批准延期",
    Permission.DEMAND_REVEAL: "查看诉求人姓名和电话",
    Permission.HOTLINE_ANSWER: "接听热线",
    Permission.CATALOGUE_EDIT: "维护诉求目录和告知短信",
    Permission.RESPONSIBILITY_EDIT: "维护责任分工",
    Permission.EMERGENCY_EDIT: "维护紧急规则",
    Permission.ALERT_ACKNOWLEDGE: "接下紧急提醒",
}
VERBS = {
    "demands.demand.recorded": "登记诉求",
    "demands.demand.edited": "修改诉求资料",
    "demands.demand.concerned_set": "登记涉及人员",
    "demands.demand.outcome_set": "登记办结情况",
    "demands.demand.attached": "添加诉求附件",
    "demands.demand.detached": "移除诉求附件",
    "demands.demand.person_linked": "关联诉求人",
    "demands.demand.employer_linked": "关联诉求单位",
    "demands.demand.asker_died": "登记诉求人去世",
    "demands.asker.revealed": "查看诉求人姓名和电话",
    "demands.letter.made": "出具诉求文书",
    "demands.alert.raised": "发出紧急提醒",
    "demands.alert.acknowledged": "接下紧急提醒",
    "demands.urgent_report.made": "报送紧急信息",
    "demands.catalogue.begun": "开始修改诉求目录",
    "demands.catalogue.discarded": "放弃诉求目录草稿",
    "demands.catalogue.published": "发布诉求目录",
    "demands.kind.edited": "修改诉求类别",
    "demands.kind.added": "新增诉求类别",
    "demands.message.set": "修改告知短信",
    "demands.message.reset": "恢复默认告知短信",
    "demands.responsibility.added": "新增责任分工",
    "demands.responsibility.ended": "结束责任分工",
    "demands.map_proposal.made": "对责任分工提出意见",
    "demands.map_proposal.taken_up": "采纳分工意见",
    "demands.map_proposal.left": "不采纳分工意见",
    "demands.emergency_rule.added": "新增紧急规则",
    "demands.emergency_rule.changed": "修改紧急规则",
}


def register() -> None:
    register_rights("诉求", RIGHTS)
    register_labels(VERBS)
    # By its number alone: the trail is read by some who may not know what it is about.
    register_subject("demands.letter", Permission.DEMAND_VIEW, numbers_of_letters, "demands:letter")
    register_subject(
        "casework.case", Permission.DEMAND_VIEW, numbers_of, "demands:demand"
    )  # demands are the only kind yet
    register_subject("demands.demand", Permission.DEMAND_VIEW, numbers_of, "demands:demand")
