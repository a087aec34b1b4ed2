"""People who do not exist: names as they are spread in life, numbers that nobody can have.

Everything follows from a seed and a place in the plan, so pieces can be made in any order and in
several processes. Choices are read off wheels (lists in which a value stands as often as it is
common), because a city needs millions of them in a minute.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum, auto
from functools import cache
from typing import NamedTuple, TypeVar

from niangjia.kernel.numbers import (
    ID_CHECK,
    INVENTED_CARD,
    INVENTED_PHONE,
    INVENTED_PROVINCE,
    identity_weight,
    luhn_digit,
)
from niangjia.kernel.pinyin import initials_of_key, name_key

T = TypeVar("T")

LARGEST_INDEX = 5_000_000
"""How many people the identity numbers last for without two alike."""


class Trade(StrEnum):
    """What a place lives by; its people's posts, schooling and origin follow."""

    FACTORY = auto()
    BUILDING = auto()
    SHOP = auto()
    SERVICE = auto()
    OFFICE = auto()
    SCHOOL = auto()
    HOSPITAL = auto()
    TECH = auto()
    FINANCE = auto()
    TRANSPORT = auto()
    PROPERTY = auto()
    TRUCKS = auto()
    COURIERS = auto()
    RIDERS = auto()
    RIDE_HAILING = auto()
    HOUSEHOLDS = auto()
    CARE = auto()
    MIXED = auto()


MAN, WOMAN = 1, 0  # as the last bit of an identity number's serial


def wheel(weighted: Iterable[tuple[T, float]], size: int) -> list[T]:
    """A list of `size` in which each value stands in proportion to its weight."""
    entries = list(weighted)
    scale = size / sum(weight for _, weight in entries)
    turned: list[T] = []
    reached = 0.0
    for value, weight in entries:
        reached += weight * scale
        turned.extend([value] * (round(reached) - len(turned)))
    return turned


class NamePart(NamedTuple):
    text: str
    key: str
    initials: str


# Per ten thousand, after published counts; the ten commonest carry two fifths.
_SURNAMES = """
王725 李719 张683 刘538 陈453 杨308 黄223 赵229 吴205 周212 徐167 孙154 马129 朱126 胡131 郭115 何117 林118 罗95 高106
梁97 郑93 谢82 宋84 唐73 许73 韩68 邓66 冯66 曹62 彭58 曾58 肖56 田57 董56 潘53 袁54 蔡53 蒋55 余48 于51 杜52 叶48 程53
魏46 苏47 吕45 丁43 任41 卢46 姚42 沈41 钟41 姜40 崔39 谭39 陆37 范38 汪37 廖36 石34 金36 韦32 贾35 夏33 傅30 方37
邹31 熊31 白30 孟31 秦30 邱30 侯29 江29 尹29 薛28 闫27 段26 雷26 龙26 黎25 史25 陶25 贺24 毛24 郝24 顾24 龚24 邵23
万23 覃23 武23 钱22 戴22 严20 莫20 孔20 向20 汤20 常19 温18 康18 施18 文18 牛18 樊17 葛17 邢17 安16 齐16 易16 乔16
伍15 庞15 颜15 倪15 庄14 聂14 章14 鲁14 岳13 翟13 申13 欧12 詹12 耿12 关12 兰12 焦12 俞12 左12 柳12 甘11 祝11 包11
宁11 尚10 符10 舒10 阮10 纪10 梅10 童10 凌10 毕9 单9 季9 裴9 霍9 涂9 成8 苗8 谷8 曲8 盛8 冉8 翁8 蓝8 骆8 路8 游7
辛7 靳7 管7 柴7 蒙7 鲍7 华6 喻6 祁6 房6 滕6 屈6 饶6 牟6 艾6 尤6 阳5 时5 穆5 农5 司5 古5 吉5 缪5 简4 车4 项4 连4
芦4 麦4 褚4 娄4 窦4 戚4 岑4 党4 宫4 费4 卜4 冷4 晏4 席3 卫3 柏3 米3 宗3 瞿3 桂3 全3 佟3 应3 臧3 闵3 苟3 边3 卞3 姬3
查3 仇2 邬2 隋2 欧阳3 上官1 司徒1 诸葛1 尉迟1 令狐1 皇甫1 朴2 解2 区2 盖1 乐1 员1 长孙1 万俟1
"""

