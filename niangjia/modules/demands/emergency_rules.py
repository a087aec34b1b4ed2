"""When a demand is an emergency: plain rules over what was said. They always win over the chosen urgency.

A word of a rule may hold “…”: what stands on both sides of it is said shortly after one another. A not-word
crosses out what it covers (“未停工”); one that covers nothing crosses out its clause (“演练”).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

EXTREME, URGENT = 4, 3
GAP, LONGEST_NEGATION = 10, 8
"""Characters that “…” may stand for, within one sentence."""

Span = tuple[int, int]


@dataclass(frozen=True)
class Rule:
    name: str
    words: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    people: int | None = None  # at least so many
    urgency: int = EXTREME
    is_major: bool = True


@dataclass(frozen=True)
class Fired:
    """`words` as they were said, numbers of people among them (“二十多人”)."""

    name: str
    words: tuple[str, ...]
    urgency: int
    is_major: bool

    @property
    def because(self) -> str:
        return f"{self.name}（{'、'.join(self.words)}）"


NEGATIONS = ("没有", "没", "未", "无", "并未", "尚未", "从未", "不会", "不是", "并非", "避免", "防止", "预防", "以免")
"""Right before a word they cross it out, with at most “发生、出现、造成、有、人、人员、任何” between."""

_NEGATED = re.compile(f"(?:{'|'.join(NEGATIONS)})(?:发生|出现|造成|有|人员|人|任何|再){{0,2}}$")
_CLAUSE = re.compile(r"[，,。；;！!？?\n]")


def tidy(text: str) -> str:
    """Full-width and half-width are one; blanks between characters say nothing."""
    return re.sub(r"[^\S\n]+", "", unicodedata.normalize("NFKC", text)).lower()


def fired(rules: Iterable[Rule], text: str, people: int = 1) -> Fired | None:
    """What the rules say together: all names and words, the highest urgency; None is no emergency."""
    said = tidy(text)
    hits = [(rule, words) for rule in rules if (words := _fires(rule, said, people))]
    if not hits:
        return None
    return Fired(
        "、".join(rule.name for rule, _ in hits),
        tuple(dict.fromkeys(word for _, words in hits for word in words)),
        max(rule.urgency for rule, _ in hits),
        any(rule.is_major for rule, _ in hits),
    )


def _fires(rule: Rule, said: str, people: int) -> list[str]:
    found = [
        span
        for word in rule.words
        for span in _spans(word, said)
        if not _NEGATED.search(said[max(0, span[0] - LONGEST_NEGATION) : span[0]])
    ]
    counted = _many(said, rule.people)
    left = _not_crossed_out(found + counted, rule.not_words, said)
    longest = [one for one in left if not any(one != other and _within(one, other) for other in left)]
    words = [said[start:end] for start, end in longest]
    if not words and rule.people is not None and people >= rule.people:
        words = [f"涉及 {people} 人"]
    return words


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _not_crossed_out(spans: Sequence[Span], not_words: Iterable[str], said: str) -> list[Span]:
    left = list(spans)
    for word in not_words:
        for start, end in _spans(word, said):
            covered = [span for span in spans if span[0] < end and start < span[1]]
            gone = covered or _in_clause(spans, start, said)
            left = [span for span in left if span not in gone]
    return left


def _in_clause(spans: Sequence[Span], place: int, said: str) -> list[Span]:
    begins = max((mark.end() for mark in _CLAUSE.finditer(said, 0, place)), default=0)
    mark = _CLAUSE.search(said, place)
    ends = mark.start() if mark else len(said)
    return [span for span in spans if begins <= span[0] < ends]


def _spans(word: str, said: str) -> Iterator[Span]:
    pattern = _pattern(word)
    return (match.span() for match in pattern.finditer(said)) if pattern else iter(())


@lru_cache(maxsize=5000)
def _pattern(word: str) -> re.Pattern[str] | None:
    if not tidy(word).strip("…."):
        return None
    parts = [re.escape(part) for part in re.split(r"…+|\.{3,}", tidy(word)) if part]
    return re.compile(f"[^。！!？?\n]{{0,{GAP}}}?".join(parts))


# --- how many people ---

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "四": 4, "五": 5,
           "六": 6, "七": 7, "八": 8, "九": 9}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000}
_WORKERS = (
    "人|工人|员工|职工|工友|同事|骑手|外卖|快递|司机|农民工|民工|临时工|保安|保洁|护工|女工|师傅|兄弟|老乡|学徒|实习生"
    "|学生|童工|阿姨|姐妹|环卫|小哥|男工|家属|村民"
)
_PEOPLE = re.compile(
    r"(?P<before>第|每|不到|不足|少于|低于|不满|未满|[上近约好]{1,2})?"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6}[百千万]?|[零〇一二两三四五六七八九十百千万几数]+)"
    r"(?:[多余来几]{1,2})?"
    r"(?:号人|口人|人(?!间|份|民|次|均|口|造|才|机|体|力|行道|工(?!资|友|人|伤|会))"
    r"|名(?!额|次|称|字|单|义|列)|位(?!置|数|于|列)"
    rf"|个(?=.{{0,4}}?(?:{_WORKERS})))"
    r"(?P<after>以下|以内)?"
)
_FEWER = {"不到", "不足", "少于", "低于", "不满", "未满"}


def people_in(text: str) -> int:
    """The greatest number of people that a text tells of; 0 when it tells none."""
    return max((number for _, number in _numbers(tidy(text))), default=0)


def _many(said: str, least: int | None) -> list[Span]:
    return [] if least is None else [span for span, number in _numbers(said) if number >= least]


def _numbers(said: str) -> Iterator[tuple[Span, int]]:
    for match in _PEOPLE.finditer(said):
        before = match["before"] or ""
        if before in {"第", "每"}:
            continue
        fewer = before in _FEWER or match["after"] is not None
        yield match.span(), read_number(match["number"]) - fewer


def read_number(text: str) -> int:
    """“二十”, “五六十” (50), “十几” (11), “几百” (200), “百” (100), “1,200”, “3千”: rather too few than too many."""
    digits = re.match(r"[\d,]+", text)
    if digits:
        unit = {**_UNITS, "万": 10_000}.get(text[digits.end() :], 1)
        return int(digits[0].replace(",", "")) * unit
    total, section, digit, unit = 0, 0, None, 0
    for place, sign in enumerate(text):
        if sign in "几数":
            digit = digit if digit is not None else (1 if unit else 2)
        elif sign in _DIGITS:
            digit = _DIGITS[sign] if digit in {None, 0} else digit  # of “五六” the smaller counts
        elif sign in _UNITS:
            section, digit, unit = section + (1 if digit is None else digit) * _UNITS[sign], None, _UNITS[sign]
        else:  # 万
            total, section, digit, unit = (section + (digit or 0) or 1) * 10_000, 0, None, 0
        if place == len(text) - 1 and sign in _DIGITS and place and text[place - 1] in "百千":
            digit = (digit or 0) * unit // 10  # “一百二” is 120
    return total + section + (digit or 0)


# --- what a new place begins with ---

DEFAULTS: tuple[Rule, ...] = (
    Rule(
        "群体诉求",
        ("集体讨薪", "集体讨要", "集体上访", "集体投诉", "联名", "围堵", "拉横幅", "拉了横幅", "聚集…讨", "聚集…要工资", "人聚集"),
        ("公司有…人，", "公司有…人。", "厂里有…人，", "单位有…人，", "员工总数", "职工总数", "共有员工", "共有职工", "在册", "招聘",
         "招工", "4050人", "人口", "万人", "招收", "名额", "报名", "容纳", "床位", "培训", "参加活动", "联名卡", "联名款", "联名鞋"),
        people=10,
    ),
    Rule(
        "停工罢工",
        ("停工", "罢工", "罢运", "停运", "堵门", "堵住大门", "堵大门", "堵路", "封门", "怠工", "集体休息"),
        ("停工留薪", "停工期", "停工待", "停工令", "停工损失", "停工通知", "停工培训", "未停工", "没停工", "堵路灯", "因天气停工", "高温停工"),
    ),
    Rule(
        "人员伤亡",
        ("伤亡", "死亡", "身亡", "死了", "死人", "猝死", "重伤", "人受伤", "受伤倒地", "受伤送", "受伤…抢救", "送医抢救", "正在抢救", "抢救", "坠落", "坠楼",
         "高坠", "掉下来…血", "摔下来", "流了很多血", "流血不止", "触电", "塌方", "坍塌", "被埋", "被压", "被困", "溺水", "断指", "昏迷", "晕倒", "吐血", "没有呼吸"),
        ("没有人受伤", "无人受伤", "死亡赔偿", "死亡补助", "死亡抚恤", "死亡待遇", "死亡证明", "累死了", "热死了", "冷死了", "气死了", "急死了",
         "烦死了", "饿死了", "渴死了", "困死了", "吵死了", "忙死了", "笑死", "死了这条心", "被压榨", "被压工资", "被压低", "被压价", "被压款", "被压着",
         "伤亡保险", "伤亡险", "演练", "培训", "去年", "前年", "触电影"),
    ),
    Rule(
        "轻生",
        ("轻生", "自杀", "跳楼", "跳桥", "跳河", "跳江", "跳塔吊", "爬塔吊", "上塔吊", "上吊", "割腕", "喝农药", "喝药", "寻短见", "不想活", "不活了", "死给", "一了百了",
         "同归于尽", "烧炭", "遗书", "自焚", "结束生命"),
        ("跳楼价", "跳楼机", "跳楼大甩卖", "跳楼甩卖", "自杀式", "喝药店", "讲座", "培训", "电影", "小说"),
    ),
    Rule(
        "火灾爆炸",
        ("火灾", "着火", "起火", "失火", "大火", "火势", "爆炸", "冒浓烟", "燃气泄漏", "煤气泄漏", "液化气泄漏"),
        ("火灾隐患", "火灾保险", "火灾险", "演练", "演习", "培训", "讲座", "信息爆炸", "爆炸头", "朋友圈爆炸", "爆炸式", "心里着火", "大火锅", "大火车", "火灾报警器坏"),
    ),
    Rule(
        "中毒",
        ("中毒", "毒气", "硫化氢", "一氧化碳", "气体泄漏", "氨气泄漏", "氯气泄漏", "上吐下泻"),
        ("中毒鉴定", "中毒认定", "职业中毒赔偿", "电脑中毒", "手机中毒", "中毒很深", "中毒太深", "演练", "培训", "讲座", "中毒险"),
    ),
    Rule(
        "未成年用工",
        ("童工", "未成年工", "用未成年", "雇未成年", "雇佣未成年", "招未成年", "未满16", "不满16", "未满十六", "不满十六", "16岁以下", "十六岁以下",
         "15岁…上班", "14岁…上班", "13岁…上班", "十五岁…上班", "十四岁…上班", "15岁…干活", "14岁…干活", "15岁…打工", "14岁…打工"),
        ("未成年工登记", "未成年工体检", "未成年工保护", "未成年工规定", "讲座", "培训", "宣传"),
        urgency=URGENT,
    ),
    Rule(
        "极端天气",
        ("热射病", "中暑…晕", "中暑…昏", "中暑…抢救", "中暑…送医", "中暑…医院", "中暑…倒", "洪水…被困", "暴雨…被困", "台风…被困", "雪…被困", "台风…高空", "雷击"),
        ("防中暑", "预防中暑", "演练", "培训", "讲座", "中暑药"),
    ),
    Rule(
        "人身安全",
        ("持刀", "拿刀", "砍人", "动刀", "非法拘禁", "限制人身自由", "不让出门", "关起来", "绑架", "打伤", "被打", "殴打", "强迫劳动"),
        ("被打扰", "被打断", "被打回", "被打折", "被打卡", "被打发", "被打压", "被打乱", "被打扫", "拿刀具"),
        urgency=URGENT,
    ),
)  # fmt: skip
