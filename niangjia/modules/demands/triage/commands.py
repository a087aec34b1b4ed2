"""`niangjia triage train|evaluate|crossval FILE`: the desk's own learner on any labelled messages. No database."""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from niangjia.modules.demands.triage.learning import Example
    from niangjia.modules.demands.triage.model import Model
    from niangjia.modules.demands.triage.scoring import Scores

app = typer.Typer(help="Triage: learn from labelled messages, and score what was learnt.", no_args_is_help=True)
NAME = "triage"
MODEL_FILE = "triage.model"
FOLDS, SEED = 5, 0
MEGABYTE = 1_000_000
FEW_CONFUSIONS = 10

File = Annotated[Path, typer.Argument(help="CSV or CSV.gz with the columns label, title and detail.")]


@app.callback()
def _group() -> None:
    """Triage: learn from labelled messages, and score what was learnt."""


@app.command()
def train(file: File, out: Annotated[Path, typer.Option(help="Folder for the model.")]) -> None:
    """Learn from all messages of FILE."""
    examples = _labelled(_examples(file))
    model, seconds = _learnt(examples)
    content = model.to_bytes()
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MODEL_FILE).write_bytes(content)
    except OSError as error:
        _give_up(f"不能写入 {out}：{error.strerror}。")
    typer.echo(f"{len(examples):,} messages, {len(model.labels)} labels, {len(model.says):,} terms: {out / MODEL_FILE}")
    _close({"messages": len(examples), "labels": len(model.labels), **_weight(content), "train_seconds": seconds})


@app.command()
def evaluate(file: File, model: Annotated[Path, typer.Option(help="Folder that `train` wrote.")]) -> None:
    """Score a model on the messages of FILE; a label that it never met counts as wrong."""
    from niangjia.modules.demands.triage.model import BrokenModel, Model

    place = model / MODEL_FILE if model.is_dir() else model
    try:
        content = place.read_bytes()
        learnt = Model.from_bytes(content)
    except OSError as error:
        _give_up(f"{place} 打不开：{error.strerror}。请先用 train 训练。")
    except BrokenModel as error:
        _give_up(str(error))
    examples = _labelled(_examples(file))
    answers, speed = _answered(learnt, examples)
    unknown = sum(example.label not in learnt.labels for example in examples)
    scores = _told(examples, answers)
    _close({**scores, "messages_per_second": speed, **_weight(content), "unknown_labels": unknown})


@app.command()
def crossval(file: File) -> None:
    """Five folds, seed 0: each message is answered by a model that never saw it."""
    examples = _labelled(_examples(file))
    answers: list[tuple[str, float]] = [("", 0.0)] * len(examples)
    longest, speeds, largest = 0.0, [], 0
    for fold, aside in enumerate(folds([example.label for example in examples])):
        held = set(aside)
        rest = [example for at, example in enumerate(examples) if at not in held]
        if not rest or not aside:
            continue
        model, seconds = _learnt(rest)
        found, speed = _answered(model, [examples[at] for at in aside])
        for at, answer in zip(aside, found, strict=True):
            answers[at] = answer
        content = model.to_bytes()
        longest, largest = max(longest, seconds), max(largest, len(content))
        speeds.append(speed)
        typer.echo(
            f"  fold {fold + 1}: {len(rest):,} learnt in {seconds:.1f} s, {len(aside):,} answered, {speed:,} a second"
        )
    scores = _told(examples, answers)
    speed = sorted(speeds)[len(speeds) // 2] if speeds else 0
    _close(
        {
            **scores,
            "messages_per_second": speed,
            "model_mb": round(largest / MEGABYTE, 2),
            "train_seconds": round(longest, 2),
        }
    )


def folds(labels: list[str]) -> list[list[int]]:
    """Five parts with every label in its share, dealt out after a shuffle with seed 0."""
    by_label: defaultdict[str, list[int]] = defaultdict(list)
    for at, label in enumerate(labels):
        by_label[label].append(at)
    dealer, turn = random.Random(SEED), 0  # noqa: S311 - the same parts every time is what is wanted
    parts: list[list[int]] = [[] for _ in range(FOLDS)]
    for label in sorted(by_label):
        rows = by_label[label]
        dealer.shuffle(rows)
        for at in rows:
            parts[turn % FOLDS].append(at)
            turn += 1
    return [sorted(part) for part in parts]


# --- steps they share ---


def _examples(file: Path) -> list[Example]:
    from niangjia.modules.demands.triage.examples import BadFile, read_examples

    try:
        return read_examples(file)
    except BadFile as error:
        _give_up(str(error))


def _labelled(examples: list[Example]) -> list[Example]:
    kept = [example for example in examples if example.label]
    if len(kept) < len(examples):
        typer.echo(f"{len(examples) - len(kept):,} messages have no label and are passed over")
    if not kept:
        _give_up("文件里没有带类别的内容：请检查 label、title、detail 三列。")
    return kept


def _learnt(examples: list[Example]) -> tuple[Model, float]:
    try:
        import sklearn  # noqa: F401 - loading it is no learning
    except ImportError:
        _give_up("没有安装学习组件：请安装 requirements/run.txt 里的全部依赖（scikit-learn、rjieba）。")
    from niangjia.modules.demands.triage.learning import learn
    from niangjia.modules.demands.triage.words import words_of

    words_of("词典先读进来")
    began = time.perf_counter()
    model = learn(examples)
    return model, round(time.perf_counter() - began, 2)


def _answered(model: Model, examples: list[Example]) -> tuple[list[tuple[str, float]], int]:
    from niangjia.modules.demands.triage.words import words_of

    words_of("词典先读进来")
    texts = [example.text for example in examples]
    next(model.answers(texts), None)  # its terms are numbered at the first question
    began = time.perf_counter()
    answers = list(model.answers(texts))
    return answers, round(len(texts) / max(time.perf_counter() - began, 1e-9))


def _told(examples: list[Example], answers: list[tuple[str, float]]) -> dict[str, Any]:
    """The confusions as lines to read, the figures for the last line."""
    from niangjia.modules.demands.triage.scoring import scored

    scores: Scores = scored(
        [one.label for one in examples], [said for said, _ in answers], [sure for _, sure in answers]
    )
    there = Counter(example.label for example in examples)
    for said, true, times in scores.confusions[:FEW_CONFUSIONS]:
        typer.echo(f"  {times:5,} of {there[true]:,}  {true} → {said}")
    figures = {name: value for name, value in asdict(scores).items() if name != "confusions"}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


def _weight(content: bytes) -> dict[str, float]:
    return {"model_mb": round(len(content) / MEGABYTE, 2)}


def _close(figures: dict[str, Any]) -> None:
    typer.echo(json.dumps(figures, ensure_ascii=False))


def _give_up(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
