"""The rights over visits and their trail in Chinese."""

from __future__ import annotations

from niangjia.kernel.access.labels import register_rights
from niangjia.kernel.audit.labels import register_labels
from niangjia.modules.visits.permissions import Permission

RIGHTS: dict[str, str] = {
    Permission.VISIT_VIEW: "查看走访",
    Permission.VISIT_MAKE: "走访和记录",
    Permission.VISIT_DIRECT: "安排驻联和重点企业",
    Permission.KIND_EDIT: "维护走访类型和问卷",
    Permission.MEETING_LEAD: "主持月交流",
    Permission.REPORT_WRITE: "写季度分析",
    Permission.YEAR_RUN: "组织年评议",
}
VERBS = {
    "visits.visit.handed_in": "交回走访",
    "visits.visit.amended": "更正走访",
    "visits.person.revealed": "查看谈话对象姓名和电话",
    "visits.proposal.accepted": "采纳资料更新建议",
    "visits.proposal.declined": "不采纳资料更新建议",
    "visits.follow_up.done": "完成回看",
    "visits.follow_up.dropped": "不用回看",
    "visits.posting.added": "安排驻联",
    "visits.posting.edited": "调整驻联",
    "visits.posting.townships": "调整联系镇街",
    "visits.posting.grouped": "调整走访小组",
    "visits.posting.ended": "结束驻联",
    "visits.posting.handed_over": "交接驻联工作",
    "visits.group.added": "建立走访小组",
    "visits.group.edited": "修改走访小组",
    "visits.group.closed": "撤销走访小组",
    "visits.absence.added": "登记离岗",
    "visits.absence.removed": "删除离岗登记",
    "visits.key_employer.added": "列入重点企业",
    "visits.key_employer.assigned": "安排重点企业走访",
    "visits.key_employer.ended": "移出重点企业",
}


def register() -> None:
    register_rights("走访", RIGHTS)
    register_labels(VERBS)
