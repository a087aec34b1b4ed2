"""The rules of demands as tables of cases."""

from __future__ import annotations

from datetime import date

import pytest

from niangjia.engines.casework.rules import Stage, Verb
from niangjia.modules.demands import rules
from niangjia.modules.demands.rules import Facts, Nature, Needed, Step

TODAY = date(2026, 11, 22)


def said(body: str = "三个月没有发工资", **more) -> Facts:
    return Facts(**{"nature": Nature.COMPLAINT, "channel": rules.Channel.HOTLINE, "body": body, **more}).tidied()


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("工资没发。老板跑了。", "工资没发"),
        ("  \n第一行\n第二行", "第一行"),
        ("一" * 50, "一" * 29 + "…"),
        ("。。。", "。。。"),
        ("傻逼老板不发工资", "＊＊老板不发工资"),
    ],
)
def test_titles(body: str, title: str) -> None:
    assert said(body).title == title


@pytest.mark.parametrize("number", ["13812342013", "0577-12345678", "88887777", "057712345678", "12400001234"])
def test_phones_that_people_ring_from(number: str) -> None:
    assert rules.check_contact(said(asker_phone=number).asker_phone, synthetic=True) is None


@pytest.mark.parametrize("number", ["110", "1381234201", "abc", "12345"])
def test_and_what_is_none(number: str) -> None:
    assert "asker_phone" in rules.problems_of(said(asker_phone=number), today=TODAY)


def test_bad_input_is_told_by_field() -> None:
    facts = said("x", nature=99, channel=99, people=0, claimed_fen=-1, happened_on=date(2027, 1, 1), urgency=9)
    assert set(rules.problems_of(facts, today=TODAY)) == {
        "body", "nature", "channel", "people", "claimed_fen", "happened_on", "urgency",
    }  # fmt: skip


def test_text_that_hides_its_direction_is_put_straight() -> None:
    assert rules.tidy_line("工\u202e资\u200b没\x07发") == "工资没发"


def test_what_is_still_needed() -> None:
    facts = said(employer_name="某厂", people=3)
    assert rules.still_needed(["employer", "people", "claimed_fen", "asker_name"], facts) == [
        Needed.CLAIMED, Needed.NAME,
    ]  # fmt: skip
    assert rules.still_needed(["asker_name"], said(is_anonymous=True)) == []


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("没有热水", ["没有", "有热", "热水"]),
        ("热水，热水", ["热水"]),
        ("ＡＢc 12", ["ab", "bc", "12"]),
        ("水", []),
        ("", []),
        ("12345678901", ["12", "23", "34", "45", "56", "67", "78", "89", "90", "01"]),
    ],
)
def test_pairs(text: str, pairs: list[str]) -> None:
    assert rules.pairs_of(text) == pairs


def test_a_long_text_has_no_more_pairs_than_an_index_likes() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(5000))
    assert len(rules.pairs_of(text)) == rules.MOST_PAIRS


def test_likeness() -> None:
    assert rules.likeness(["ab"], ["ab"]) == 1
    assert rules.likeness(["ab"], ["cd"]) == rules.likeness([], ["ab"]) == 0


def test_abuse_is_marked_and_masked_never_refused() -> None:
    text = "你们这些王八蛋，工资呢"
    assert rules.abuse_in(text) == ["王八蛋"]
    assert rules.decent(text) == "你们这些＊＊＊，工资呢"
    assert rules.problems_of(said(text), today=TODAY) == {}
    assert rules.abuse_in("我妈的工资也没发") == ["妈的"]  # a false one costs a click, nothing more


@pytest.mark.parametrize(
    ("verb", "before", "after", "step"),
    [
        (Verb.RECORD, None, Stage.RECEIVED, None),
        (Verb.ACCEPT, Stage.RECEIVED, Stage.ACCEPTED, Step.ACCEPTED),
        (Verb.REFUSE, Stage.RECEIVED, Stage.REFUSED, Step.REFUSED),
        (Verb.GIVE_FACTS, Stage.FACTS_ASKED, Stage.RECEIVED, None),
        (Verb.ANSWER, Stage.IN_HAND, Stage.ANSWERED, Step.ANSWERED),
        (Verb.CALL_BACK, Stage.ANSWERED, Stage.IN_HAND, Step.NOT_SATISFIED),
        (Verb.CALL_BACK, Stage.ANSWERED, Stage.ANSWERED, None),
        (Verb.CALL_BACK, Stage.ANSWERED, Stage.CLOSED, Step.CLOSED),
        (Verb.RATE, Stage.ANSWERED, Stage.RESOLVED, Step.RESOLVED),
        (Verb.REOPEN, Stage.RESOLVED, Stage.IN_HAND, Step.REOPENED),
        (Verb.EXTEND, Stage.IN_HAND, Stage.IN_HAND, Step.EXTENDED),
        (Verb.REMARK, Stage.IN_HAND, Stage.IN_HAND, None),
        (Verb.HAND_OVER, Stage.IN_HAND, Stage.IN_HAND, None),
        (Verb.CLIMB, Stage.IN_HAND, Stage.IN_HAND, None),
    ],
)
def test_what_the_asker_is_told(verb: Verb, before: int | None, after: int, step: Step | None) -> None:
    assert rules.step_of(verb, before, after) is step


def test_every_step_has_its_text_and_none_names_anybody() -> None:
    assert set(rules.MESSAGES) == set(Step)
    for text in rules.MESSAGES.values():
        assert rules.check_message(text) is None
    assert rules.message_text("编号 {number}。{link}", {"number": "SQ1"}) == "编号 SQ1。"
    for wrong in ("", " ", "您好{name}", "长" * 301):
        assert rules.check_message(wrong)
