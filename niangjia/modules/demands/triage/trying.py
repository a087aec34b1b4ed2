"""How a model, or the words alone, do on choices that were held back. Pure; numpy only behind a model."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from niangjia.modules.demands.triage.rules import Offer, Trial
from niangjia.modules.demands.triage.scoring import Scores, scored

LEAST_TRUST = 0.001
MOST_SHOWN, MOST_PAIRS_KEPT = 20, 40


@dataclass(frozen=True)
class Choice:
    """An officer's choice with the message it is about."""

    demand_id: int
    label: str
    title: str
    body: str
    part: int


@dataclass(frozen=True)
class Tried:
    answers: tuple[str, ...]
    trial: Trial
    scores: Scores


Asked = Callable[[str, str, str], tuple[str, float, float]]
"""(title, body, right label) → the answer, how sure it is, and how sure it is of the right one."""


def tried(ask: Asked, held: Sequence[Choice]) -> Tried:
    told = [ask(one.title, one.body, one.label) for one in held]
    right = [one.label for one in held]
    answers = tuple(answer for answer, _, _ in told)
    losses = [-math.log(max(trust, LEAST_TRUST)) for _, _, trust in told]
    hits = sum(answer == label for answer, label in zip(answers, right, strict=True))
    loss = sum(losses) / len(losses) if losses else 0.0
    return Tried(answers, Trial(hits, loss), scored(right, answers, [sure for _, sure, _ in told]))


def asking_offers(offers: Callable[[str, str], Sequence[Offer]]) -> Asked:
    """Of whatever offers values with a sureness; saying nothing is wrong, and trusts nothing."""

    def ask(title: str, body: str, label: str) -> tuple[str, float, float]:
        found = offers(title, body)
        trust = next((one.sureness for one in found if one.value == label), 0.0)
        return (found[0].value, found[0].sureness, trust) if found else ("", 0.0, 0.0)

    return ask


def asking_model(model: Any) -> Asked:
    def ask(title: str, body: str, label: str) -> tuple[str, float, float]:
        shares: Mapping[str, float] = model.shares_of(title, body)
        first = max(shares, key=lambda name: shares[name])
        return first, shares[first], shares.get(label, 0.0)

    return ask


def confusions(held: Sequence[Choice], answers: Sequence[str]) -> list[list[Any]]:
    """[taken for, is really, how often, [demands]], the most frequent first."""
    wrong: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one, answer in zip(held, answers, strict=True):
        if answer != one.label:
            wrong[answer, one.label].append(one.demand_id)
    ranked = sorted(wrong.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [[said, true, len(ids), ids[:MOST_SHOWN]] for (said, true), ids in ranked[:MOST_PAIRS_KEPT]]
