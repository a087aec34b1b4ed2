"""The lists of officers on post and of key employers."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db.models import (
    Exists,
    OuterRef,
    QuerySet,
)
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.days import day_in
from niangjia.kernel.lists.spec import Chosen, Column, Filter, ListSpec, Sort, register
from niangjia.modules.visits.models import Group, KeyEmployer, Posting, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.employers import last_visits, never_visited, turn_is_past
from niangjia.modules.visits.queries.figures import DAY, key_in_period, keys_within
from niangjia.modules.visits.queries.narrowing import of_period
from niangjia.modules.visits.queries.postings import holds_on, key_counts, overlaps, places_of
from niangjia.modules.visits.queries.weeks import at_place
from niangjia.modules.visits.web.lists import by_id, chosen_one
from niangjia.modules.visits.web.marks import ago, due_mark
from niangjia.ui.listing import Mark, Screen
from niangjia.ui.pages import number_in

Rows = QuerySet[Any]
REASON = "what belongs to rows in sight"
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 30)


def _period(chosen: Chosen) -> tuple[date, date] | None:
    """Both ends counted; None where none was named."""
    since, until = (day_in(chosen.filters.get(name, "")) for name in ("since", "until"))
    return (since or FIRST, until or LAST) if since or until else None


def _path(chosen: Chosen) -> str:
    place = number_in(chosen.filters.get("place", ""))
    return str(Scope.objects.filter(pk=place).values_list("path", flat=True).first() or "") if place else ""


def groups(actor: Actor) -> list[tuple[str, str]]:
    rows = Group.objects.visible_to(actor).filter(closed_on=None).order_by("name")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def as_it_is(rows: Rows, _: str) -> Rows:
    """Read together with others by `narrowed`."""
    return rows


class PostingList(ListSpec):
    name = "visits.posting"
    title = "驻联干部"
    permission = Permission.VISIT_VIEW
    search_hint = "姓名"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("user", "驻联干部", lambda row: row.user.name, phone="title"),
        Column("group", "小组", lambda row: row.group.name if row.group else ""),
        Column("townships", "联系镇街", lambda row: row.places),
        Column("keys", "重点企业", lambda row: row.keys, numeric=True),
        Column("goal", "每周次数", lambda row: row.weekly_goal, numeric=True, phone="hidden"),
        Column("from_on", "从", whole=True, phone="hidden"),
        Column("until_on", "到", whole=True, phone="hidden"),
        Column("state", "状态", lambda row: row.state),
    )
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("group", "小组", choices=groups, apply=by_id("group")),
        Filter("now", "现在在岗", kind="flag", apply=lambda rows, _: rows.filter(holds_on(timezone.localdate()))),
        Filter("since", "在岗从", kind="date", quiet=True, apply=as_it_is),
        Filter("until", "在岗到", kind="date", quiet=True, apply=as_it_is),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=as_it_is),
    )
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("from_on", "最近开始的在前", ("from_on",), descending=True),
        Sort("user", "按姓名", ("user__name",)),
    )

    def rows(self, actor: Actor) -> Rows:
        return Posting.objects.visible_to(actor)

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        return rows.filter(user__name__contains=text)

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> Rows:
        rows = super().narrowed(chosen, actor, within)
        if path := _path(chosen):
            rows = at_place(rows, path)
        if period := _period(chosen):
            # Of somebody who was on post twice the latest: the figure counts people.
            held = rows.filter(overlaps(period[0], period[1] + DAY))
            rows = rows.filter(pk__in=held.order_by("user_id", "-from_on", "-pk").distinct("user_id").values("pk"))
        return rows

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("user", "group").defer("user__phone")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        today = timezone.localdate()
        places, counts = places_of(rows), key_counts(rows)
        for row in rows:
            row.places = "、".join(places[row.pk])
            row.keys = counts.get(row.pk, 0)
            row.state = state_mark(row, today)
        return rows


def state_mark(row: Posting, today: date) -> Mark:
    if row.until_on is not None and row.until_on <= today:
        return Mark("已结束")
    return Mark("未开始", "info") if row.from_on > today else Mark("在岗", "success")


POSTINGS = Screen(
    register(PostingList()),
    row_url=lambda row: reverse("visits:posting", args=[row.pk]),
    empty_title="还没有驻联干部",
    empty_text="安排一位干部联系哪些镇街、每周走访几次，计划和完成率就从这里来。",
    empty_href=reverse_lazy("visits:posting_add"),  # type: ignore[arg-type]
    empty_action="安排驻联",
    template="visits/posting_list.html",
)


def _turn(rows: Rows, value: str) -> Rows:
    late: Rows = never_visited(rows) if value == "never" else turn_is_past(rows, timezone.localdate())
    return late


class KeyEmployerList(ListSpec):
    name = "visits.key_employer"
    title = "重点企业"
    permission = Permission.VISIT_VIEW
    search_hint = "单位名称"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("employer", "单位", lambda row: row.employer.name, phone="title"),
        Column("turn", "轮到走访", lambda row: row.turn),
        Column("last", "上次走访", lambda row: row.last, whole=True),
        Column("days", "距今", lambda row: ago(row.days)),
        Column("officer", "走访人", lambda row: row.posting.user.name if row.posting else Mark("没有安排", "warning"), whole=True),
        Column("division", "所在镇街", lambda row: row.employer.division.name, phone="hidden"),
        Column("headcount", "职工人数", lambda row: row.employer.headcount, numeric=True, phone="hidden"),
        Column("every", "周期", lambda row: f"{row.every_days} 天", phone="hidden"),
        Column("from_on", "列入", whole=True, default=False, phone="hidden"),
        Column("until_on", "移出", whole=True, default=False, phone="hidden"),
    )  # fmt: skip
    filters: ClassVar[tuple[Filter, ...]] = (
        Filter("turn", "该去了", choices=[("late", "已超期"), ("never", "从未走访")], apply=_turn),
        Filter("nobody", "没有安排走访人", kind="flag", apply=lambda rows, _: rows.filter(posting=None, until_on=None)),
        Filter("now", "现在的", kind="flag", apply=lambda rows, _: rows.filter(holds_on(timezone.localdate()))),
        Filter("visited", "期内", choices=[("yes", "走访过"), ("no", "没有走访")], quiet=True, apply=as_it_is),
        Filter("since", "从", kind="date", quiet=True, apply=as_it_is),
        Filter("until", "到", kind="date", quiet=True, apply=as_it_is),
        Filter("place", "范围", kind="text", quiet=True, label_of=chosen_one, apply=as_it_is),
        Filter("posting", "走访人", kind="text", quiet=True, label_of=chosen_one, apply=by_id("posting")),
    )  # fmt: skip
    sorts: ClassVar[tuple[Sort, ...]] = (
        Sort("new", "新列入的在前", ("from_on",), descending=True),
        Sort("headcount", "职工多的在前", ("employer__headcount",), descending=True),
        Sort("name", "按名称", ("employer__name_key",)),
    )

    def rows(self, actor: Actor) -> Rows:
        return KeyEmployer.objects.visible_to(actor)

    def found(self, rows: Rows, text: str, actor: Actor) -> Rows:
        return rows.filter(employer__name__contains=text)

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> Rows:
        rows = super().narrowed(chosen, actor, None)
        rows = keys_within(rows, _path(chosen) or within or "")
        period, visited = _period(chosen), chosen.filters.get("visited", "")
        if period:
            rows = key_in_period(rows, *period)
        if visited:
            visits = of_period(Visit.objects.visible_to(actor), *(period or (None, None)))
            there = Exists(visits.filter(employer=OuterRef("employer")))
            rows = rows.filter(there if visited == "yes" else ~there)
        return rows

    def dressed(self, rows: Rows) -> Rows:
        return rows.select_related("employer__division", "posting__user").defer("posting__user__phone")

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        last, today = last_visits([row.employer_id for row in rows]), timezone.localdate()
        for row in rows:
            at = last.get(row.employer_id)
            row.last = timezone.localdate(at) if at else None
            row.days = (today - row.last).days if row.last else None
            row.turn = Mark("已移出") if row.until_on else due_mark(row.last, row.every_days, row.from_on, today)
        return rows


KEY_EMPLOYERS = Screen(
    register(KeyEmployerList()),
    row_url=lambda row: reverse("visits:key_employer", args=[row.pk]),
    empty_title="还没有重点企业",
    empty_text="把职工多、风险高、新建会的单位列进来，定好多少天走访一次、谁去，到期会自动排进计划。",
    empty_href=reverse_lazy("visits:key_employer_add"),  # type: ignore[arg-type]
    empty_action="列入重点企业",
    template="visits/key_employer_list.html",
)
