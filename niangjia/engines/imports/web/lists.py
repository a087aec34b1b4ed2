"""The list of batches."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy

from niangjia.engines.imports import queries
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.permissions import Permission
from niangjia.engines.imports.sheet import Outcome, sheets_for
from niangjia.engines.imports.web.wording import state_mark, title_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register
from niangjia.ui.listing import Screen
from niangjia.ui.places import directory


def rows_of(batch: ImportBatch, outcome: Outcome) -> int | None:
    """None while nothing is known."""
    if not batch.outcomes:
        return None
    return int(batch.outcomes.get(str(int(outcome)), 0))


class BatchList(ListSpec):
    name = "imports.batch"
    title = "导入"
    permission = Permission.IMPORT_RUN
    search_hint = "文件名、经办人"
    columns = (
        Column("file_name", "文件", phone="title"),
        Column("sheet", "内容", value=lambda row: title_of(row.sheet)),
        Column("state", "状态", value=state_mark),
        Column("organisation", "单位"),
        Column("rows", "行数", value=lambda row: row.rows or None, numeric=True),
        Column("new", "新增", value=lambda row: rows_of(row, Outcome.NEW), numeric=True),
        Column("updated", "更新", value=lambda row: rows_of(row, Outcome.UPDATED), numeric=True),
        Column("refused", "退回", value=lambda row: rows_of(row, Outcome.REFUSED), numeric=True),
        Column("user_name", "经办人"),
        Column("created_at", "上传时间"),
        Column("approver_name", "审批人", default=False, phone="hidden"),
        Column("committed_at", "写入时间", default=False, phone="hidden"),
    )
    filters = (
        Filter(
            "sheet",
            "内容",
            apply=lambda rows, value: rows.filter(sheet=value),
            choices=lambda actor: [(sheet.name, sheet.title) for sheet in sheets_for(actor)],
        ),
        Filter("state", "状态", apply=lambda rows, value: rows.filter(state=value), choices=BatchState.choices),
    )
    sorts = (Sort("created_at", "按上传时间", ("created_at",), descending=True),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return queries.batches(actor)

    def found(self, rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
        return rows.filter(file_name__contains=text) | rows.filter(user_name__contains=text)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names = directory().names({row.scope_id for row in rows})
        for row in rows:
            row.organisation = names.get(row.scope_id, "")
        return rows


BATCHES = Screen(
    register(BatchList()),
    row_url=lambda row: reverse("imports:batch", args=[row.pk]),
    empty_title="还没有导入过",
    empty_text="把手里的花名册传上来，逐行检查，看清会新增、更新哪些，再决定写不写入。",
    empty_href=reverse_lazy("imports:batch_add"),  # type: ignore[arg-type]
    empty_action="导入花名册",
    template="imports/batch_list.html",
)
