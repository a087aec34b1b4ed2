"""The lists of organisations and of committees to be elected anew."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.figures import COUNTED_KINDS
from niangjia.modules.organisations.queries.organisations import (
    divisions_of_townships,
    found_organisations,
    in_state,
    names_of,
    state_of,
)
from niangjia.modules.organisations.queries.terms import (
    NO_TERM,
    current_terms,
    leaders,
    terms_due,
    with_term,
    without_leader,
)
from niangjia.modules.organisations.rules import OrganisationKind, OrganisationState, ReElection
from niangjia.ui.listing import Mark, Screen

STATE_TONES = {
    OrganisationState.ACTIVE: "success",
    OrganisationState.MERGED: "neutral",
    OrganisationState.DISSOLVED: "neutral",
}
DUE_MARKS = {
    ReElection.OVERDUE: ("error", "alert-triangle"),
    ReElection.SOON: ("warning", "clock"),
    ReElection.NOT_DUE: ("neutral", ""),
}


def today() -> date:
    return timezone.localdate()


def due_mark(until_on: date, on: date) -> Mark:
    state = rules.re_election_state(until_on, on)
    tone, icon = DUE_MARKS[state]
    return Mark(state.label, tone, icon)


class OrganisationList(ListSpec):
    """Rows carry `parent_name`, `leader` and `term`, looked up for the page in one query each."""

    name = "organisations.organisation"
    title = "工会组织"
    permission = Permission.ORGANISATION_VIEW
    search_hint = "名称、统一社会信用代码"
    columns = (
        Column("name", "名称", phone="title"),
        Column("kind", "类型", value=lambda row: OrganisationKind(row.kind).label),
        Column("parent", "上级", value=lambda row: row.parent_name),
        Column("division", "所在镇街", value=lambda row: row.division.name if row.division else "", phone="hidden"),
        Column("credit_code", "信用代码", phone="hidden"),
        Column("leader", "主席", value=lambda row: row.leader),
        Column("term", "任期届满", value=lambda row: row.term.until_on if row.term else None),
        Column("due", "换届", value=lambda row: row.due, phone="hidden"),
        Column(
            "state", "状态", value=lambda row: Mark(state_of(row).label, STATE_TONES[state_of(row)]), phone="hidden"
        ),
        Column("founded_on", "成立日期", default=False, phone="hidden"),
        Column("telephone", "办公电话", default=False, phone="hidden"),
        Column("address", "地址", default=False, phone="hidden"),
    )
    filters = (
        Filter("kind", "类型", lambda rows, value: rows.filter(kind=value), choices=OrganisationKind.choices()),
        Filter(
            "ground",
            "镇街",
            lambda rows, value: rows.filter(division__code__startswith=value),
            choices=divisions_of_townships,
        ),
        Filter(
            "term",
            "换届",
            lambda rows, value: with_term(rows, value, on=today()),
            choices=[
                *[(str(one), one.label) for one in (ReElection.OVERDUE, ReElection.SOON)],
                (NO_TERM, "没有登记届次"),
            ],
        ),
        Filter(
            "state",
            "状态",
            in_state,
            choices=[(str(one), one.label) for one in (OrganisationState.MERGED, OrganisationState.DISSOLVED)],
        ),
        Filter("no_code", "没有信用代码", lambda rows, _: rows.filter(credit_code=None), kind="flag"),
        Filter("no_leader", "没有主席", lambda rows, _: without_leader(rows, on=today()), kind="flag", quiet=True),
        Filter("primary", "只看基层工会", lambda rows, _: rows.filter(kind__in=COUNTED_KINDS), kind="flag", quiet=True),
    )
    sorts = (Sort("name", "按名称", ("name_key",)), Sort("newest", "新登记的在前", ("pk",), descending=True))

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return Organisation.objects.visible_to(actor)

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        """Closed ones are looked for by their state, and don't stand among the living."""
        rows = super().narrowed(chosen, actor, within)
        return rows if "state" in chosen.filters else rows.filter(closed_on=None)

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return found_organisations(rows, text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("scope", "division")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        ids, on = [row.pk for row in rows], today()
        parents = names_of(row.scope.parent_id for row in rows if row.scope.parent_id)
        chairs, terms = leaders(ids), current_terms(ids)
        for row in rows:
            row.parent_name = parents.get(row.scope.parent_id, "")
            row.leader, row.term = chairs.get(row.pk, ""), terms.get(row.pk)
            row.due = due_mark(row.term.until_on, on) if row.term else ""
        return rows


class TermList(ListSpec):
    """换届提醒: open terms that run out within half a year, or have."""

    name = "organisations.term"
    title = "换届提醒"
    permission = Permission.ORGANISATION_VIEW
    search_hint = "工会名称"
    columns = (
        Column("name", "工会", value=lambda row: row.organisation.name, phone="title"),
        Column("kind", "类型", value=lambda row: OrganisationKind(row.organisation.kind).label, phone="hidden"),
        Column("parent", "上级", value=lambda row: row.parent_name),
        Column("number", "届次", value=lambda row: rules.Term(row.number, row.from_on, row.until_on).label),
        Column("from_on", "任期开始", default=False, phone="hidden"),
        Column("until_on", "任期届满"),
        Column("due", "换届", value=lambda row: due_mark(row.until_on, today())),
        Column("left", "时间", value=lambda row: days_left(row.until_on, today()), phone="hidden"),
        Column("leader", "主席", value=lambda row: row.leader),
        Column("telephone", "办公电话", value=lambda row: row.organisation.telephone, default=False),
    )
    filters = (
        Filter(
            "due",
            "换届",
            lambda rows, value: (
                rows.filter(until_on__lte=today()) if value == ReElection.OVERDUE else rows.filter(until_on__gt=today())
            ),
            choices=[(str(one), one.label) for one in (ReElection.OVERDUE, ReElection.SOON)],
        ),
        Filter(
            "ground",
            "镇街",
            lambda rows, value: rows.filter(organisation__division__code__startswith=value),
            choices=divisions_of_townships,
        ),
        Filter(
            "kind",
            "类型",
            lambda rows, value: rows.filter(organisation__kind=value),
            choices=OrganisationKind.choices(),
        ),
    )
    sorts = (
        Sort("until_on", "先到期的在前", ("until_on",)),
        Sort("name", "按名称", ("organisation__name_key",)),
    )

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return terms_due(actor, on=today())

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return rows.filter(organisation__name__contains=rules.tidy_name(text))

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("organisation__scope")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        parents = names_of(row.organisation.scope.parent_id for row in rows if row.organisation.scope.parent_id)
        chairs = leaders(row.organisation_id for row in rows)
        for row in rows:
            row.parent_name = parents.get(row.organisation.scope.parent_id, "")
            row.leader = chairs.get(row.organisation_id, "")
        return rows


def days_left(until_on: date, on: date) -> str:
    days = (until_on - on).days
    return f"还有 {days} 天" if days > 0 else f"已过 {-days} 天" if days else "今天届满"


ORGANISATIONS = Screen(
    register(OrganisationList()),
    carries=("under",),
    row_url=lambda row: reverse("organisations:organisation", args=[row.pk]),
    empty_title="这里还没有下级组织",
    empty_text="从上级工会的页面点“新增下级”，或在这里点“登记组织”。",
    template="organisations/organisation_list.html",
)
TERMS_DUE = Screen(
    register(TermList()),
    row_url=lambda row: reverse("organisations:organisation_terms", args=[row.organisation_id]),
    empty_title="半年内没有需要换届的工会",
    empty_text="任期届满前半年，这里会列出来，首页也会提醒。",
    template="organisations/term_list.html",
)
