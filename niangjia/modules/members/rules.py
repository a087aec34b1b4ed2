"""Who a member is, what a document number says, and which way a membership may go.

Pure: no Django, no clock. `check_…` answers with the problem in Chinese or None, because forms and
imports both collect problems; `ensure_…` raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from niangjia.kernel.errors import Refused
from niangjia.kernel.numbers import INVENTED_PROVINCE, identity_check_character
from niangjia.kernel.words import Code, Word

# --- dictionaries; codes are those of the standard named, else our own ---


class Sex(Word):
    """GB/T 2261.1"""

    UNKNOWN = "0", "未知"
    MAN = "1", "男"
    WOMAN = "2", "女"
    UNSTATED = "9", "未说明"


class Marriage(Word):
    """GB/T 2261.2, the coarse codes"""

    SINGLE = "10", "未婚"
    MARRIED = "20", "已婚"
    WIDOWED = "30", "丧偶"
    DIVORCED = "40", "离婚"
    UNSTATED = "90", "未说明"


class Education(Word):
    """GB/T 4658"""

    DOCTOR = "11", "博士研究生"
    MASTER = "14", "硕士研究生"
    BACHELOR = "20", "大学本科"
    COLLEGE = "30", "大学专科"
    VOCATIONAL = "40", "中专、技校、职高"
    SENIOR_HIGH = "60", "普通高中"
    JUNIOR_HIGH = "70", "初中"
    PRIMARY = "80", "小学"
    OTHER = "90", "其他"


class Politics(Word):
    """GB/T 4762"""

    COMMUNIST = "01", "中共党员"
    COMMUNIST_CANDIDATE = "02", "中共预备党员"
    YOUTH_LEAGUE = "03", "共青团员"
    REVOLUTIONARY_COMMITTEE = "04", "民革党员"
    DEMOCRATIC_LEAGUE = "05", "民盟盟员"
    NATIONAL_CONSTRUCTION = "06", "民建会员"
    PROMOTING_DEMOCRACY = "07", "民进会员"
    PEASANTS_AND_WORKERS = "08", "农工党党员"
    ZHI_GONG = "09", "致公党党员"
    JIU_SAN = "10", "九三学社社员"
    TAIWAN_LEAGUE = "11", "台盟盟员"
    NO_PARTY = "12", "无党派人士"
    MASSES = "13", "群众"


class SkillGrade(Word):
    """The eight grades of skilled workers (新八级工) of 2022."""

    NONE = "0", "无"
    APPRENTICE = "1", "学徒工"
    JUNIOR = "2", "初级工"
    MIDDLE = "3", "中级工"
    SENIOR = "4", "高级工"
    TECHNICIAN = "5", "技师"
    SENIOR_TECHNICIAN = "6", "高级技师"
    SPECIAL_TECHNICIAN = "7", "特级技师"
    CHIEF_TECHNICIAN = "8", "首席技师"


class Household(Word):
    LOCAL_TOWN = "1", "本地城镇"
    LOCAL_VILLAGE = "2", "本地农村"
    OUTSIDE_TOWN = "3", "外地城镇"
    OUTSIDE_VILLAGE = "4", "外地农村"
    HONG_KONG_MACAO_TAIWAN = "5", "港澳台"
    FOREIGN = "6", "外籍"


class Employment(Word):
    AT_WORK = "1", "在岗"
    FLEXIBLE = "2", "灵活就业"
    WAITING = "3", "待岗"
    SICK_LEAVE = "4", "长期病休"
    UNEMPLOYED = "5", "失业"
    RETIRED = "6", "退休"
    OTHER = "9", "其他"


class Category(Code):
    """Tags of what people do; several a person. Cities list their own: see EIGHT_GROUPS."""

    TRUCK_DRIVER = 1, "货车司机"
    COURIER = 2, "快递员"
    CARE_WORKER = 3, "护工护理员"
    DOMESTIC_WORKER = 4, "家政服务员"
    MALL_STAFF = 5, "商场信息员"
    FOOD_RIDER = 6, "网约送餐员"
    ESTATE_AGENT = 7, "房产中介员"
    SECURITY_GUARD = 8, "保安员"
    RIDE_HAILING_DRIVER = 9, "网约车司机"
    TRUCKER_WIFE = 10, "卡嫂"
    NURSE = 11, "护士"
    DESIGNATED_DRIVER = 12, "代驾司机"
    STREAMER = 13, "网络主播"
    STREET_CLEANER = 14, "环卫工人"
    BUILDER = 15, "建筑工人"
    TAXI_DRIVER = 16, "出租车司机"


# The official list (practice); the order is that of the papers.
EIGHT_GROUPS = tuple(Category(code) for code in range(1, 9))
# 新就业形态劳动者: work given out by a platform.
NEW_FORM = frozenset(
    {
        Category.TRUCK_DRIVER,
        Category.COURIER,
        Category.FOOD_RIDER,
        Category.RIDE_HAILING_DRIVER,
        Category.DESIGNATED_DRIVER,
        Category.STREAMER,
    }
)

# GB/T 3304: the code is the place in the list, from 01.
_ETHNICITIES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 "
    "高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 "
    "普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
)
ETHNICITIES: Mapping[str, str] = {
    **{f"{place:02}": f"{name}族" for place, name in enumerate(_ETHNICITIES.split(), start=1)},
    "97": "其他",
    "98": "外国血统中国籍人士",
}


# --- membership (会籍) and its changes ---


class MembershipState(Code):
    NORMAL = 1, "正常"
    KEPT = 2, "保留"
    MOVED_OUT = 3, "转出"
    LEFT = 4, "退会"
    LAPSED = 5, "自动退会"
    EXPELLED = 6, "除名"
    DIED = 7, "去世"


# One active membership a person. Who keeps it (the retired, the unemployed) pays no dues.
ACTIVE = frozenset({MembershipState.NORMAL, MembershipState.KEPT})


class Change(Word):
    JOINED = "JOINED", "入会"
    MOVED_IN = "MOVED_IN", "转入"
    MOVED_OUT = "MOVED_OUT", "转出"
    KEPT = "KEPT", "保留"
    RESUMED = "RESUMED", "恢复"
    LEFT = "LEFT", "退会"
    LAPSED = "LAPSED", "自动退会"
    EXPELLED = "EXPELLED", "除名"
    DIED = "DIED", "去世"
    CORRECTED = "CORRECTED", "更正"
    MERGED = "MERGED", "随工会合并"  # goes on in the other union; nobody chooses it, so CHANGES has no row for it


_S = MembershipState
_ENDED = frozenset(MembershipState) - ACTIVE

# From which states a change may start, and where it leads. None: there was no membership before.
CHANGES: Mapping[Change, tuple[frozenset[MembershipState | None], MembershipState]] = {
    Change.JOINED: (frozenset({None}), _S.NORMAL),
    Change.MOVED_IN: (frozenset({None}), _S.NORMAL),
    Change.MOVED_OUT: (ACTIVE, _S.MOVED_OUT),
    Change.KEPT: (frozenset({_S.NORMAL}), _S.KEPT),
    Change.RESUMED: (frozenset({_S.KEPT}), _S.NORMAL),
    Change.LEFT: (ACTIVE, _S.LEFT),
    Change.LAPSED: (ACTIVE, _S.LAPSED),
    Change.EXPELLED: (ACTIVE, _S.EXPELLED),
    Change.DIED: (ACTIVE, _S.DIED),
    # A wrong entry, such as a person reported dead, is put right on the same membership.
    Change.CORRECTED: (_ENDED, _S.NORMAL),
}
NEEDS_REASON = frozenset({Change.EXPELLED, Change.LAPSED, Change.CORRECTED})


def ensure_may_change(state: MembershipState | None, change: Change, *, reason: str = "") -> MembershipState:
    """The state that follows. Who joins again after an end gets a new membership."""
    sources, follows = CHANGES[change]
    if state not in sources:
        now = "还没有会籍" if state is None else f"现在是“{state.label}”"
        raise Refused("membership.change", f"会籍{now}，不能办理“{change.label}”。", "change")
    if change in NEEDS_REASON and not reason.strip():
        raise Refused("membership.reason", f"办理“{change.label}”要写明原因。", "reason")
    return follows


def changes_from(state: MembershipState | None) -> tuple[Change, ...]:
    return tuple(change for change, (sources, _) in CHANGES.items() if state in sources)


def ensure_may_become(state: MembershipState, follows: MembershipState) -> None:
    if not any(state in sources and leads_to is follows for sources, leads_to in CHANGES.values()):
        raise Refused("membership.state", f"会籍不能从“{state.label}”变为“{follows.label}”。", "state")


# --- joining and asking ---

UNMISTAKABLE = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters that are read from paper and typed without being taken for another."""


