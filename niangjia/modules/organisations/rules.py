"""What may stand where in the tree of unions, for how long, and who may hold which post.

Pure: no Django, no clock. Sources are named beside the rule; what is common practice rather than a
published rule says so, so that a union that does otherwise knows what to change.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from niangjia.kernel.errors import Refused
from niangjia.kernel.words import Code, Word

# --- kinds of organisation and who may stand under whom ---


class OrganisationKind(Word):
    PROVINCE_FEDERATION = "PROVINCE_FEDERATION", "省总工会"
    CITY_FEDERATION = "CITY_FEDERATION", "市总工会"
    COUNTY_FEDERATION = "COUNTY_FEDERATION", "县(市、区)总工会"
    TOWNSHIP_UNION = "TOWNSHIP_UNION", "镇街(开发区)总工会"
    INDUSTRY_UNION = "INDUSTRY_UNION", "产业工会"
    SYSTEM_COMMITTEE = "SYSTEM_COMMITTEE", "系统工委"
    VILLAGE_JOINT_UNION = "VILLAGE_JOINT_UNION", "村(社区)联合工会"
    PARK_JOINT_UNION = "PARK_JOINT_UNION", "园区联合工会"
    REGIONAL_JOINT_UNION = "REGIONAL_JOINT_UNION", "区域性工会联合会"
    TRADE_JOINT_UNION = "TRADE_JOINT_UNION", "行业性工会联合会"
    JOINT_UNION = "JOINT_UNION", "联合工会"
    PRIMARY_UNION = "PRIMARY_UNION", "基层工会"
    GROUP = "GROUP", "工会小组"


class Level(IntEnum):
    """How far from the top a kind belongs; only neighbours on one level may merge."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    MIDDLE = 5
    PRIMARY = 6
    GROUP = 7


_K = OrganisationKind

LEVEL: Mapping[OrganisationKind, Level] = {
    _K.PROVINCE_FEDERATION: Level.PROVINCE,
    _K.CITY_FEDERATION: Level.CITY,
    _K.COUNTY_FEDERATION: Level.COUNTY,
    _K.TOWNSHIP_UNION: Level.TOWNSHIP,
    _K.INDUSTRY_UNION: Level.TOWNSHIP,
    _K.SYSTEM_COMMITTEE: Level.TOWNSHIP,
    _K.VILLAGE_JOINT_UNION: Level.MIDDLE,
    _K.PARK_JOINT_UNION: Level.MIDDLE,
    _K.REGIONAL_JOINT_UNION: Level.MIDDLE,
    _K.TRADE_JOINT_UNION: Level.MIDDLE,
    _K.JOINT_UNION: Level.PRIMARY,
    _K.PRIMARY_UNION: Level.PRIMARY,
    _K.GROUP: Level.GROUP,
}

FEDERATIONS = frozenset({_K.PROVINCE_FEDERATION, _K.CITY_FEDERATION, _K.COUNTY_FEDERATION})
MIDDLE_KINDS = frozenset(kind for kind, level in LEVEL.items() if level is Level.MIDDLE)
# Where people themselves are members, rather than unions.
MEMBER_KINDS = frozenset({_K.PRIMARY_UNION, _K.JOINT_UNION, _K.GROUP}) | MIDDLE_KINDS


@dataclass(frozen=True)
class Seating:
    parents: tuple[OrganisationKind, ...]
    why: str


