"""The table of docs/worktime.md, worked by hand, and what an explanation reads like."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from niangjia.kernel.errors import Refused
from niangjia.kernel.worktime.clock import ZONE, Clock
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.kernel.worktime.tests.test_clock import CALENDAR, at, hours_like

PAGE = Path(__file__).resolve().parents[4] / "docs" / "worktime.md"
USUAL = ("01-01", "12-31", [("08:30", "12:00"), ("14:00", "17:30")])
CLOCKS = {
    "default": Clock(CALENDAR),
    "summer": Clock(CALENDAR, hours_like([("06-15", "09-15", [("08:00", "12:00"), ("15:00", "18:00")]), USUAL])),
}


def examples() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").split("## Worked by hand")[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in rows if row[0].isdigit()]


def test_there_are_enough_examples() -> None:
    assert len(examples()) >= 20


@pytest.mark.parametrize("row", examples(), ids=lambda row: row[0])
def test_worked_by_hand(row: list[str]) -> None:
    _, hours, received, limit, stopped, extended, due, provisional, _ = row
    amount, unit = limit.split()
    stops = [tuple(at(moment) for moment in stopped.split(" to "))] if stopped else []
    found = CLOCKS[hours].explain(
        at(received), Limit(int(amount), Unit(unit)), stopped=stops, extra_days=int(extended or 0)
    )
    assert found.due == at(due)
    assert found.is_provisional == bool(provisional)


def test_an_explanation_of_working_days() -> None:
    told = CLOCKS["default"].explain(at("2026-09-29T10:00"), Limit(5, Unit.WORKING_DAYS))
    assert told.words.splitlines() == [
        "9月29日 周二 10:00 收到，当天不计",
        "9月30日 周三 第1个工作日",
        *(f"10月{day}日 周{week} 国庆节，不计" for day, week in zip(range(1, 8), "四五六日一二三", strict=True)),
        "10月8日 周四 第2个工作日",
        "10月9日 周五 第3个工作日",
        "10月10日 周六 调休上班，第4个工作日",
        "10月11日 周日 休息，不计",
        "10月12日 周一 第5个工作日，17:30 截止",
    ]


def test_an_explanation_of_office_hours_with_a_pause() -> None:
    stops = [(at("2026-11-23T09:30"), at("2026-11-23T14:30"))]
    told = CLOCKS["default"].explain(at("2026-11-20T17:00"), Limit(120, Unit.WORKING_MINUTES), stopped=stops)
    assert told.words.splitlines() == [
        "11月20日 周五 17:00 收到",
        "11月23日 周一 09:30 至 11月23日 14:30 暂停计时，其间工作时间 3 小时，顺延",
        "11月20日 周五 计 30 分，累计 30 分",
        "11月21日 周六 休息，不计",
        "11月22日 周日 休息，不计",
        "11月23日 周一 计 1 小时 30 分，累计 2 小时，15:00 截止",
    ]


def test_an_explanation_of_natural_days() -> None:
    told = CLOCKS["default"].explain(at("2026-09-29T09:00"), Limit(3, Unit.NATURAL_DAYS))
    assert told.words.splitlines() == [
        "9月29日 周二 09:00 收到，当天不计",
        "9月30日 周三 第1天",
        "10月1日 周四 第2天",
        "10月2日 周五 第3天，最后一天逢国庆节，顺延",
        *(f"10月{day}日 周{week} 国庆节，继续顺延" for day, week in zip(range(3, 8), "六日一二三", strict=True)),
        "10月8日 周四 顺延到工作日，17:30 截止",
    ]


def test_an_explanation_round_the_clock() -> None:
    told = CLOCKS["default"].explain(at("2026-11-20T23:50"), Limit(15, Unit.MINUTES))
    assert told.words.splitlines() == [
        "11月20日 周五 23:50 收到，不分昼夜计 15 分钟",
        "11月21日 周六 00:05 截止",
    ]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ([5, "working_days"], "5 个工作日"),
        ([240, "working_minutes"], "4 个工作小时"),
        ([90, "working_minutes"], "1 个工作小时 30 分钟"),
        ([30, "working_minutes"], "30 工作分钟"),
        ([15, "natural_days"], "15 天（自然日）"),
        ([1440, "minutes"], "24 小时"),
        ([15, "minutes"], "15 分钟"),
    ],
)
def test_a_limit_in_words(limit: list[object], words: str) -> None:
    read = Limit.read(limit)
    assert read.words == words
    assert read.written() == limit


@pytest.mark.parametrize("written", [[0, "minutes"], [5, "weeks"], [5], ["x", "minutes"], [10_000, "working_days"]])
def test_no_limit(written: list[object]) -> None:
    with pytest.raises(Refused):
        Limit.read(written)


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    utc = datetime.fromisoformat("2026-11-23T01:10:00+00:00")
    due = CLOCKS["default"].deadline(utc, Limit(1, Unit.WORKING_DAYS))
    assert due == at("2026-11-24T17:30")
    assert due.tzinfo is ZONE
