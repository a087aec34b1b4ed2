"""Members who do not exist, union by union, from a seed.

Each union's members come from the seed and the union's place in the plan alone, so that the plan
can be cut anywhere and made in two processes. Some 110,000 a second on one core.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import NamedTuple

from niangjia.kernel.synthetic import (
    COHORTS,
    Trade,
    births,
    given_names,
    identity_number,
    phone_number,
    surnames,
    uyghur_names,
    wheel,
)
from niangjia.modules.members.rules import (
    Category,
    Education,
    Employment,
    Household,
    Marriage,
    MembershipState,
    Politics,
    Sex,
    SkillGrade,
)


class Block(NamedTuple):
    """The members of one union: `first` is the number of the first one in the whole plan."""

    union: int
    first: int
    size: int
    trade: Trade
    founded_on: date
    home: str
    """Native place of the local ones: 浙江省宁波市海曙区."""
    place: str
    """Names the delivery sites: 高桥."""
    former: bool = False
    """Who has left: transferred, withdrawn, died."""


class Invented(NamedTuple):
    number: int
    name: str
    name_key: str
    initials: str
    sex: str
    born_on: date
    identity_number: str
    phone: str
    ethnicity: str
    politics: str
    education: str
    skill_grade: str
    native_place: str
    household: str
    is_migrant: bool
    marriage: str
    employment: str
    post: str
    categories: tuple[int, ...]
    platform: str
    site: str
    status: int
    joined_on: date
    ended_on: date | None


# --- what each trade's people do ---


PLATFORMS = {
    Category.COURIER: ("燕归快递", "捷羽速运", "禾运快递"),
    Category.FOOD_RIDER: ("小灶外卖", "飞勺外卖"),
    Category.RIDE_HAILING_DRIVER: ("顺路出行", "橙行约车"),
    Category.TRUCK_DRIVER: ("满程货运",),
    Category.DESIGNATED_DRIVER: ("代步代驾",),
    Category.STREAMER: ("岸上直播",),
}
"""Invented too. A platform gives out the work; a site belongs to a firm of its own."""
WITH_SITES = frozenset({Category.COURIER, Category.FOOD_RIDER})


class Work(NamedTuple):
    post: str
    categories: tuple[int, ...]
    skilled: bool
    platforms: tuple[str, ...]
    has_site: bool


class Staff(NamedTuple):
    women: int  # per hundred
    schooling: str
    migrants: int  # per hundred, of the posts below an office
    works: list[tuple[Work, float]]


def _works(*entries: tuple[str, float, tuple[Category, ...], bool]) -> list[tuple[Work, float]]:
    works = []
    for post, share, categories, skilled in entries:
        platforms = next((PLATFORMS[each] for each in categories if each in PLATFORMS), ())
        has_site = not WITH_SITES.isdisjoint(categories)
        codes = tuple(int(each) for each in categories)
        works.append((Work(post, codes, skilled, platforms, has_site), share))
    return works


_C = Category
_STAFF: dict[Trade, Staff] = {
    Trade.FACTORY: Staff(
        38,
        "labour",
        62,
        _works(
            ("操作工", 38, (), True),
            ("车工", 7, (), True),
            ("焊工", 6, (), True),
            ("钳工", 5, (), True),
            ("缝纫工", 7, (), True),
            ("质检员", 8, (), True),
            ("仓库管理员", 6, (), False),
            ("叉车工", 4, (), True),
            ("技术员", 7, (), True),
            ("行政文员", 6, (), False),
            ("销售员", 4, (), False),
            ("保安", 1, (_C.SECURITY_GUARD,), False),
            ("货车司机", 0.4, (_C.TRUCK_DRIVER,), True),
        ),
    ),
    Trade.BUILDING: Staff(
        14,
        "labour",
        70,
        _works(
            ("钢筋工", 22, (_C.BUILDER,), True),
            ("木工", 20, (_C.BUILDER,), True),
            ("泥水工", 20, (_C.BUILDER,), True),
            ("电工", 10, (_C.BUILDER,), True),
            ("塔吊司机", 4, (_C.BUILDER,), True),
            ("施工员", 12, (), True),
            ("资料员", 8, (), False),
        ),
    ),
    Trade.SHOP: Staff(
        66,
        "service",
        40,
        _works(
            ("营业员", 40, (), False),
            ("商场信息员", 16, (_C.MALL_STAFF,), False),
            ("收银员", 16, (), False),
            ("理货员", 14, (), False),
            ("店长", 8, (), False),
            ("网络主播", 3, (_C.STREAMER,), False),
            ("保安", 3, (_C.SECURITY_GUARD,), False),
        ),
    ),
    Trade.SERVICE: Staff(
        55,
        "service",
        52,
        _works(
            ("服务员", 42, (), False),
            ("厨师", 18, (), True),
            ("前台", 12, (), False),
            ("保洁员", 14, (), False),
            ("领班", 8, (), False),
            ("保安", 4, (_C.SECURITY_GUARD,), False),
            ("代驾司机", 1.5, (_C.DESIGNATED_DRIVER,), False),
        ),
    ),
    Trade.OFFICE: Staff(
        44,
        "office",
        4,
        _works(
            ("科员", 46, (), False),
            ("办事员", 24, (), False),
            ("科长", 12, (), False),
            ("会计", 8, (), False),
            ("驾驶员", 4, (), True),
            ("专技人员", 6, (), False),
        ),
    ),
    Trade.SCHOOL: Staff(
        72,
        "professional",
        4,
        _works(
            ("教师", 78, (), False),
            ("职员", 14, (), False),
            ("校工", 6, (), False),
            ("保安", 2, (_C.SECURITY_GUARD,), False),
        ),
    ),
    Trade.HOSPITAL: Staff(
        74,
        "professional",
        8,
        _works(
            ("护士", 42, (_C.NURSE,), False),
            ("医师", 28, (), False),
            ("药师", 8, (), False),
            ("检验技师", 8, (), False),
            ("护理员", 9, (_C.CARE_WORKER,), False),
            ("后勤", 5, (), False),
        ),
    ),
    Trade.TECH: Staff(
        34,
        "office",
        20,
        _works(
            ("软件工程师", 44, (), False),
            ("产品经理", 14, (), False),
            ("运营专员", 16, (), False),
            ("测试工程师", 14, (), False),
            ("网络主播", 3, (_C.STREAMER,), False),
            ("行政文员", 9, (), False),
        ),
    ),
    Trade.FINANCE: Staff(
        56,
        "office",
        4,
        _works(
            ("柜员", 40, (), False), ("客户经理", 34, (), False), ("风控专员", 12, (), False), ("主管", 14, (), False)
        ),
    ),
    Trade.TRANSPORT: Staff(
        18,
        "labour",
        46,
        _works(
            ("公交驾驶员", 34, (), True),
            ("出租车司机", 14, (_C.TAXI_DRIVER,), False),
            ("货车司机", 6, (_C.TRUCK_DRIVER,), True),
            ("装卸工", 18, (), False),
            ("调度员", 14, (), False),
            ("修理工", 14, (), True),
        ),
    ),
    Trade.PROPERTY: Staff(
        40,
        "service",
        44,
        _works(
            ("保安员", 34, (_C.SECURITY_GUARD,), False),
            ("保洁员", 26, (_C.STREET_CLEANER,), False),
            ("客服", 18, (), False),
            ("房产经纪人", 12, (_C.ESTATE_AGENT,), False),
            ("维修工", 10, (), True),
        ),
    ),
    Trade.TRUCKS: Staff(
        5,
        "labour",
        55,
        _works(
            ("货车司机", 90, (_C.TRUCK_DRIVER,), True),
            ("随车家属", 6, (_C.TRUCKER_WIFE,), False),
            ("调度员", 4, (), False),
        ),
    ),
    Trade.COURIERS: Staff(
        16,
        "labour",
        66,
        _works(("快递员", 90, (_C.COURIER,), False), ("分拣员", 7, (), False), ("站长", 3, (_C.COURIER,), False)),
    ),
    Trade.RIDERS: Staff(
        8,
        "labour",
        70,
        _works(
            ("网约送餐员", 95, (_C.FOOD_RIDER,), False),
            ("站长", 3, (), False),
            ("快递员", 2, (_C.COURIER, _C.FOOD_RIDER), False),
        ),
    ),
    Trade.RIDE_HAILING: Staff(
        7,
        "labour",
        45,
        _works(
            ("网约车司机", 94, (_C.RIDE_HAILING_DRIVER,), False),
            ("代驾司机", 6, (_C.DESIGNATED_DRIVER, _C.RIDE_HAILING_DRIVER), False),
        ),
    ),
    Trade.HOUSEHOLDS: Staff(
        92,
        "labour",
        60,
        _works(
            ("家政服务员", 88, (_C.DOMESTIC_WORKER,), False), ("月嫂", 12, (_C.DOMESTIC_WORKER, _C.CARE_WORKER), True)
        ),
    ),
    Trade.CARE: Staff(
        84,
        "service",
        45,
        _works(("护理员", 76, (_C.CARE_WORKER,), True), ("护士", 14, (_C.NURSE,), False), ("社工", 10, (), False)),
    ),
    Trade.MIXED: Staff(
        42,
        "service",
        48,
        _works(
            ("操作工", 28, (), True),
            ("营业员", 14, (), False),
            ("服务员", 12, (), False),
            ("修理工", 8, (), True),
            ("个体经营者", 14, (), False),
            ("文员", 10, (), False),
            ("货车司机", 3, (_C.TRUCK_DRIVER,), True),
            ("快递员", 2.5, (_C.COURIER,), False),
            ("网约送餐员", 2.5, (_C.FOOD_RIDER,), False),
            ("网约车司机", 2.5, (_C.RIDE_HAILING_DRIVER,), False),
            ("家政服务员", 1.5, (_C.DOMESTIC_WORKER,), False),
            ("保安", 1.5, (_C.SECURITY_GUARD,), False),
            ("网络主播", 0.5, (_C.STREAMER,), False),
        ),
    ),
}

# Per hundred by schooling and years of birth: 硕士以上 本科 大专 中专 高中 初中 小学
_SCHOOLING_ORDER = (
    Education.MASTER,
    Education.BACHELOR,
    Education.COLLEGE,
    Education.VOCATIONAL,
    Education.SENIOR_HIGH,
    Education.JUNIOR_HIGH,
    Education.PRIMARY,
)
_SCHOOLING = {
    ("labour", 1975): (0, 1, 3, 6, 12, 50, 28),
    ("labour", 1990): (0, 3, 10, 16, 17, 46, 8),
    ("labour", 2099): (0, 6, 22, 30, 17, 24, 1),
    ("service", 1975): (0, 2, 6, 10, 18, 46, 18),
    ("service", 1990): (0, 8, 20, 20, 20, 28, 4),
    ("service", 2099): (0, 15, 36, 26, 13, 10, 0),
    ("office", 1975): (2, 40, 34, 12, 9, 3, 0),
    ("office", 1990): (9, 66, 20, 3, 2, 0, 0),
    ("office", 2099): (17, 73, 10, 0, 0, 0, 0),
    ("professional", 1975): (3, 52, 32, 10, 2, 1, 0),
    ("professional", 1990): (12, 72, 13, 3, 0, 0, 0),
    ("professional", 2099): (20, 72, 8, 0, 0, 0, 0),
}
_NATIVE = """
本地42 浙江省绍兴市5 浙江省台州市5 浙江省金华市3 浙江省衢州市2 浙江省温州市2 浙江省丽水市1 浙江省杭州市1
安徽省阜阳市4 安徽省六安市2 安徽省亳州市2 安徽省宿州市1 江西省上饶市3 江西省抚州市1 江西省赣州市1
河南省周口市3 河南省商丘市2 河南省信阳市2 河南省驻马店市2 贵州省毕节市3 贵州省遵义市2 贵州省铜仁市2
四川省达州市2 四川省宜宾市2 四川省巴中市1 云南省昭通市2 云南省曲靖市1 湖北省黄冈市1 湖北省恩施州1
湖南省邵阳市1 湖南省怀化市1 重庆市万州区1 江苏省盐城市1 山东省菏泽市1 陕西省安康市1 广西桂林市1 甘肃省陇南市1
"""
_ETHNICITY = "01:9720 22:40 03:25 06:55 15:45 09:30 12:25 08:25 07:15 17:0 11:12 10:3 02:5 37:3"
_UYGHUR = "05"

_SITES = "一二三四"
SITE_NUMBERS = len(_SITES)


def site_name(platform: str, place: str, number: int) -> str:
    """The name of a platform's delivery site in a place, the first of its sites having number 0."""
    return f"{platform}{place}{_SITES[number]}站"