class ApplicationState(Word):
    RECEIVED = "RECEIVED", "待办理"
    RETURNED = "RETURNED", "退回补正"
    ACCEPTED = "ACCEPTED", "已入会"
    REFUSED = "REFUSED", "不予受理"
    WITHDRAWN = "WITHDRAWN", "本人撤回"


class Ground(Word):
    """Why a union was proposed to somebody who joins; see `propose`."""

    POSTER = "POSTER", "扫的是这个工会的入会码"
    EMPLOYER = "EMPLOYER", "您的用人单位建有工会"
    TRADE = "TRADE", "您所在行业的工会联合会"
    COMMUNITY = "COMMUNITY", "您工作或居住的社区（村）联合工会"
    TOWNSHIP = "TOWNSHIP", "您工作或居住的镇街工会"
    HANDED_OVER = "HANDED_OVER", "由其他工会转来"


@dataclass(frozen=True)
class Proposal:
    union: int
    ground: Ground


def propose(
    *,
    poster: int | None = None,
    employer: Iterable[int] = (),
    trade: Iterable[int] = (),
    community: Iterable[int] = (),
    township: int | None = None,
) -> tuple[Proposal, ...]:
    """The unions that somebody may join, the right one first (practice).

    The union whose poster was scanned stands there to be joined; then one's own employer's, the trade's
    federation, the joint unions of work or home. Only when there is none of these the township's
    own union takes the application, and finds a place.
    """
    found: dict[int, Proposal] = {}
    for ground, unions in (
        (Ground.POSTER, () if poster is None else (poster,)),
        (Ground.EMPLOYER, employer),
        (Ground.TRADE, trade),
        (Ground.COMMUNITY, community),
    ):
        for union in unions:
            found.setdefault(union, Proposal(union, ground))
    if not found and township is not None:
        found[township] = Proposal(township, Ground.TOWNSHIP)
    return tuple(found.values())


