"""Employers by the sheet: one row an employer, found by its credit code, else by its name in its township."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from niangjia.engines.imports.sheet import Checked, Column, Outcome, Place
from niangjia.engines.imports.values import Unclear
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions import employers as acts
from niangjia.modules.organisations.models import Employer, EmployerUnion, Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.rules import Coverage, Industry, Nature, OrganisationKind
from niangjia.modules.organisations.sheets.cells import Cells, Labels
from niangjia.modules.organisations.sheets.kept import Kept, TakingBack, referenced, values_of
from niangjia.modules.organisations.sheets.lookups import Ground, Unions, duplicates_of
from niangjia.modules.organisations.sheets.planned import PlannedSheet, Row, in_parts, staged

INDUSTRIES = Labels(Industry)
NATURES = Labels(
    Nature,
    {
        "民营企业": Nature.PRIVATE, "民营": Nature.PRIVATE, "民企": Nature.PRIVATE, "私企": Nature.PRIVATE,
        "国企": Nature.STATE_OWNED, "国有": Nature.STATE_OWNED, "国有独资": Nature.STATE_OWNED,
        "国有控股": Nature.STATE_OWNED, "外企": Nature.FOREIGN, "外资": Nature.FOREIGN, "外资企业": Nature.FOREIGN,
        "港澳台企业": Nature.HONG_KONG_MACAO_TAIWAN, "个体户": Nature.SOLE_TRADER, "个体": Nature.SOLE_TRADER,
        "合作社": Nature.COOPERATIVE, "社会团体": Nature.SOCIAL, "民办非企业单位": Nature.SOCIAL,
        "民办非企业": Nature.SOCIAL, "机关单位": Nature.STATE_ORGAN, "党政机关": Nature.STATE_ORGAN,
    },
)  # fmt: skip
STATES = Labels(
    Coverage,
    {
        "已建会": Coverage.JOINT, "已建": Coverage.JOINT, "是": Coverage.JOINT, "已建工会": Coverage.JOINT,
        "联合工会": Coverage.JOINT, "单独建会": Coverage.OWN, "否": Coverage.NONE, "未建": Coverage.NONE,
        "未建工会": Coverage.NONE, "无": Coverage.NONE, "筹建中": Coverage.FOUNDING, "筹备": Coverage.FOUNDING,
    },
)  # fmt: skip
WITH_UNION = (Coverage.OWN, Coverage.JOINT)

COLUMNS = (
    Column(
        "name", "单位名称",
        ("名称", "企业名称", "用人单位", "用人单位名称", "公司名称", "单位", "单位全称", "企业全称", "工作单位"),
        required=True, hint="照营业执照或登记证上的全称。", example="北山纺织有限公司",
    ),
    Column(
        "credit_code", "统一社会信用代码",
        ("信用代码", "社会信用代码", "统一信用代码", "单位代码", "企业代码", "营业执照号", "机构代码", "税号"),
        hint="18 位；个体户等没有的可以留空。请把这一列设为文本。",
    ),
    Column(
        "division", "所在镇街",
        ("镇街", "所在地", "所在乡镇", "所在街道", "乡镇街道", "所属镇街", "所属乡镇", "所属街道", "行政区划", "区划代码"),
        hint="名称或代码；只管一个镇街的可以不填。", example="北山镇",
    ),
    Column("address", "地址", ("单位地址", "企业地址", "注册地址", "经营地址", "详细地址", "通讯地址"), example="北山路 8 号"),
    Column(
        "industry", "行业", ("所属行业", "行业类别", "行业分类", "国民经济行业"),
        choices=tuple(one.label for one in Industry), example="制造业",
    ),
    Column(
        "nature", "性质", ("单位性质", "企业性质", "经济类型", "单位类型", "企业类型", "所有制"),
        choices=tuple(one.label for one in Nature), example="私营企业",
    ),
    Column("headcount", "职工人数", ("职工", "职工数", "职工总数", "员工人数", "员工数", "人数", "从业人数"), example="120"),
    Column("women", "女职工人数", ("女职工", "女职工数", "其中女职工", "女员工人数", "女性人数"), example="45"),
    Column(
        "new_form_workers", "新就业形态劳动者人数",
        ("新就业形态", "新就业形态劳动者", "新就业形态人数", "其中新就业形态劳动者", "新业态人数"), example="0",
    ),
    Column("counted_on", "人数核对日期", ("人数核对", "核对日期", "统计日期"), hint="改了人数而不填，就记今天。"),
    Column(
        "union_state", "建会情况", ("是否建会", "建会状态", "建会", "是否建立工会", "工会组建情况", "组建情况"),
        choices=tuple(one.label for one in Coverage), hint="由所属工会得出，这里只用来核对。", example="已单独建会",
    ),
    Column(
        "unions", "所属工会", ("工会名称", "工会", "所在工会", "基层工会", "加入工会", "隶属工会"),
        hint="几个工会之间用顿号。只增加，不解除。", example="北山纺织厂工会",
    ),
)  # fmt: skip
FACTS = ("name", "credit_code", "address", "industry", "nature", "headcount", "women", "new_form_workers")
SHOWN = (*FACTS, "counted_on", "division")
FIELDS = {column.key: column.heading for column in COLUMNS if column.key in SHOWN} | {"division_id": "所在镇街"}


def shown(employer: Employer, key: str, ground: Ground) -> str:
    """As the sheet would say it."""
    if key == "division":
        return ground.by_code[employer.division_id].name
    if key == "industry":
        return Industry(employer.industry).label if employer.industry else ""
    if key == "nature":
        return Nature(employer.nature).label if employer.nature else ""
    value = getattr(employer, key)
    return "" if value is None else str(value)


@dataclass
class Planned:
    """The row as it would be written, and the unions it would join."""

    employer: Employer
    before: dict[str, Any]
    joins: list[Organisation] = field(default_factory=list)


class Register:
    """What the register knows of the employers that a sheet names."""

    def __init__(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        self.ground, self.unions = Ground(place.path), Unions(place.path)
        every = Employer.objects.unscoped(reason="employers that an import names")
        if locked:
            every = every.select_for_update(of=("self",))
        self.by_code: dict[str, Employer] = {}
        for codes in in_parts(sorted({row.said["credit_code"] for row in rows if "credit_code" in row.said})):
            self.by_code |= {one.credit_code: one for one in every.filter(credit_code__in=codes).order_by("pk")}
        known = {one.pk: one for one in self.by_code.values()}
        named: dict[int, Employer] = {}
        for names in in_parts(sorted({row.said["name"] for row in rows if "name" in row.said})):
            for one in every.filter(name__in=names, closed_on=None).order_by("pk"):
                named[one.pk] = known.setdefault(one.pk, one)
        self.inside: set[int] = set()
        self.links: dict[int, set[int]] = defaultdict(set)
        links = EmployerUnion.objects.unscoped(reason="unions of employers that an import names")
        for ids in in_parts(known):
            rows_here = Employer.objects.unscoped(reason="which of them the import may write").filter(pk__in=ids)
            self.inside.update(Employer.narrowed(rows_here, (place.path,)).values_list("pk", flat=True))
            for pk, union in links.filter(employer__in=ids, until_on=None).values_list("employer", "organisation"):
                self.links[pk].add(union)
        self.namesakes: dict[tuple[str, str], list[Employer]] = defaultdict(list)
        for one in named.values():
            if one.pk in self.inside:
                self.namesakes[one.name, one.division_id].append(one)


class Seen:
    """The rows so far, by the employer that they mean."""

    def __init__(self) -> None:
        self._first: dict[str | int, int] = {}
        self._names: dict[tuple[str, str | None], list[tuple[int, str]]] = defaultdict(list)

    def ensure_first(self, row: Row, known: Employer | None, division: str | None) -> None:
        """Raises Refused for the second row of one employer; a new one is told from its namesakes by their codes."""
        code = row.said.get("credit_code", "")
        for key, column in ((code, "credit_code"), (known.pk if known else 0, "name")):
            first = self._first.setdefault(key, row.number) if key else row.number
            if first != row.number:
                raise Refused("sheet.twice", duplicates_of(first), column)
        if known is None:
            namesakes = self._names[row.said["name"], division]
            for number, other in namesakes:
                if not (code and other):
                    raise Refused("sheet.twice", duplicates_of(number), "name")
            namesakes.append((row.number, code))


class EmployerSheet(PlannedSheet):
    name = "organisations.employer"
    title = "用人单位名册"
    noun = "用人单位"
    list_url_name = "organisations:employer_list"
    permissions = (Permission.EMPLOYER_EDIT,)
    columns: ClassVar[tuple[Column, ...]] = COLUMNS

    def check(self, values: Sequence[str], facts: Place) -> Checked:
        cells = Cells(COLUMNS, values)
        name = cells.text("name", 100, rules.tidy_name)
        if len(name) < rules.SHORTEST_NAME:
            cells.wrong("name", "employer.name", "请照营业执照填写单位全称。")
        cells.code("credit_code", rules.tidy_credit_code, rules.check_employer_credit_code, "employer.credit_code")
        cells.text("division", 60)
        cells.text("address", 200)
        cells.word("industry", INDUSTRIES, "employer.industry")
        cells.word("nature", NATURES, "employer.nature")
        heads, women, new_form = (cells.count(key) for key in ("headcount", "women", "new_form_workers"))
        if heads is not None:
            cells.rule("women", lambda: rules.ensure_head_count(heads, women or 0, 0))
            cells.rule("new_form_workers", lambda: rules.ensure_head_count(heads, 0, new_form or 0))
        cells.day("counted_on", latest=facts.today, ahead="人数核对日期不能晚于今天。", code="employer.counted")
        cells.names("unions")
        state = cells.word("union_state", STATES, "employer.union_state")
        if state is Coverage.NONE and "unions" in cells.said:
            cells.wrong("union_state", "employer.state", "写的是未建会，又填了所属工会，请核对。")
        return Checked(name or "（没有名称）", staged(cells.said), cells.problems)

    # --- plan

    def plan(self, rows: list[Row], place: Place, *, locked: bool) -> None:
        register = Register(rows, place, locked=locked)
        seen = Seen()
        for row in rows:
            unions = self._unions(row, register)
            try:
                known = self._by_code(row, register)
                division = self._division(row, known, register)
                if "name" in row.said:
                    known = known or self._by_name(row, division, register)
                if division is not None and (known is None or known.division_id != division):
                    self._ensure_own_ground(division, register.ground)
                if "name" not in row.said:
                    continue
                seen.ensure_first(row, known, division)
            except Refused as no:
                row.refuse_with(no, "name")
                continue
            if known is None and division is None:
                continue
            row.subject = known.pk if known else None
            self._fill(row, known, division, register, place)
            self._join(row, unions, register)

    def _by_code(self, row: Row, register: Register) -> Employer | None:
        """Raises Refused for one that may not be written."""
        known = register.by_code.get(row.said.get("credit_code", ""))
        if known is not None and (known.pk not in register.inside or known.closed_on is not None):
            raise acts.registered_as(known if known.pk in register.inside else None)
        return known

    def _division(self, row: Row, known: Employer | None, register: Register) -> str | None:
        """The township's code; None when there is no telling: then the row says why, or leaves it as it is."""
        ground = register.ground
        if "division" not in row.said:
            return ground.leaves[0].pk if len(ground.leaves) == 1 else None
        if known is not None and ground.is_called(known.division_id, row.said["division"]):
            return known.division_id
        found = ground.find(row.said["division"])
        if isinstance(found, Unclear):
            row.refuse("division", found.code, found.message)
            return None
        return found.pk

    def _ensure_own_ground(self, division: str, ground: Ground) -> None:
        if division not in ground.own:
            raise Refused("employer.elsewhere", "这个镇街不在您的管辖范围内，请选择自己管辖的镇街。", "division")
        if division in ground.above:
            raise Refused("employer.township", "请选到镇街一级。", "division")

    def _unions(self, row: Row, register: Register) -> list[Organisation]:
        unions = []
        for name in row.said.get("unions", ()):
            union = register.unions.find(name)
            if isinstance(union, Unclear):
                row.refuse("unions", union.code, union.message)
                continue
            try:
                acts.ensure_takes_workers(union)
            except Refused as no:
                row.refuse("unions", no.code, no.message)
            else:
                unions.append(union)
        return unions

    def _by_name(self, row: Row, division: str | None, register: Register) -> Employer | None:
        """In its township, or wherever the import reaches when none is named. Raises Refused where there are several."""
        code = row.said.get("credit_code")
        places = [division] if division else [leaf.pk for leaf in register.ground.leaves]
        namesakes = [one for place in places for one in register.namesakes.get((row.said["name"], place), ())]
        if code:  # another code makes it another firm
            namesakes = [one for one in namesakes if one.credit_code is None]
        if len(namesakes) > 1:
            told = f"登记有 {len(namesakes)} 家“{row.said['name']}”，请填写统一社会信用代码或所在镇街。"
            raise Refused("employer.ambiguous", told, "name")
        if not namesakes and division is None and "division" not in row.said:
            raise Refused("employer.division", "请选择所在镇街。", "division")
        return namesakes[0] if namesakes else None

    def _fill(self, row: Row, known: Employer | None, division: str | None, register: Register, place: Place) -> None:
        employer = known or Employer(union_state=Coverage.NONE)
        before = values_of(employer) if known else {}
        old = {key: shown(known, key, register.ground) for key in SHOWN} if known else {}
        facts: dict[str, Any] = {key: row.said[key] for key in FACTS if key in row.said}
        if "counted_on" in row.said:
            facts["counted_on"] = row.day("counted_on")
        if division and (known is None or "division" in row.said):
            facts["division"] = division
        try:
            acts.fill_in(employer, facts, place.today)  # type: ignore[arg-type]
        except Refused as no:
            row.refuse_with(no, "name")
        namesakes = register.namesakes.get((employer.name, employer.division_id), ())
        if any(not (one.credit_code and employer.credit_code) for one in namesakes if one is not employer):
            row.refuse_with(acts.name_twice(), "name")
        for key, text in old.items():
            now = shown(employer, key, register.ground)
            if text != now:
                row.differs[key] = text, now
        row.plan = Planned(employer, before)

    def _join(self, row: Row, unions: list[Organisation], register: Register) -> None:
        linked = register.links.get(row.subject, set()) if row.subject else set()
        joins = [union for union in dict.fromkeys(unions) if union.pk not in linked]
        if not linked and "unions" not in row.said and row.said.get("union_state") in WITH_UNION:
            row.refuse(
                "unions", "employer.no_union",
                "写的是已建会，请在“所属工会”里填写它加入的工会；那个工会还没有登记的，先导入工会名册。",
            )  # fmt: skip
        if joins:
            names = linked | {union.pk for union in joins}
            row.differs["unions"] = register.unions.names(linked), register.unions.names(names)
        row.plan.joins = joins

    # --- write

    def write(self, rows: list[Row], place: Place, *, now: datetime) -> dict[str, Any]:
        kept = Kept(place.batch_id)
        new = [row.plan for row in rows if row.outcome is Outcome.NEW]
        for plan in new:
            kinds = [OrganisationKind(union.kind) for union in plan.joins]
            plan.employer.union_state = str(rules.coverage(kinds, founding=False))
        Employer.objects.unscoped(reason="rows that the import makes").bulk_create(
            [plan.employer for plan in new], batch_size=2_000
        )
        plans = [*new, *(row.plan for row in rows if row.outcome is Outcome.UPDATED)]
        links = EmployerUnion.objects.unscoped(reason="rows that the import makes").bulk_create(
            [
                EmployerUnion(employer=plan.employer, organisation=union, from_on=place.today)
                for plan in plans
                for union in plan.joins
            ],
            batch_size=2_000,
        )
        kept.made(*(plan.employer for plan in new), *links)
        for plan in plans[len(new) :]:
            self._update(plan, place)
            kept.changed(plan.employer, plan.before)
        kept.write()
        return {"links": len(links)}

    def _update(self, plan: Planned, place: Place) -> None:
        employer = plan.employer
        if plan.before["division_id"] != employer.division_id:
            acts.leave_zone(acts.Act(employer), place.today)
        if plan.joins:
            acts.settle_coverage(employer)
        now = values_of(employer)
        changed = {name for name in now if now[name] != plan.before[name]}
        names = [one.name for one in employer._meta.concrete_fields if one.attname in changed]
        if names:
            employer.save(update_fields=names)

    # --- take back

    def take_back(
        self, batch_id: int, ranges: Mapping[str, tuple[int, int]], place: Place, *, now: datetime
    ) -> list[str]:
        back = TakingBack(batch_id)
        links, kept_links = back.untouched(EmployerUnion)
        EmployerUnion.objects.unscoped(reason="links that the import made").filter(
            pk__in=[link.pk for link in links]
        ).delete()
        back.restore(Employer, lambda row: f"“{row.name}”", FIELDS)
        same, edited = back.untouched(Employer, apart=("union_state",))
        in_use = referenced(Employer, [row.pk for row in same])
        gone = [row for row in same if row.pk not in in_use]
        for part in in_parts([row.pk for row in gone]):
            Employer.objects.unscoped(reason="employers that the import made").filter(pk__in=part).delete()
        back.lines += [f"“{row.name}”：导入后改过，保留。" for row in edited]
        back.lines += [f"“{row.name}”：导入后已有走访、片区、会员等记录，保留。" for row in same if row.pk in in_use]
        back.lines += [f"“{link.employer.name}”与“{link.organisation.name}”的关联已结束，保留。" for link in kept_links]
        left = {link.employer_id for link in links} - {row.pk for row in gone}
        for part in in_parts(sorted(left)):
            for employer in (
                Employer.objects.unscoped(reason="whose links went").select_for_update().filter(pk__in=part)
            ):
                acts.settle_coverage(employer)
                employer.save(update_fields=["union_state"])
        return back.lines