_BY_PLATFORM = frozenset({Trade.TRUCKS, Trade.COURIERS, Trade.RIDERS, Trade.RIDE_HAILING, Trade.HOUSEHOLDS})
_LEFT = (
    (MembershipState.MOVED_OUT, 56),
    (MembershipState.LEFT, 18),
    (MembershipState.LAPSED, 14),
    (MembershipState.DIED, 9),
    (MembershipState.EXPELLED, 3),
)


class _Wheels(NamedTuple):
    """Everything that one trade's people are drawn from; lengths are powers of two."""

    women: int
    migrants: int
    usual: str
    party: int
    works: list[Work]
    schooling: dict[int, list[str]]


@cache
def _wheels(trade: Trade) -> _Wheels:
    staff = _STAFF[trade]
    educated = staff.schooling in {"office", "professional"}
    schooling = {
        cohort: wheel(zip((str(step) for step in _SCHOOLING_ORDER), shares, strict=True), 256)
        for (kind, cohort), shares in _SCHOOLING.items()
        if kind == staff.schooling
    }
    return _Wheels(
        women=staff.women * 256 // 100,
        migrants=staff.migrants * 256 // 100,
        usual=_FLEXIBLE if trade in _BY_PLATFORM else _AT_WORK,
        party=70 if educated else 14,
        works=wheel(staff.works, 1024),
        schooling=schooling,
    )


