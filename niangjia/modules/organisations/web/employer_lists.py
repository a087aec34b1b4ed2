"""The lists of employers, blank spots and zones."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.spec import Chosen, Column, Filter, ListSpec, Sort, register
from niangjia.modules.organisations.models import Employer, Zone
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries import employers as found
from niangjia.modules.organisations.queries import zones as zones_found
from niangjia.modules.organisations.rules import Attempt, Coverage, Industry, Load, SizeBand
from niangjia.ui.listing import Bulk, Mark, Screen

COVERAGE_TONES = {
    Coverage.NONE: "warning",
    Coverage.FOUNDING: "info",
    Coverage.JOINT: "success",
    Coverage.OWN: "success",
}
ATTEMPT_TONES = {
    Attempt.AGREED: "success",
    Attempt.FOUNDING: "success",
    Attempt.JOINED: "success",
    Attempt.REFUSED: "error",
    Attempt.UNREACHABLE: "warning",
    Attempt.WAITING: "warning",
}
LOAD_TONES = {Load.UNSTAFFED: "error", Load.HEAVY: "warning", Load.LIGHT: "info", Load.FAIR: "success"}
SIZES = [(str(int(band)), band.label) for band in SizeBand]


def coverage_mark(employer: Employer) -> Mark:
    if employer.closed_on:
        return Mark("已注销")
    state = Coverage(employer.union_state)
    return Mark(state.label, COVERAGE_TONES[state])


def attempt_mark(attempt: Any) -> Mark | None:
    if attempt is None:
        return None
    outcome = Attempt(attempt.outcome)
    return Mark(outcome.label, ATTEMPT_TONES.get(outcome, "neutral"))


def load_mark(load: Load) -> Mark:
    return Mark(load.label, LOAD_TONES[load])


def industry_label(employer: Employer) -> str:
    return Industry(employer.industry).label if employer.industry else ""


def _place(rows: Any, value: str) -> Any:
    return found.at_place(rows, value)


PLACE = Filter("place", "所在地", apply=_place, choices=found.grounds_to_filter)
SIZE = Filter("size", "规模", apply=lambda rows, value: found.of_size(rows, SizeBand(int(value))), choices=SIZES)
INDUSTRY = Filter("industry", "行业", apply=lambda rows, value: rows.filter(industry=value), choices=Industry.choices())
BY_NAME = Sort("name", "按名称", ("name_key",))
BY_HEADS = Sort("heads", "按人数", ("headcount",), descending=True)


def zone_choices(actor: Actor) -> list[tuple[str, str]]:
    return (
        [(str(pk), label) for pk, label in zones_found.zones_to_choose(actor)]
        if actor.can(Permission.ZONE_VIEW)
        else []
    )


class EmployerList(ListSpec):
    """Closed ones are shown only when asked for."""

    name = "organisations.employer"
    title = "用人单位"
    permission = Permission.EMPLOYER_VIEW
    search_hint = "单位名称、信用代码"
    columns = (
        Column("name", "名称", phone="title"),
        Column("division", "所在地", value=lambda row: row.division.name),
        Column("industry", "行业", value=industry_label, phone="hidden"),
        Column("headcount", "职工", numeric=True),
        Column("women", "女职工", numeric=True, default=False, phone="hidden"),
        Column("new_form_workers", "新就业形态", numeric=True, phone="hidden"),
        Column("union_state", "建会情况", value=coverage_mark),
        Column("credit_code", "信用代码", default=False, phone="hidden"),
        Column("address", "地址", default=False, phone="hidden"),
        Column("counted_on", "人数核对", default=False, phone="hidden"),
    )
    filters = (
        PLACE,
        SIZE,
        Filter(
            "state", "建会情况", apply=lambda rows, value: rows.filter(union_state=value), choices=Coverage.choices()
        ),
        INDUSTRY,
        Filter("zone", "片区", apply=lambda rows, value: found.in_zone(rows, int(value)), choices=zone_choices),
        Filter("new_form", "新就业形态", apply=lambda rows, _: rows.filter(new_form_workers__gt=0), kind="flag"),
        Filter("closed", "已注销", apply=lambda rows, _: rows.filter(closed_on__isnull=False), kind="flag"),
    )
    sorts = (BY_NAME, BY_HEADS)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return Employer.objects.visible_to(actor)

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, within)
        return rows if "closed" in chosen.filters else rows.filter(closed_on=None)

    def found(self, rows: Any, text: str, actor: Actor) -> QuerySet[Any]:
        return found.found_employers(rows, text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("division")


class BlankSpotList(ListSpec):
    """Employers without a union, with what was last tried beside each."""

    name = "organisations.blank_spot"
    title = "组建空白点"
    permission = Permission.EMPLOYER_VIEW
    search_hint = "单位名称、信用代码"
    columns = (
        Column("name", "名称", phone="title"),
        Column("division", "所在地", value=lambda row: row.division.name),
        Column("headcount", "职工", numeric=True),
        Column("new_form_workers", "新就业形态", numeric=True, default=False, phone="hidden"),
        Column("industry", "行业", value=industry_label, default=False, phone="hidden"),
        Column("union_state", "建会情况", value=coverage_mark, phone="hidden"),
        Column("outcome", "最近一次", value=lambda row: attempt_mark(row.last_attempt) or "还没有联系过"),
        Column("tried_on", "日期", value=lambda row: row.last_attempt.on if row.last_attempt else None),
        Column("next_on", "下次跟进", value=lambda row: next_mark(row.last_attempt)),
    )
    filters = (
        PLACE,
        SIZE,
        Filter(
            "state",
            "建会情况",
            apply=lambda rows, value: rows.filter(union_state=value),
            choices=[(state.value, state.label) for state in found.WITHOUT_UNION],
        ),
        Filter("never", "从未联系", apply=lambda rows, _: found.never_tried(rows), kind="flag"),
        Filter("due", "该跟进了", apply=lambda rows, _: found.follow_up_due(rows, on=due_by()), kind="flag"),
    )
    sorts = (BY_HEADS, BY_NAME)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return found.blank_spots(actor)

    def found(self, rows: Any, text: str, actor: Actor) -> QuerySet[Any]:
        return found.found_employers(rows, text)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("division")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        latest = found.last_attempts(row.pk for row in rows)
        for row in rows:
            row.last_attempt = latest.get(row.pk)
        return rows


def due_by() -> Any:
    return timezone.localdate() + found.DUE_WITHIN


def next_mark(attempt: Any) -> Any:
    """A date that has passed stands out."""
    if attempt is None or attempt.next_on is None:
        return None
    if attempt.next_on < timezone.localdate():
        return Mark(f"{attempt.next_on} 已过", "error", "clock")
    return Mark(str(attempt.next_on), "warning", "clock") if attempt.next_on <= due_by() else attempt.next_on


class ZoneList(ListSpec):
    name = "organisations.zone"
    title = "片区"
    permission = Permission.ZONE_VIEW
    search_hint = "片区或镇街名称"
    columns = (
        Column("name", "片区", phone="title"),
        Column("organisation", "镇街", value=lambda row: row.organisation.short_name or row.organisation.name),
        Column("staff", "工作者", value=lambda row: row.carried.staff, numeric=True),
        Column("employers", "单位", value=lambda row: row.carried.employers, numeric=True),
        Column("workers", "职工", value=lambda row: row.carried.workers, numeric=True),
        Column("each", "人均单位", value=lambda row: row.carried.load.employers_each, numeric=True, phone="hidden"),
        Column("load", "负荷", value=lambda row: Mark("已撤销") if row.closed_on else load_mark(row.carried.load.load)),
        Column("bounds", "范围", default=False, phone="hidden"),
    )
    filters = (
        Filter(
            "township",
            "镇街",
            apply=lambda rows, value: rows.filter(organisation=int(value)),
            choices=lambda actor: [
                (str(row.pk), row.short_name or row.name)
                for row in zones_found.townships_with_right(actor, Permission.ZONE_VIEW)
            ],
        ),
        Filter("closed", "已撤销", apply=lambda rows, _: rows.filter(closed_on__isnull=False), kind="flag"),
    )
    sorts = (Sort("township", "按镇街", ("organisation__name_key", "name")),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return Zone.objects.visible_to(actor)

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, within)
        return rows if "closed" in chosen.filters else rows.filter(closed_on=None)

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return rows.filter(Q(name__contains=text) | Q(organisation__name__contains=text))

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("organisation")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        carried = zones_found.carried_by([row.pk for row in rows], on=timezone.localdate())
        for row in rows:
            row.carried = carried[row.pk]
        return rows


def _employer_address(row: Employer) -> str:
    return reverse("organisations:employer", args=[row.pk])


EMPLOYERS = Screen(
    register(EmployerList()),
    row_url=_employer_address,
    bulk=(
        Bulk(
            "分入片区",
            "organisations:zone_employers_add",
            Permission.ZONE_EDIT,
            icon="map-pins",
            text="下一步选择片区。",
        ),
    ),
    empty_title="还没有用人单位",
    empty_text="把辖区里的单位登记进来，才知道哪些还没有建会。",
    empty_href=reverse_lazy("organisations:employer_add"),  # type: ignore[arg-type]
    empty_action="登记单位",
    template="organisations/employer_list.html",
)
BLANK_SPOTS = Screen(
    register(BlankSpotList()),
    row_url=_employer_address,
    bulk=EMPLOYERS.bulk,
    empty_title="没有空白点",
    empty_text="辖区里登记的单位都已建会；新来的单位请到“用人单位”里登记。",
    template="organisations/blank_spot_list.html",
)
ZONES = Screen(
    register(ZoneList()),
    row_url=lambda row: reverse("organisations:zone", args=[row.pk]),
    empty_title="还没有片区",
    empty_text="把镇街划成几片，定下每片谁负责、联系哪些单位。",
    template="organisations/zone_list.html",
)
