"""Which job may do what. The labels are those of the trade (`docs/glossary.md`)."""

from __future__ import annotations

from niangjia.engines.casework.permissions import Permission as Casework
from niangjia.engines.exports.permissions import Permission as Export
from niangjia.engines.imports.permissions import Permission as Import
from niangjia.engines.metrics.permissions import Permission as Metrics
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.rights import Job
from niangjia.modules.demands.permissions import Permission as Demand
from niangjia.modules.exchange.permissions import Permission as Exchange
from niangjia.modules.members.permissions import Permission as Member
from niangjia.modules.organisations.permissions import Permission as Org
from niangjia.modules.visits.permissions import Permission as Visit

LOOK = frozenset({Org.ORGANISATION_VIEW, Org.EMPLOYER_VIEW, Org.DUTY_VIEW, Org.ZONE_VIEW, Access.OFFICER_VIEW})
REGISTER = LOOK | {Member.MEMBER_VIEW, Metrics.FIGURE_VIEW}
KEEP_REGISTER = REGISTER | {
    Member.MEMBER_EDIT,
    Member.MEMBERSHIP_CHANGE,
    Member.MEMBER_REVEAL,
    Org.ORGANISATION_EDIT,
    Org.TERM_EDIT,
    Org.EMPLOYER_EDIT,
    Org.STAFF_VIEW,
    Import.IMPORT_RUN,
    Export.EXPORT_RUN,
}
HANDLE = frozenset({Demand.DEMAND_VIEW, Demand.DEMAND_RECORD, Demand.DEMAND_HANDLE})
RECEIVE = HANDLE | {
    Demand.DEMAND_ACCEPT,
    Demand.DEMAND_CALL_BACK,
    Demand.DEMAND_REVEAL,
    Demand.ALERT_ACKNOWLEDGE,
}
DIRECT = RECEIVE | {
    Demand.DEMAND_SUPERVISE,
    Demand.CATALOGUE_EDIT,
    Demand.RESPONSIBILITY_EDIT,
    Demand.EMERGENCY_EDIT,
}
DECIDE = DIRECT | {Demand.DEMAND_INSTRUCT}
GO_THERE = frozenset({Visit.VISIT_VIEW, Visit.VISIT_MAKE, Visit.REPORT_WRITE})
DIRECT_VISITS = GO_THERE | {Visit.VISIT_DIRECT, Visit.KIND_EDIT, Visit.MEETING_LEAD}
ORGANISE = KEEP_REGISTER | {Org.ORGANISATION_RESTRUCTURE}
LEAD = ORGANISE | {Import.IMPORT_APPROVE}
RUN_OFFICE = {Org.STAFF_EDIT, Org.DUTY_EDIT, Org.ZONE_EDIT, Metrics.FAULT_ASSIGN}
EVERYTHING = (
    LEAD
    | RUN_OFFICE
    | DECIDE
    | DIRECT_VISITS
    | {
        Visit.YEAR_RUN,
        Access.OFFICER_APPOINT,
        Access.AUDIT_VIEW,
        Export.LAYOUT_EDIT,
        Casework.WORKTIME_EDIT,
        Demand.HOTLINE_ANSWER,
        Exchange.PARTNER_EDIT,
    }
)

JOBS: tuple[Job, ...] = (
    Job("CHAIR", "主席", EVERYTHING),
    Job("FULL_TIME_VICE_CHAIR", "专职副主席", EVERYTHING),
    Job("LEADER_IN_CHARGE", "分管领导", LEAD | RUN_OFFICE | DECIDE | DIRECT_VISITS | {Visit.YEAR_RUN}),
    Job("DEPARTMENT_HEAD", "部门负责人", LEAD | RUN_OFFICE | DIRECT | DIRECT_VISITS),
    Job("CLERK", "经办", KEEP_REGISTER | RUN_OFFICE | RECEIVE | GO_THERE | {Visit.MEETING_LEAD}),
    Job("ORGANISER", "组建专员", ORGANISE | HANDLE | GO_THERE),
    Job("AID_OFFICER", "帮扶专员", REGISTER | HANDLE | GO_THERE),
    Job("RIGHTS_OFFICER", "维权专员", REGISTER | RECEIVE | GO_THERE),
    Job("FINANCE", "财务", LOOK),
    Job(
        "AUDITOR",
        "经审",
        REGISTER | {Demand.DEMAND_VIEW, Visit.VISIT_VIEW, Org.STAFF_VIEW, Access.AUDIT_VIEW, Export.EXPORT_RUN},
    ),
    Job("WOMEN_COMMITTEE", "女工委", REGISTER | HANDLE | GO_THERE),
    Job("HOTLINE_OPERATOR", "热线话务员", REGISTER | RECEIVE | {Demand.HOTLINE_ANSWER}),
    Job("DUTY_OFFICER", "值班员", LOOK | RECEIVE),
    Job("LIAISON_OFFICER", "驻联干部", REGISTER | HANDLE | GO_THERE | {Org.EMPLOYER_EDIT}),
    Job("ZONE_WORKER", "片区工作者", REGISTER | HANDLE | GO_THERE | {Org.EMPLOYER_EDIT}),
    Job("ENTERPRISE_CLERK", "企业工会专干", KEEP_REGISTER | HANDLE | {Demand.DEMAND_ACCEPT}),
    Job("STATION_KEEPER", "驿站管理员", frozenset({Org.ORGANISATION_VIEW})),
    Job("LAWYER", "律师/调解员", frozenset({Org.ORGANISATION_VIEW})),
    Job(
        "SYSTEM_ADMINISTRATOR",
        "系统管理员",
        LOOK
        | {
            Access.OFFICER_APPOINT,
            Access.AUDIT_VIEW,
            Org.STAFF_VIEW,
            Org.DUTY_EDIT,
            Export.LAYOUT_EDIT,
            Casework.WORKTIME_EDIT,
            Exchange.PARTNER_EDIT,
        },
        # Appoints everybody but reads no register: three separate hands, as security level 3 asks.
        passes_on=EVERYTHING,
    ),
)
