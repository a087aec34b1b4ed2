"""Forms: what staff may declare, what answers may say, and what they lead to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.questions import (
    Again,
    Danger,
    Form,
    Question,
    Type,
    answers_shown,
    check_answers,
    check_definition,
    follow_ups_from,
    proposals_from,
    read,
    risk_from,
    tidied,
    with_keys,
    written,
)
from niangjia.modules.visits.rules import Look, RiskLevel, VisitKindCode

ON = date(2026, 11, 22)
CHOICE = Question("q", "怎么样", Type.CHOICE, ("好", "差"))


def form(*questions: Question) -> Form:
    return Form("daily", "日常走访", 1, questions)


def test_the_eight_kinds_are_delivered_with_good_forms() -> None:
    assert set(DELIVERED) == set(VisitKindCode)
    for kind, one in DELIVERED.items():
        assert check_definition(one.questions) == {}, kind
        assert 6 <= len(one.questions) <= 14
        assert any(question.required for question in one.questions)
        assert read(written(one.questions)) == one.questions


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (CHOICE, ""),
        (replace(CHOICE, key=""), "编号"),
        (replace(CHOICE, key="Ключ"), "编号"),
        (replace(CHOICE, label=""), "请写上问题"),
        (replace(CHOICE, label="长" * 61), "最多 60 个字"),
        (replace(CHOICE, type="picture"), "怎样回答"),
        (replace(CHOICE, options=("好",)), "至少要有两个选项"),
        (replace(CHOICE, options=("好", "好")), "一样的选项"),
        (replace(CHOICE, options=("好", "长" * 31)), "每个选项"),
        (replace(CHOICE, options=tuple(str(one) for one in range(21))), "选项最多"),
        (Question("q", "几人", Type.NUMBER, ("1", "2")), "才有选项"),
        (Question("q", "几人", Type.NUMBER, field="headcount"), ""),
        (Question("q", "几人", Type.TEXT, field="headcount"), "要用“数字”来问"),
        (Question("q", "在哪", Type.NUMBER, field="latitude"), "不能更新这一项"),
        (replace(CHOICE, field="union_state"), "建会情况的选项只能是"),
        (replace(CHOICE, follow_up=Again("差", 7)), ""),
        (replace(CHOICE, follow_up=Again("坏", 7)), "没有“坏”这个选项"),
        (replace(CHOICE, follow_up=Again([], 7)), "哪个选项"),
        (replace(CHOICE, follow_up=Again("差", 0)), "1 到 365 天"),
        (replace(CHOICE, follow_up=Again("差", 7, "长" * 61)), "最多 60 个字"),
        (replace(CHOICE, follow_up=Again({"least": 1}, 7)), "从多少起算"),
        (Question("q", "几人", Type.NUMBER, risk=Danger({"least": 3}, RiskLevel.HIGH)), ""),
        (Question("q", "几人", Type.NUMBER, risk=Danger(3, RiskLevel.HIGH)), "从多少起算"),
        (Question("q", "几人", Type.NUMBER, risk=Danger({"least": 3}, 9)), "选择等级"),
        (Question("q", "有吗", Type.YES_NO, risk=Danger("有", RiskLevel.LOW)), "“是”或“否”"),
        (Question("q", "说说", Type.TEXT, risk=Danger("有", RiskLevel.LOW)), "不能自动判断"),
    ],
)
def test_what_may_be_declared(question: Question, says: str) -> None:
    problem = check_definition([question]).get(0, "")
    assert says in problem if says else not problem


def test_a_form_as_a_whole() -> None:
    assert "至少" in check_definition([])[-1]
    assert "最多 40" in check_definition([replace(CHOICE, key=f"q{n}", label=f"问{n}") for n in range(41)])[-1]
    assert "重复" in check_definition([CHOICE, replace(CHOICE, label="别的")])[1]
    assert "一样的问题" in check_definition([CHOICE, replace(CHOICE, key="r")])[1]
    counted = Question("a", "几人", Type.NUMBER, field="headcount")
    assert "只能问一次" in check_definition([counted, replace(counted, key="b", label="多少人")])[1]
    assert [one.key for one in with_keys([replace(CHOICE, key=""), CHOICE, replace(CHOICE, key="q1")])] == [
        "q2", "q", "q1",
    ]  # fmt: skip


MANY = Question("q", "哪些", Type.MANY, ("甲", "乙", "丙"))
NUMBER = Question("q", "几人", Type.NUMBER)
YES_NO = Question("q", "有吗", Type.YES_NO)
DATE = Question("q", "哪天", Type.DATE)
MONEY = Question("q", "多少钱", Type.MONEY)
TEXT = Question("q", "说说", Type.TEXT)


@pytest.mark.parametrize(
    ("question", "given", "kept"),
    [
        (TEXT, "  好\x00 的 ", "好 的"),
        (TEXT, "", None),
        (TEXT, 35, "35"),
        (NUMBER, 35, 35),
        (NUMBER, "１２", 12),
        (NUMBER, "1,200", 1200),
        (YES_NO, True, True),
        (YES_NO, "no", False),
        (YES_NO, "是", True),
        (CHOICE, "差", "差"),
        (MANY, ["丙", "甲", "甲"], ["甲", "丙"]),
        (MANY, "乙", ["乙"]),
        (MANY, [], None),
        (DATE, "2026-11-22", "2026-11-22"),
        (MONEY, "1.26万", "12600.00"),
        (MONEY, 12.5, "12.50"),
    ],
)
def test_what_is_kept(question: Question, given: object, kept: object) -> None:
    assert check_answers(form(question), {"q": given, "stray": "x"}) == {}
    assert tidied(form(question), {"q": given, "stray": "x"}) == ({} if kept is None else {"q": kept})


@pytest.mark.parametrize(
    ("question", "given", "says"),
    [
        (replace(TEXT, required=True), "  ", "请填写“说说”"),
        (replace(CHOICE, required=True), None, "请选择“怎么样”"),
        (replace(YES_NO, required=True), "", "请选择"),
        (replace(MANY, required=True), [], "请选择"),
        (TEXT, "长" * 1001, "”最多写 1000 个字"),
        (TEXT, {"a": 1}, "看不懂"),
        (TEXT, ["a"], "看不懂"),
        (NUMBER, "²", "请填整数"),
        (NUMBER, "-3", "请填整数"),
        (NUMBER, "3.5", "请填整数"),
        (NUMBER, True, "看不懂"),
        (NUMBER, "9" * 400, "太大"),
        (YES_NO, "也许", "请选“是”或“否”"),
        (YES_NO, 3, "请选“是”或“否”"),
        (CHOICE, "一般", "不在选项里"),
        (MANY, ["甲", "丁"], "“丁”不在选项里"),
        (DATE, "2026-02-30", "请填日期"),
        (DATE, "9999-12-31", "请填日期"),
        (MONEY, "很多", "看不懂金额"),
    ],
)
def test_what_is_refused(question: Question, given: object, says: str) -> None:
    assert says in check_answers(form(question), {"q": given})["q"]


def test_answers_that_are_no_answers() -> None:
    assert "看不懂" in check_answers(form(TEXT), ["x"])["q"]
    assert check_answers(form(TEXT), {}) == {}


def test_what_is_learnt_of_the_employer() -> None:
    employer = SimpleNamespace(headcount=200, women=80, new_form_workers=0, union_state="NONE", address="")
    answers = {"headcount": "210", "women": 80, "union_state": "筹备中", "orders": "正常"}
    assert proposals_from(DELIVERED["daily"], answers, employer) == [("headcount", "210"), ("union_state", "FOUNDING")]
    assert proposals_from(DELIVERED["daily"], {"headcount": "很多"}, employer) == []


def test_when_to_come_again() -> None:
    answers = {"orders": "部分停工", "wages": "按时", "hardship": 2}
    seen = {1: (Look.GOOD, ""), 3: (Look.POOR, "没签合同")}
    assert follow_ups_from(DELIVERED["daily"], answers, seen, ON) == [
        ("停工后职工去留和工资发放", date(2026, 12, 6)),
        ("困难职工是不是已经建档帮扶", date(2026, 12, 22)),
        ("用工规范差：没签合同", date(2026, 12, 22)),
    ]
    asked = replace(YES_NO, follow_up=Again(False, 5))
    assert follow_ups_from(form(asked), {"q": "no"}, {}, ON) == [("有吗：否", date(2026, 11, 27))]
    assert follow_ups_from(form(asked), {}, {}, ON) == []


def test_what_is_a_risk() -> None:
    screening = DELIVERED["screening"]
    assert risk_from(screening, {"arrears": "没有", "layoffs": "听说有", "mood": "平稳"}) is None
    assert risk_from(screening, {"layoffs": "已经通知", "arrears_people": "12"}) == (
        RiskLevel.HIGH,
        "被拖欠工资的多少人：12；有没有裁员、停产、搬迁的打算：已经通知",
    )
    sums = form(replace(MONEY, risk=Danger({"least": 10_000}, RiskLevel.MEDIUM)))
    assert risk_from(sums, {"q": "9999.99"}) is None
    assert risk_from(sums, {"q": "1万"}) == (RiskLevel.MEDIUM, "多少钱：10000.00 元")
    many = form(replace(MANY, risk=Danger(["乙", "丙"], RiskLevel.LOW)))
    assert risk_from(many, {"q": ["甲", "丙"]}) == (RiskLevel.LOW, "哪些：甲、丙")


def test_answers_in_words() -> None:
    one = form(replace(YES_NO, key="a"), replace(MANY, key="b"), replace(TEXT, key="c", label="补充"))
    assert answers_shown(one, {"a": False, "b": ["甲", "乙"]}) == [("有吗", "否"), ("哪些", "甲、乙")]
