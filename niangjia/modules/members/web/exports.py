"""What a file may say of members beyond the screen's list, and the roster that can be imported again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import QuerySet

from niangjia.engines.exports.layout import Layout, LayoutColumn
from niangjia.engines.exports.source import Field, Source, register, source_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.masks import mask_card, mask_identity, mask_phone
from niangjia.modules.members import rules
from niangjia.modules.members.models import MembershipChange
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.covering import places_covering
from niangjia.modules.members.queries.figures import headcounts
from niangjia.modules.members.rules import NEW_FORM, Category, Change, MembershipState
from niangjia.modules.members.sheets.columns import COLUMNS
from niangjia.modules.members.web.lists import MEMBERS

SECRETS = ("document_number", "phone", "bank_card")


def of_person(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A fact of the person: the union that somebody has left keeps its row, and knows no more of them."""
    return lambda row: read(row.person) if row.is_known else ""


def word(words: Any, name: str) -> Callable[[Any], str]:
    labels = {str(one): one.label for one in words}
    return lambda thing: labels.get(getattr(thing, name), "")


def is_migrant(person: Any) -> str:
    return {True: "是", False: "否"}.get(person.is_migrant, "")


def latest_changes(rows: list[Any], actor: Actor) -> dict[int, MembershipChange]:
    """The last thing that became of each membership after it was joined."""
    changes = (
        MembershipChange.objects.visible_to(actor)
        .filter(membership__in=[row.pk for row in rows])
        .exclude(kind__in=(Change.JOINED, Change.MERGED, Change.CORRECTED))
        .order_by("on", "pk")
    )
    return {one.membership_id: one for one in changes}


def of_change(read: Callable[[MembershipChange], Any]) -> Callable[[list[Any], Actor], dict[int, Any]]:
    return lambda rows, actor: {pk: read(one) for pk, one in latest_changes(rows, actor).items()}


