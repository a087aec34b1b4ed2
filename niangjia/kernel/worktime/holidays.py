"""Holidays and working weekends year by year, in the words of the State Council's yearly notice.

Staff paste the notice itself; what the product brings along is written in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from niangjia.kernel.errors import Refused

FIRST_YEAR, LAST_YEAR = 2000, 2060
SATURDAY = 5
LONGEST_HOLIDAY = 20
LONGEST_NAME = 20
MOST_DAYS_OF_A_YEAR = 80
HOLIDAY, WORKING = "放假", "上班"

SECOND_OF_MAY_SINCE = 2025


def fixed_holidays(year: int) -> dict[date, str]:
    """What is certain of a year whose notice isn't out: the legal holidays that don't follow the moon."""
    found = {date(year, 1, 1): "元旦", date(year, 5, 1): "劳动节"}
    if year >= SECOND_OF_MAY_SINCE:
        found[date(year, 5, 2)] = "劳动节"
    return found | {date(year, 10, day): "国庆节" for day in (1, 2, 3)}


class Day(NamedTuple):
    on: date
    is_working: bool
    name: str


_BRACKETS = re.compile(r"[（(][^）)]*[）)]")
_DATES = re.compile(
    r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日"
    r"(?:[至到—–~-]+(?:(?P<until_year>\d{4})年)?(?:(?P<until_month>\d{1,2})月)?(?P<until_day>\d{1,2})日)?"
)
_ORDINAL = re.compile(r"^[一二三四五六七八九十\d]+[、.．]\s*")


def read_notice(year: int, text: str) -> tuple[Day, ...]:
    """The days named in “元旦：1月1日至3日放假。1月4日上班。”, a holiday a line. Raises Refused with the line it can't read.

    A notice may reach into the December before. Weekends inside a holiday are named too.
    """
    found: dict[date, Day] = {}
    for line in _BRACKETS.sub("", text).replace(":", "：").replace(" ", "").replace("\u3000", "").splitlines():
        if (HOLIDAY not in line and WORKING not in line) or not _DATES.search(line):
            continue
        name, colon, said = _ORDINAL.sub("", line.strip()).partition("：")
        if not colon or not 1 <= len(name) <= LONGEST_NAME:
            raise Refused("worktime.notice", f"“{line[:40]}”要先写节日名称和冒号，如“元旦：1月1日放假。”", "text")
        for day in _said(year, name, said):
            if day.on in found and found[day.on].is_working != day.is_working:
                raise Refused("worktime.notice", f"{day.on:%Y-%m-%d} 又放假又上班，请核对。", "text")
            found.setdefault(day.on, day)
    ensure_days(year, found.values())
    return tuple(found[on] for on in sorted(found))


def _said(year: int, name: str, said: str) -> Iterator[Day]:
    for sentence in re.split(r"[。；;]", said):
        if HOLIDAY not in sentence and WORKING not in sentence:
            continue
        # “1月1日放假，1月4日上班”: a date belongs to the next of the two words.
        for part in re.findall(rf".*?(?:{HOLIDAY}|{WORKING})", sentence):
            for match in _DATES.finditer(part):
                yield from (Day(on, part.endswith(WORKING), name) for on in _span(year, match))


def _span(year: int, match: re.Match[str]) -> Iterator[date]:
    def number(part: str, otherwise: int) -> int:
        return int(match[part] or otherwise)

    try:
        first = date(number("year", year), number("month", 0), number("day", 0))
        last = date(
            number("until_year", first.year), number("until_month", first.month), number("until_day", first.day)
        )
    except ValueError:
        raise Refused("worktime.notice", f"没有“{match[0]}”这一天，请核对。", "text") from None
    if not 0 <= (last - first).days < LONGEST_HOLIDAY:
        raise Refused("worktime.notice", f"“{match[0]}”的起止不对，请核对。", "text")
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


def ensure_days(year: int, days: Iterable[Day]) -> None:
    """The rules for a year's table. Raises Refused."""
    days = list(days)
    if not FIRST_YEAR < year <= LAST_YEAR:
        raise Refused("worktime.year", f"年份要在 {FIRST_YEAR + 1} 到 {LAST_YEAR} 之间。", "year")
    if not any(not day.is_working for day in days):
        raise Refused(
            "worktime.notice", "没有读到放假的日子。一行一个节日，如“元旦：1月1日至3日放假。1月4日上班。”", "text"
        )
    if len(days) > MOST_DAYS_OF_A_YEAR:
        raise Refused("worktime.notice", f"一年的放假和调休不会超过 {MOST_DAYS_OF_A_YEAR} 天，请核对。", "text")
    for day in days:
        if day.on.year != year and (day.on.year, day.on.month) != (year - 1, 12):
            raise Refused("worktime.notice", f"{day.on:%Y-%m-%d} 不属于 {year} 年，请核对。", "text")
        if day.is_working and day.on.weekday() < SATURDAY:
            raise Refused("worktime.notice", f"{day.on:%Y-%m-%d} 本来就是工作日，调休上班只能是周末。", "text")
    off = {day.on for day in days if not day.is_working}
    missing = [name for on, name in fixed_holidays(year).items() if on.day == 1 and on not in off]
    if missing:
        raise Refused("worktime.notice", f"缺少{'、'.join(missing)}，请把整份通知贴进来。", "text")


