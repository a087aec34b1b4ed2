"""Where a demand says that it happened, and whether two can be about the same spot.

Names are read from the text by what they end in (…小区, …站点, …工地) and compared by the pairs of characters in front
of that: 万达站点 and 万达骑手站点 are one place, 北门站点 is another. Administrative places are compared along their
line: a county is no contradiction to one of its townships.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from niangjia.modules.demands.hotspots.texts import tidy, without_masks


class Sort(StrEnum):
    """What is of the same sort and shares no name is apart."""

    SITE = "site"
    HOME = "home"
    WORKS = "works"
    SCHOOL = "school"
    FIRM = "firm"
    ROAD = "road"
    QUARTER = "quarter"


ENDINGS: dict[Sort, str] = {
    Sort.SITE: "配送站点 骑手站点 外卖站点 骑手站 配送站 站点 网点 驿站 分拨中心 仓库 门店",
    Sort.HOME: "小区 新城 花园 家园 公寓 华府 广场 楼盘 苑 宿舍",
    Sort.WORKS: "工地 项目部 标段 安置房 项目",
    Sort.SCHOOL: "学院 大学 中学 小学 学校 幼儿园 医院",
    Sort.FIRM: "有限公司 公司 集团 工业园 产业园 园区 厂区 车间 工厂 厂 酒店 商场 市场 超市",
    Sort.ROAD: "大道 路口 路",
    Sort.QUARTER: "街道 社区 镇 乡 村",
}  # fmt: skip
_SORT_OF = {ending: sort for sort, endings in ENDINGS.items() for ending in endings.split()}
_ENDING = re.compile("|".join(sorted(_SORT_OF, key=len, reverse=True)))
_IN_FRONT = re.compile(r"[一-鿿A-Za-z0-9]{1,6}$")
_NO_NAME = re.compile(
    "我们|我是|我市|附近|旁边|隔壁|这个|那个|一个|一名|几个|位于|居民|投诉|举报|反映|咨询|建议|关于|请问|希望|要求|问题|业主|整个|全部|"
    "有关|领导|政府|开发|物业|施工|违法|违规|现在|目前|没有|能否|请求|何时|什么|多个|各个|所有|部分|相关|尊敬|您好|你好|骑手|外卖|配送|"
    "快递|工人|职工|员工|上班|打工|送餐|做工|干活|拖欠|克扣|工资|建设|建筑|装修|科技|餐饮|服务|劳务|物流|有限|责任|总工会|"
    "[在的与和及对向于了是有被把将为从到至又也等该某本此各每老里内外前后一二三四五六七八九十进去跟由、]"
)
_MASKED = re.compile(r"([A-Z])(\d{0,3})[市区县州]")
MOST = 40


@dataclass(frozen=True)
class Places:
    """`line`: administrative, as 'A/' or 'A/3/'. `names`: of a sort, pairs of characters. `spoken`: whole, to be compared as words and shown."""

    line: frozenset[str] = frozenset()
    names: frozenset[tuple[str, str]] = frozenset()
    spoken: tuple[str, ...] = field(default=())

    def keys(self) -> list[str]:
        """As kept in a table."""
        kept = [f"spoken:{one}" for one in self.spoken]
        kept += [f"line:{one}" for one in sorted(self.line)]
        kept += [f"{sort}:{pair}" for sort, pair in sorted(self.names)]
        return kept[:MOST]

    @classmethod
    def of_keys(cls, keys: Iterable[str]) -> Places:
        split = [(sort, name) for sort, _, name in (key.partition(":") for key in keys)]
        return cls(
            frozenset(name for sort, name in split if sort == "line"),
            frozenset((sort, name) for sort, name in split if sort not in ("line", "spoken")),
            tuple(name for sort, name in split if sort == "spoken"),
        )


def places_of(*texts: str) -> Places:
    """What one text after the other says of places."""
    line: set[str] = set()
    names: set[tuple[str, str]] = set()
    spoken: dict[str, None] = {}
    for text in map(tidy, texts):
        line |= {f"{city}/{f'{number}/' if number else ''}" for city, number in _MASKED.findall(text)}
        for name, ending in names_in(text):
            spoken[name + ending] = None
            names |= {(_SORT_OF[ending].value, pair) for pair in pairs_of(name)}
    return Places(narrowest(line), frozenset(names), tuple(spoken))


def names_in(text: str) -> list[tuple[str, str]]:
    """(what stands in front, the ending) of every place that is named."""
    text, found = without_masks(text), []
    for match in _ENDING.finditer(text):
        in_front = _IN_FRONT.search(text, 0, match.start())
        name = _NO_NAME.split(in_front.group())[-1] if in_front else ""
        if len(name) > 1:
            found.append((name, match.group()))
    return found


def pairs_of(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}


def narrowest(line: Iterable[str]) -> frozenset[str]:
    """Without those that another one lies in."""
    all_ = set(line)
    return frozenset(one for one in all_ if not any(other != one and other.startswith(one) for other in all_))


def line_of(place: str) -> list[str]:
    """'A/3/' lies in 'A/': itself and all it lies in."""
    return [place[: at + 1] for at, letter in enumerate(place) if letter == "/"]


def with_facts(said: Places, *, division: str = "", employer_id: int | None = None, employer_name: str = "") -> Places:
    """What was filled in beside the text: the division counts for the line, the employer for a firm with a name."""
    line = [division_line(division)] if division else []
    firm = {(Sort.FIRM.value, pair) for name in _NO_NAME.split(tidy(employer_name)) for pair in pairs_of(name)}
    if employer_id:
        firm.add((Sort.FIRM.value, f"#{employer_id}"))
    return Places(narrowest([*said.line, *line]), said.names | firm, said.spoken)


def division_line(code: str) -> str:
    """'330281103' lies in '330281', that in '3302', that in '33' (GB/T 2260)."""
    parts = [code[0:2], code[2:4], code[4:6], code[6:9], code[9:12]]
    while parts and not parts[-1].strip("0"):
        parts.pop()
    return "".join(f"{part}/" for part in parts)