# Given names by sex and by the years of birth: single, whole double, first and second characters.
_GIVEN = {
    (MAN, 1975): (
        "军 勇 伟 强 明 平 刚 国 林 华 斌 波 杰 峰 松 祥 辉 宏 健 忠 义 民",
        "建国 建华 建军 志强 国强 志明 国平 建平 志刚 永强 建明 国华 文明 卫东 建新 爱国 国庆 海军 金龙 永明",
        "建国志文永海明德金玉春庆福光荣新世学正茂宝长家立振连友成根天仁克兴",
        "国华军平明强生林祥根福良荣发民成东海山龙忠德富才贵康余章耀雄锋",
    ),
    (WOMAN, 1975): (
        "芳 英 玲 敏 红 霞 萍 琴 丽 兰 娟 燕 珍 梅 华 美 云 凤 菊 琼",
        "秀英 桂英 秀兰 玉兰 秀芳 玉梅 秀珍 桂兰 丽华 玉珍 凤英 美英 小红 小英 海燕 亚琴 爱珍 春香 月英 建芳",
        "秀桂玉凤美丽小爱春月惠素金海亚雪红彩翠淑佩菊杏水香银巧莲",
        "英兰芳珍梅华琴红燕萍娟玲霞香凤云莲娣飞珠妹琼菊芬君娥平",
    ),
    (MAN, 1990): (
        "伟 勇 军 磊 涛 超 强 鹏 杰 斌 刚 波 峰 辉 飞 浩 亮 凯 俊 龙 健 鑫 宁 旭 帅 东 明 毅",
        "志伟 志强 海涛 海波 建波 俊杰 志勇 晓东 文杰 小军 小龙 永刚 立军 海峰 晓明 志鹏 国栋 伟伟 佳伟 建峰",
        "志建海晓文小俊立永伟国振新佳宏光明春金成少世学正东云家启泽利",
        "伟强峰军杰波涛明华龙辉鹏飞斌平东勇超磊刚宇良林鑫荣锋江达权",
    ),
    (WOMAN, 1990): (
        "静 丽 娜 敏 艳 燕 娟 婷 霞 芳 玲 萍 红 雪 洁 颖 莉 倩 琳 晶 慧 娇 蓉 琴 丹 璐",
        "丽丽 婷婷 丽娜 海燕 晓燕 晓红 小燕 丽君 丽萍 亚萍 佳佳 莉莉 静静 春燕 晓丽 晓静 文静 雪梅 丹丹 艳艳",
        "丽晓小海春雪文亚佳燕红艳美玉秀慧婷静云爱雅思莉倩彩月秋冬素",
        "丽燕娜萍霞红芳敏玲娟琴君梅华静英艳婷娇芬蓉飞波平莲珍佳洁",
    ),
    (MAN, 2099): (
        "杰 涛 浩 鑫 超 磊 凯 帅 宇 鹏 俊 旭 伟 航 轩 博 阳 翔 恒 昊 晨 睿 哲 毅 成 豪",
        "俊杰 文杰 浩然 宇航 子豪 志豪 嘉豪 子轩 家豪 浩宇 子涵 宇轩 天宇 家伟 晨阳 俊豪 伟杰 嘉诚 佳俊 凯文",
        "俊子宇浩嘉文志家天泽晨明睿佳一梓伟思凯铭成奕建博启皓逸国承昱",
        "杰豪轩宇涛航然伟辰鑫阳博凯林宸铭飞洋俊毅龙峰浩成恒泽翔远文杨",
    ),
    (WOMAN, 2099): (
        "婷 雪 静 颖 琪 倩 洁 佳 悦 瑶 璐 蕾 欣 莹 琳 丹 梦 媛 慧 敏 菲 妍 怡 娜",
        "婷婷 欣怡 佳怡 梦婷 雨欣 思雨 雨婷 佳琪 晓雯 梦洁 诗雨 佳慧 雅婷 文静 思琪 梦瑶 佳佳 嘉怡 慧敏 晨曦",
        "佳欣思雨梦雅嘉诗晓文子梓婷静怡晨若语可紫慧心依莹美春亦乐芷书",
        "怡婷欣雨琪涵瑶悦慧颖萱雯洁莹佳妍琳敏彤媛娜静雪蕾倩瑜宁晴霞燕",
    ),
}
COHORTS = (1975, 1990, 2099)
"""The year before which its people were born."""
_UYGHUR = tuple(
    f"{given}·{father}"
    for given in ("买买提", "艾力", "阿不都", "古丽", "努尔", "玉素甫", "吐尔逊", "帕提古丽", "热依拉")
    for father in ("艾合买提", "吐尔洪", "卡德尔", "司马义", "库尔班", "热合曼")
)
# Second characters for the long tail: each of these names is borne by very few.
_RARE = {
    MAN: (
        "安奥霖彬冰秉昌畅宸驰崇川春淳聪琮达丹道鼎栋敦帆凡方枫奉冠桂涵翰行和鹤衡泓鸿厚虎焕徽会基骥佳坚疆骞"
        "谨津京璟炯均钧骏康珂魁昆来岚乐礼砺联廉麟岭隆禄略伦满茂勉沐楠年宁培沛朋棋谦乾勤青清庆秋群冉仁任瑞若"
        "三森善韶绍慎盛石始书树硕思松嵩苏棠腾霆通桐巍维玮炜温熙曦贤显宪骁啸新幸修绪宣勋岩炎彦晏耀业沂怡以艺"
        "奕寅迎永佑余煜渊原远岳跃云允赞湛哲真臻正政知致中舟柱卓宗祖遵左"
    ),
    WOMAN: (
        "安蓓碧冰采彩婵嫦畅晨澄楚翠黛丹蝶冬娥朵恩尔帆凡舫菲蓓枫馥歌格冠桂寒禾荷虹花欢焕惠荟姬季霁佳嘉茧娇"
        "津锦菁璟菊珏筠俊可珂兰岚蓝澜乐蕾黎俐涟莲良翎柳露鹭曼茂玫媚萌蜜苗妙敏茗沫楠宁暖诺盼培芃芊巧沁青晴秋"
        "冉蓉柔如茹蕊锐睿润珊尚韶诗时姝舒淑爽朔丝苏素棠桃甜恬苇薇未温汶曦希溪禧夏仙香湘晓杏秀璇雅言晏阳叶"
        "依漪艺亦忆逸茵音银盈影映咏榆羽玉育苑月云芸韵泽昭真贞臻之芝知织珠竹卓姿紫"
    ),
}
_SURNAME_WHEEL, _GIVEN_WHEEL = 16_384, 32_768


