"""What officers, staff, duty roster and audit trail hang into the desk."""

from __future__ import annotations

from niangjia.kernel.access.labels import register_rights
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.scoped import FailClosedModel
from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.subjects import register_subject
from niangjia.kernel.audit.wording import register_values
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import (
    DutyShift,
    Employer,
    Post,
    StaffMember,
    StaffTraining,
    StandIn,
    Term,
    Zone,
)
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.naming import names_by, names_of_grants, names_of_users
from niangjia.modules.organisations.queries.officers import job_label
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.queries.tabs import Tab, register_tab
from niangjia.modules.organisations.web import duty, officers, staff
from niangjia.modules.organisations.web.wording import label
from niangjia.ui import desk

RIGHTS: dict[str, str] = {
    Permission.ORGANISATION_VIEW: "查看组织",
    Permission.ORGANISATION_EDIT: "修改组织资料",
    Permission.ORGANISATION_RESTRUCTURE: "登记、更名、调整隶属、合并、撤销组织",
    Permission.TERM_EDIT: "登记届次和班子",
    Permission.EMPLOYER_VIEW: "查看用人单位",
    Permission.EMPLOYER_EDIT: "维护用人单位",
    Permission.STAFF_VIEW: "查看社会化工会工作者",
    Permission.STAFF_EDIT: "维护社会化工会工作者",
    Permission.DUTY_VIEW: "查看值班表",
    Permission.DUTY_EDIT: "排班、登记代理",
    Permission.ZONE_VIEW: "查看片区",
    Permission.ZONE_EDIT: "维护片区",
}

VERBS = {
    "organisations.duty_shift.added": "排班",
    "organisations.duty_shift.changed": "改班",
    "organisations.duty_shift.removed": "取消班次",
    "organisations.stand_in.added": "登记代理",
    "organisations.stand_in.ended": "结束代理",
    "organisations.stand_in.removed": "取消代理",
    "organisations.staff_member.added": "登记工作者",
    "organisations.staff_member.edited": "修改工作者资料",
    "organisations.staff_member.left": "登记离职",
    "organisations.staff_member.revealed": "查看工作者手机号",
    "organisations.staff_training.added": "登记培训",
    "organisations.staff_training.removed": "删除培训记录",
}


def register() -> None:
    register_rights("组织", RIGHTS)
    register_labels(VERBS)
    _register_words()
    _register_subjects()
    desk.register_menu(
        desk.MenuEntry(
            "组织与会员", "社会化工会工作者", "id-badge-2", "organisations:staff_list", Permission.STAFF_VIEW, order=60
        ),
        desk.MenuEntry("服务受理", "值班表", "calendar-user", "organisations:duty", Permission.DUTY_VIEW, order=90),
        desk.MenuEntry("系统管理", "干部", "user-cog", "organisations:officer_list", Access.OFFICER_VIEW, order=10),
        desk.MenuEntry("系统管理", "审计日志", "file-search", "organisations:audit_list", Access.AUDIT_VIEW, order=20),
    )
    register_tab(Tab("干部", "organisations:officer_tab", Access.OFFICER_VIEW, order=25))
    desk.register_home_card(
        desk.HomeCard("今日值班", Permission.DUTY_VIEW, "organisations/duty_home_card.html", duty.home_card, order=40)
    )
    desk.register_due_soon(officers.due_soon)
    desk.register_due_soon(staff.due_soon)
    desk.register_search(desk.Source("干部", "user-cog", Access.OFFICER_VIEW, officers.hits, order=60))


def _register_words() -> None:
    register_values("access.grant", job=lambda value: job_label(str(value)))
    register_values("organisations.dutyshift", part=lambda value: label(rules.DutyPart, value))
    register_values(
        "organisations.staffmember",
        sex=lambda value: dict(staff.SEXES).get(value, ""),
        education=lambda value: label(rules.StaffEducation, value),
        contract=lambda value: label(rules.Contract, value),
        funding=lambda value: label(rules.Funding, value),
        pay_grade=lambda value: label(rules.PayGrade, value),
    )


def _register_subjects() -> None:
    officer = Access.OFFICER_VIEW
    register_subject("access.user", officer, names_of_users, "organisations:officer")
    register_subject("access.grant", officer, names_of_grants)
    register_subject("organisations.organisation", Permission.ORGANISATION_VIEW, names_of, "organisations:organisation")
    for model, permission, field, url_name in SUBJECTS:
        register_subject(model._meta.label_lower, permission, names_by(model, field), url_name)


SUBJECTS: tuple[tuple[type[FailClosedModel], str, str, str], ...] = (
    (Employer, Permission.EMPLOYER_VIEW, "name", "organisations:employer"),
    (Zone, Permission.ZONE_VIEW, "name", "organisations:zone"),
    (StaffMember, Permission.STAFF_VIEW, "name", "organisations:staff_member"),
    (StaffTraining, Permission.STAFF_VIEW, "staff_member__name", ""),
    (DutyShift, Permission.DUTY_VIEW, "user__name", ""),
    (StandIn, Permission.DUTY_VIEW, "absent__name", ""),
    (Term, Permission.ORGANISATION_VIEW, "organisation__name", ""),
    (Post, Permission.ORGANISATION_VIEW, "name", ""),
)
