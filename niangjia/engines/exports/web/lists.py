"""The layouts of other systems as a list."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy

from niangjia.engines.exports.models import ExportLayout
from niangjia.engines.exports.permissions import Permission
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort, register, registered
from niangjia.ui.listing import Mark, Screen


def title_of(list_name: str) -> str:
    return next((spec.title for spec in registered() if spec.name == list_name), list_name)


class LayoutList(ListSpec):
    name = "exports.layout"
    title = "导出格式"
    permission = Permission.LAYOUT_EDIT
    columns = (
        Column("name", "名称", phone="title"),
        Column("list", "导出哪个列表", value=lambda row: title_of(row.list_name)),
        Column("columns", "列数", value=lambda row: len(row.columns), numeric=True, phone="hidden"),
        Column("kind", "文件", value=lambda row: row.kind.upper(), phone="hidden"),
        Column("place", "适用", value=lambda row: "全部单位" if row.scope_id is None else "本单位及下级"),
        Column("state", "状态", value=lambda row: Mark("启用", "success") if row.is_active else Mark("停用")),
    )
    filters = (Filter("active", "只看启用的", lambda rows, _: rows.filter(is_active=True), kind="flag"),)
    sorts = (Sort("name", "按名称", ("name",)),)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        return ExportLayout.objects.visible_to(actor)


LAYOUTS = Screen(
    register(LayoutList()),
    row_url=lambda row: reverse("exports:layout", args=[row.pk]),
    empty_title="还没有导出格式",
    empty_text="上级系统要求固定的列名和代码时，在这里设一次，以后导出就能直接选。",
    empty_href=reverse_lazy("exports:layout_add"),  # type: ignore[arg-type]
    empty_action="新增导出格式",
    template="exports/layout_list.html",
)
