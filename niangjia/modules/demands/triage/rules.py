"""Decisions of triage: what is pre-selected, what is held back, when a model takes over. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from niangjia.kernel.words import Word


class Field(Word):
    """What is suggested, and learnt apart."""

    KIND = "kind", "类别"
    NATURE = "nature", "性质"
    URGENCY = "urgency", "紧急程度"


class State(Word):
    CANDIDATE = "candidate", "没有换上"
    CURRENT = "current", "正在使用"
    RETIRED = "retired", "已被替换"


CURRENT = State.CURRENT.value
PRESELECTED_FROM = 0.7
"""As sure as that, and one choice is pre-selected; below it two are offered."""

MOST_OFFERED = 2
BY_WORDS = 0
"""The number of the model while there is none: the words of the catalogue."""


@dataclass(frozen=True)
class Offer:
    """One value that was suggested: how sure (0 to 1), and what spoke for it."""

    value: str
    sureness: float
    words: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """Nothing is ever a hundred per cent sure."""
        return min(99, max(1, round(100 * self.sureness)))


@dataclass(frozen=True)
class Suggestion:
    """For one field; `by` is the number of the model, 0 the words."""

    offers: tuple[Offer, ...] = ()
    by: int = BY_WORDS

    @property
    def preselected(self) -> Offer | None:
        first = self.offers[0] if self.offers else None
        return first if first is not None and first.sureness >= PRESELECTED_FROM else None

    @property
    def shown(self) -> tuple[Offer, ...]:
        """One when it is sure, else two."""
        return self.offers[:1] if self.preselected else self.offers[:MOST_OFFERED]

    def kept(self) -> dict[str, Any]:
        """As it is written beside the demand."""
        return {"by": self.by, "offers": [[one.value, one.percent, list(one.words)] for one in self.shown]}


def of_kept(kept: Mapping[str, Any]) -> Suggestion:
    offers = (Offer(str(value), percent / 100, tuple(words)) for value, percent, words in kept.get("offers", []))
    return Suggestion(tuple(offers), int(kept.get("by", BY_WORDS)))


def is_correction(suggested: Suggestion, chosen: str) -> bool:
    return bool(suggested.offers) and suggested.offers[0].value != chosen


# --- holding back ---

PARTS = 20
MOST_PARTS_HELD = 10
ENOUGH_HELD = 200


def part_of(title: str, body: str) -> int:
    """The same text always falls into the same part, so that no model is judged by what it has read."""
    text = "".join(f"{title}{body}".split())
    return hashlib.sha256(text.encode("utf-8", "ignore")).digest()[0] % PARTS


def parts_held(by_part: Sequence[int]) -> int:
    """How many parts are held back: the fewest that have enough, half of all at most."""
    for parts in range(1, MOST_PARTS_HELD + 1):
        if sum(by_part[:parts]) >= ENOUGH_HELD:
            return parts
    return MOST_PARTS_HELD


# --- taking over ---


@dataclass(frozen=True)
class Trial:
    """How a model did on what was held back; `loss`: how little it trusted what was right, on average."""

    right: int
    loss: float


@dataclass(frozen=True)
class Verdict:
    takes_over: bool
    reason: str


def judge(candidate: Trial, in_use: Trial, held: int) -> Verdict:
    """Confirmations count like corrections: on corrections alone whatever is in use would always be wrong."""
    if held < ENOUGH_HELD:
        return Verdict(False, f"留出来检验的核对记录只有 {held} 条，满 {ENOUGH_HELD} 条才比较。")
    said = f"{held} 条检验中新模型对 {candidate.right} 条，在用的对 {in_use.right} 条"
    if candidate.right != in_use.right:
        better = candidate.right > in_use.right
        return Verdict(better, f"{said}，{'换上新模型' if better else '不换'}。")
    better = round(candidate.loss, 4) < round(in_use.loss, 4)
    return Verdict(better, f"{said}，{'新模型更有把握，换上' if better else '也不更有把握，不换'}。")
