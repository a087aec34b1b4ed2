"""What plans, forms, surveys, stays and risks hang into the desk."""

from __future__ import annotations

from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import names_of_forms, names_of_kinds
from niangjia.modules.visits.queries.planning import names_of_planned
from niangjia.modules.visits.queries.stays import names_of_risks, names_of_stays
from niangjia.modules.visits.queries.surveys import names_of_surveys
from niangjia.modules.visits.web.risks import due_soon
from niangjia.ui import desk

SECTION = "走访周记"
LABELS = {
    "visits.week.proposed": "排走访计划",
    "visits.plan.added": "添加走访安排",
    "visits.plan.moved": "挪动走访安排",
    "visits.plan.dropped": "本周不去（走访安排）",
    "visits.plan.taken_back": "放回走访安排",
    "visits.plan.done": "走访安排对上记录",
    "visits.kind.declared": "新增走访类型",
    "visits.kind.changed": "修改走访类型",
    "visits.kind.stopped": "停用走访类型",
    "visits.kind.used_again": "启用走访类型",
    "visits.form.published": "发布走访表单",
    "visits.survey.made": "做问卷",
    "visits.survey.extended": "改问卷截止日期",
    "visits.survey.closed": "停止收集问卷",
    "visits.survey.exported": "导出问卷",
    "visits.stay.added": "安排蹲点",
    "visits.stay.changed": "修改蹲点安排",
    "visits.stay.result_added": "记蹲点成果",
    "visits.stay.result_removed": "删去蹲点成果",
    "visits.stay.ended": "结束蹲点",
    "visits.risk.opened": "登记稳定风险",
    "visits.risk.seen_again": "稳定风险再次出现",
    "visits.risk.changed": "修改稳定风险",
    "visits.risk.reported": "向上级报告稳定风险",
    "visits.risk.closed": "稳定风险销号",
}


def register() -> None:
    register_labels(LABELS)
    see = Permission.VISIT_VIEW
    register_subject("visits.plannedvisit", see, names_of_planned)
    register_subject("visits.visitkind", see, names_of_kinds)
    register_subject("visits.visitform", see, names_of_forms)
    register_subject("visits.survey", see, names_of_surveys, "visits:survey")
    register_subject("visits.stay", see, names_of_stays, "visits:stay")
    register_subject("visits.risk", see, names_of_risks, "visits:risk")
    desk.register_menu(desk.MenuEntry(SECTION, "走访计划", "route", "visits:plan", Permission.VISIT_MAKE, order=10))
    desk.register_menu(
        desk.MenuEntry(SECTION, "走访类型与表单", "list-details", "visits:kind_list", Permission.KIND_EDIT, order=70)
    )
    desk.register_menu(
        desk.MenuEntry(SECTION, "问卷", "clipboard-text", "visits:survey_list", Permission.VISIT_VIEW, order=65)
    )
    desk.register_menu(desk.MenuEntry(SECTION, "蹲点", "tent", "visits:stay_list", Permission.VISIT_VIEW, order=50))
    desk.register_menu(
        desk.MenuEntry(SECTION, "稳定风险", "alert-triangle", "visits:risk_list", Permission.VISIT_VIEW, order=55)
    )
    desk.register_due_soon(due_soon)
