"""The list of professional union workers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations.models import StaffMember
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.officers import grounds_in_sight
from niangjia.modules.organisations.queries.staff import (
    ContractState,
    contract_state,
    employed_on,
    in_state,
    staff_in_sight,
    training_sums,
)
from niangjia.modules.organisations.rules import Contract, Funding, PayGrade, StaffEducation
from niangjia.modules.organisations.web.wording import label
from niangjia.ui.listing import Mark, Screen

TONES = {
    ContractState.RUNNING: ("success", ""),
    ContractState.SOON: ("warning", "clock"),
    ContractState.OVER: ("error", "alert-triangle"),
    ContractState.LEFT: ("neutral", ""),
}


def contract_mark(member: StaffMember) -> Mark:
    state = contract_state(member, timezone.localdate())
    tone, icon = TONES[state]
    return Mark(state.label, tone, icon)


def _in_state(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows.filter(in_state(ContractState(value), timezone.localdate()))


def _at_place(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    place = Scope.objects.filter(pk=value).first()
    return rows.under(place.path) if place else rows.none()  # type: ignore[attr-defined]


class StaffList(ListSpec):
    """Rows carry `hours` and `trained_on` of their trainings, looked up for the page in one query."""

    name = "organisations.staff_member"
    title = "社会化工会工作者"
    permission = Permission.STAFF_VIEW
    search_hint = "姓名、拼音"
    columns = (
        Column("name", "姓名", phone="title", personal=True),
        Column("organisation", "单位", value=lambda row: row.organisation.name),
        Column("contract", "合同类型", value=lambda row: label(Contract, row.contract)),
        Column("contract_until_on", "合同到期", value=lambda row: row.contract_until_on or "无固定期限"),
        Column("state", "状态", value=contract_mark),
        Column("funding", "经费来源", value=lambda row: label(Funding, row.funding), phone="hidden"),
        Column("pay_grade", "薪级", value=lambda row: label(PayGrade, row.pay_grade) if row.pay_grade else ""),
        Column("hours", "培训学时", value=lambda row: row.hours, numeric=True, phone="hidden"),
        Column("trained_on", "最近培训", value=lambda row: row.trained_on, default=False, phone="hidden"),
        Column(
            "education",
            "学历",
            value=lambda row: label(StaffEducation, row.education) if row.education else "",
            default=False,
            phone="hidden",
        ),
        Column("contract_from_on", "合同开始", default=False, phone="hidden"),
        Column("left_on", "离职日期", default=False, phone="hidden"),
    )
    filters = (
        Filter("place", "镇街、产业、系统", _at_place, choices=grounds_in_sight),
        Filter("contract", "合同", lambda rows, value: rows.filter(contract=value), choices=Contract.choices()),
        Filter("funding", "经费", lambda rows, value: rows.filter(funding=value), choices=Funding.choices()),
        Filter("state", "状态", _in_state, choices=ContractState.choices()),
    )
    sorts = (
        Sort("name", "按姓名", ("name_key",)),
        Sort("newest", "新登记的在前", ("pk",), descending=True),
        Sort("from_on", "先聘的在前", ("contract_from_on",)),
    )

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return staff_in_sight(actor)

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        """Who left is looked for by state."""
        rows = super().narrowed(chosen, actor, within)
        return rows if "state" in chosen.filters else rows.filter(employed_on(timezone.localdate()))

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        if text.isascii():
            return rows.filter(name_key__startswith=text.lower())
        return rows.filter(name__contains=text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("organisation")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        by_row = training_sums([row.pk for row in rows])
        for row in rows:
            row.hours, row.trained_on = by_row.get(row.pk, (0, None))
        return rows


STAFF = Screen(
    register(StaffList()),
    row_url=lambda row: reverse("organisations:staff_member", args=[row.pk]),
    empty_title="还没有登记社会化工会工作者",
    empty_text="聘用的专职工会工作者一人一条，合同到期前 60 天会提醒。",
    template="organisations/staff_list.html",
)