def _part(text: str, key: str) -> NamePart:
    return NamePart(text, key, initials_of_key(key))


@cache
def surnames() -> list[NamePart]:
    weighted = []
    for entry in _SURNAMES.split():
        text = entry.rstrip("0123456789")
        # Read before a given name, for compound ones are known by what follows.
        key = name_key(text + "一").removesuffix(" yi")
        weighted.append((_part(text, key), float(entry[len(text) :])))
    return wheel(weighted, _SURNAME_WHEEL)


@cache
def given_names(sex: int, cohort: int) -> list[NamePart]:
    single, double, first, second = _GIVEN[sex, cohort]
    names = (
        _shared([*single.split()], 0.14)
        + _shared([*double.split()], 0.10)
        + [
            (a + b, weight)
            for b_list, share in ((second, 0.50), (_RARE[sex], 0.26))
            for a, b, weight in _pairs(first, b_list, share)
        ]
    )
    # The surname 一 has no reading of its own, so what follows is read as a given name.
    return wheel(
        [(_part(name, name_key("一" + name).removeprefix("yi ")), weight) for name, weight in names],
        _GIVEN_WHEEL,
    )


def _shared(names: list[str], share: float) -> list[tuple[str, float]]:
    """The first ones are the commonest, none by far."""
    total = sum(1 / (rank + 8) for rank in range(len(names)))
    return [(name, share / (rank + 8) / total) for rank, name in enumerate(names)]