# The table that staff read (帮助 › 组织层级). A federation may also stand at the top.
MAY_SIT_UNDER: Mapping[OrganisationKind, Seating] = {
    _K.PROVINCE_FEDERATION: Seating((), "省总工会是最上一级，上面不再有组织。"),
    _K.CITY_FEDERATION: Seating((_K.PROVINCE_FEDERATION,), "市总工会由省总工会领导。"),
    _K.COUNTY_FEDERATION: Seating(
        (_K.CITY_FEDERATION, _K.PROVINCE_FEDERATION),
        "县(市、区)总工会由市总工会领导，省直管县由省总工会领导。",
    ),
    _K.TOWNSHIP_UNION: Seating(
        (_K.COUNTY_FEDERATION, _K.CITY_FEDERATION),
        "镇街总工会归县总工会，市直管的开发区归市总工会。",
    ),
    _K.INDUSTRY_UNION: Seating(
        (_K.COUNTY_FEDERATION, _K.CITY_FEDERATION, _K.PROVINCE_FEDERATION),
        "产业工会与镇街平级，由同级总工会领导。",
    ),
    _K.SYSTEM_COMMITTEE: Seating(
        (_K.COUNTY_FEDERATION, _K.CITY_FEDERATION, _K.PROVINCE_FEDERATION),
        "系统工委是总工会的派出机构，只设在派出它的总工会之下。",
    ),
    _K.VILLAGE_JOINT_UNION: Seating(
        (_K.TOWNSHIP_UNION, _K.COUNTY_FEDERATION),
        "“小三级”的中间一级，归所在镇街；不设镇街的县直接归县总工会。",
    ),
    _K.PARK_JOINT_UNION: Seating(
        (_K.TOWNSHIP_UNION, _K.COUNTY_FEDERATION),
        "园区归所在镇街或开发区，县直属园区归县总工会。",
    ),
    _K.REGIONAL_JOINT_UNION: Seating(
        (_K.TOWNSHIP_UNION, _K.COUNTY_FEDERATION),
        "按地域联合，归覆盖这片地域的镇街或县总工会。",
    ),
    _K.TRADE_JOINT_UNION: Seating(
        (
            _K.INDUSTRY_UNION,
            _K.SYSTEM_COMMITTEE,
            _K.TOWNSHIP_UNION,
            _K.COUNTY_FEDERATION,
            _K.CITY_FEDERATION,
        ),
        "按行业联合（快递、外卖、货运等），归对口的产业工会、系统工委或同级总工会。",
    ),
    _K.JOINT_UNION: Seating(
        (
            _K.VILLAGE_JOINT_UNION,
            _K.PARK_JOINT_UNION,
            _K.REGIONAL_JOINT_UNION,
            _K.TRADE_JOINT_UNION,
            _K.TOWNSHIP_UNION,
            _K.INDUSTRY_UNION,
            _K.SYSTEM_COMMITTEE,
            _K.COUNTY_FEDERATION,
        ),
        "几家小单位合建一个工会，归所在的村(社区)、园区、行业、镇街或系统。",
    ),
    _K.PRIMARY_UNION: Seating(
        (
            _K.VILLAGE_JOINT_UNION,
            _K.PARK_JOINT_UNION,
            _K.REGIONAL_JOINT_UNION,
            _K.TRADE_JOINT_UNION,
            _K.TOWNSHIP_UNION,
            _K.INDUSTRY_UNION,
            _K.SYSTEM_COMMITTEE,
            _K.COUNTY_FEDERATION,
            _K.CITY_FEDERATION,
            _K.PROVINCE_FEDERATION,
            _K.PRIMARY_UNION,
        ),
        "一个单位的工会，归所在的联合会、镇街、产业或系统；集团可下设分公司工会，机关和大企业可直属总工会。",
    ),
    _K.GROUP: Seating(
        (_K.PRIMARY_UNION, _K.JOINT_UNION, *sorted(MIDDLE_KINDS)),
        "工会小组设在基层工会或联合工会里面。",
    ),
}


SHORTEST_NAME = 4


def tidy_name(raw: str) -> str:
    """A name as papers write it: no gaps, Chinese brackets, so that the same name is the same text."""
    return re.sub(r"\s", "", raw).translate(str.maketrans("()", "（）"))


def ensure_name(name: str) -> None:
    if len(name) < SHORTEST_NAME:
        raise Refused("organisation.name", "请填写全称，例如“滨江街道总工会”。", "name")


def ensure_may_sit_under(child: OrganisationKind, parent: OrganisationKind | None) -> None:
    if parent is None:
        if child not in FEDERATIONS:
            raise Refused("organisation.needs_parent", f"{child.label}必须有上级，请选择上级工会。", "parent")
        return
    seating = MAY_SIT_UNDER[child]
    if parent not in seating.parents:
        raise Refused(
            "organisation.wrong_parent",
            f"{child.label}不能设在{parent.label}之下。{seating.why}",
            "parent",
        )


def kinds_under(parent: OrganisationKind) -> tuple[OrganisationKind, ...]:
    """What may be founded beneath, in the order of the form's drop-down."""
    return tuple(kind for kind, seating in MAY_SIT_UNDER.items() if parent in seating.parents)


def has_congress(kind: OrganisationKind) -> bool:
    """A 系统工委 is dispatched, its people are appointed; a group is too small for one."""
    return kind not in (_K.SYSTEM_COMMITTEE, _K.GROUP)


CONGRESS_OF_DELEGATES_FROM = 100  # members, 工会法 and its practice


def congress_name(kind: OrganisationKind, members: int) -> str | None:
    if not has_congress(kind):
        return None
    if LEVEL[kind] <= Level.TOWNSHIP:
        return "工会代表大会"
    return "会员代表大会" if members >= CONGRESS_OF_DELEGATES_FROM else "会员大会"


# --- unified social credit codes, GB 32100-2015 ---

CREDIT_CODE_LENGTH = 18
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O Z S V
_CREDIT_VALUE = {character: value for value, character in enumerate(_CREDIT_ALPHABET)}
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
# GB/T 2260; 10 is the whole country, for bodies registered with the central offices.
_DIVISION = re.compile(r"(1[0-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82)\d{4}", re.ASCII)
_UNION_CODES = ("81", "89")
# Federations are mass organisations on the state's payroll and may carry such a code (practice).
_FEDERATION_CODES = (*_UNION_CODES, "11", "12", "13")


def tidy_credit_code(raw: str) -> str:
    """What a hand or a sheet wrote, as the standard writes it: half width, capitals, no gaps."""
    return re.sub(r"[\s\-_]", "", unicodedata.normalize("NFKC", raw)).upper()


