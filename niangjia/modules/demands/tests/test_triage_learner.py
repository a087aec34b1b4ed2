"""The learner by itself: what it learns, how sure it is, and what it makes of bad input. No database."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from niangjia.modules.demands.tests.sayings import many
from niangjia.modules.demands.triage.commands import app, folds
from niangjia.modules.demands.triage.examples import BadFile, read_examples
from niangjia.modules.demands.triage.learning import Example, NothingToLearn, learn
from niangjia.modules.demands.triage.model import BrokenModel, Model
from niangjia.modules.demands.triage.scoring import scored
from niangjia.modules.demands.triage.words import fragments_of, terms_of, tidy, words_of

EMOJI = "😀👷‍♂️🔥💰"


@pytest.fixture(scope="module")
def model() -> Model:
    return learn(many(300))


# --- words ---


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ""), ("  \n ", ""), ("ＡＢＣ１２３", "abc123"), ("工资\x00没发\ud800", "工资 没发"), ("零\u200b宽", "零 宽"),
        (EMOJI, "😀👷 ♂️🔥💰"),
    ],
)  # fmt: skip
def test_what_is_read(text: str, read: str) -> None:
    assert tidy(text, 100) == read
    assert terms_of(text, text) is not None


def test_numbers_are_one_word() -> None:
    assert "0" in words_of("欠了3,500元")
    assert "3,500" not in words_of("欠了3,500元")
    assert words_of("拖欠12345678***元") == words_of("拖欠9***元")
    assert fragments_of("欠薪了") == ["欠薪", "薪了", "欠薪了"]


def test_many_together_are_answered_as_one_by_one(model: Model) -> None:
    messages = [("", ""), *(example.text for example in many(40)), (EMOJI, EMOJI), ("", "没有人学过的字：燚犇")]
    for (label, sureness), (title, body) in zip(model.answers(messages), messages, strict=True):
        scores = model.scores(*terms_of(title, body))
        assert label == model.labels[int(scores.argmax())]
        assert sureness == pytest.approx(max(model.shares_of(title, body).values()), abs=1e-4)


def test_a_long_message_is_read_to_its_bound(model: Model) -> None:
    long = "车间噪声很大。" * 2_000
    assert len(long) > 12_000
    words, _ = terms_of("标题", long)
    assert len(words) < 4_000
    assert model.choices("工资一直没发", long)


# --- learning and answering ---


def test_it_learns_what_is_said_in_other_words(model: Model) -> None:
    unseen = many(200, seed=7)
    answers = [label for label, _ in model.answers(example.text for example in unseen)]
    assert sum(said == example.label for said, example in zip(answers, unseen, strict=True)) >= 195


def test_a_choice_says_how_sure_it_is_and_why(model: Model) -> None:
    first, second = model.choices("老板欠薪不给", "我和爱人在工地做完活拿不到工钱，社保也没有交")
    assert first.label == "0101"
    assert 1 > first.sureness > second.sureness > 0
    assert any(word in "".join(first.words) for word in ("欠薪", "工钱", "老板"))
    assert all(word in "老板欠薪不给我和爱人在工地做完活拿不到工钱，社保也没有交" for word in first.words)


def test_nothing_known_is_answered_with_nothing(model: Model) -> None:
    for title, body in (("", ""), (EMOJI, ""), ("", "𠮷𠮷")):
        assert model.choices(title, body) == []
        assert len(list(model.answers([(title, body)]))) == 1


def test_the_shares_of_all_labels_add_up(model: Model) -> None:
    shares = model.shares_of("会员卡怎么用", "去哪里补办")
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    assert max(shares, key=shares.__getitem__) == "1106"


def test_order_changes_nothing() -> None:
    rows = many(80)
    shuffled = random.Random(3).sample(rows, len(rows))
    one, other = learn(rows), learn(shuffled)
    for text in (rows[0].text, rows[33].text):
        assert one.choices(*text)[0].label == other.choices(*text)[0].label


def test_two_labels_and_one() -> None:
    both = learn(many(40, labels=("0101", "1404")))
    assert both.choices("托管班", "孩子放暑假")[0].label == "1404"
    alone = learn(many(20, labels=("0101",)))
    [only] = alone.choices("工资一直没发", "")
    assert (only.label, only.sureness) == ("0101", 0.5)


@pytest.mark.parametrize("rows", [[], [Example("", "没有类别", "内容")]])
def test_nothing_to_learn_is_said(rows: list[Example]) -> None:
    with pytest.raises(NothingToLearn, match="label"):
        learn(rows)


def test_labels_of_emptiness_are_learnt_without_a_fall() -> None:
    learn([Example("甲", "", ""), Example("乙", "", ""), Example("甲", EMOJI, "")])


# --- keeping ---


def test_the_bytes_answer_the_same(model: Model) -> None:
    again = Model.from_bytes(model.to_bytes())
    for example in many(20, seed=9):
        one, other = model.choices(*example.text)[0], again.choices(*example.text)[0]
        assert (one.label, one.words) == (other.label, other.words)
        assert one.sureness == pytest.approx(other.sureness, abs=0.02)


def test_a_model_that_is_not_whole_is_refused(model: Model) -> None:
    content = model.to_bytes()
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    for wrong, says in (
        (content[: len(content) // 2], "不完整"), (content[:20], "不完整"), (bytes(changed), "不完整"), (b"", "不是"),
        (b"PK\x03\x04", "不是"), (content.replace(b"\x01\x00", b"\x09\x00", 1), "别的版本"),
    ):  # fmt: skip
        with pytest.raises(BrokenModel, match=says):
            Model.from_bytes(wrong)


# --- scoring ---


def test_scores_by_hand() -> None:
    found = scored(["a", "a", "b", "c"], ["a", "b", "b", "a"], [0.9, 0.2, 0.8, 0.7])
    # a: 2·1/(2+2) = 0.5; b: 2·1/(1+2) = 0.667; c: 0.
    assert found.macro_f1 == pytest.approx((0.5 + 2 / 3) / 3)
    assert (found.accuracy, found.accuracy_at_80pct) == (0.5, pytest.approx(2 / 3))
    assert found.confusions == (("a", "c", 1), ("b", "a", 1))
    assert scored([], [], []).rows == 0


# --- the commands ---


def written(
    path: Path, rows: list[tuple[str, ...]], *, encoding: str = "utf-8", head: str = "label,title,detail"
) -> Path:
    text = io.StringIO()
    text.write(head + "\n")
    csv.writer(text).writerows(rows)
    content = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def rows_of(examples: list[Example]) -> list[tuple[str, ...]]:
    return [(one.label, one.title, one.body) for one in examples]


def said(*arguments: str, fails: bool = False) -> dict[str, float]:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == (1 if fails else 0), done.output
    return json.loads(done.output.strip().splitlines()[-1]) if not fails else {"": done.output}


@pytest.mark.parametrize(("name", "encoding"), [("a.csv", "utf-8-sig"), ("b.csv.gz", "utf-8"), ("c.csv", "gb18030")])
def test_train_and_evaluate(tmp_path: Path, name: str, encoding: str) -> None:
    known = rows_of(many(120))
    file = written(tmp_path / name, [*known, *known[:5], ("0101", "", ""), ("", "没有类别", "x")], encoding=encoding)
    trained = said("train", str(file), "--out", str(tmp_path / "m"))
    assert trained["labels"] == 5
    assert trained["messages"] == 126
    assert trained["model_mb"] <= 10
    asked = [*rows_of(many(60, seed=5)), ("从没见过", "别的事", "说的是别的"), ("0101", EMOJI, "工" * 12_000)]
    figures = said("evaluate", str(written(tmp_path / "asked.csv", asked)), "--model", str(tmp_path / "m"))
    assert figures["unknown_labels"] == 1
    assert figures["accuracy"] >= 0.9
    assert figures["messages_per_second"] > 0
    assert {"macro_f1", "accuracy_at_80pct", "model_mb"} <= figures.keys()


def test_crossval_never_answers_from_memory(tmp_path: Path) -> None:
    figures = said("crossval", str(written(tmp_path / "all.csv", rows_of(many(150)))))
    assert figures["rows"] == 150
    assert figures["macro_f1"] > 0.9
    assert {"accuracy", "accuracy_at_80pct", "messages_per_second", "model_mb", "train_seconds"} <= figures.keys()


def test_a_label_that_stands_once(tmp_path: Path) -> None:
    rows = [*rows_of(many(30)), ("孤零零", "只有这一件", "没有第二件")]
    assert said("crossval", str(written(tmp_path / "one.csv", rows)))["rows"] == 31


def test_one_label_alone(tmp_path: Path) -> None:
    assert said("crossval", str(written(tmp_path / "one.csv", rows_of(many(10, labels=("0101",))))))["accuracy"] == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "label"), (b"label,title,detail\n", "没有带类别"), (b"label,title,detail\n,only text,x\n", "没有带类别"),
        (b"name,text\na,b\n", "缺少列"), (b"\xff\xfe\x00\x80\x81", "编码"), (b"\x1f\x8bbroken", "打不开"),
    ],
)  # fmt: skip
def test_bad_files_are_told(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    for command in (("crossval",), ("train", "--out", str(tmp_path / "m"))):
        assert says in said(command[0], str(tmp_path / "bad.csv"), *command[1:], fails=True)[""]


def test_a_missing_file_and_half_a_model(tmp_path: Path, model: Model) -> None:
    with pytest.raises(BadFile, match="打不开"):
        read_examples(tmp_path / "none.csv")
    packed = gzip.compress(b"label,title,detail\n" * 20)
    (tmp_path / "torn.csv.gz").write_bytes(packed[:12] + b"\xff" * 30 + packed[42:])
    with pytest.raises(BadFile, match="打不开"):
        read_examples(tmp_path / "torn.csv.gz")
    file = written(tmp_path / "a.csv", rows_of(many(5)))
    (tmp_path / "triage.model").write_bytes(model.to_bytes()[: len(model.to_bytes()) // 2])
    assert "不完整" in said("evaluate", str(file), "--model", str(tmp_path), fails=True)[""]
    assert "train" in said("evaluate", str(file), "--model", str(tmp_path / "nowhere"), fails=True)[""]


def test_folds_share_out_every_label() -> None:
    labels = ["a"] * 10 + ["b"] * 7 + ["c"]
    parts = folds(labels)
    assert sorted(at for part in parts for at in part) == list(range(18))
    assert all(sum(labels[at] == "a" for at in part) == 2 for part in parts)
    assert parts == folds(labels)


@pytest.mark.parametrize("heavy", ["sklearn", "scipy", "numpy", "rjieba"])
def test_the_command_line_loads_nothing_heavy(heavy: str) -> None:
    code = f"import niangjia.cli.main, sys; sys.exit({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-500:]