# By these words in its name a federation shows its trade.
TRADE_WORDS: Mapping[Category, tuple[str, ...]] = {
    Category.TRUCK_DRIVER: ("货运", "货车", "卡车", "物流"),
    Category.COURIER: ("快递",),
    Category.CARE_WORKER: ("护工", "护理"),
    Category.DOMESTIC_WORKER: ("家政",),
    Category.MALL_STAFF: ("商场", "商贸"),
    Category.FOOD_RIDER: ("外卖", "送餐", "骑手"),
    Category.ESTATE_AGENT: ("房产中介",),
    Category.SECURITY_GUARD: ("保安", "物业"),
    Category.RIDE_HAILING_DRIVER: ("网约车",),
    Category.DESIGNATED_DRIVER: ("代驾",),
    Category.STREAMER: ("主播", "直播"),
    Category.STREET_CLEANER: ("环卫",),
    Category.BUILDER: ("建筑",),
    Category.TAXI_DRIVER: ("出租车",),
}


class RequestKind(Word):
    TRANSFER = "TRANSFER", "转接会籍"
    LEAVE = "LEAVE", "退会"
    KEEP = "KEEP", "保留会籍"
    RESUME = "RESUME", "恢复会籍"
    CORRECTION = "CORRECTION", "更正信息"


# What each request becomes when it is granted; a correction changes no membership.
REQUESTED: Mapping[RequestKind, Change] = {
    RequestKind.TRANSFER: Change.MOVED_OUT,
    RequestKind.LEAVE: Change.LEFT,
    RequestKind.KEEP: Change.KEPT,
    RequestKind.RESUME: Change.RESUMED,
}


def requests_from(state: MembershipState | None) -> tuple[RequestKind, ...]:
    """What a member may ask for now."""
    if state not in ACTIVE:
        return ()
    may = tuple(kind for kind, change in REQUESTED.items() if state in CHANGES[change][0])
    return (*may, RequestKind.CORRECTION)


class RequestState(Word):
    RECEIVED = "RECEIVED", "待办理"
    DONE = "DONE", "已办结"
    REFUSED = "REFUSED", "不予办理"
    WITHDRAWN = "WITHDRAWN", "本人撤回"