def _pairs(first: str, second: str, share: float) -> list[tuple[str, str, float]]:
    pairs = [(a, b, 1 / (rank + 12)) for rank, a in enumerate(first) for b in second if a != b]
    total = sum(weight for _, _, weight in pairs)
    return [(a, b, share * weight / total) for a, b, weight in pairs]


def cohort_of(year: int) -> int:
    return next(end for end in COHORTS if year < end)


def name_of(chance: random.Random, sex: int, year: int) -> str:
    surname, given = chance.choice(surnames()), chance.choice(given_names(sex, cohort_of(year)))
    return surname.text + given.text


@cache
def uyghur_names() -> list[NamePart]:
    return [_part(name, name_key(name)) for name in _UYGHUR]


class Born(NamedTuple):
    """A day of birth with what an identity number and the other facts need of it."""

    on: date
    digits: str
    weight: int
    age: int
    grown_up: int  # ordinal of the eighteenth birthday
    cohort: int


# Members by age: hired from 18 on, most between 28 and 45; past 60 the membership is kept.
_AGES = ((18, 21, 4), (22, 27, 15), (28, 34, 23), (35, 41, 21), (42, 48, 16), (49, 55, 13), (56, 59, 5), (60, 70, 3))


@cache
def births(today: date, size: int = 16_384) -> list[Born]:
    chance = random.Random("births")
    born = []
    for youngest, oldest, weight in _AGES:
        for _ in range(round(size * weight / 100) + 1):
            age = chance.randint(youngest, oldest)
            on = _years_before(today, age) - timedelta(days=chance.randrange(365))
            digits = f"{on:%Y%m%d}"
            age = today.year - on.year - ((today.month, today.day) < (on.month, on.day))
            grown_up = _years_before(on, -18).toordinal()
            born.append(Born(on, digits, identity_weight(digits, 6), age, grown_up, cohort_of(on.year)))
    chance.shuffle(born)
    return born[:size]


def _years_before(day: date, years: int) -> date:
    year = day.year - years
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


@cache
def _serials() -> list[tuple[str, int]]:
    return [(f"{serial:03}", identity_weight(f"{serial:03}", 14)) for serial in range(1000)]


@cache
def _regions() -> list[tuple[str, int]]:
    codes = (f"{INVENTED_PROVINCE}{number:04}" for number in range(10_000))
    return [(code, identity_weight(code)) for code in codes]


def identity_number(index: int, sex: int, born: Born) -> str:
    """Unlike any other index's: region and serial number hold the index, whatever the birth date."""
    region, region_weight = _regions()[index // 500]
    serial, serial_weight = _serials()[index % 500 * 2 + sex]
    return region + born.digits + serial + ID_CHECK[(region_weight + born.weight + serial_weight) % 11]


_SCATTER = 48_271_397  # without a factor in common with a power of ten, so nothing falls together


def phone_number(index: int) -> str:
    """Unlike any other index's below a hundred million; people take the low ones, offices 90 million up."""
    return f"{INVENTED_PHONE}{index * _SCATTER % 100_000_000:08}"


def bank_card(index: int) -> str:
    digits = f"{INVENTED_CARD}{index * _SCATTER % 1_000_000_000_000:012}"
    return digits + luhn_digit(digits)
