"""The list of members: one row a membership."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.counting import Count, capped_count
from niangjia.kernel.lists.spec import Chosen, Column, Filter, ListSpec, Sort, register
from niangjia.modules.members.models import ACTIVE_STATES, Membership
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.faults import LABELS, with_fault, with_new_form
from niangjia.modules.members.queries.figures import tallied
from niangjia.modules.members.queries.search import Reach, found_members
from niangjia.modules.members.rules import Category, Employment, MembershipState, Sex, age_on
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.listing import Bulk, Mark, Screen

STATE_TONES = {
    MembershipState.NORMAL: "success",
    MembershipState.KEPT: "info",
    MembershipState.MOVED_OUT: "neutral",
    MembershipState.EXPELLED: "error",
}
EVERYBODY = "all"
TALLIED = {"status", "category"}
BY_NAME = Sort("name", "按姓名", ("name_key",))
BY_JOINING = Sort("joined_on", "按入会日期", ("joined_on",), descending=True)


def state_mark(status: int) -> Mark:
    state = MembershipState(status)
    return Mark(state.label, STATE_TONES.get(state, "warning"))


def category_labels(codes: list[int]) -> str:
    return "、".join(Category(code).label for code in codes)


def by_status(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows if value == EVERYBODY else rows.filter(status=int(value))


def by_category(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    # The second condition says nothing new; with it the index of those who have tags may be used.
    return rows.filter(categories__contains=[int(value)]).exclude(categories=[])


class MemberList(ListSpec):
    """Who is a member now; who was one once is shown when asked for, and found by a search."""

    name = "members.member"
    title = "会员"
    permission = Permission.MEMBER_VIEW
    search_hint = "姓名、拼音、尾号、证件号"
    columns = (
        Column("name", "姓名", phone="title", personal=True),
        Column("union", "所在工会"),
        Column("status", "会籍", value=lambda row: state_mark(row.status)),
        Column("categories", "所属群体", value=lambda row: category_labels(row.categories)),
        Column("post", "岗位", phone="hidden"),
        Column("phone_tail", "手机尾号", phone="hidden", personal=True),
        Column("joined_on", "入会日期"),
        Column("sex", "性别", value=lambda row: Sex(row.person.sex).label, default=False, phone="hidden"),
        Column("age", "年龄", value=lambda row: row.age, default=False, numeric=True, phone="hidden"),
        Column("employer", "用人单位", value=lambda row: row.employer, default=False, phone="hidden"),
        Column("platform", "平台", value=lambda row: row.platform, default=False, phone="hidden"),
        Column("delivery_site", "配送站点", value=lambda row: row.delivery_site, default=False, phone="hidden"),
        Column(
            "employment_status", "就业状况", default=False, phone="hidden",
            value=lambda row: Employment(row.employment_status).label if row.employment_status else "",
        ),
        Column("ended_on", "终止日期", default=False, phone="hidden"),
    )  # fmt: skip
    filters = (
        Filter(
            "status", "会籍", apply=by_status, blank="在会",
            choices=[*((str(code), label) for code, label in MembershipState.choices()), (EVERYBODY, "全部（含离会）")],
        ),
        Filter(
            "category", "所属群体", choices=[(str(code), label) for code, label in Category.choices()],
            apply=by_category,
        ),
        Filter("since", "入会从", kind="date", apply=lambda rows, value: rows.filter(joined_on__gte=value)),
        Filter("until", "到", kind="date", apply=lambda rows, value: rows.filter(joined_on__lte=value)),
        Filter(
            "ended_since", "终止从", kind="date", quiet=True, apply=lambda rows, value: rows.filter(ended_on__gte=value)
        ),
        Filter(
            "ended_until", "终止到", kind="date", quiet=True, apply=lambda rows, value: rows.filter(ended_on__lte=value)
        ),
        Filter("new_form", "新就业形态", kind="flag", quiet=True, apply=lambda rows, _: with_new_form(rows)),
        Filter(
            "fault", "资料问题", choices=list(LABELS.items()), quiet=True,
            apply=lambda rows, value: with_fault(rows, value, today=timezone.localdate()),
        ),
    )  # fmt: skip
    sorts = (BY_NAME, BY_JOINING)

    def rows(self, actor: Actor) -> QuerySet[Membership]:
        return Membership.objects.visible_to(actor)

    def narrowed(self, chosen: Chosen, actor: Actor, within: str | None = None) -> QuerySet[Any]:
        rows = super().narrowed(replace(chosen, text=""), actor, within)
        reach = Reach(actor, within)
        if chosen.text:
            rows = found_members(rows, chosen.text, reach)
        elif "status" not in chosen.filters:
            rows = rows.filter(status__in=ACTIVE_STATES)
        if self.sort_of(chosen) is BY_JOINING and not chosen.text and not reach.is_small:
            raise Refused("list.sort", "人数超过 2 万时只能按姓名排序。请先切换到下级单位，再按入会日期排序。", "sort")
        return rows

    def fenced(self, chosen: Chosen, actor: Actor, within: str | None, count: Count) -> bool:
        """Also where so few are left that the names' index would be walked for long before a page is full."""
        if chosen.text or self.sort_of(chosen) is BY_JOINING:
            return True
        tallied_only = bool(chosen.filters) and chosen.filters.keys() <= TALLIED
        return tallied_only and Reach(actor, within).is_sparse(count.number, self.page_size)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        secret = (f"person__{name}" for name in ("document_number", "phone", "bank_card"))
        return rows.select_related("person", "employer", "platform", "delivery_site").defer(*secret)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        names, today = names_of({row.scope_id for row in rows}), timezone.localdate()
        for row in rows:
            row.union = names.get(row.scope_id, "")
            row.age = age_on(row.person.born_on, today) if row.person.born_on else None
        return rows

    def count(self, rows: QuerySet[Any], chosen: Chosen, actor: Actor, within: str | None) -> Count:
        """By the tally where it knows; what was filtered or searched otherwise up to a thousand."""
        if chosen.text or not chosen.filters.keys() <= TALLIED:
            return capped_count(rows)
        status = chosen.filters.get("status", "")
        statuses = () if status == EVERYBODY else (int(status),) if status else ACTIVE_STATES
        category = int(chosen.filters.get("category", 0))
        return Count(tallied(actor, within=within, statuses=statuses, category=category))


