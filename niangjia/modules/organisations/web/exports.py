"""What a file may say of unions and employers beyond the screen's lists, and the sheets that can be imported again."""

from __future__ import annotations

from datetime import date
from typing import Any

from niangjia.engines.exports.layout import Layout, LayoutColumn
from niangjia.engines.exports.source import Field, Source, register
from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.queries.linked import employers_of, unions_of
from niangjia.modules.organisations.rules import ChosenBy, Coverage, Industry, Nature, OrganisationKind
from niangjia.modules.organisations.sheets import employers as employer_sheet
from niangjia.modules.organisations.sheets import unions as union_sheet
from niangjia.modules.organisations.web.employer_lists import EMPLOYERS
from niangjia.modules.organisations.web.lists import ORGANISATIONS

_K = OrganisationKind
KINDS = tuple(one.label for one in (_K.COUNTY_FEDERATION, *(_K.TOWNSHIP_UNION,) * 2, *(_K.PRIMARY_UNION,) * 2))
UNIONS = ("云岭县总工会", "北山镇总工会", "南湖街道总工会", "北山纺织厂工会", "南湖港务公司工会")


def sheet_layout(name: str, columns: Any) -> Layout:
    return Layout(
        "sheet",
        name,
        tuple(LayoutColumn(one.heading, one.key) for one in columns),
        "列名与导入模板一致，改好后可以再导入。",
    )


def number(row: Any) -> str:
    return rules.Term(row.term.number, row.term.from_on, row.term.until_on).label if row.term else ""


def coverage(row: Any) -> str:
    return "已注销" if row.closed_on else Coverage(row.union_state).label


def employers_linked(rows: list[Any], actor: Actor) -> dict[int, tuple[str, ...]]:
    return employers_of([row.pk for row in rows], actor)


def unions_linked(rows: list[Any], actor: Actor) -> dict[int, tuple[str, ...]]:
    return unions_of([row.pk for row in rows], actor)


class OrganisationSource(Source):
    """Beside these, rooms above add figures."""

    fields = (
        Field("name", "名称", samples=UNIONS),
        Field("kind", "类型", lambda row: OrganisationKind(row.kind).label, samples=KINDS),
        Field("parent", "上级", lambda row: row.parent_name, samples=("云山市总工会", *UNIONS[:1] * 2, *UNIONS[1:3])),
        Field("credit_code", "统一社会信用代码", samples=("8199000000000001X5", "")),
        Field("telephone", "办公电话", samples=("0999-2000001", "")),
        Field("founded_on", "成立日期", samples=(date(1951, 5, 1), date(2015, 5, 1))),
        Field("number", "届次", number, samples=("第十届", "第三届")),
        Field("term_from", "任期开始", lambda row: row.term.from_on if row.term else None, samples=(date(2024, 5, 6),)),
        Field("term_until", "任期届满", lambda row: row.term.until_on if row.term else None, samples=(date(2029, 5, 6),)),
        Field("elected_by", "产生方式", lambda row: ChosenBy(row.term.elected_by).label if row.term else "", samples=("选举产生",)),
        Field("leader", "主席", samples=("周敏", "何建国", "")),
        Field("employers", "用人单位", look_up=employers_linked, samples=((), (), (), ("北山纺织有限公司",), ("南湖港务公司",))),
    )  # fmt: skip
    layouts = (sheet_layout("工会名册（可再导入）", union_sheet.COLUMNS),)


class EmployerSource(Source):
    fields = (
        Field("name", "名称", samples=("北山纺织有限公司", "南湖港务公司")),
        Field("credit_code", "统一社会信用代码", samples=("9199000000000001X5", "")),
        Field("industry", "行业", lambda row: Industry(row.industry).label if row.industry else "", samples=("制造业", "")),
        Field("nature", "性质", lambda row: Nature(row.nature).label if row.nature else "", samples=("私营企业", "")),
        Field("headcount", "职工人数", samples=(120, 86)),
        Field("women", "女职工人数", samples=(45, 20)),
        Field("new_form_workers", "新就业形态劳动者人数", samples=(0, 12)),
        Field("counted_on", "人数核对日期", samples=(date(2026, 9, 30),)),
        Field("union_state", "建会情况", coverage, samples=("已单独建会", "未建会")),
        Field("unions", "所属工会", look_up=unions_linked, samples=(("北山纺织厂工会",), ())),
    )  # fmt: skip
    layouts = (sheet_layout("用人单位名册（可再导入）", employer_sheet.COLUMNS),)


def register_exports() -> None:
    register(OrganisationSource(ORGANISATIONS.spec))
    register(EmployerSource(EMPLOYERS.spec))
