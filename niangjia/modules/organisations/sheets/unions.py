"""Unions by the sheet: one row a union, found by its credit code, else by its name under its superior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, cast

from niangjia.engines.imports.sheet import Checked, Column, Place
from niangjia.kernel.access.actions import hold_tree
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.employers import link_employer_to_union
from niangjia.modules.organisations.actions.founding import Founding, found_many
from niangjia.modules.organisations.actions.organisations import Facts, edit_organisation
from niangjia.modules.organisations.actions.terms import appoint_post, start_term
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.rules import ChosenBy, OrganisationKind
from niangjia.modules.organisations.sheets.cells import Cells, Labels
from niangjia.modules.organisations.sheets.kept import Kept, values_of
from niangjia.modules.organisations.sheets.planned import PlannedSheet, Row, changed_meanwhile, staged
from niangjia.modules.organisations.sheets.union_plan import plan_unions
from niangjia.modules.organisations.sheets.union_register import Register, UnionPlan
from niangjia.modules.organisations.sheets.union_return import take_back_unions

_K = OrganisationKind
KINDS = Labels(
    OrganisationKind,
    {
        "省总": _K.PROVINCE_FEDERATION, "市总": _K.CITY_FEDERATION, "县总工会": _K.COUNTY_FEDERATION,
        "区总工会": _K.COUNTY_FEDERATION, "县总": _K.COUNTY_FEDERATION, "县级总工会": _K.COUNTY_FEDERATION,
        "镇街总工会": _K.TOWNSHIP_UNION, "乡镇总工会": _K.TOWNSHIP_UNION, "镇总工会": _K.TOWNSHIP_UNION,
        "街道总工会": _K.TOWNSHIP_UNION, "乡镇街道总工会": _K.TOWNSHIP_UNION, "开发区总工会": _K.TOWNSHIP_UNION,
        "系统工会": _K.SYSTEM_COMMITTEE, "工委": _K.SYSTEM_COMMITTEE, "村联合工会": _K.VILLAGE_JOINT_UNION,
        "社区联合工会": _K.VILLAGE_JOINT_UNION, "村社区工会": _K.VILLAGE_JOINT_UNION, "园区工会": _K.PARK_JOINT_UNION,
        "区域工会联合会": _K.REGIONAL_JOINT_UNION, "区域性联合工会": _K.REGIONAL_JOINT_UNION,
        "行业工会联合会": _K.TRADE_JOINT_UNION, "行业性联合工会": _K.TRADE_JOINT_UNION, "联合基层工会": _K.JOINT_UNION,
        "企业工会": _K.PRIMARY_UNION, "单位工会": _K.PRIMARY_UNION, "单独基层工会": _K.PRIMARY_UNION,
        "基层工会委员会": _K.PRIMARY_UNION, "独立工会": _K.PRIMARY_UNION, "单独建会": _K.PRIMARY_UNION, "小组": _K.GROUP,
    },
)  # fmt: skip
WAYS = Labels(
    ChosenBy,
    {
        "选举": ChosenBy.CONGRESS, "会员大会选举": ChosenBy.CONGRESS, "会员代表大会选举": ChosenBy.CONGRESS,
        "代表大会选举": ChosenBy.CONGRESS, "委派": ChosenBy.APPOINTED, "任命": ChosenBy.APPOINTED,
    },
)  # fmt: skip

COLUMNS = (
    Column(
        "name", "工会名称", ("名称", "工会", "工会组织名称", "基层工会名称", "工会全称", "组织名称", "基层工会"),
        required=True, hint="照批复或证书上的全称。", example="北山纺织厂工会",
    ),
    Column(
        "kind", "类型", ("工会类型", "组织类型", "工会类别", "类别", "工会性质"),
        choices=tuple(one.label for one in OrganisationKind), hint="新登记的工会必须填。", example="基层工会",
    ),
    Column(
        "parent", "上级工会", ("上级", "上级工会名称", "隶属工会", "上级组织", "主管工会", "所属上级工会"),
        hint="名称或代码；可以是本表里的另一行。不填就是本单位。", example="北山镇总工会",
    ),
    Column(
        "credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "工会统一社会信用代码", "统一信用代码", "工会代码"),
        hint="工会自己的代码，81 开头；没有就留空。请把这一列设为文本。",
    ),
    Column(
        "division", "所在镇街", ("镇街", "所在地", "所在乡镇", "所在街道", "乡镇街道", "行政区划", "区划代码", "所属镇街"),
        hint="名称或代码；不填就与上级相同。", example="北山镇",
    ),
    Column("address", "地址", ("工会地址", "办公地址", "详细地址", "通讯地址"), example="北山路 8 号"),
    Column("telephone", "办公电话", ("电话", "联系电话", "工会电话", "固定电话"), example="0999-2000001"),
    Column("founded_on", "成立日期", ("成立时间", "建会日期", "建会时间", "批准成立日期"), example="2015-05-01"),
    Column("number", "届次", ("届", "第几届", "本届届次", "现届次"), hint="如：第三届。", example="第三届"),
    Column("term_from", "任期开始", ("任期开始日期", "任期起", "换届日期", "换届时间", "本届开始", "任期起始"), example="2024-05-06"),
    Column("term_until", "任期届满", ("任期届满日期", "届满日期", "届满时间", "任期止", "任期到期", "到届日期"), example="2029-05-06"),
    Column(
        "elected_by", "产生方式", ("班子产生方式", "选举方式", "主席产生方式"),
        choices=(ChosenBy.CONGRESS.label, ChosenBy.APPOINTED.label), hint="不填：系统工委为上级委派，其他为选举产生。",
        example="选举产生",
    ),
    Column(
        "leader", "主席姓名", ("主席", "工会主席", "工会主席姓名", "负责人", "工会负责人", "主任", "组长"),
        hint="系统工委填主任，工会小组填组长。", example="周敏",
    ),
    Column(
        "employers", "用人单位", ("单位", "单位名称", "所在单位", "覆盖单位", "涵盖单位", "企业名称", "所属单位"),
        hint="名称或代码，几个之间用顿号。先在用人单位名册里登记。", example="北山纺织有限公司",
    ),
)  # fmt: skip
AHEAD = "日期不能晚于今天，请到生效那天再办理。"
NUMBERS = {text: number for number in range(1, 100) for text in (rules.chinese_number(number), str(number))}


def number_of_term(text: str) -> int | None:
    """第三届, 三, 3."""
    bare = text.strip().removeprefix("第").removesuffix("届").strip()
    return NUMBERS.get(bare)


class UnionSheet(PlannedSheet):
    name = "organisations.organisation"
    title = "工会名册"
    noun = "工会"
    list_url_name = "organisations:organisation_list"
    permissions = (Permission.ORGANISATION_EDIT,)
    columns: ClassVar[tuple[Column, ...]] = COLUMNS

    def check(self, values: Sequence[str], facts: Place) -> Checked:
        cells = Cells(COLUMNS, values)
        name = cells.text("name", 100, rules.tidy_name)
        cells.rule("name", lambda: rules.ensure_name(name))
        kind = cells.word("kind", KINDS, "union.kind")
        cells.code(
            "credit_code",
            rules.tidy_credit_code,
            lambda code: rules.check_union_credit_code(code, kind) if kind else rules.check_credit_code(code),
            "organisation.credit_code",
        )
        cells.text("parent", 100)
        cells.text("division", 60)
        cells.text("address", 200)
        cells.text("telephone", 30)
        cells.day("founded_on", latest=facts.today, ahead="成立日期不能晚于今天。", code="organisation.founded_ahead")
        self._check_term(cells, facts.today)
        cells.text("leader", 50, lambda text: "".join(text.split()))
        cells.names("employers")
        return Checked(name or "（没有名称）", staged(cells.said), cells.problems)

    def _check_term(self, cells: Cells, today: date) -> None:
        text = cells.texts["number"]
        number = number_of_term(text) if text else None
        if text and number is None:
            cells.wrong("number", "term.number", "看不懂届次，请写成“第三届”或 3。")
        elif number is not None:
            cells.said["number"] = number
        cells.day("term_from", latest=today, ahead=AHEAD, code="organisation.ahead")
        cells.day("term_until")
        cells.word("elected_by", WAYS, "union.elected_by")

    def plan(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        if locked:
            hold_tree()
        plan_unions(rows, Register(rows, place, locked=locked))

    # --- write

    def write(self, rows: list[Row], place: Place, *, now: datetime) -> dict[str, Any]:
        """New ones by the table, superiors first; what changes of those that stand goes through the pages' actions."""
        writing = Writing(place, Kept(place.batch_id), now)
        plans = sorted((row.plan for row in rows), key=lambda plan: plan.rank)
        writing.found([plan for plan in plans if plan.known is None])
        for plan in plans:
            try:
                if plan.known is not None:
                    writing.change(plan.known, plan)
                writing.link(plan)
            except (Refused, NotPermitted, Missing) as no:
                raise changed_meanwhile(plan.row, no) from no
        writing.kept.write()
        return {}

    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        return take_back_unions(batch_id)


