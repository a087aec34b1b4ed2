"""The faults of the data as a list: one row a place and kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from niangjia.engines.metrics.declared import fault_named, faults
from niangjia.engines.metrics.models import DataFault
from niangjia.engines.metrics.permissions import Permission
from niangjia.engines.metrics.queries import faults_in_sight
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.ui.listing import Bulk, Mark, Screen
from niangjia.ui.places import directory

SOON = timedelta(days=7)


def due_mark(row: DataFault) -> Mark:
    today, text = timezone.localdate(), f"{row.due_on}"
    if row.due_on < today:
        return Mark(f"{text} 已超期", "error", "alert-triangle")
    return Mark(f"{text} 快到期", "warning", "clock") if row.due_on <= today + SOON else Mark(text)


def by_state(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    today = timezone.localdate()
    if value == "late":
        return rows.filter(mended_on=None, due_on__lt=today)
    return rows.filter(mended_on=None) if value == "open" else rows.filter(mended_on__isnull=False)


class FaultList(ListSpec):
    """Rows carry `place_name`, looked up for the page."""

    name = "metrics.fault"
    title = "数据问题"
    permission = Permission.FIGURE_VIEW
    columns = (
        Column("place_name", "单位", phone="title"),
        Column("kind", "问题", value=lambda row: fault_named(row.name).label),
        Column("n", "条数", numeric=True),
        Column("owner_name", "责任人"),
        Column("due_on", "整改期限", value=due_mark),
        Column("since_on", "发现日期", phone="hidden"),
        Column("note", "说明", default=False, phone="hidden"),
    )
    filters = (
        Filter(
            "name", "问题", lambda rows, value: rows.filter(name=value),
            choices=lambda actor: [(one.name, one.label) for one in faults() if actor.can(one.permission)],
        ),
        Filter("state", "状态", by_state, choices=[("late", "已超期"), ("mended", "已改好")], blank="待整改"),
        Filter("mine", "只看我负责的", lambda rows, _: rows, kind="flag"),
    )  # fmt: skip
    sorts = (Sort("due", "先到期的在前", ("due_on",)),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return faults_in_sight(actor)

    def narrowed(self, chosen: Any, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(chosen, actor, within)
        if "state" not in chosen.filters:
            rows = rows.filter(mended_on=None)
        return rows.filter(owner_id=actor.user_id) if "mine" in chosen.filters else rows

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names = directory().names({row.scope_id for row in rows})
        for row in rows:
            row.place_name = names.get(row.scope_id, "")
        return rows


def rows_behind(row: DataFault) -> str:
    return fault_named(row.name).rows(row.scope_id)


FAULTS = Screen(
    register(FaultList()),
    row_url=rows_behind,
    bulk=(
        Bulk(
            "分派", "metrics:faults_assign", Permission.FAULT_ASSIGN, icon="user-check",
            text="下一步选择责任人和整改期限。",
        ),
    ),
    empty_title="没有待整改的数据问题",
    empty_text="系统每 5 分钟检查一次有变动的单位，每天夜里检查全部单位。",
    template="metrics/fault_list.html",
)  # fmt: skip