class MemberSource(Source):
    """Rows carry `place`, whose rights cover the person, and `is_known`: whether the reader's do."""

    reveals = Permission.MEMBER_REVEAL
    fields = (
        Field("name", "姓名", personal=True, samples=("林小燕", "陈志强", "欧阳秀英", "黄海生", "曾丽")),
        Field("sex", "性别", of_person(lambda one: rules.Sex(one.sex).label), samples=("女", "男", "女", "男", "女")),
        Field("ethnicity", "民族", of_person(lambda one: rules.ETHNICITIES.get(one.ethnicity, "")), samples=("汉族", "畲族")),
        Field("document_kind", "证件类型", of_person(word(rules.Document, "document_kind")), samples=("居民身份证",)),
        Field(
            "document_number", "证件号码", of_person(lambda one: one.document_number), mask=mask_identity,
            samples=("990001199005170021", "990001198811020013", "990001199203080046", "990001198507150034", ""),
        ),
        Field(
            "born_on", "出生日期", of_person(lambda one: one.born_on), personal=True,
            samples=tuple(date.fromisoformat(day) for day in ("1990-05-17", "1988-11-02", "1992-03-08", "1985-07-15", "1997-09-30")),
        ),
        Field("political_status", "政治面貌", of_person(word(rules.Politics, "political_status")), samples=("群众", "中共党员", "")),
        Field("education", "学历", of_person(word(rules.Education, "education")), samples=("大学专科", "普通高中", "初中")),
        Field("skill_grade", "技术等级", of_person(word(rules.SkillGrade, "skill_grade")), samples=("中级工", "", "无")),
        Field(
            "phone", "移动电话", of_person(lambda one: one.phone), mask=mask_phone,
            samples=("12400000001", "12400000002", "12400000003", "12400000004", ""),
        ),
        Field("household_kind", "户籍类型", of_person(word(rules.Household, "household_kind")), samples=("本地城镇", "外地农村")),
        Field("household_place", "户籍所在地", of_person(lambda one: one.household_place), samples=("云山市云岭县", "")),
        Field("native_place", "籍贯", of_person(lambda one: one.native_place), samples=("云山市云岭县", "")),
        Field("is_migrant", "是否农民工", of_person(is_migrant), samples=("否", "是", "")),
        Field("marital_status", "婚姻状况", of_person(word(rules.Marriage, "marital_status")), samples=("已婚", "未婚", "")),
        Field("age", "年龄", lambda row: row.age if row.is_known else "", samples=(36, 38, 34, 41, 29)),
        Field("bank_name", "开户银行", of_person(lambda one: one.bank_name), samples=("",)),
        Field("bank_card", "银行卡号", of_person(lambda one: one.bank_card), mask=mask_card, samples=("",)),
        Field("employment_status", "就业状况", word(rules.Employment, "employment_status"), samples=("在岗", "灵活就业")),
        Field("post", "岗位", samples=("配送员", "纺织工", "")),
        Field(
            "categories", "所属群体", lambda row: tuple(Category(code).label for code in row.categories),
            samples=(("快递员",), (), ("网约送餐员", "快递员")),
        ),
        Field("platform", "平台", samples=("", "某某配送")),
        Field("delivery_site", "配送站点", samples=("", "某某站")),
        Field("employer", "所在单位", samples=("北山纺织厂", "南湖港务公司")),
        Field(
            "employer_code", "统一社会信用代码", lambda row: row.employer.credit_code if row.employer else "",
            samples=("9199000000000001X5",),
        ),
        Field("union", "所属工会", samples=("北山纺织厂工会", "南湖港务公司工会")),
        Field("joined_on", "入会日期", samples=(date(2024, 3, 1), date(2019, 7, 15))),
        Field("status", "会籍状态", lambda row: MembershipState(row.status).label, samples=("正常", "正常", "保留")),
        Field("ended_on", "终止日期", samples=("",)),
        Field("change", "会籍变化类型", look_up=of_change(lambda one: Change(one.kind).label), samples=("", "", "保留")),
        Field(
            "change_on", "会籍变化日期", look_up=of_change(lambda one: one.on),
            samples=("", "", date(2026, 6, 30)),
        ),
        Field("change_reason", "会籍变化原因", look_up=of_change(lambda one: one.reason), samples=("", "", "退休")),
        Field("phone_tail", "手机尾号", personal=True, samples=("0001", "0002", "0003")),
        Field("remark", "备注", lambda _: "", samples=("",)),
    )  # fmt: skip
    layouts = (
        Layout(
            "roster",
            "会员名册（可再导入）",
            tuple(LayoutColumn(column.heading, column.key) for column in COLUMNS),
            "列名与导入模板一致，改好后可以再导入。",
        ),
    )

    def dressed(self, rows: QuerySet[Any], keys: set[str]) -> QuerySet[Any]:
        unwanted = (f"person__{name}" for name in SECRETS if name not in keys)
        return rows.select_related("person", "employer", "platform", "delivery_site").defer(*unwanted)

    def presented(self, rows: list[Any], actor: Actor) -> list[Any]:
        rows, places = super().presented(rows, actor), places_covering(rows)
        for row in rows:
            row.places = places[row.pk]
            row.is_known = any(actor.may(Permission.MEMBER_VIEW, path) for path in row.places)
        return rows

    def revealed(self, rows: list[Any], actor: Actor) -> set[Any]:
        return {row.pk for row in rows if any(actor.may(Permission.MEMBER_REVEAL, path) for path in row.places)}


def counted(status: int | None = None, category: int = 0) -> Callable[[list[Any], Actor], dict[int, Any]]:
    """Active members at and under each organisation of a batch; nothing where the reader doesn't see them."""

    def look_up(rows: list[Any], actor: Actor) -> dict[int, Any]:
        seen = {row.pk: row.scope.path for row in rows if actor.may(Permission.MEMBER_VIEW, row.scope.path)}
        return headcounts(seen, status=status, category=category)

    return look_up


FIGURES = (
    Field("members", "会员数", look_up=counted(), samples=(12_860, 3_412, 208, 96, 0)),
    Field("members_kept", "保留会籍数", look_up=counted(MembershipState.KEPT), samples=(310, 42, 3, 0, 0)),
    *(
        Field(f"members_{code:d}", f"{code.label}会员数", look_up=counted(category=code), samples=(120, 31, 4, 0, 0))
        for code in sorted(NEW_FORM)
    ),
)


def register_exports() -> None:
    register(MemberSource(MEMBERS.spec))
    source_of("organisations.organisation").add(*FIGURES)