@cache
def _natives() -> list[str]:
    entries = _NATIVE.split()
    places = [entry.rstrip("0123456789") for entry in entries]
    weights = [float(entry[len(place) :]) for entry, place in zip(entries, places, strict=True)]
    return wheel(zip(("" if place == "本地" else place for place in places), weights, strict=True), 1024)


@cache
def _ethnicities() -> list[str]:
    pairs = (entry.split(":") for entry in _ETHNICITY.split())
    return wheel([(code, float(weight)) for code, weight in pairs] + [(_UYGHUR, 8.0)], 4096)


@cache
def _days_since_joining() -> list[int]:
    """A twelfth within the last year, the others ever thinner back to twenty years; unions admit in batches."""
    chance = random.Random("joining")
    days = [7 * chance.randrange(52) for _ in range(30)]
    days += [364 + 91 * int(min(chance.expovariate(1 / 20), 75)) for _ in range(1024 - 30)]
    return days


@cache
def _leaving() -> list[int]:
    return wheel([(int(state), share) for state, share in _LEFT], 64)


_SINGLE, _MARRIED, _DIVORCED, _WIDOWED = (
    str(Marriage.SINGLE),
    str(Marriage.MARRIED),
    str(Marriage.DIVORCED),
    str(Marriage.WIDOWED),
)


