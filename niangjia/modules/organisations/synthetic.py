"""A county or a city of unions that do not exist, on ground that does.

`plan` says what there is: unions with their terms and officers, employers with and without a union,
hired staff, zones. It is the same for the same scale, seed and day; how many members each union has
is part of it, who they are follows in `members/synthetic.py`, union by union.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from niangjia.kernel.numbers import INVENTED_DIVISION
from niangjia.kernel.synthetic import MAN, WOMAN, Trade, name_of, phone_number
from niangjia.modules.organisations.divisions import (
    BY_CODE,
    CITY_CODE,
    CITY_NAME,
    COUNTIES,
    DEMO_COUNTY_CODE,
    PROVINCE_NAME,
    County,
    Township,
)
from niangjia.modules.organisations.rules import (
    Attempt,
    ChosenBy,
    Contract,
    Coverage,
    DutyPart,
    Funding,
    Industry,
    Nature,
    OrganisationKind,
    PayGrade,
    Post,
    credit_code_check_character,
    has_congress,
    months_after,
    term_end,
)


class Scale(StrEnum):
    SMALL = "small"
    COUNTY = "county"
    CITY = "city"


class Size(NamedTuple):
    unions: int
    members: int
    townships: int  # of each county
    blank_spots: int
    blank_spots_over_50: int
    staff: int
    zones: int


SIZES = {
    Scale.SMALL: Size(25, 600, 3, 20, 9, 5, 2),
    Scale.COUNTY: Size(628, 39_138, 17, 600, 271, 60, 20),
    Scale.CITY: Size(24_900, 3_620_000, 99, 6_000, 2_710, 600, 200),
}
FORMER_SHARE = 0.02
"""For each hundred members, how many have left."""


# --- what the plan is made of ---


class PlannedPost(NamedTuple):
    post: Post
    name: str
    sex: str
    is_full_time: bool


class PlannedTerm(NamedTuple):
    number: int
    from_on: date
    until_on: date
    chosen_by: ChosenBy


@dataclass(slots=True)
class PlannedOrganisation:
    """`number` is its place in the list; parents come before children."""

    number: int
    parent: int | None
    kind: OrganisationKind
    name: str
    short_name: str
    division_code: str
    trade: Trade
    home: str
    place: str
    credit_code: str | None = None
    telephone: str = ""
    address: str = ""
    members: int = 0
    former_members: int = 0
    first_member: int = 0
    first_former: int = 0
    term: PlannedTerm | None = None
    founded_on: date = date.min
    posts: tuple[PlannedPost, ...] = ()
    employers: list[int] = field(default_factory=list)
    pull: float = 0.0  # how strongly it draws members


class PlannedAttempt(NamedTuple):
    on: date
    outcome: Attempt
    note: str
    next_on: date | None


@dataclass(slots=True)
class PlannedEmployer:
    number: int
    name: str
    credit_code: str
    division_code: str
    address: str
    trade: Trade
    industry: Industry
    nature: Nature
    workers: int
    women: int
    new_form: int
    coverage: Coverage
    unions: tuple[int, ...]
    counted_on: date
    attempts: tuple[PlannedAttempt, ...] = ()


SOUTH_WEST = (29.72, 121.32)
"""Degrees (WGS-84) of the corner of a chessboard on which the townships are laid, each a square of some three kilometres."""
_SQUARE, _ACROSS = 0.03, 12


def place_of(employer: PlannedEmployer) -> tuple[float, float]:
    """Where it stands, latitude and longitude: invented, those of a township near each other."""
    chance = random.Random(f"place:{employer.division_code}:{employer.number}")
    down, right = divmod(int(employer.division_code[-6:]) % (_ACROSS * _ACROSS), _ACROSS)
    return (
        round(SOUTH_WEST[0] + (down + chance.random()) * _SQUARE, 6),
        round(SOUTH_WEST[1] + (right + chance.random()) * _SQUARE, 6),
    )


class PlannedTraining(NamedTuple):
    title: str
    on: date
    hours: int


class PlannedStaff(NamedTuple):
    """A professional union worker; `education` is a code of GB/T 4658."""

    organisation: int
    name: str
    sex: str
    born_on: date
    education: str
    phone: str
    contract: Contract
    contract_from_on: date
    contract_until_on: date
    funding: Funding
    pay_grade: PayGrade
    trainings: tuple[PlannedTraining, ...]


class PlannedZone(NamedTuple):
    organisation: int
    name: str
    bounds: str
    staff: tuple[int, ...]
    employers: tuple[int, ...]


class PlannedShift(NamedTuple):
    person: int
    part: DutyPart
    from_at: datetime
    until_at: datetime


class Plan(NamedTuple):
    organisations: list[PlannedOrganisation]
    employers: list[PlannedEmployer]
    staff: list[PlannedStaff]
    zones: list[PlannedZone]


# --- words that names are put together from ---

_BRAND = (
    "禾鹭汀岚栖芷屿澄野棠榆樨砚橡椿蔚荻蘅筠霁朴楸槿菖苇杉枫梧桐樟栎柘竹茗稻穗麦舟桨帆潮浦渡矶礁湾澜",
    "禾岸原川渚岭岫峦坡谷泉溪淙澄明朗和谧宁安然若初芽苗叶枝林森木石砾岩峰云霞虹曙晖晓晴暖柔甘醇馨",
)
_PLACE = ("东西南北上下前后大小新老金银清白青红云龙", "桥溪塘山湖岙浦岭河港庄园坊圩林洋埠畈湾墩")
_ROADS = "禾鹭 澄岸 栖川 云棠 青砚 晴屿 霁月 枫汀 稻香 杉林 竹浦 明渚".split()  # noqa: SIM905 - reads better


class _Firm(NamedTuple):
    endings: tuple[str, ...]
    industry: Industry
    nature: Nature
    women: float
    new_form: float = 0.0


def _limited(*words: str) -> tuple[str, ...]:
    return tuple(f"{word}有限公司" for word in words)


_FIRMS = {
    Trade.FACTORY: _Firm(
        _limited(
            "机械", "模具", "服饰", "电器", "塑业", "五金", "轴承", "文具", "汽车零部件", "家具", "食品", "纸业",
            "紧固件", "灯饰", "纺织", "密封件",
        ),
        Industry.C, Nature.PRIVATE, 0.38,
    ),
    Trade.BUILDING: _Firm(_limited("建设", "建筑工程", "市政工程", "装饰", "园林工程"), Industry.E, Nature.PRIVATE, 0.14),
    Trade.SHOP: _Firm(_limited("商贸", "百货", "超市", "供应链管理", "进出口"), Industry.F, Nature.PRIVATE, 0.66),
    Trade.SERVICE: _Firm((*_limited("餐饮管理", "酒店管理", "旅游服务"), "大酒店", "度假酒店"), Industry.H, Nature.PRIVATE, 0.55),
    Trade.OFFICE: _Firm(("便民服务中心", "事务管理所", "文化馆", "水利管理站", "环境监测站"), Industry.S, Nature.INSTITUTION, 0.44),
    Trade.SCHOOL: _Firm(("小学", "中学", "幼儿园", "职业学校", "实验学校"), Industry.P, Nature.INSTITUTION, 0.72),
    Trade.HOSPITAL: _Firm(("医院", "社区卫生服务中心", "中医院", "妇幼保健院"), Industry.Q, Nature.INSTITUTION, 0.74),
    Trade.TECH: _Firm(_limited("网络科技", "软件", "信息技术", "智能科技", "电子商务"), Industry.I, Nature.PRIVATE, 0.34),
    Trade.FINANCE: _Firm(_limited("小额贷款", "融资担保", "保险代理"), Industry.J, Nature.STATE_OWNED, 0.56),
    Trade.TRANSPORT: _Firm(_limited("公共交通", "出租汽车", "客运", "港口装卸"), Industry.G, Nature.STATE_OWNED, 0.18),
    Trade.PROPERTY: _Firm(_limited("物业服务", "保安服务", "房产经纪", "环境卫生"), Industry.K, Nature.PRIVATE, 0.40),
    Trade.TRUCKS: _Firm(_limited("货运", "物流", "集装箱运输"), Industry.G, Nature.PRIVATE, 0.05, 0.9),
    Trade.COURIERS: _Firm(_limited("快递服务", "速递", "快运"), Industry.G, Nature.PRIVATE, 0.16, 0.9),
    Trade.RIDERS: _Firm(_limited("即时配送", "餐饮配送", "同城配送"), Industry.G, Nature.PRIVATE, 0.08, 0.95),
    Trade.RIDE_HAILING: _Firm(_limited("汽车服务", "出行服务", "汽车租赁"), Industry.G, Nature.PRIVATE, 0.07, 0.95),
    Trade.HOUSEHOLDS: _Firm(_limited("家政服务", "母婴护理"), Industry.O, Nature.PRIVATE, 0.92),
    Trade.CARE: _Firm(("养老服务中心", "护理院", "老年公寓"), Industry.Q, Nature.SOCIAL, 0.84),
}  # fmt: skip
_SHOPS = ("小吃店", "服装店", "汽车修理店", "水果店", "理发店", "五金店", "药店", "便利店")
_CODE_OF_NATURE = {
    Nature.INSTITUTION: "12",
    Nature.STATE_ORGAN: "11",
    Nature.SOLE_TRADER: "92",
    Nature.SOCIAL: "52",
}

_ANY_TRADE = (
    [Trade.FACTORY] * 26 + [Trade.SHOP] * 5 + [Trade.SERVICE] * 5 + [Trade.BUILDING] * 4 + [Trade.TECH] * 3
    + [Trade.PROPERTY] * 2 + [Trade.TRANSPORT] + [Trade.CARE] + [Trade.OFFICE] * 2
)  # fmt: skip
_BRANCHES = (
    (OrganisationKind.SYSTEM_COMMITTEE, "教育系统工会工作委员会", (Trade.SCHOOL,)),
    (OrganisationKind.SYSTEM_COMMITTEE, "卫生健康系统工会工作委员会", (Trade.HOSPITAL, Trade.HOSPITAL, Trade.CARE)),
    (OrganisationKind.SYSTEM_COMMITTEE, "机关工会工作委员会", (Trade.OFFICE,)),
    (OrganisationKind.SYSTEM_COMMITTEE, "经贸系统工会工作委员会", (Trade.FACTORY, Trade.TECH, Trade.SHOP)),
    (OrganisationKind.INDUSTRY_UNION, "财贸工会", (Trade.FINANCE, Trade.SHOP, Trade.SERVICE)),
    (OrganisationKind.INDUSTRY_UNION, "建设交通工会", (Trade.BUILDING, Trade.TRANSPORT, Trade.PROPERTY)),
)
_TRADES = (
    ("快递行业", Trade.COURIERS),
    ("外卖配送行业", Trade.RIDERS),
    ("货运行业", Trade.TRUCKS),
    ("网约车行业", Trade.RIDE_HAILING),
    ("物业行业", Trade.PROPERTY),
    ("家政行业", Trade.HOUSEHOLDS),
)
_NEW_FORM_TRADES = (Trade.COURIERS, Trade.RIDERS, Trade.TRUCKS, Trade.RIDE_HAILING)
_NEW_FORM_SHARE = 0.0155
"""Of all members, in the unions of each of these trades; others of the trade are in mixed unions."""


# --- the tree ---

K = OrganisationKind
_JOINT_KINDS = frozenset({K.VILLAGE_JOINT_UNION, K.PARK_JOINT_UNION, K.REGIONAL_JOINT_UNION, K.JOINT_UNION})


class _Grower:
    """Grows the plan from the top; every choice comes from the one source of chance."""

    def __init__(self, scale: Scale, seed: int, today: date) -> None:
        self.scale, self.size, self.today = scale, SIZES[scale], today
        self.chance = random.Random(f"{seed}:{scale}")
        self.organisations: list[PlannedOrganisation] = []
        self.employers: list[PlannedEmployer] = []
        self.taken: set[str] = set()
        self.villages: dict[str, list[PlannedOrganisation]] = defaultdict(list)  # by township

    def add(
        self,
        kind: OrganisationKind,
        name: str,
        parent: PlannedOrganisation | None,
        ground: County | Township | None,
        trade: Trade = Trade.MIXED,
        *,
        short_name: str = "",
        pull: float = 0.0,
    ) -> PlannedOrganisation:
        self.taken.add(name)
        county = BY_CODE.get(ground.code[:6]) if ground else None
        organisation = PlannedOrganisation(
            number=len(self.organisations),
            parent=parent.number if parent else None,
            kind=kind,
            name=name,
            short_name=short_name or name,
            division_code=ground.code if ground else CITY_CODE,
            trade=trade,
            home=f"{PROVINCE_NAME}{CITY_NAME}{county.name if county else ''}",
            place=_bare(ground.name) if ground else "",
            pull=pull,
        )
        self.organisations.append(organisation)
        return organisation

    # names

    def fresh(self, make: str, first: str, second: str) -> str:
        """A name not yet given: `make` with two characters put in, three where the pairs run out."""
        for attempt in range(1000):
            middle = self.chance.choice(first) + self.chance.choice(second)
            if attempt > 20:
                middle += self.chance.choice(second)
            name = make.format(middle)
            if name not in self.taken:
                self.taken.add(name)
                return name
        msg = f"no name left for {make}"
        raise RuntimeError(msg)

    def firm_name(self, trade: Trade, ground: Township) -> str:
        county = BY_CODE[ground.code[:6]]
        public = _FIRMS[trade].nature is Nature.INSTITUTION
        beginning = f"{county.name}" if public else county.short_name
        return self.fresh(beginning + "{}" + self.chance.choice(_FIRMS[trade].endings), *_BRAND)

    def shop_name(self, ground: Township) -> str:
        return self.fresh(_bare(ground.name) + "{}" + self.chance.choice(_SHOPS), *_BRAND)

    # kinds of union

    def county(self, county: County, parent: PlannedOrganisation | None) -> PlannedOrganisation:
        federation = self.add(
            K.COUNTY_FEDERATION, f"{CITY_NAME}{county.name}总工会", parent, county, Trade.OFFICE,
            short_name=f"{county.name}总工会",
        )  # fmt: skip
        townships = self.chosen(county)
        for township in townships:
            self.add(
                K.TOWNSHIP_UNION, f"{county.name}{township.name}总工会", federation, township, Trade.OFFICE,
                short_name=f"{township.name}总工会",
            )  # fmt: skip
        self.branches(county.name, federation, county)
        return federation

    def chosen(self, county: County) -> tuple[Township, ...]:
        if self.scale is Scale.SMALL:
            names = ("石碶街道", "高桥镇", "集士港镇")
            return tuple(township for township in county.townships if township.name in names)
        return county.townships

    def branches(self, prefix: str, federation: PlannedOrganisation, ground: County | None) -> None:
        wanted = _BRANCHES[::4] if self.scale is Scale.SMALL else _BRANCHES
        for kind, name, trades in wanted:
            self.add(kind, prefix + name, federation, ground, trades[0], short_name=name)
        for name, trade in _TRADES[:1] if self.scale is Scale.SMALL else _TRADES:
            self.add(
                K.TRADE_JOINT_UNION, f"{prefix}{name}工会联合会", federation, ground, trade,
                short_name=f"{name}工会联合会", pull=2.0,
            )  # fmt: skip

    def middle(self, township: PlannedOrganisation, ground: Township, counts: Sequence[int]) -> None:
        """Villages, parks, regional federations and joint unions of one township."""
        villages, parks, regions, joints = counts
        short = _bare(ground.name)
        kinds = (
            (K.VILLAGE_JOINT_UNION, villages, short + "{}" + ("社区" if ground.name.endswith("街道") else "村"), 0.55),
            (K.PARK_JOINT_UNION, parks, short + "{}工业园区", 0.9),
            (K.REGIONAL_JOINT_UNION, regions, short + "{}片区域性", 0.5),
        )
        for kind, count, make, pull in kinds:
            for _ in range(count):
                name = self.fresh(make, *_PLACE)
                ending = "工会联合会" if kind is K.REGIONAL_JOINT_UNION else "联合工会"
                union = self.add(kind, name + ending, township, ground, pull=pull * self.spread(0.5))
                if kind is K.VILLAGE_JOINT_UNION:
                    self.villages[ground.code].append(union)
        parents = [each for each in self.organisations[-villages - parks - regions :] if each.kind in _JOINT_KINDS]
        for _ in range(joints):
            parent = self.chance.choice(parents) if parents and self.chance.random() < 0.7 else township
            if parent.kind is K.REGIONAL_JOINT_UNION:
                parent = township
            name = self.fresh(short + "{}小微企业联合工会", *_PLACE)
            self.add(K.JOINT_UNION, name, parent, ground, pull=0.45 * self.spread(0.5))

    def spread(self, sigma: float) -> float:
        return self.chance.lognormvariate(0, sigma)

    def tree(self) -> None:
        city = None
        if self.scale is Scale.CITY:
            city = self.add(K.CITY_FEDERATION, f"{CITY_NAME}总工会", None, None, Trade.OFFICE, short_name="市总工会")
            self.branches("宁波", city, None)
        counties = COUNTIES if city else (BY_CODE[DEMO_COUNTY_CODE],)
        for county in counties:
            self.county(county, city)
        self.grow_middle()
        self.grow_primaries(self.size.unions - len(self.organisations))

    def grow_middle(self) -> None:
        """So many a township; a fraction is spread by carrying it over to the next."""
        rates = {
            Scale.SMALL: (1.0, 0.0, 0.0, 0.67),
            Scale.COUNTY: (5.0, 0.71, 0.3, 3.53),
            Scale.CITY: (10.0, 2.0, 0.5, 12.0),
        }[self.scale]
        carried = [0.0] * len(rates)
        for township in [each for each in self.organisations if each.kind is K.TOWNSHIP_UNION]:
            carried = [left + rate for left, rate in zip(carried, rates, strict=True)]
            counts = [int(left + 1e-9) for left in carried]
            carried = [left - count for left, count in zip(carried, counts, strict=True)]
            self.middle(township, self.ground(township), counts)

    def ground(self, organisation: PlannedOrganisation) -> Township:
        """Where a firm of this union stands: its own township, else one of the county's, else anywhere."""
        code = organisation.division_code
        county = BY_CODE.get(code[:6]) or self.chance.choices(COUNTIES, [each.weight for each in COUNTIES])[0]
        for township in county.townships:
            if township.code == code:
                return township
        return self.chance.choice(self.chosen(county))

    def grow_primaries(self, count: int) -> None:
        parents = self.parents_of_primaries()
        trades_of = {name: trades for _, name, trades in _BRANCHES}
        firms: list[PlannedOrganisation] = []
        for _ in range(count):
            if firms and self.chance.random() < 0.02:
                self.branch_of(self.chance.choice(firms[-50:]))
                continue
            parent = self.chance.choices(parents[0], cum_weights=parents[1])[0]
            ground = self.ground(parent)
            if parent.kind is K.TRADE_JOINT_UNION:
                trade = parent.trade
            else:
                trade = self.chance.choice(trades_of.get(parent.short_name) or _ANY_TRADE)
            name = self.firm_name(trade, ground)
            pull = self.spread(1.0) * (1.3 if trade in (Trade.SCHOOL, Trade.HOSPITAL, Trade.FACTORY) else 1.0)
            union = self.add(K.PRIMARY_UNION, f"{name}工会委员会", parent, ground, trade, short_name=name, pull=pull)
            self.own_employer(union, name, ground)
            firms.append(union)

    def branch_of(self, union: PlannedOrganisation) -> None:
        ground = self.ground(union)
        name = self.fresh(union.short_name + "{}分公司", *_PLACE)
        branch = self.add(
            K.PRIMARY_UNION,
            f"{name}工会委员会",
            union,
            ground,
            union.trade,
            short_name=name,
            pull=0.4 * self.spread(0.5),
        )
        self.own_employer(branch, name, ground)

    def parents_of_primaries(self) -> tuple[list[PlannedOrganisation], list[float]]:
        """Who takes in primary unions, with running sums of how many."""
        many = {
            K.TOWNSHIP_UNION: 5.0,
            K.VILLAGE_JOINT_UNION: 1.5,
            K.PARK_JOINT_UNION: 4.0,
            K.REGIONAL_JOINT_UNION: 2.0,
            K.TRADE_JOINT_UNION: 2.5,
            K.SYSTEM_COMMITTEE: 16.0,
            K.INDUSTRY_UNION: 12.0,
            K.COUNTY_FEDERATION: 6.0,
            K.CITY_FEDERATION: 40.0,
        }
        crowd = 4.0 if self.scale is Scale.CITY else 1.0
        parents = [each for each in self.organisations if each.kind in many]
        sums, total = [], 0.0
        for parent in parents:
            county = BY_CODE.get(parent.division_code[:6])
            weight = many[parent.kind] * (county.weight / 96 if county and self.scale is Scale.CITY else 1.0)
            if parent.kind in (K.SYSTEM_COMMITTEE, K.INDUSTRY_UNION, K.COUNTY_FEDERATION, K.TOWNSHIP_UNION):
                weight *= crowd
            total += weight
            sums.append(total)
        return parents, sums

    # members

    def spread_members(self) -> None:
        """Exactly as many as the scale has: each new-form trade its share, the rest by pull."""
        groups: dict[Trade | None, list[PlannedOrganisation]] = defaultdict(list)
        for organisation in self.organisations:
            if organisation.pull:
                trade = organisation.trade
                groups[trade if trade in _NEW_FORM_TRADES else None].append(organisation)
        left = self.size.members
        for trade in _NEW_FORM_TRADES:
            if trade in groups:
                share = max(round(self.size.members * _NEW_FORM_SHARE), 12 * len(groups[trade]))
                _share_out(groups[trade], share)
                left -= share
        _share_out(groups[None], left)
        reached = 0
        for organisation in self.organisations:
            organisation.first_member = reached
            reached += organisation.members
        for organisation in self.organisations:
            organisation.first_former = reached
            organisation.former_members = round(organisation.members * FORMER_SHARE * self.spread(0.4))
            reached += organisation.former_members

    # employers

    def employer(
        self, name: str, ground: Township, trade: Trade, workers: int, *, nature: Nature | None = None
    ) -> PlannedEmployer:
        firm, number = _FIRMS[trade], len(self.employers)
        nature = nature or firm.nature
        if nature is Nature.PRIVATE and self.chance.random() < 0.12:
            nature = self.chance.choice(
                (Nature.FOREIGN, Nature.HONG_KONG_MACAO_TAIWAN, Nature.COLLECTIVE, Nature.STATE_OWNED)
            )
        employer = PlannedEmployer(
            number=number,
            name=name,
            credit_code=_credit_code(_CODE_OF_NATURE.get(nature, "91"), "MA", number),
            division_code=ground.code,
            address=f"{ground.name}{self.chance.choice(_ROADS)}路{self.chance.randint(1, 399)}号",
            trade=trade,
            industry=firm.industry,
            nature=nature,
            workers=workers,
            women=0,
            new_form=0,
            coverage=Coverage.NONE,
            unions=(),
            counted_on=self.today - timedelta(days=self.chance.randrange(400)),
        )
        self.employers.append(employer)
        return employer

    def own_employer(self, union: PlannedOrganisation, name: str, ground: Township) -> None:
        employer = self.employer(name, ground, union.trade, 0)
        employer.coverage, employer.unions = Coverage.OWN, (union.number,)
        union.employers.append(employer.number)
        union.address = employer.address

    def count_workers(self) -> None:
        """Once members are known: a firm has a few more workers than its union has members."""
        for employer in self.employers:
            if employer.coverage is Coverage.OWN:
                members = self.organisations[employer.unions[0]].members
                employer.workers = round(members / self.chance.uniform(0.84, 1.0))

    def grow_small_employers(self) -> None:
        """The firms of joint unions and of the trades' federations."""
        for union in self.organisations:
            if union.kind in _JOINT_KINDS:
                self.small_firms(union)
            elif union.kind is K.TRADE_JOINT_UNION:
                self.station_firms(union)

    def small_firms(self, union: PlannedOrganisation) -> None:
        ground = self.ground(union)
        for _ in range(min(20, max(3, union.members // 10))):
            workers = 2 + int(self.chance.expovariate(1 / 9))
            if workers < 8 and self.chance.random() < 0.7:
                name, nature, trade = self.shop_name(ground), Nature.SOLE_TRADER, Trade.SHOP
                employer = self.employer(name, ground, trade, workers, nature=nature)
            else:
                trade = self.chance.choice(_ANY_TRADE[:-2])
                employer = self.employer(self.firm_name(trade, ground), ground, trade, workers)
            employer.coverage, employer.unions = Coverage.JOINT, (union.number,)
            union.employers.append(employer.number)

    def station_firms(self, union: PlannedOrganisation) -> None:
        for _ in range(min(12, max(2, union.members // 40))):
            ground = self.ground(union)
            employer = self.employer(
                self.firm_name(union.trade, ground), ground, union.trade, 8 + int(self.chance.expovariate(1 / 30))
            )
            employer.coverage, employer.unions = Coverage.JOINT, (union.number,)
            union.employers.append(employer.number)
            # A third of them also belong to a union of the place where they stand.
            near = self.villages.get(ground.code)
            if near and self.chance.random() < 0.33:
                other = self.chance.choice(near)
                employer.unions += (other.number,)
                other.employers.append(employer.number)

    def grow_blank_spots(self) -> None:
        counties = COUNTIES if self.scale is Scale.CITY else (BY_CODE[DEMO_COUNTY_CODE],)
        weights = [county.weight for county in counties]
        founding = self.size.blank_spots // 30
        for place in range(self.size.blank_spots + founding):
            county = self.chance.choices(counties, weights)[0]
            ground = self.chance.choice(self.chosen(county))
            trade = self.chance.choice(_ANY_TRADE[:-2])
            if place < self.size.blank_spots_over_50:
                workers = 51 + int(min(self.chance.expovariate(1 / 60), 700))
            else:
                workers = 4 + int(min(self.chance.expovariate(1 / 16), 46))
            employer = self.employer(self.firm_name(trade, ground), ground, trade, workers)
            employer.attempts = self.attempts()
            if place >= self.size.blank_spots:
                employer.coverage = Coverage.FOUNDING
                on = self.today - timedelta(days=self.chance.randrange(3, 60))
                employer.attempts = (PlannedAttempt(on, Attempt.FOUNDING, "已成立筹备组，请示正在办理。", None),)

    def attempts(self) -> tuple[PlannedAttempt, ...]:
        """One try after another, none of them the last one: a blank spot is not settled."""
        tries = self.chance.choices((0, 1, 2, 3), (25, 40, 25, 10))[0]
        on = self.today - timedelta(days=self.chance.randrange(20, 500))
        made: list[PlannedAttempt] = []
        for _ in range(tries):
            outcome, note = self.chance.choice(_OUTCOMES)
            follow = on + timedelta(days=self.chance.randrange(14, 120))
            made.append(PlannedAttempt(on, outcome, note, follow))
            on = follow
            if on > self.today:
                break
        return tuple(made)

    def finish_employers(self) -> None:
        for employer in self.employers:
            firm = _FIRMS[employer.trade]
            share = min(0.96, max(0.02, self.chance.gauss(firm.women, 0.12)))
            employer.women = round(employer.workers * share)
            employer.new_form = round(employer.workers * firm.new_form)

    # terms, officers, codes

    def finish_organisations(self) -> None:
        for organisation in self.organisations:
            self.give_term(organisation)
            organisation.telephone = phone_number(90_000_000 + organisation.number)
            if self.has_code(organisation):
                organisation.credit_code = _credit_code("81", "MC", organisation.number)
            organisation.posts = tuple(self.posts(organisation))

    def has_code(self, organisation: PlannedOrganisation) -> bool:
        if organisation.kind is K.SYSTEM_COMMITTEE:
            return False
        if organisation.kind in _JOINT_KINDS:
            return self.chance.random() < 0.4
        parent = self.organisations[organisation.parent] if organisation.parent is not None else None
        return parent is None or parent.kind is not K.PRIMARY_UNION

    def give_term(self, organisation: PlannedOrganisation) -> None:
        large = organisation.kind not in (K.PRIMARY_UNION, K.JOINT_UNION)
        years = 5 if large or self.chance.random() < 0.5 else 3
        # Seven in a hundred are past their term, as many within half a year of it.
        days = int(self.chance.uniform(0.03, 1.07) * years * 365)
        from_on = self.today - timedelta(days=days)
        oldest = {K.CITY_FEDERATION: 16, K.COUNTY_FEDERATION: 13, K.TOWNSHIP_UNION: 6}.get(organisation.kind, 4)
        number = oldest if oldest > 4 else self.chance.randint(1, oldest)
        chosen_by = ChosenBy.CONGRESS if has_congress(organisation.kind) else ChosenBy.APPOINTED
        organisation.term = PlannedTerm(number, from_on, term_end(from_on, years), chosen_by)
        organisation.founded_on = months_after(from_on, -12 * years * (number - 1))

    def posts(self, organisation: PlannedOrganisation) -> list[PlannedPost]:
        """Nobody holds two posts here, and no two of a union bear one name."""
        names: set[str] = set()
        posts: list[PlannedPost] = []
        for post in _posts_wanted(organisation):
            sex = WOMAN if post in _WOMEN_POSTS or self.chance.random() < 0.36 else MAN
            name = ""
            while not name or name in names:
                name = name_of(self.chance, sex, self.chance.randint(1967, 1996))
            names.add(name)
            full_time = organisation.kind in _FULL_TIME_KINDS and post in _LEADING
            posts.append(PlannedPost(post, name, "1" if sex == MAN else "2", full_time))
        return posts


_OUTCOMES = (
    (Attempt.EXPLAINED, "向负责人讲解工会法，留下资料。"),
    (Attempt.EXPLAINED, "与人事负责人座谈，职工有入会意愿。"),
    (Attempt.WAITING, "企业正值旺季，约定下季度再谈。"),
    (Attempt.WAITING, "股东意见不一，等董事会讨论。"),
    (Attempt.REFUSED, "担心增加负担，已说明小微企业经费返还政策。"),
    (Attempt.UNREACHABLE, "登记电话无人接听，现场未开门。"),
    (Attempt.AGREED, "负责人同意建会，待确定筹备人选。"),
)
_WOMEN_POSTS = frozenset({Post.WOMEN_CHAIR, Post.WOMEN_MEMBER})
_LEADING = frozenset({Post.CHAIR, Post.EXECUTIVE_VICE_CHAIR, Post.FULL_TIME_VICE_CHAIR, Post.DIRECTOR})
_FULL_TIME_KINDS = frozenset({K.CITY_FEDERATION, K.COUNTY_FEDERATION, K.TOWNSHIP_UNION})


def _posts_wanted(organisation: PlannedOrganisation) -> list[Post]:
    kind, members = organisation.kind, organisation.members
    if kind is K.SYSTEM_COMMITTEE:
        return [Post.DIRECTOR, Post.DEPUTY_DIRECTOR, *[Post.COMMITTEE_MEMBER] * 3]
    audit = [Post.AUDIT_CHAIR, Post.WOMEN_CHAIR]
    if kind in (K.CITY_FEDERATION, K.COUNTY_FEDERATION):
        vice = [Post.EXECUTIVE_VICE_CHAIR, Post.FULL_TIME_VICE_CHAIR, Post.VICE_CHAIR, Post.VICE_CHAIR]
        return [Post.CHAIR, *vice, *[Post.STANDING_MEMBER] * 4, *[Post.MEMBER] * 8, *audit, *[Post.AUDIT_MEMBER] * 2]
    if kind in (K.TOWNSHIP_UNION, K.INDUSTRY_UNION, K.TRADE_JOINT_UNION):
        return [Post.CHAIR, Post.FULL_TIME_VICE_CHAIR, Post.VICE_CHAIR, *[Post.MEMBER] * 4, *audit]
    if members < 25:
        return [Post.CHAIR, Post.MEMBER]
    vice = [Post.VICE_CHAIR] if members >= 100 else []
    return [Post.CHAIR, *vice, *[Post.MEMBER] * min(7, 1 + members // 60), *audit]


def _bare(name: str) -> str:
    """高桥镇 is 高桥 in the names of what stands there."""
    for ending in ("街道", "镇", "乡", "区", "县", "市"):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


def _credit_code(prefix: str, organ: str, number: int) -> str:
    first_17 = f"{prefix}{INVENTED_DIVISION}{organ}{number:07}"
    return first_17 + credit_code_check_character(first_17)


_SMALLEST = 8


def _share_out(organisations: list[PlannedOrganisation], members: int) -> None:
    """By pull, none below the smallest, the sum exact: what is left over goes to the largest."""
    pull = sum(organisation.pull for organisation in organisations)
    spare = members - _SMALLEST * len(organisations)
    for organisation in organisations:
        organisation.members = _SMALLEST + int(spare * organisation.pull / pull)
    left = members - sum(organisation.members for organisation in organisations)
    for organisation in sorted(organisations, key=lambda each: -each.members)[:left]:
        organisation.members += 1


# --- hired staff, zones, duty ---

_TRAININGS = ("工会基础知识", "集体协商实务", "劳动争议调解", "走访与沟通", "工会财务与经审", "新就业形态入会")
_FUNDING = (Funding.PROVINCE, Funding.CITY, Funding.COUNTY, Funding.COUNTY, Funding.TOWNSHIP)
_GRADES = tuple(PayGrade)
_STAFF_EDUCATION = ("20", "20", "20", "30", "30", "14")
_AREA_TOWNSHIPS = 6  # of each county; the others have no zones yet


def _staff_and_zones(grower: _Grower) -> tuple[list[PlannedStaff], list[PlannedZone]]:
    """Nine in ten serve the zones of six townships a county, the others its federation."""
    chance, size = grower.chance, grower.size
    federations = [each for each in grower.organisations if each.kind is K.COUNTY_FEDERATION]
    staff: list[PlannedStaff] = []
    zones: list[PlannedZone] = []
    for federation in federations:
        townships = [each for each in grower.organisations if each.parent == federation.number]
        townships = [each for each in townships if each.kind is K.TOWNSHIP_UNION]
        served = sorted(chance.sample(townships, min(_AREA_TOWNSHIPS, len(townships))), key=lambda each: each.number)
        here = size.staff // len(federations)
        in_zones = here * 9 // 10
        staff.extend(_staff_member(grower, federation, len(staff) + n) for n in range(here - in_zones))
        placed = [served[n * len(served) // in_zones] for n in range(in_zones)]
        of_township: dict[int, list[int]] = defaultdict(list)
        for township in placed:
            of_township[township.number].append(len(staff))
            staff.append(_staff_member(grower, township, len(staff)))
        zones.extend(_zones(grower, served, size.zones // len(federations), of_township))
    return staff, zones


def _staff_member(grower: _Grower, organisation: PlannedOrganisation, number: int) -> PlannedStaff:
    chance, today = grower.chance, grower.today
    sex = WOMAN if chance.random() < 0.7 else MAN
    born_on = date(chance.randint(1982, 2001), chance.randint(1, 12), chance.randint(1, 28))
    from_on = today - timedelta(days=chance.randrange(60, 1000))
    trainings = tuple(
        PlannedTraining(title, from_on + timedelta(days=chance.randrange(max(1, (today - from_on).days))), hours)
        for title, hours in zip(chance.sample(_TRAININGS, chance.randint(0, 3)), (8, 16, 24), strict=False)
    )
    return PlannedStaff(
        organisation.number,
        name_of(chance, sex, born_on.year),
        "1" if sex == MAN else "2",
        born_on,
        chance.choice(_STAFF_EDUCATION),
        phone_number(95_000_000 + number),
        chance.choice((Contract.EMPLOYED, Contract.EMPLOYED, Contract.DISPATCHED, Contract.PURCHASED)),
        from_on,
        months_after(from_on, 36),
        chance.choice(_FUNDING),
        chance.choice(_GRADES),
        trainings,
    )


_WAYS = "东西南北中"


def _zones(
    grower: _Grower, served: list[PlannedOrganisation], count: int, staff: dict[int, list[int]]
) -> list[PlannedZone]:
    firms: dict[str, list[int]] = defaultdict(list)
    for employer in grower.employers:
        firms[employer.division_code].append(employer.number)
    zones: list[PlannedZone] = []
    for place, township in enumerate(served):
        here = count * (place + 1) // len(served) - count * place // len(served)
        people, employers = staff[township.number], firms[township.division_code]
        for n in range(here):
            road, other = grower.chance.sample(_ROADS, 2)
            zones.append(
                PlannedZone(
                    township.number,
                    f"{township.place}{_WAYS[n % len(_WAYS)]}片区",
                    f"{road}路以{_WAYS[n % 4]}至{other}路",
                    tuple(people[n::here]),
                    tuple(employers[n::here]),
                )
            )
    return zones


_SHANGHAI = ZoneInfo("Asia/Shanghai")
_CHANGE_OVER, _CLOSING = time(8, 30), time(17, 30)
_SATURDAY = 5


def duty_roster(people: Sequence[int], *, from_on: date, days: int) -> list[PlannedShift]:
    """A leader round the clock; somebody on duty after hours, on weekends all day. Three people or more."""
    shifts: list[PlannedShift] = []
    for n in range(days):
        day = from_on + timedelta(days=n)
        opening = datetime.combine(day, _CHANGE_OVER, _SHANGHAI)
        morning = opening + timedelta(days=1)
        evening = opening if day.weekday() >= _SATURDAY else datetime.combine(day, _CLOSING, _SHANGHAI)
        leader, deputy = people[n % len(people)], people[(n + 1 + len(people) // 2) % len(people)]
        shifts.append(PlannedShift(leader, DutyPart.LEADER, opening, morning))
        shifts.append(PlannedShift(deputy, DutyPart.ON_DUTY, evening, morning))
    return shifts


def plan(scale: Scale, *, seed: int, today: date) -> Plan:
    grower = _Grower(scale, seed, today)
    grower.tree()
    grower.spread_members()
    grower.count_workers()
    grower.grow_small_employers()
    grower.grow_blank_spots()
    grower.finish_employers()
    grower.finish_organisations()
    staff, zones = _staff_and_zones(grower)
    return Plan(grower.organisations, grower.employers, staff, zones)