MEMBERS = Screen(
    register(MemberList()),
    row_url=lambda row: reverse("members:member", args=[row.person_id]),
    bulk=(
        Bulk(
            "转接会籍", "members:members_transfer", Permission.MEMBERSHIP_CHANGE, icon="arrows-exchange",
            text="下一步选择转入的工会。",
        ),
        Bulk("所属群体", "members:members_tag", Permission.MEMBER_EDIT, icon="tags", text="下一步选择要加上或去掉的群体。"),
        Bulk(
            "保留会籍", "members:members_keep", Permission.MEMBERSHIP_CHANGE, icon="player-pause",
            text="退休、失业等保留会籍，不缴会费；从今天起算。", reason=True,
        ),
        Bulk(
            "恢复会籍", "members:members_resume", Permission.MEMBERSHIP_CHANGE, icon="player-play",
            text="由“保留”恢复为“正常”，从今天起算。", reason=True,
        ),
        Bulk(
            "退会", "members:members_leave", Permission.MEMBERSHIP_CHANGE, icon="user-minus", kind="error",
            text="从今天起不再是会员。", reason=True,
        ),
    ),
    empty_title="还没有会员",
    empty_text="请从登记第一位会员开始：先填证件号码，出生日期和性别会自动读出。",
    empty_href=reverse_lazy("members:member_add"),  # type: ignore[arg-type]
    empty_action="登记会员",
    template="members/member_list.html",
)  # fmt: skip