def _marriage(age: int, draw: int) -> str:
    """`draw` below 64."""
    if draw < max(1, 62 - max(0, age - 21) * 6):
        return _SINGLE
    if draw < 61 or age < 26:
        return _MARRIED
    return _WIDOWED if age > 50 and draw == 63 else _DIVORCED


_COMMUNIST, _LEAGUE, _MASSES, _OTHER_PARTY = (
    str(Politics.COMMUNIST),
    str(Politics.YOUTH_LEAGUE),
    str(Politics.MASSES),
    str(Politics.DEMOCRATIC_LEAGUE),
)


def _politics(age: int, draw: int, party: int) -> str:
    """`draw` below 256."""
    if draw < party and age > 22:
        return _COMMUNIST
    if draw == 255:
        return _OTHER_PARTY
    return _LEAGUE if age < 28 and draw < 150 else _MASSES


_SKILLS = wheel(
    [
        (str(SkillGrade.NONE), 52),
        (str(SkillGrade.JUNIOR), 16),
        (str(SkillGrade.MIDDLE), 17),
        (str(SkillGrade.SENIOR), 10),
        (str(SkillGrade.TECHNICIAN), 4),
        (str(SkillGrade.SENIOR_TECHNICIAN), 1),
    ],
    64,
)
_NO_SKILL = str(SkillGrade.NONE)
_SEX = (str(Sex.WOMAN), str(Sex.MAN))
_LOCAL = (str(Household.LOCAL_TOWN), str(Household.LOCAL_VILLAGE))
_OUTSIDE = (str(Household.OUTSIDE_TOWN), str(Household.OUTSIDE_VILLAGE))
_NORMAL, _KEPT = int(MembershipState.NORMAL), int(MembershipState.KEPT)
_RETIRING_AGE = 60