@dataclass
class Writing:
    place: Place
    kept: Kept
    now: datetime

    @property
    def who(self) -> dict[str, Any]:
        return {"actor": self.place.actor, "now": self.now}

    def found(self, plans: list[UnionPlan]) -> None:
        foundings: dict[UnionPlan, Founding] = {}
        for plan in plans:
            superior = foundings[plan.superior] if isinstance(plan.superior, UnionPlan) else plan.superior
            assert superior is not None
            foundings[plan] = Founding(
                superior,
                plan.name,
                plan.kind,
                cast("Facts", plan.facts),
                plan.term,
                plan.elected_by,
                plan.post,
                plan.chosen_by,
            )
        self.kept.made(*found_many(list(foundings.values()), **self.who))
        for plan, founding in foundings.items():
            plan.made = founding.made

    def change(self, union: Organisation, plan: UnionPlan) -> None:
        if plan.changes_facts:
            before = values_of(union)
            self.kept.changed(edit_organisation(union.pk, **plan.facts, **self.who), before)
        if plan.term is not None:
            term = plan.term
            standing = [(row, values_of(row)) for row in (*plan.open_terms, *plan.open_posts)]
            self.kept.made(
                start_term(
                    union.pk, number=term.number, from_on=term.from_on, until_on=term.until_on,
                    elected_by=plan.elected_by, **self.who,
                )
            )  # fmt: skip
            for row, before in standing:
                row.refresh_from_db()
                self.kept.changed(row, before)
        if plan.post is not None:
            post = plan.post
            self.kept.made(
                appoint_post(
                    union.pk, kind=post.post, name=post.person, from_on=post.from_on, chosen_by=plan.chosen_by,
                    **self.who,
                )
            )  # fmt: skip

    def link(self, plan: UnionPlan) -> None:
        union = plan.known or plan.made
        assert union is not None
        since = plan.founded_on if plan.known is None and plan.founded_on else self.place.today
        for employer in plan.employers:
            self.kept.made(link_employer_to_union(employer.pk, organisation_id=union.pk, from_on=since, **self.who))
