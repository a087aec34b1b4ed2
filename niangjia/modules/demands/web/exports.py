"""What a file may say of demands: the asker masked, and in full only where the right is held."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from niangjia.engines.casework.rules import Stage, Urgency
from niangjia.engines.exports.layout import Layout, LayoutColumn
from niangjia.engines.exports.source import Field, Source, register
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.masks import mask_name, mask_phone
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.web.lists import DEMANDS, with_due
from niangjia.modules.demands.web.marks import left_mark
from niangjia.ui.listing import Mark


def yuan(name: str) -> Any:
    def read(row: Any) -> Any:
        fen = getattr(row, name)
        return "" if fen is None else f"{fen // 100}.{fen % 100:02}"

    return read


def on_time(row: Any) -> str:
    if row.case.stage not in (Stage.RESOLVED, Stage.CLOSED):
        return ""
    return "否" if row.case.was_late else "是"


def satisfied(row: Any) -> str:
    return {True: "满意", False: "不满意"}.get(row.case.is_satisfied, "")


def left(row: Any) -> str:
    mark = left_mark(row.case, row.now)
    return mark.text if isinstance(mark, Mark) else mark


def moment(name: str) -> Any:
    def read(row: Any) -> Any:
        at = getattr(row.case, name)
        return timezone.localtime(at) if at else ""

    return read


class DemandSource(Source):
    reveals = Permission.DEMAND_REVEAL
    fields = (
        Field("asker", "诉求人", lambda row: "" if row.is_anonymous else row.asker_name, mask=mask_name,
              samples=("林小燕", "陈志强", "")),
        Field("phone", "联系电话", lambda row: row.asker_phone, mask=mask_phone, samples=("12400000001", "12400000002", "")),
        Field("body", "诉求详情", personal=True, samples=("我在厂里上班，9 月的工资到现在没有发。",)),
        Field("left", "时限", left, samples=("剩 5 小时", "按时办结")),
        Field("urgency", "紧急程度", lambda row: Urgency(row.case.urgency).label, samples=("一般", "紧急")),
        Field("accepted_at", "受理时间", moment("accepted_at"), samples=("",)),
        Field("answered_at", "答复时间", moment("answered_at"), samples=("",)),
        Field("on_time", "是否按时", on_time, samples=("是", "否")),
        Field("satisfied", "满意度", satisfied, samples=("满意", "")),
        Field("rating", "评分", lambda row: row.case.rating, samples=(5, 4, "")),
        Field("claimed", "诉求金额（元）", yuan("claimed_fen"), samples=("12600.00", "")),
        Field("recovered", "追回金额（元）", yuan("recovered_fen"), samples=("12600.00", "")),
        Field("place", "发生地点", samples=("滨江街道",)),
        Field("happened_on", "发生日期", samples=("",)),
        Field("is_major", "重大", lambda row: "是" if row.case.is_major else "", samples=("", "是")),
        Field("reopened", "重新办理次数", lambda row: row.case.reopened, samples=(0, 1)),
        Field("partner_number", "来源方编号", lambda row: row.case.partner_number, samples=("",)),
    )  # fmt: skip
    layouts = (
        Layout(
            "monthly", "月度台账",
            (
                LayoutColumn("编号", "number"), LayoutColumn("登记时间", "received_at"), LayoutColumn("来源", "channel"),
                LayoutColumn("诉求人", "asker"), LayoutColumn("联系电话", "phone"), LayoutColumn("用人单位", "employer"),
                LayoutColumn("诉求内容", "title"), LayoutColumn("类别", "kind"), LayoutColumn("性质", "nature"),
                LayoutColumn("涉及人数", "people"), LayoutColumn("承办单位", "organisation"), LayoutColumn("主办人", "lead"),
                LayoutColumn("受理时间", "accepted_at"), LayoutColumn("状态", "stage"), LayoutColumn("办结方式", "how_closed"),
                LayoutColumn("办结时间", "ended_at"), LayoutColumn("是否按时", "on_time"), LayoutColumn("满意度", "satisfied"),
                LayoutColumn("追回金额（元）", "recovered"),
            ),
            "每件一行，上报和归档用；先在台账里按“登记从、到”选好一个月。",
        ),
    )  # fmt: skip

    def dressed(self, rows: QuerySet[Any], keys: set[str]) -> QuerySet[Any]:
        unread = {"words", "suggested", "case__limits", "case__lead__phone"}
        unread |= {name for name, key in (("body", "body"), ("asker_phone", "phone")) if key not in keys}
        dressed: QuerySet[Any] = with_due(rows).select_related("case__lead", "case__scope").defer(*unread)
        return dressed

    def revealed(self, rows: list[Any], actor: Actor) -> set[Any]:
        """Where the right is held at the place; of a confidential one the file never says who asked."""
        return {
            row.pk
            for row in rows
            if not row.case.is_confidential and actor.may(Permission.DEMAND_REVEAL, row.case.scope.path)
        }


def register_exports() -> None:
    register(DemandSource(DEMANDS.spec))
