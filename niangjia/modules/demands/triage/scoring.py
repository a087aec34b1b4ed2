"""How well answers fit what is right. Pure, and without numpy: the desk shows the same numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SUREST_SHARE = 0.8


@dataclass(frozen=True)
class Scores:
    """`confusions`: (taken for, is really, how often), the most frequent first."""

    macro_f1: float
    accuracy: float
    accuracy_at_80pct: float
    rows: int
    confusions: tuple[tuple[str, str, int], ...]


def scored(right: Sequence[str], answered: Sequence[str], sureness: Sequence[float]) -> Scores:
    """Macro-F1 is over the labels that are right somewhere or were answered: one never learnt counts as zero."""
    if not right:
        return Scores(0.0, 0.0, 0.0, 0, ())
    hits = [one == other for one, other in zip(right, answered, strict=True)]
    surest = sorted(range(len(right)), key=lambda at: (-sureness[at], at))[: max(1, round(SUREST_SHARE * len(right)))]
    wrong = Counter((said, true) for said, true in zip(answered, right, strict=True) if said != true)
    return Scores(
        macro_f1(right, answered), sum(hits) / len(hits), sum(hits[at] for at in surest) / len(surest), len(right),
        tuple((said, true, times) for (said, true), times in sorted(wrong.items(), key=lambda one: (-one[1], one[0]))),
    )  # fmt: skip


def macro_f1(right: Sequence[str], answered: Sequence[str]) -> float:
    hits = Counter(true for true, said in zip(right, answered, strict=True) if true == said)
    there, said_so = Counter(right), Counter(answered)
    labels = there.keys() | said_so.keys()
    return sum(2 * hits[label] / (there[label] + said_so[label]) for label in labels) / len(labels) if labels else 0.0
