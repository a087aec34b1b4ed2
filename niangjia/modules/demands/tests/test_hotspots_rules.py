"""Hot spots without a database: words, places, groups, ranks, bursts, and files of every kind. Every text invented."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from niangjia.modules.demands.hotspots.askers import key_of
from niangjia.modules.demands.hotspots.assigning import Standing, assigned
from niangjia.modules.demands.hotspots.bursts import Rule, burst, is_news
from niangjia.modules.demands.hotspots.clustering import Gate, Item, groups_of
from niangjia.modules.demands.hotspots.commands import app
from niangjia.modules.demands.hotspots.labels import SPOKEN, TraceShown, place_shown, words_shown
from niangjia.modules.demands.hotspots.places import Places, division_line, places_of, with_facts
from niangjia.modules.demands.hotspots.ranking import heat_of
from niangjia.modules.demands.hotspots.reading import Unreadable, messages_of, moment
from niangjia.modules.demands.hotspots.texts import words_of

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "messages"
"""Beside the checkout, where there is one."""


def item(title: str, body: str = "") -> Item:
    return Item(words_of(title, body), places_of(title, body))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("万达骑手站点少发配送费", "万达站点的配送费不对", True),  # one site, two names
        ("万达骑手站点少发配送费", "北门骑手站点少发配送费", False),
        ("A3区道路积水", "A市道路积水", True),  # a city is no contradiction to its district
        ("A3区道路积水", "A5区道路积水", False),
        ("金湾小区停水", "停水三天了", True),  # who names no place contradicts nobody
        ("金湾小区停水", "银湖小区停水", False),
        ("金湾小区旁的滨河路修路", "银湖小区旁的滨河路修路", False),  # the road is the same, the homes aren't
        ("", "", True),
        ("🙂🙂", "🙂", True),
    ],
)
def test_the_gate_of_places(one: str, other: str, together: bool) -> None:
    import numpy as np

    gate = Gate([places_of(one), places_of(other)])
    assert bool(gate.lets_through(np.array([0]), np.array([1]))[0]) is together


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("330281103", "33/02/81/103/"),
        ("330281", "33/02/81/"),
        ("330000", "33/"),
        ("330281000000", "33/02/81/"),
        ("", ""),
    ],
)
def test_divisions_lie_in_each_other(code: str, line: str) -> None:
    assert division_line(code) == line


def test_two_employers_are_apart_and_one_is_together() -> None:
    import numpy as np

    said = places_of("少发加班费")
    mill = with_facts(said, division="330281103", employer_id=1, employer_name="北山纺织厂")
    port = with_facts(said, division="330281103", employer_id=2, employer_name="南湖港务公司")
    county = with_facts(said, division="330281", employer_id=1, employer_name="北山纺织")
    gate = Gate([mill, port, county])
    assert gate.lets_through(np.array([0, 0]), np.array([1, 2])).tolist() == [False, True]


def test_places_come_back_as_they_were_kept() -> None:
    said = with_facts(
        places_of("万达骑手站点少发钱", "A3区"), division="330281103", employer_id=7, employer_name="好味餐饮"
    )
    assert Places.of_keys(said.keys()) == said


RIDERS = (
    "万达骑手站点这周配送费少发了", "万达站点配送费少算一百多", "站点改了规则，配送费比上周少", "万达骑手站点少发配送费",
    "万达站点配送费对不上，少了二十几单", "万达站点这周的配送费克扣了", "配送费少发，万达骑手站点",
)  # fmt: skip
OTHERS = (
    "咨询医疗互助怎么报销", "孩子上大学想申请金秋助学", "车间太热没有风扇", "进厂半年没签劳动合同", "社保断缴两个月",
    "食堂饭菜是冷的", "下班路上被撞算不算工伤", "想报名电工培训班", "年休假过期作废", "北门骑手站点配送费少发了",
)  # fmt: skip


def test_riders_of_one_site_come_together_and_nobody_else() -> None:
    groups = groups_of([item(title) for title in (*RIDERS, *OTHERS)])
    riders = set(groups[: len(RIDERS)])
    assert len(riders) == 1
    assert not riders & set(groups[len(RIDERS) :])


def test_as_they_come_the_same_groups() -> None:
    known = [Standing(item(title), None) for title in (OTHERS[0], RIDERS[0])]
    found = assigned(known, [item(title) for title in (*RIDERS[1:], *OTHERS[1:])])
    assert found == [[1, 2, 3, 4, 5, 6, 7]]
    assert assigned(known, []) == [] == assigned([], [item("")])


def test_a_standing_hot_spot_takes_in_what_is_like_it() -> None:
    known = [Standing(item(title), 9) for title in RIDERS[:3]]
    assert assigned(known, [item(RIDERS[3]), item(OTHERS[0])]) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    "titles", [[], [""], ["", ""], ["🙂🙂🙂", "🙂🙂🙂"], ["的", "的"], ["x" * 12_000, "好" * 12_000]]
)
def test_what_says_nothing_stands_alone(titles: list[str]) -> None:
    assert len(set(groups_of([item(title, title) for title in titles]))) == len(titles)


def test_a_knot_too_large_to_link_is_pulled_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from niangjia.modules.demands.hotspots import clustering

    monkeypatch.setattr(clustering, "LARGEST", 3)
    groups = groups_of([item("万达站点少发配送费") for _ in range(5)] + [item("食堂饭菜是冷的")])
    assert len(set(groups[:5])) >= 1
    assert groups[5] not in groups[:5]


@pytest.mark.parametrize(
    ("ages", "expected"),  # (who, hours ago)
    [
        ([(who, 1) for who in "abcde"], 5),
        ([(who, 1) for who in "abcd"], None),
        ([("a", hour / 4) for hour in range(90)], None),  # one person, ninety times
        ([*[("a", 1)] * 90, *[(who, 2) for who in "bcde"]], 5),
        ([(who, 25) for who in "abcde"], None),  # yesterday
        ([(who, 20 * n) for n, who in enumerate("abcdefgh")], None),
        ([(who, 15 * n) for n, who in enumerate("abcdefghij")], 10),
        ([(who, 24 * 8) for who in "abcdefghijkl"], None),  # last week
        ([(who, -5) for who in "abcdef"], None),  # a clock that runs ahead
        ([], None),
    ],
)
def test_the_rule_of_bursts(ages: list[tuple[str, float]], expected: int | None) -> None:
    found = burst([(who, NOW - timedelta(hours=hours)) for who, hours in ages], Rule(), NOW)
    assert (found.people if found else None) == expected


def test_a_stricter_rule_and_when_it_is_said_again() -> None:
    said = [(who, NOW - timedelta(hours=1)) for who in "abc"]
    assert burst(said, Rule(3, 6), NOW) is not None
    assert burst(said, Rule(3, 6), NOW).because == "1 小时内有 3 人"  # type: ignore[union-attr]
    assert [is_news(told, people) for told, people in ((0, 5), (5, 6), (5, 9), (5, 10))] == [True, False, False, True]


def test_many_people_rank_before_many_messages() -> None:
    hour, year = timedelta(hours=2), timedelta(days=365)
    assert heat_of(12, hour) > heat_of(11, hour) > heat_of(11, year) > heat_of(1, hour)
    assert heat_of(0, hour) == 0


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ({"phone": b"\x01\x02", "account": 5}, "phone:0102"),
        ({"account": 5, "person": 6}, "account:5"),
        ({"person": 6, "name": b"\x03"}, "person:6"),
        ({"name": memoryview(b"\x03")}, "name:03"),
        ({"door": 1, "day": "2026-11-20"}, "nobody:1:2026-11-20"),
        ({}, "demand:77"),
    ],
)
def test_who_asked(who: dict[str, object], key: str) -> None:
    assert key_of(77, who) == key


def test_a_label_says_what_most_people_say() -> None:
    one = TraceShown("a", NOW, ("宿舍", "宿舍"), (f"{SPOKEN}东门小区",))
    shown = [one] * 90 + [TraceShown(who, NOW, ("配送费",), (f"{SPOKEN}万达站点",)) for who in "bc"]
    assert words_shown(shown)[0] == "配送费"
    assert place_shown(shown) == "万达站点"
    assert place_shown([one]) == "" == place_shown([])


# --- files ---


def written(folder: Path, text: str, name: str = "messages.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    raw = text.encode(encoding)
    file.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return file


ROWS = "id,user,time,title,detail\n" + "".join(
    f"{n},u{n},2026-11-20 0{n}:00:00,{title},\n" for n, title in enumerate(RIDERS, start=1)
)


@pytest.mark.parametrize("name", ["messages.csv", "messages.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_command(tmp_path: Path, name: str, encoding: str) -> None:
    file = written(tmp_path, ROWS + "8,u8,bad time,咨询医疗互助,\n9,,,,\n", name, encoding)
    topics = tmp_path / "topics.json"
    topics.write_text(json.dumps({"riders": [1, 2, 3, 4, 5, 6, 7], "elsewhere": [99]}), encoding="utf-8")
    done = CliRunner().invoke(app, [str(file), "--topics", str(topics)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output.strip().splitlines()[-1])
    assert said["mean_f1"] == 1.0
    assert [(one["topic"], one["size"]) for one in said["topics"]] == [("riders", 7)]
    assert [(one["people"], one["messages"], one["from"]) for one in said["top"]] == [(7, 7, "2026-11-20")]


def test_the_command_without_topics_and_with_one_writer(tmp_path: Path) -> None:
    rows = "".join(f"{n},same,2026-11-20,宿舍没有热水,一直没有热水\n" for n in range(90))
    done = CliRunner().invoke(app, [str(written(tmp_path, ROWS + rows))])
    said = json.loads(done.output.strip().splitlines()[-1])
    assert said["mean_f1"] is None
    assert [one["people"] for one in said["top"]] == [7]  # ninety of one person are nowhere


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "a.csv"),
        ("a,b\n1,2\n", "a.csv"),
        ("id,title\n", "a.csv"),
        ("no gzip", "half.csv"),
        ("no deflate", "torn.csv"),
        (None, "missing.csv"),
        ('id,title\n1,"' + "长" * 10_000_001, "long.csv"),
    ],
)
def test_a_file_that_can_not_be_read_is_said_to_be_so(tmp_path: Path, text: str | None, name: str) -> None:
    file = tmp_path / name if text is None else written(tmp_path, text, name)
    packed = gzip.compress(ROWS.encode())
    if name in {"half.csv", "torn.csv"}:
        file = tmp_path / f"{name}.gz"
        file.write_bytes(packed[:40] if name == "half.csv" else packed[:12] + b"\xff" * 30 + packed[42:])
    with pytest.raises(Unreadable):
        messages_of(file)
    assert CliRunner().invoke(app, [str(file)]).exit_code == 1


def test_topics_that_are_none(tmp_path: Path) -> None:
    file = written(tmp_path, ROWS)
    wrong = tmp_path / "topics.json"
    for text in ("[1, 2]", "{", '{"a": 5}'):
        wrong.write_text(text)
        assert CliRunner().invoke(app, [str(file), "--topics", str(wrong)]).exit_code == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20 08:00:00", datetime(2026, 11, 20, 8)), ("2026/11/20 08:00", datetime(2026, 11, 20, 8)),  # noqa: DTZ001
        ("2026-11-20", datetime(2026, 11, 20)), ("yesterday", None), ("", None), ("2026-13-40", None),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_times_of_a_file(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


if SHARED.is_dir():  # not skipped elsewhere: in CI a skip is a failure

    def test_the_real_messages() -> None:
        topics = str(SHARED / "hotspot_topics.json")
        done = CliRunner().invoke(app, [str(SHARED / "hotspots.csv.gz"), "--topics", topics])
        said = json.loads(done.output.strip().splitlines()[-1])
        assert said["mean_f1"] >= 0.85
        assert max(one["people"] for one in said["top"]) > 50
