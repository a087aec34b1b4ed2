"""The figures that the register answers for, and what may be wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from niangjia.engines.metrics.declared import (
    Address,
    Counting,
    Fact,
    Fault,
    Metric,
    Period,
    Place,
    register_facts,
    register_faults,
    register_metrics,
)
from niangjia.engines.metrics.queries import counted_ahead, summed
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.faults import FAULTY, faulty, free_of, new_form_workers

VIEW = Permission.MEMBER_VIEW


def listed(**filters: str) -> Address:
    """The members of an organisation and those below it, filtered."""

    def address(organisation_id: int, period: Period) -> str:
        days = {
            "FROM": period.from_on.isoformat(),
            "LAST": period.until_on.fromordinal(period.until_on.toordinal() - 1).isoformat(),
        }
        query = urlencode({key: days.get(value, value) for key, value in filters.items()})
        return f"{reverse('members:organisation_members', args=[organisation_id])}?{query or 'all=1'}"

    return address


def active(places: Sequence[Place], _: Period) -> dict[int, int]:
    return summed(places, "select scope_id, n from members_membertally where category = 0 and status in (1, 2)")


def dated(column: str) -> Counting:
    """Memberships that began, or ended, on a day of the period."""

    def count(places: Sequence[Place], period: Period) -> dict[int, int]:
        sql = f"select scope_id, 1 as n from members_membership where {column} >= %s and {column} < %s"  # noqa: S608
        return summed(places, sql, [period.from_on, period.until_on])

    return count


def fault_rows(name: str) -> Callable[[int], str]:
    return lambda organisation_id: f"{reverse('members:organisation_members', args=[organisation_id])}?fault={name}"


def register() -> None:
    register_facts(
        Fact("members.new_form", lambda _: new_form_workers()),
        Fact("members.complete", free_of("incomplete")),
        Fact("members.clean", free_of("wrong")),
        Fact("members.fresh", free_of("stale")),
    )
    register_metrics(
        Metric(
            "members.active", "会员", "人", "现在在会（正常和保留）的会员。", VIEW, active, listed(), headline=True, order=10,
        ),
        Metric(
            "members.new_form", "新就业形态会员", "人",
            "在会会员中所属群体为货车司机、快递员、网约送餐员、网约车司机、代驾司机、网络主播的；一人只算一次。",
            VIEW, counted_ahead("members.new_form"), listed(new_form="1"), order=20,
        ),
        Metric(
            "members.joined", "新增会籍", "人", "入会日期在期内的会籍，含转入。", VIEW, dated("joined_on"),
            listed(status="all", since="FROM", until="LAST"), in_period=True, headline=True, order=30,
        ),
        Metric(
            "members.ended", "减少会籍", "人", "终止日期在期内的会籍，含转出、退会、除名、去世。", VIEW, dated("ended_on"),
            listed(status="all", ended_since="FROM", ended_until="LAST"), in_period=True, order=40,
        ),
        Metric(
            "members.complete", "资料完整率", "%",
            "手机号、出生日期、民族、学历、就业状况都填了的在会会员 ÷ 在会会员。点开是还不完整的。",
            VIEW, counted_ahead("members.complete"), listed(fault="incomplete"), of="members.active", headline=True, order=60,
        ),
        Metric(
            "members.clean", "资料准确率", "%",
            "没有发现错误的在会会员 ÷ 在会会员。错误有：同一手机号登记了不同姓名，用人单位已注销。点开是有错误的。",
            VIEW, counted_ahead("members.clean"), listed(fault="wrong"), of="members.active", order=70,
        ),
        Metric(
            "members.fresh", "资料新鲜率", "%",
            "一年内有人员进出、资料修改或名册核对的工会的在会会员 ÷ 在会会员。点开是一年没动过的。",
            VIEW, counted_ahead("members.fresh"), listed(fault="stale"), of="members.active", order=80,
        ),
    )  # fmt: skip
    register_faults(
        *(
            Fault(
                f"members.{name}", label, "名会员", advice, VIEW, Permission.MEMBER_EDIT, faulty(name),
                fault_rows(name), days=days, order=order,
            )
            for order, (name, label, advice, days) in enumerate(FAULTY, start=10)
        )
    )  # fmt: skip