def credit_code_check_character(first_17: str) -> str:
    total = sum(_CREDIT_VALUE[character] * weight for character, weight in zip(first_17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def check_credit_code(code: str) -> str | None:
    """The problem in Chinese, or None. An empty code is no problem: many joint unions have none."""
    if not code:
        return None
    if len(code) != CREDIT_CODE_LENGTH:
        return f"统一社会信用代码应为 18 位，现在是 {len(code)} 位，请核对证书。"
    return _check_characters(code) or _check_division(code[2:8]) or _check_last(code)


def _check_characters(code: str) -> str | None:
    letters = "、".join(sorted({character for character in code if character in "IOZSV"}))
    if letters:
        return f"统一社会信用代码里没有字母 {letters}，请核对是否把数字 1、0、2、5 看错了。"
    strange = "、".join(sorted({character for character in code if character not in _CREDIT_VALUE}))
    return f"统一社会信用代码只有数字和大写字母，请去掉“{strange}”。" if strange else None


def _check_division(division: str) -> str | None:
    if _DIVISION.fullmatch(division):
        return None
    return f"第 3 到 8 位应是登记机关的行政区划代码，“{division}”不是，请核对。"


def _check_last(code: str) -> str | None:
    if credit_code_check_character(code[:17]) == code[17]:
        return None
    return "统一社会信用代码的校验位不对，多半有一位抄错了，请照证书重新录入。"


def check_union_credit_code(code: str, kind: OrganisationKind) -> str | None:
    problem = check_credit_code(code)
    if problem or not code:
        return problem
    allowed = _FEDERATION_CODES if kind in FEDERATIONS else _UNION_CODES
    if code.startswith(allowed):
        return None
    return f"工会自己的代码以 81 开头，“{code[:2]}”开头的是单位的代码，请填在用人单位一栏；没有就留空。"


def check_employer_credit_code(code: str) -> str | None:
    problem = check_credit_code(code)
    if problem or not code:
        return problem
    if code.startswith("8"):
        return "81 开头的是工会的代码，请填单位营业执照或登记证上的代码；没有就留空。"
    return None


# --- terms of office (届次) ---

TERM_YEARS = (3, 5)  # practice: written in each union's own rules as one of the two


class ReElection(Word):
    NOT_DUE = "NOT_DUE", "未到期"
    SOON = "SOON", "半年内到期"
    OVERDUE = "OVERDUE", "已到期"


@dataclass(frozen=True)
class Term:
    number: int
    from_on: date
    until_on: date

    @property
    def label(self) -> str:
        return f"第{chinese_number(self.number)}届"


def months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def term_end(from_on: date, years: int) -> date:
    return months_after(from_on, 12 * years)


def term_problem(from_on: date, until_on: date) -> str | None:
    if until_on <= from_on:
        return "任期的截止日期要晚于开始日期。"
    for years in TERM_YEARS:
        # Papers name either the last day in office or the day after it.
        if abs((until_on - term_end(from_on, years)).days) <= 1:
            return None
    three, five = (term_end(from_on, years) for years in TERM_YEARS)
    return f"任期应为 3 年或 5 年：届满日应为 {three} 或 {five}。"


def ensure_term(term: Term, others: Iterable[Term] = ()) -> None:
    """A term is 3 or 5 years long and touches no other term of the same union."""
    if term.number < 1:
        raise Refused("term.number", "届次从第一届算起。", "number")
    problem = term_problem(term.from_on, term.until_on)
    if problem:
        raise Refused("term.length", problem, "until_on")
    for other in others:
        if other.number == term.number:
            raise Refused("term.twice", f"已有{other.label}，请核对届次。", "number")
        if spans_overlap(term.from_on, term.until_on, other.from_on, other.until_on):
            raise Refused(
                "term.overlap",
                f"与{other.label}（{other.from_on} 至 {other.until_on}）任期重叠，请核对日期。",
                "from_on",
            )
        if (other.number < term.number) != (other.from_on < term.from_on):
            raise Refused("term.order", f"{term.label}与{other.label}的先后和日期对不上，请核对。", "number")


EXTENSION_MONTHS = 6  # practice: with the leave of the union above, and seldom longer


def ensure_elected(kind: OrganisationKind, elected_by: ChosenBy) -> None:
    """Who has a congress elects its committee; a dispatched organ is appointed; a group has no terms."""
    if kind is OrganisationKind.GROUP:
        raise Refused("term.group", "工会小组不设届次，直接登记小组长即可。")
    right = ChosenBy.CONGRESS if has_congress(kind) else ChosenBy.APPOINTED
    if elected_by is not right:
        raise Refused("term.elected_by", f"{kind.label}的班子应由{right.label}。", "elected_by")


def ensure_extension(term: Term, until_on: date) -> None:
    latest = months_after(term.until_on, EXTENSION_MONTHS)
    if until_on <= term.until_on:
        raise Refused("term.not_later", f"延期后的届满日要晚于原届满日 {term.until_on}。", "until_on")
    if until_on > latest:
        raise Refused("term.too_late", f"延期换届一般不超过半年，最晚到 {latest}。", "until_on")


def re_election_state(until_on: date, today: date) -> ReElection:
    if today >= until_on:
        return ReElection.OVERDUE
    return ReElection.SOON if until_on <= months_after(today, 6) else ReElection.NOT_DUE


def spans_overlap(from_on: date, until_on: date | None, other_from: date, other_until: date | None) -> bool:
    """None is open."""
    return (other_until is None or from_on < other_until) and (until_on is None or other_from < until_on)


def chinese_number(number: int) -> str:
    """1 to 99, as 届次 are written."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if tens == 0:
        return digits[ones]
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")


# --- posts ---


class Post(Word):
    CHAIR = "CHAIR", "主席"
    EXECUTIVE_VICE_CHAIR = "EXECUTIVE_VICE_CHAIR", "常务副主席"
    FULL_TIME_VICE_CHAIR = "FULL_TIME_VICE_CHAIR", "专职副主席"
    VICE_CHAIR = "VICE_CHAIR", "副主席"
    STANDING_MEMBER = "STANDING_MEMBER", "常委"
    MEMBER = "MEMBER", "委员"
    AUDIT_CHAIR = "AUDIT_CHAIR", "经审委员会主任"
    AUDIT_MEMBER = "AUDIT_MEMBER", "经审委员"
    WOMEN_CHAIR = "WOMEN_CHAIR", "女职工委员会主任"
    WOMEN_MEMBER = "WOMEN_MEMBER", "女职工委员"
    DIRECTOR = "DIRECTOR", "工委主任"
    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR", "工委副主任"
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER", "工委委员"
    GROUP_LEADER = "GROUP_LEADER", "工会小组长"


SINGLE_POSTS = frozenset(
    {
        Post.CHAIR,
        Post.EXECUTIVE_VICE_CHAIR,
        Post.AUDIT_CHAIR,
        Post.WOMEN_CHAIR,
        Post.DIRECTOR,
        Post.GROUP_LEADER,
    }
)
CHAIRS = frozenset({Post.CHAIR, Post.EXECUTIVE_VICE_CHAIR, Post.FULL_TIME_VICE_CHAIR})
_APPOINTED_POSTS = (Post.DIRECTOR, Post.DEPUTY_DIRECTOR, Post.COMMITTEE_MEMBER)
_ELECTED_POSTS = tuple(post for post in Post if post not in _APPOINTED_POSTS and post is not Post.GROUP_LEADER)


def posts_of(kind: OrganisationKind) -> tuple[Post, ...]:
    if kind is _K.SYSTEM_COMMITTEE:
        return _APPOINTED_POSTS
    return (Post.GROUP_LEADER,) if kind is _K.GROUP else _ELECTED_POSTS


@dataclass(frozen=True)
class PostHeld:
    post: Post
    person: str
    from_on: date
    until_on: date | None = None


def ensure_may_hold(post: PostHeld, kind: OrganisationKind, others: Iterable[PostHeld] = ()) -> None:
    """`others`: the same union's posts. Who reviews the money does not lead the union."""
    if post.post not in posts_of(kind):
        raise Refused(
            "post.wrong_kind",
            f"{kind.label}没有“{post.post.label}”这一职务，可选：{'、'.join(each.label for each in posts_of(kind))}。",
            "post",
        )
    if post.until_on is not None and post.until_on < post.from_on:
        raise Refused("post.dates", "离任日期不能早于任职日期。", "until_on")
    for other in others:
        if not spans_overlap(post.from_on, post.until_on, other.from_on, other.until_on):
            continue
        if other.person == post.person and other.post is post.post:
            raise Refused("post.twice", f"此人这段时间已任{other.post.label}。", "person")
        if other.post is post.post and post.post in SINGLE_POSTS:
            raise Refused(
                "post.taken",
                f"{post.post.label}自 {other.from_on} 起由{other.person}担任，请先办理离任。",
                "from_on",
            )
        if other.person == post.person and _audits_itself(post.post, other.post):
            raise Refused(
                "post.audits_itself",
                f"经审委员会成员不能同时任主席、副主席：此人已任{other.post.label}。",
                "person",
            )


def _audits_itself(one: Post, other: Post) -> bool:
    auditing = {Post.AUDIT_CHAIR, Post.AUDIT_MEMBER}
    leading = CHAIRS | {Post.VICE_CHAIR}
    return (one in auditing and other in leading) or (other in auditing and one in leading)


class PostEnd(Word):
    """How a seat on the committee ended; 替补 and 增选 fill one and are terms of their own."""

    TERM_OVER = "TERM_OVER", "任期届满"
    REMOVED = "REMOVED", "免去"
    RESIGNED = "RESIGNED", "辞职"
    MOVED = "MOVED", "调离"
    RETIRED = "RETIRED", "退休"
    DIED = "DIED", "去世"
    UNION_ENDED = "UNION_ENDED", "工会合并或撤销"


class ChosenBy(Word):
    CONGRESS = "CONGRESS", "选举产生"
    SUBSTITUTED = "SUBSTITUTED", "替补"
    CO_OPTED = "CO_OPTED", "增选"
    APPOINTED = "APPOINTED", "上级委派"


def ways_in(kind: OrganisationKind) -> tuple[ChosenBy, ...]:
    """How somebody gets a post there. A dispatched organ appoints; elsewhere one is elected."""
    if has_congress(kind):
        return (ChosenBy.CONGRESS, ChosenBy.SUBSTITUTED, ChosenBy.CO_OPTED)
    return (ChosenBy.APPOINTED,) if kind is _K.SYSTEM_COMMITTEE else (ChosenBy.CONGRESS, ChosenBy.APPOINTED)


def ensure_way_in(
    kind: OrganisationKind, post: Post, chosen_by: ChosenBy, *, vacated: int = 0, substituted: int = 0
) -> None:
    """替补 fills a seat that fell vacant in this term; 增选 adds one."""
    if chosen_by not in ways_in(kind):
        allowed = "、".join(way.label for way in ways_in(kind))
        raise Refused("post.way_in", f"{kind.label}的职务由{allowed}，不能{chosen_by.label}。", "chosen_by")
    if chosen_by is ChosenBy.SUBSTITUTED and vacated <= substituted:
        raise Refused(
            "post.no_vacancy",
            f"本届没有空出的“{post.label}”：请先办理离任，或改为增选。",
            "kind",
        )


class EmployerRole(Word):
    """Who may not stand for chair: 企业工会主席产生办法（试行）, article 6."""

    HEAD = "HEAD", "行政负责人"
    DEPUTY_HEAD = "DEPUTY_HEAD", "行政副职"
    PARTNER = "PARTNER", "合伙人"
    CLOSE_KIN = "CLOSE_KIN", "行政负责人或合伙人的近亲属"
    PERSONNEL_HEAD = "PERSONNEL_HEAD", "人力资源部门负责人"
    FOREIGN_STAFF = "FOREIGN_STAFF", "外籍职工"


def ensure_may_be_chair(roles: Collection[EmployerRole]) -> None:
    if roles:
        who = "、".join(role.label for role in EmployerRole if role in roles)
        raise Refused("chair.disqualified", f"{who}不能担任本单位工会主席，请另推人选。", "person")


# --- employers ---


class SizeBand(Code):
    """Workers. From 25 members on a union elects a committee; below, a joint union will do."""

    UNDER_25 = 1, "25 人以下"
    FROM_25 = 2, "25–49 人"
    FROM_50 = 3, "50–99 人"
    FROM_100 = 4, "100–299 人"
    FROM_300 = 5, "300 人以上"


_SIZE_BAND_FROM = {
    SizeBand.UNDER_25: 0,
    SizeBand.FROM_25: 25,
    SizeBand.FROM_50: 50,
    SizeBand.FROM_100: 100,
    SizeBand.FROM_300: 300,
}


def size_band(workers: int) -> SizeBand:
    return max(band for band, least in _SIZE_BAND_FROM.items() if workers >= least)


def size_band_bounds(band: SizeBand) -> tuple[int, int | None]:
    """Least and greatest number of workers, both included."""
    greatest = None if band is SizeBand.FROM_300 else _SIZE_BAND_FROM[SizeBand(band + 1)] - 1
    return _SIZE_BAND_FROM[band], greatest


def ensure_head_count(workers: int, women: int, new_form: int) -> None:
    if workers < 0 or women < 0 or new_form < 0:
        raise Refused("employer.negative", "人数不能是负数。", "headcount")
    if women > workers:
        raise Refused("employer.women", f"女职工 {women} 人，多于职工总数 {workers} 人。", "women")
    if new_form > workers:
        raise Refused(
            "employer.new_form",
            f"新就业形态劳动者 {new_form} 人，多于职工总数 {workers} 人。",
            "new_form_workers",
        )


class Industry(Word):
    """Sections of GB/T 4754-2017."""

    A = "A", "农、林、牧、渔业"
    B = "B", "采矿业"
    C = "C", "制造业"
    D = "D", "电力、热力、燃气及水生产和供应业"
    E = "E", "建筑业"
    F = "F", "批发和零售业"
    G = "G", "交通运输、仓储和邮政业"
    H = "H", "住宿和餐饮业"
    I = "I", "信息传输、软件和信息技术服务业"  # noqa: E741 - the standard's own letter
    J = "J", "金融业"
    K = "K", "房地产业"
    L = "L", "租赁和商务服务业"
    M = "M", "科学研究和技术服务业"
    N = "N", "水利、环境和公共设施管理业"
    O = "O", "居民服务、修理和其他服务业"  # noqa: E741 - the standard's own letter
    P = "P", "教育"
    Q = "Q", "卫生和社会工作"
    R = "R", "文化、体育和娱乐业"
    S = "S", "公共管理、社会保障和社会组织"
    T = "T", "国际组织"


class Nature(Word):
    STATE_ORGAN = "STATE_ORGAN", "机关"
    INSTITUTION = "INSTITUTION", "事业单位"
    STATE_OWNED = "STATE_OWNED", "国有企业"
    COLLECTIVE = "COLLECTIVE", "集体企业"
    PRIVATE = "PRIVATE", "私营企业"
    HONG_KONG_MACAO_TAIWAN = "HONG_KONG_MACAO_TAIWAN", "港澳台商投资企业"
    FOREIGN = "FOREIGN", "外商投资企业"
    SOLE_TRADER = "SOLE_TRADER", "个体工商户"
    COOPERATIVE = "COOPERATIVE", "农民专业合作社"
    SOCIAL = "SOCIAL", "社会组织"
    OTHER = "OTHER", "其他"


class Coverage(Word):
    """Whether a union reaches the employer: worked out from its unions, not typed in."""

    NONE = "NONE", "未建会"
    FOUNDING = "FOUNDING", "筹备中"
    JOINT = "JOINT", "已纳入联合工会"
    OWN = "OWN", "已单独建会"


def coverage(unions: Collection[OrganisationKind], *, founding: bool) -> Coverage:
    """`unions`: the kinds of those that the employer belongs to today; a union of one's own counts most."""
    if _K.PRIMARY_UNION in unions:
        return Coverage.OWN
    if unions:
        return Coverage.JOINT
    return Coverage.FOUNDING if founding else Coverage.NONE


class Attempt(Word):
    """What came of one try at a blank spot (组建空白点)."""

    EXPLAINED = "EXPLAINED", "上门宣传"
    AGREED = "AGREED", "企业已同意"
    WAITING = "WAITING", "企业要求缓一缓"
    REFUSED = "REFUSED", "企业拒绝"
    UNREACHABLE = "UNREACHABLE", "联系不上"
    FOUNDING = "FOUNDING", "已进入筹备"
    JOINED = "JOINED", "已加入联合工会"
    GONE = "GONE", "企业已停业或迁走"


# After these nobody needs to call again; every other try is followed by the next.
FINAL_ATTEMPTS = frozenset({Attempt.JOINED, Attempt.GONE})
# The latest of these says whether a union is being prepared; the others leave it as it was.
_DECIDES_FOUNDING = frozenset({Attempt.FOUNDING, Attempt.WAITING, Attempt.REFUSED, Attempt.GONE})


def is_founding(attempts: Iterable[Attempt]) -> bool:
    """`attempts` since the employer last had a union, the oldest first."""
    decisive = [attempt for attempt in attempts if attempt in _DECIDES_FOUNDING]
    return bool(decisive) and decisive[-1] is Attempt.FOUNDING


def ensure_attempt(outcome: Attempt, on: date, next_on: date | None, *, today: date) -> None:
    """What was tried is past; what isn't final is followed by the next try."""
    if on > today:
        raise Refused("attempt.ahead", "这是对已做工作的记录，日期不能晚于今天。", "on")
    if outcome in FINAL_ATTEMPTS:
        if next_on is not None:
            raise Refused("attempt.final", f"“{outcome.label}”之后不再跟进，请清空下次跟进日期。", "next_on")
        return
    if next_on is None:
        raise Refused("attempt.next", "请填写下次跟进的日期，到时会提醒。", "next_on")
    if next_on <= on:
        raise Refused("attempt.next_before", "下次跟进要晚于这一次的日期。", "next_on")


# --- moving, merging, dissolving ---


class OrganisationState(Word):
    ACTIVE = "ACTIVE", "正常"
    MERGED = "MERGED", "已合并"
    DISSOLVED = "DISSOLVED", "已撤销"


class Structural(Word):
    """What became of an organisation as such, kept with its place before and after."""

    FOUNDED = "FOUNDED", "成立"
    RENAMED = "RENAMED", "更名"
    RETYPED = "RETYPED", "改类型"
    MOVED = "MOVED", "调整隶属"
    MERGED = "MERGED", "合并"
    DISSOLVED = "DISSOLVED", "撤销"


@dataclass(frozen=True)
class Placed:
    """One organisation where it stands today; `path` holds the ids from the top to itself."""

    id: int
    kind: OrganisationKind
    name: str
    path: tuple[int, ...]
    state: OrganisationState = OrganisationState.ACTIVE

    def stands_under(self, other: Placed) -> bool:
        return len(self.path) > len(other.path) and self.path[: len(other.path)] == other.path


def ensure_active(organisation: Placed) -> None:
    if organisation.state is not OrganisationState.ACTIVE:
        raise Refused(
            "organisation.closed",
            f"“{organisation.name}”{organisation.state.label}，不能再办理，请选择还在运行的工会。",
        )


def ensure_may_move(organisation: Placed, parent: Placed) -> None:
    ensure_active(organisation)
    ensure_active(parent)
    if organisation.id == parent.id:
        raise Refused("organisation.under_itself", "不能移到自己之下。", "parent")
    if parent.stands_under(organisation):
        raise Refused(
            "organisation.under_own",
            f"“{parent.name}”是“{organisation.name}”的下级，不能反过来做它的上级。",
            "parent",
        )
    if organisation.path[:-1] == parent.path:
        raise Refused("organisation.same_parent", f"它已经在“{parent.name}”之下。", "parent")
    ensure_may_sit_under(organisation.kind, parent.kind)


def ensure_may_retype(
    organisation: Placed, kind: OrganisationKind, parent: OrganisationKind | None, below: Iterable[OrganisationKind]
) -> None:
    """`below`: the kinds that stand directly under it."""
    ensure_active(organisation)
    if kind is organisation.kind:
        raise Refused("organisation.same_kind", f"它现在就是{kind.label}。", "kind")
    if {kind, organisation.kind} & FEDERATIONS:
        raise Refused("organisation.federation", "总工会随行政区划设立，类型不在这里改。", "kind")
    if parent is not None and parent not in MAY_SIT_UNDER[kind].parents:
        seating = MAY_SIT_UNDER[kind]
        raise Refused(
            "organisation.wrong_parent",
            f"{kind.label}不能设在{parent.label}之下。{seating.why}请先调整隶属，或改成别的类型。",
            "kind",
        )
    misplaced = [child.label for child in OrganisationKind if child in set(below) - set(kinds_under(kind))]
    if misplaced:
        raise Refused(
            "organisation.wrong_children",
            f"{kind.label}之下不能有{'、'.join(misplaced)}，请先移走它的这些下级。",
            "kind",
        )


def kinds_to_become(
    kind: OrganisationKind, parent: OrganisationKind | None, below: Collection[OrganisationKind]
) -> tuple[OrganisationKind, ...]:
    """What it may be instead, where it stands and with what stands under it."""
    if parent is None or kind in FEDERATIONS:
        return ()
    return tuple(
        one
        for one in kinds_under(parent)
        if one is not kind and one not in FEDERATIONS and set(below) <= set(kinds_under(one))
    )


def chooses_otherwise(was: OrganisationKind, kind: OrganisationKind) -> bool:
    """Whether its committee would have to come about another way: by a congress, by appointment, or not at all."""
    return (has_congress(was), was is _K.GROUP) != (has_congress(kind), kind is _K.GROUP)


def ensure_nothing_left(kind: OrganisationKind, left: Iterable[tuple[str, int]]) -> None:
    """`left`: what hangs on it and can't be there with this kind, as ('名会员', 20)."""
    remaining = "、".join(f"{count} {what}" for what, count in left if count)
    if remaining:
        raise Refused("organisation.not_fitting", f"还有 {remaining}，{kind.label}不能有，请先移走或办结。", "kind")


def ensure_may_merge(gone: Placed, into: Placed) -> None:
    """`gone` ends, its members and what stands under it go over to `into`."""
    ensure_active(gone)
    ensure_active(into)
    if gone.id == into.id:
        raise Refused("organisation.into_itself", "请选择另一个工会并入。", "into")
    if LEVEL[gone.kind] != LEVEL[into.kind]:
        raise Refused(
            "organisation.other_level",
            f"{gone.kind.label}与{into.kind.label}不在同一级，不能合并；请先移走它的下级和会员，再撤销。",
            "into",
        )
    if into.stands_under(gone) or gone.stands_under(into):
        raise Refused("organisation.line", "上下级之间不能合并；请先把下级移出，或直接撤销下级。", "into")
    if gone.kind in FEDERATIONS:
        raise Refused("organisation.federation", "总工会随行政区划调整，不在这里合并。", "into")


def ensure_may_dissolve(organisation: Placed, left: Iterable[tuple[str, int]]) -> None:
    """`left`: what still hangs on it, as ('名会员', 20)."""
    ensure_active(organisation)
    if organisation.kind in FEDERATIONS:
        raise Refused("organisation.federation", "总工会随行政区划调整，不在这里撤销。")
    remaining = "、".join(f"{count} {what}" for what, count in left if count)
    if remaining:
        raise Refused("organisation.not_empty", f"“{organisation.name}”还有 {remaining}，请先移走或办结，再撤销。")


# --- zones (片区): staff and what they carry ---


class Load(Word):
    UNSTAFFED = "UNSTAFFED", "无人负责"
    LIGHT = "LIGHT", "偏轻"
    FAIR = "FAIR", "适中"
    HEAVY = "HEAVY", "偏重"


@dataclass(frozen=True)
class ZoneLoad:
    employers_each: float | None
    workers_each: float | None
    load: Load


# Practice: a visit a working day reaches each of some 60 employers about four times a year.
FAIR_EMPLOYERS_EACH = (20, 60)


def zone_load(*, staff: int, employers: int, workers: int, fair: tuple[int, int] = FAIR_EMPLOYERS_EACH) -> ZoneLoad:
    if staff <= 0:
        return ZoneLoad(None, None, Load.UNSTAFFED)
    each = employers / staff
    load = Load.LIGHT if each < fair[0] else Load.HEAVY if each > fair[1] else Load.FAIR
    return ZoneLoad(round(each, 1), round(workers / staff, 1), load)


# --- professional union workers (社会化职业化工会工作者) ---


class StaffEducation(Word):
    """GB/T 4658, from where a recruiting notice begins."""

    DOCTOR = "11", "博士研究生"
    MASTER = "14", "硕士研究生"
    BACHELOR = "20", "大学本科"
    COLLEGE = "30", "大学专科"
    VOCATIONAL = "40", "中专、技校、职高"
    SENIOR_HIGH = "60", "普通高中"
    OTHER = "90", "其他"


class Contract(Word):
    EMPLOYED = "EMPLOYED", "劳动合同"
    DISPATCHED = "DISPATCHED", "劳务派遣"
    PURCHASED = "PURCHASED", "购买服务"


class Funding(Word):
    PROVINCE = "PROVINCE", "省总补助"
    CITY = "CITY", "市总补助"
    COUNTY = "COUNTY", "县总经费"
    TOWNSHIP = "TOWNSHIP", "镇街财政"
    EMPLOYER = "EMPLOYER", "单位自筹"


def ensure_contract(contract: Contract, from_on: date, until_on: date | None, left_on: date | None = None) -> None:
    """Bought services and dispatched workers come for a time; only an own contract may be open-ended."""
    if until_on is None and contract is not Contract.EMPLOYED:
        raise Refused(
            "staff.open_ended", f"{contract.label}须有到期日；只有劳动合同可以无固定期限。", "contract_until_on"
        )
    if until_on is not None and until_on <= from_on:
        raise Refused("staff.dates", "合同到期要晚于合同开始。", "contract_until_on")
    if left_on is not None and left_on < from_on:
        raise Refused("staff.left_before", "离职日期不能早于合同开始。", "left_on")


class PayGrade(Word):
    TRAINEE = "TRAINEE", "见习"
    JUNIOR = "JUNIOR", "初级"
    MIDDLE = "MIDDLE", "中级"
    SENIOR = "SENIOR", "高级"
    LEADING = "LEADING", "骨干"


# --- duty roster (值班表) ---


class DutyPart(Word):
    LEADER = "LEADER", "带班领导"
    ON_DUTY = "ON_DUTY", "值班员"
    RESERVE = "RESERVE", "备班"


LONGEST_SHIFT = timedelta(hours=24)


@dataclass(frozen=True)
class Shift:
    """From the start up to, not including, the end."""

    person: int
    starts_at: datetime
    ends_at: datetime


def ensure_shift(shift: Shift, others: Iterable[Shift] = ()) -> None:
    """One person stands on one roster at a time; a hand-over at the same minute is fine."""
    if shift.ends_at <= shift.starts_at:
        raise Refused("shift.ends", "值班的结束时间要晚于开始时间。", "ends_at")
    if shift.ends_at - shift.starts_at > LONGEST_SHIFT:
        raise Refused("shift.long", "一班最长 24 小时，请分成几班。", "ends_at")
    for other in others:
        if other.person == shift.person and shift.starts_at < other.ends_at and other.starts_at < shift.ends_at:
            raise Refused(
                "shift.overlap",
                f"此人 {other.starts_at:%m月%d日 %H:%M} 至 {other.ends_at:%m月%d日 %H:%M} 已有班。",
                "person",
            )


# --- stand-ins (代理) ---

LONGEST_STAND_IN = timedelta(days=366)


@dataclass(frozen=True)
class StandIn:
    absent: int
    deputy: int
    from_on: date
    until_on: date


def ensure_stand_in(new: StandIn, others: Sequence[StandIn] = ()) -> None:
    if new.absent == new.deputy:
        raise Refused("stand_in.self", "不能由本人代理本人。", "deputy")
    if new.until_on <= new.from_on:
        raise Refused("stand_in.dates", "代理的结束日期要晚于开始日期。", "until_on")
    if new.until_on - new.from_on > LONGEST_STAND_IN:
        raise Refused("stand_in.long", "代理最长一年；更久请办理任职变动。", "until_on")
    meanwhile = [other for other in others if spans_overlap(new.from_on, new.until_on, other.from_on, other.until_on)]
    for other in meanwhile:
        if other.absent == new.absent:
            raise Refused(
                "stand_in.twice",
                f"{other.from_on} 至 {other.until_on} 已有代理人，请先结束原来的代理。",
                "from_on",
            )
    if new.absent in _everyone_behind(new.deputy, meanwhile):
        raise Refused("stand_in.circle", "代理绕回了本人：代理人这段时间正由本人代理，请另选。", "deputy")


def _everyone_behind(person: int, stand_ins: Sequence[StandIn]) -> set[int]:
    reached: set[int] = set()
    waiting = [person]
    while waiting:
        current = waiting.pop()
        for stand_in in stand_ins:
            if stand_in.absent == current and stand_in.deputy not in reached:
                reached.add(stand_in.deputy)
                waiting.append(stand_in.deputy)
    return reached


def who_acts_for(person: int, on: date, stand_ins: Sequence[StandIn]) -> int:
    """The one who decides that day; a deputy who is away himself passes it on."""
    acting, seen = person, {person}
    while True:
        step = next(
            (s.deputy for s in stand_ins if s.absent == acting and s.from_on <= on < s.until_on),
            None,
        )
        if step is None or step in seen:
            return acting
        acting = step
        seen.add(acting)