_RETIRED, _OUT_OF_WORK, _FLEXIBLE, _AT_WORK = (
    str(Employment.RETIRED),
    str(Employment.UNEMPLOYED),
    str(Employment.FLEXIBLE),
    str(Employment.AT_WORK),
)


def _employment(age: int, draw: int, usual: str) -> tuple[str, int]:
    """`draw` below 256: a few are out of work and keep their membership, as the retired do."""
    if age >= _RETIRING_AGE:
        return _RETIRED, _KEPT
    return (usual, _NORMAL) if draw else (_OUT_OF_WORK, _KEPT)


def people_of(block: Block, *, seed: int, today: date) -> Iterator[Invented]:
    """`block.size` members; the same ones for the same seed, day and block, wherever they are made."""
    chance = random.Random(f"{seed}:{block.union}:{int(block.former)}")
    wheels = _wheels(block.trade)
    women, migrants, party, works, schooling = (
        wheels.women,
        wheels.migrants,
        wheels.party,
        wheels.works,
        wheels.schooling,
    )
    surname_wheel, birth_wheel, natives, ethnicities = surnames(), births(today), _natives(), _ethnicities()
    given = {(sex, cohort): given_names(sex, cohort) for sex in (0, 1) for cohort in COHORTS}
    joining, uyghur = _days_since_joining(), uyghur_names()
    now, founded = today.toordinal(), block.founded_on.toordinal()
    draw_bits, day_of, home = chance.getrandbits, date.fromordinal, block.home
    for number in range(block.first, block.first + block.size):
        bits = draw_bits(160)
        sex = 0 if bits & 255 < women else 1
        born = birth_wheel[bits >> 8 & 16383]
        ethnicity = ethnicities[bits >> 22 & 4095]
        surname, first = surname_wheel[bits >> 34 & 16383], given[sex, born.cohort][bits >> 48 & 32767]
        if ethnicity == _UYGHUR:
            name, name_key, initials = uyghur[(bits >> 34) % len(uyghur)]
        else:
            name = surname.text + first.text
            name_key = f"{surname.key} {first.key}"
            initials = surname.initials + first.initials
        work = works[bits >> 63 & 1023]
        education = schooling[born.cohort][bits >> 73 & 255]
        native = natives[bits >> 81 & 1023]
        village = (bits >> 91 & 255) < migrants
        joined = max(now - joining[bits >> 99 & 1023], founded, born.grown_up)
        employment, status = _employment(born.age, bits >> 109 & 255, wheels.usual)
        platform = site = ""
        if work.platforms:
            platform = work.platforms[number % len(work.platforms)]
            if work.has_site:
                site = site_name(platform, block.place, number >> 3 & 3)
        ended_on = None
        if block.former:
            status = _leaving()[bits >> 117 & 63]
            ended_on = day_of(joined + (bits >> 123) % (now - joined + 1))
        yield Invented(
            number,
            name,
            name_key,
            initials,
            _SEX[sex],
            born.on,
            identity_number(number, sex, born),
            phone_number(number),
            ethnicity,
            _politics(born.age, bits >> 117 & 255, party),
            education,
            _SKILLS[bits >> 125 & 63] if work.skilled else _NO_SKILL,
            native or home,
            (_LOCAL if not native else _OUTSIDE)[village],
            village,
            _marriage(born.age, bits >> 131 & 63),
            employment,
            work.post,
            work.categories,
            platform,
            site,
            status,
            day_of(joined),
            ended_on,
        )