def written(days: Iterable[Day]) -> str:
    """The days as lines that `read_notice` reads back."""
    lines: dict[str, dict[bool, list[list[date]]]] = {}
    for day in sorted(days):
        runs = lines.setdefault(day.name, {False: [], True: []})[day.is_working]
        if runs and not day.is_working and (day.on - runs[-1][1]).days == 1:
            runs[-1][1] = day.on
        else:
            runs.append([day.on, day.on])
    most = max((run[0].year for runs in lines.values() for each in runs.values() for run in each), default=0)

    def said(runs: list[list[date]], word: str) -> str:
        spoken = []
        for first, last in runs:
            year = f"{first.year}年" if first.year != most else ""
            until = ""
            if last != first:
                until = "至" + (f"{last.year}年" if last.year != first.year else "")
                until += f"{last.month}月" if last.month != first.month else ""
                until += f"{last.day}日"
            spoken.append(f"{year}{first.month}月{first.day}日{until}")
        return "、".join(spoken) + word + "。" if spoken else ""

    return "\n".join(f"{name}：{said(runs[False], HOLIDAY)}{said(runs[True], WORKING)}" for name, runs in lines.items())


KNOWN: dict[int, tuple[str, str]] = {
    2018: ("国办发明电〔2017〕12号", """
元旦：1月1日放假。
春节：2月15日至21日放假。2月11日、2月24日上班。
清明节：4月5日至7日放假。4月8日上班。
劳动节：4月29日至5月1日放假。4月28日上班。
端午节：6月16日至18日放假。
中秋节：9月22日至24日放假。
国庆节：10月1日至7日放假。9月29日、9月30日上班。
"""),
    2019: ("国办发明电〔2018〕15号、〔2019〕3号", """
元旦：2018年12月30日至2019年1月1日放假。2018年12月29日上班。
春节：2月4日至10日放假。2月2日、2月3日上班。
清明节：4月5日至7日放假。
劳动节：5月1日至4日放假。4月28日、5月5日上班。
端午节：6月7日至9日放假。
中秋节：9月13日至15日放假。
国庆节：10月1日至7日放假。9月29日、10月12日上班。
"""),
    2020: ("国办发明电〔2019〕16号、〔2020〕1号", """
元旦：1月1日放假。
春节：1月24日至2月2日放假。1月19日上班。
清明节：4月4日至6日放假。
劳动节：5月1日至5日放假。4月26日、5月9日上班。
端午节：6月25日至27日放假。6月28日上班。
国庆节、中秋节：10月1日至8日放假。9月27日、10月10日上班。
"""),
    2021: ("国办发明电〔2020〕27号", """
元旦：1月1日至3日放假。
春节：2月11日至17日放假。2月7日、2月20日上班。
清明节：4月3日至5日放假。
劳动节：5月1日至5日放假。4月25日、5月8日上班。
端午节：6月12日至14日放假。
中秋节：9月19日至21日放假。9月18日上班。
国庆节：10月1日至7日放假。9月26日、10月9日上班。
"""),
    2022: ("国办发明电〔2021〕11号", """
元旦：1月1日至3日放假。
春节：1月31日至2月6日放假。1月29日、1月30日上班。
清明节：4月3日至5日放假。4月2日上班。
劳动节：4月30日至5月4日放假。4月24日、5月7日上班。
端午节：6月3日至5日放假。
中秋节：9月10日至12日放假。
国庆节：10月1日至7日放假。10月8日、10月9日上班。
"""),
    2023: ("国办发明电〔2022〕16号", """
元旦：2022年12月31日至2023年1月2日放假。
春节：1月21日至27日放假。1月28日、1月29日上班。
清明节：4月5日放假。
劳动节：4月29日至5月3日放假。4月23日、5月6日上班。
端午节：6月22日至24日放假。6月25日上班。
中秋节、国庆节：9月29日至10月6日放假。10月7日、10月8日上班。
"""),
    2024: ("国办发明电〔2023〕7号", """
元旦：1月1日放假。
春节：2月10日至17日放假。2月4日、2月18日上班。
清明节：4月4日至6日放假。4月7日上班。
劳动节：5月1日至5日放假。4月28日、5月11日上班。
端午节：6月10日放假。
中秋节：9月15日至17日放假。9月14日上班。
国庆节：10月1日至7日放假。9月29日、10月12日上班。
"""),
    2025: ("国办发明电〔2024〕12号", """
元旦：1月1日放假。
春节：1月28日至2月4日放假。1月26日、2月8日上班。
清明节：4月4日至6日放假。
劳动节：5月1日至5日放假。4月27日上班。
端午节：5月31日至6月2日放假。
国庆节、中秋节：10月1日至8日放假。9月28日、10月11日上班。
"""),
    2026: ("国办发明电〔2025〕7号", """
元旦：1月1日至3日放假。1月4日上班。
春节：2月15日至23日放假。2月14日、2月28日上班。
清明节：4月4日至6日放假。
劳动节：5月1日至5日放假。5月9日上班。
端午节：6月19日至21日放假。
中秋节：9月25日至27日放假。
国庆节：10月1日至7日放假。9月20日、10月10日上班。
"""),
}  # fmt: skip
"""The years that every installation begins with: the notice's number and its days."""
