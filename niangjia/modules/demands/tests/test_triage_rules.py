"""What is pre-selected, what is held back, and when a model takes over."""

from __future__ import annotations

import pytest

from niangjia.modules.demands.triage.rules import (
    Offer,
    Suggestion,
    Trial,
    is_correction,
    judge,
    of_kept,
    part_of,
    parts_held,
)
from niangjia.modules.demands.triage.starting import kind_offers, nature_offers
from niangjia.modules.demands.triage.trying import Choice, asking_offers, confusions, tried
from niangjia.modules.demands.triage.zones import Zone, said_line, zones_in


@pytest.mark.parametrize(
    ("sureness", "chosen", "shown"),
    [
        ((0.95, 0.03), "a", 1), ((0.7, 0.2), "a", 1), ((0.69, 0.2), None, 2), ((0.3, 0.29, 0.2), None, 2), ((0.4,), None, 1),
        ((), None, 0),
    ],
)  # fmt: skip
def test_one_is_preselected_or_two_are_offered(sureness: tuple[float, ...], chosen: str | None, shown: int) -> None:
    said = Suggestion(tuple(Offer("abc"[at], share) for at, share in enumerate(sureness)))
    assert (said.preselected.value if said.preselected else None) == chosen
    assert len(said.shown) == shown
    assert of_kept(said.kept()).shown[:1] == said.shown[:1] or not said.shown


@pytest.mark.parametrize(("sureness", "percent"), [(0.0, 1), (0.004, 1), (0.555, 56), (0.999, 99), (1.0, 99)])
def test_nothing_is_quite_sure(sureness: float, percent: int) -> None:
    assert Offer("a", sureness).percent == percent


def test_what_is_a_correction() -> None:
    said = Suggestion((Offer("0101", 0.9), Offer("0102", 0.05)))
    assert not is_correction(said, "0101")
    assert is_correction(said, "0102")
    assert is_correction(said, "0501")
    assert not is_correction(Suggestion(), "0101")


@pytest.mark.parametrize(
    ("a_part", "parts"), [(0, 10), (10, 10), (20, 10), (25, 8), (40, 5), (100, 2), (200, 1), (5_000, 1)]
)
def test_as_little_as_is_enough_is_held_back(a_part: int, parts: int) -> None:
    assert parts_held([a_part] * 20) == parts


def test_the_same_text_falls_into_the_same_part() -> None:
    assert part_of("工资 没发", "三个月\n") == part_of("工资没发", "三个月")
    assert len({part_of("", f"说法{number}") for number in range(300)}) == 20
    part_of("\ud800", "")


@pytest.mark.parametrize(
    ("new", "old", "held", "takes_over", "says"),
    [
        (Trial(180, 0.2), Trial(120, 0.9), 199, False, "只有 199 条"),
        (Trial(0, 0.0), Trial(0, 0.0), 0, False, "只有 0 条"),
        (Trial(180, 0.2), Trial(120, 0.9), 200, True, "换上"),
        (Trial(119, 0.2), Trial(120, 0.9), 200, False, "不换"),
        (Trial(121, 0.9), Trial(120, 0.2), 200, True, "换上"),
        (Trial(150, 0.40), Trial(150, 0.41), 200, True, "更有把握"),
        (Trial(150, 0.41), Trial(150, 0.41), 200, False, "不换"),
        (Trial(150, 0.42), Trial(150, 0.41), 200, False, "不换"),
    ],
)  # fmt: skip
def test_when_a_model_takes_over(new: Trial, old: Trial, held: int, takes_over: bool, says: str) -> None:
    verdict = judge(new, old, held)
    assert verdict.takes_over is takes_over
    assert says in verdict.reason


@pytest.mark.parametrize(
    ("found", "sure"),
    [
        ([("a", 5, ("没有发工资",))], True), ([("a", 5, ()), ("b", 2, ())], True), ([("a", 4, ()), ("b", 3, ())], False),
        ([("a", 2, ()), ("b", 2, ())], False), ([], False),
    ],
)  # fmt: skip
def test_the_words_are_sure_when_they_agree(found: list[tuple[str, int, tuple[str, ...]]], sure: bool) -> None:
    assert bool(Suggestion(kind_offers(found)).preselected) is sure


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("请问工伤怎么算", "1"), ("我要举报有人冒领补贴", "4"), ("我建议驿站晚上开门", "5"), ("送锦旗表扬小王", "6"), ("老板拖欠工资", "3"),
        ("生病了家里困难，求助", "2"), ("今天天气不错", ""),
    ],
)  # fmt: skip
def test_words_mark_a_nature(text: str, nature: str) -> None:
    offers = nature_offers(text)
    assert (offers[0].value if offers else "") == nature


def test_a_trial_counts_and_names_what_is_confused() -> None:
    held = [Choice(1, "a", "甲", "", 0), Choice(2, "b", "乙", "", 0), Choice(3, "b", "丙", "", 0)]
    found = tried(asking_offers(lambda title, _: [Offer("a", 0.8)] if title != "丙" else []), held)
    assert (found.trial.right, found.answers) == (1, ("a", "a", ""))
    assert found.trial.loss > 1
    assert confusions(held, found.answers) == [["", "b", 1, [3]], ["a", "b", 1, [2]]]


# --- zones ---

EAST, GREAT, LITTLE, QUAY, SECOND, SHORT, OTHER = (
    (1, "滨江东片区", "b"), (2, "大东门片区", "d"), (3, "东门片区", "d"), (4, "老码头", "b"), (5, "二片区", "d"),
    (6, "东片", "b"), (7, "滨江东片区", "d"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "zones", "near", "found"),
    [
        ("我在滨江东片区送外卖", [EAST], (), [1]),
        ("滨江东片的单子没发钱", [EAST], (), [1]),
        ("在滨江东路摔了", [EAST], (), []),
        ("", [EAST], (), []),
        ("大东门片区的厂", [LITTLE, GREAT], (), [2]),  # one name within another
        ("东门片区和大东门片区都停水", [GREAT, LITTLE], (), [3, 2]),
        ("老码头那边的仓库", [QUAY], (), [4]),
        ("老码头路十号", [QUAY], (), []),
        ("老码头镇的人", [QUAY], (), []),
        ("第二片区", [SECOND], (), [5]),
        ("十二片区", [SECOND], (), []),
        ("Ｂ１２片区", [(8, "B1", "b")], (), []),
        ("在Ｂ１2片区", [(8, "b12片区", "b")], (), [8]),
        ("广东片警", [SHORT], (), []),
        ("滨江街道东片", [SHORT], ("b",), [6]),  # short, but beside its township
        ("滨江东片区", [EAST, OTHER], (), [1, 7]),  # two townships call one so: either
        ("滨江东片区", [EAST, OTHER], ("d",), [7]),
        ("滨江东片区", [EAST, OTHER, (9, "滨江东片区", "x")], (), []),  # anybody's guess
        ("三个都有：老码头、东门片区、滨江东片区", [EAST, LITTLE, QUAY], (), [4, 3]),
        ("云岭经济开发区的厂", [(10, "开发区", "b")], (), []),  # within the name of another place
        ("滨江东片区\x00" * 2_000, [EAST], (), [1]),
    ],
)
def test_zones_that_are_named(said: str, zones: list[Zone], near: tuple[str, ...], found: list[int]) -> None:
    assert zones_in(said_line(said), zones, others=["云岭经济开发区"], near=near) == found