class IdentityAnswer(Word):
    """What the identity check said of name and number."""

    MATCHES = "MATCHES", "一致"
    DIFFERS = "DIFFERS", "不一致"
    UNKNOWN = "UNKNOWN", "未能核验"


# --- people registered twice ---


class Likeness(Word):
    PHONE = "PHONE", "姓名和手机号相同"
    WORK = "WORK", "姓名、出生日期和用人单位相同"


class PairState(Word):
    OPEN = "OPEN", "待核对"
    MERGED = "MERGED", "已合并"
    DIFFERENT = "DIFFERENT", "不是同一人"


# --- names ---

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HAN_NAME = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*")
_LATIN_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+)*\.?")
_DOTS = re.compile(r"\s*[·•・‧∙⋅．]\s*")
SHORTEST_NAME, LONGEST_NAME = 2, 50


def tidy_name(raw: str) -> str:
    """One kind of dot, no gaps inside Chinese names. No NFKC: it changes rare characters."""
    name = " ".join(_DOTS.sub("·", raw).split())
    closed = name.replace(" ", "")
    return closed if _HAN_NAME.fullmatch(closed) else name


def check_name(name: str) -> str | None:
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        return f"姓名应为 {SHORTEST_NAME} 到 {LONGEST_NAME} 个字。"
    if _HAN_NAME.fullmatch(name) or _LATIN_NAME.fullmatch(name):
        return None
    if any(character.isdigit() for character in name):
        return "姓名里不能有数字。"
    return "姓名只能用汉字（中间可用“·”）或外文字母，请去掉其他符号。"


# --- identity documents ---


class Document(Word):
    RESIDENT = "RESIDENT", "居民身份证"
    PASSPORT = "PASSPORT", "护照"
    HONG_KONG_MACAO_PERMIT = "HONG_KONG_MACAO_PERMIT", "港澳居民来往内地通行证"
    TAIWAN_PERMIT = "TAIWAN_PERMIT", "台湾居民来往大陆通行证"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT", "港澳台居民居住证"
    FOREIGN_RESIDENT = "FOREIGN_RESIDENT", "外国人永久居留身份证"


_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|81|82)"  # GB/T 2260
PROVINCE_CODE = re.compile(_PROVINCE)
_BEGINNINGS: Mapping[Document, tuple[re.Pattern[str], str]] = {
    Document.RESIDENT: (PROVINCE_CODE, "身份证号码的开头两位不是省份代码"),
    Document.RESIDENCE_PERMIT: (
        re.compile("8[123]0000"),
        "居住证号码以 810000（香港）、820000（澳门）或 830000（台湾）开头",
    ),
    Document.FOREIGN_RESIDENT: (
        re.compile("9" + _PROVINCE),
        "18 位的永久居留身份证号码以 9 开头，第 2、3 位是省份代码",
    ),
}
_LENGTH = 18
_OLD_FOREIGN_LENGTH = 15
_EIGHTEEN = re.compile(r"\d{17}[\dX]", re.ASCII)
_PASSPORT = re.compile(r"(?=.*\d)[A-Z\d]{6,12}", re.ASCII)
_HONG_KONG_MACAO = re.compile(r"[HM]\d{8}(\d\d)?", re.ASCII)
_TAIWAN = re.compile(r"\d{8}|\d{10}[A-Z]?", re.ASCII)
_FOREIGN_15 = re.compile(r"[A-Z]{3}\d{12}", re.ASCII)
_OLDEST = 120

_SHAPES: Mapping[Document, tuple[re.Pattern[str], str]] = {
    Document.PASSPORT: (_PASSPORT, "护照号码应为 6 到 12 位字母和数字。"),
    Document.HONG_KONG_MACAO_PERMIT: (
        _HONG_KONG_MACAO,
        "通行证号码应为字母 H 或 M 加 8 位数字（换证次数两位可带可不带）。",
    ),
    Document.TAIWAN_PERMIT: (_TAIWAN, "通行证号码应为 8 位数字（旧证 10 位数字，可带一个字母）。"),
}


@dataclass(frozen=True)
class Read:
    """What an 18-character number says of its holder."""

    birth_on: date
    sex: Sex


def tidy_document(raw: str) -> str:
    return re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", raw)).upper()


def read_document(kind: Document, number: str) -> Read | None:
    """Birth date and sex where the number carries them; None where it doesn't or can't be read."""
    eighteen = (Document.RESIDENT, Document.RESIDENCE_PERMIT, Document.FOREIGN_RESIDENT)
    if kind not in eighteen or not _EIGHTEEN.fullmatch(number):
        return None
    birth_on = _day(number[6:14])
    if birth_on is None:
        return None
    return Read(birth_on, Sex.MAN if int(number[16]) % 2 else Sex.WOMAN)


def check_document(kind: Document, number: str, *, today: date, synthetic: bool = False) -> str | None:
    """`synthetic`: a demo or test installation, where invented people are welcome."""
    if kind in _SHAPES:
        shape, problem = _SHAPES[kind]
        return None if shape.fullmatch(number) else problem
    if kind is Document.FOREIGN_RESIDENT and len(number) == _OLD_FOREIGN_LENGTH:
        return _check_foreign_15(number)
    if len(number) != _LENGTH:
        shorter = "或 15 位" if kind is Document.FOREIGN_RESIDENT else ""
        return f"{kind.label}号码应为 18 位{shorter}，现在是 {len(number)} 位。"
    if not _EIGHTEEN.fullmatch(number):
        return f"{kind.label}号码前 17 位是数字，最后一位是数字或 X，请核对。"
    return (
        _check_region(kind, number, synthetic=synthetic)
        or check_birth(number[6:14], today)
        or (
            None
            if identity_check_character(number[:17]) == number[17]
            else "号码的校验位不对，多半有一位抄错了，请照证件重新录入。"
        )
    )


def _check_region(kind: Document, number: str, *, synthetic: bool) -> str | None:
    if kind is Document.RESIDENT and number.startswith(INVENTED_PROVINCE):
        return None if synthetic else "这是演示用的虚拟身份证号码，正式系统不能录入。"
    beginning, problem = _BEGINNINGS[kind]
    return None if beginning.match(number) else f"{problem}，请核对。"


def check_birth(digits: str, today: date) -> str | None:
    birth_on = _day(digits)
    if birth_on is None:
        return f"号码里的出生日期“{digits}”不存在，请核对。"
    if birth_on > today:
        return f"号码里的出生日期 {birth_on} 还没有到，请核对。"
    if age_on(birth_on, today) > _OLDEST:
        return f"号码里的出生日期 {birth_on} 太早，请核对。"
    return None


def _check_foreign_15(number: str) -> str | None:
    """Three letters of nationality, four digits of region, six of birth, two more."""
    if not _FOREIGN_15.fullmatch(number):
        return "旧版永久居留身份证号码应为 3 位字母加 12 位数字。"
    birth = number[7:13]
    if _day("19" + birth) is None and _day("20" + birth) is None:
        return f"号码里的出生日期“{birth}”不存在，请核对。"
    return None


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


YOUNGEST_MEMBER = 16  # 劳动法, article 15: nobody may be employed before


def age_on(birth_on: date, day: date) -> int:
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def check_age(birth_on: date, *, today: date) -> str | None:
    if age_on(birth_on, today) < YOUNGEST_MEMBER:
        return f"出生于 {birth_on}，未满 {YOUNGEST_MEMBER} 周岁，不能入会。"
    return None


def check_may_apply(birth_on: date, *, today: date) -> str | None:
    """As `check_age`, said to the person."""
    if age_on(birth_on, today) < YOUNGEST_MEMBER:
        return (
            f"您还未满 {YOUNGEST_MEMBER} 周岁，现在还不能入会。等满 {YOUNGEST_MEMBER} 周岁、参加工作以后，欢迎再来。"
            "有人让您干活或者遇到难处，请拨打 12351，工会会帮您。"
        )
    return None


def check_agrees(read: Read, *, birth_on: date | None, sex: Sex | None) -> str | None:
    """What was typed beside the number must say the same as the number."""
    if birth_on is not None and birth_on != read.birth_on:
        return f"出生日期与证件号码不一致：号码里是 {read.birth_on}。"
    if sex in (Sex.MAN, Sex.WOMAN) and sex is not read.sex:
        return f"性别与证件号码不一致：号码里是“{read.sex.label}”。"
    return None
