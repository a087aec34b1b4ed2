"""Learning from messages whose label is known: a linear model over rarity-weighted terms. Runs in the worker only.

Ridge regression onto the labels, rare labels weighed up; of the linear learners tried it was the best on messages it
had not seen, and it has one solution whatever the order of the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from niangjia.modules.demands.triage.model import FRAGMENT_WEIGHT, Block, Model, Numbers, lead
from niangjia.modules.demands.triage.words import terms_of

FEWEST_MESSAGES = 2
"""Of which a term must be part to be learnt."""

MOST_BYTES = 9_000_000
BYTES_OF_TERM = 10
PENALTY, PRECISION = 1.0, 3e-3
FEWEST_TO_TUNE, TUNED_ON = 60, 5
"""From so many messages on, every fifth is set aside to see how sure one may be; all are learnt from in the end."""

USUAL_SURENESS = (4.0, 0.0)
STRICTNESS, MOST_SHIFT = 10.0, 1.0
"""Few messages set aside must not make the model believe that it never errs, nor that it always does."""


class NothingToLearn(Exception):
    """The sentence says what is missing."""


@dataclass(frozen=True)
class Example:
    """A message with its right label."""

    label: str
    title: str
    body: str

    @property
    def text(self) -> tuple[str, str]:
        return self.title, self.body


Terms = tuple[list[str], list[str]]


def learn(
    examples: Sequence[Example], beginnings: Sequence[Example] = (), *, sureness: tuple[float, float] | None = None
) -> Model:
    """Raises NothingToLearn; with one label alone the model always answers it.

    `beginnings` are learnt from too, but say nothing of how sure one may be: nobody ever sent them. `sureness` is
    taken over from a model of nearly the same examples.
    """
    examples = [example for example in examples if example.label]
    if not examples and not beginnings:
        raise NothingToLearn("没有带类别的内容可学：请检查 label、title、detail 三列。")
    terms = [terms_of(*example.text) for example in examples]
    labels = [example.label for example in examples]
    sureness = sureness or _sureness(terms, labels)
    terms += [terms_of(*example.text) for example in beginnings]
    return _fitted(terms, labels + [example.label for example in beginnings], sureness)


def _fitted(terms: Sequence[Terms], labels: Sequence[str], sureness: tuple[float, float]) -> Model:
    known = tuple(sorted(set(labels)))
    blocks = _blocks(terms)
    if len(known) == 1:
        says = np.zeros((sum(len(block.terms) for block in blocks), 1), np.float32)
        return Model(known, *blocks, says, np.zeros(1, np.float32), *sureness)
    says, begins = _solved(_matrix(terms, blocks), labels, known)
    room = MOST_BYTES // (2 * len(known) + BYTES_OF_TERM)
    if len(says) > room:
        # What says least falls away, and the rest is learnt anew without it.
        kept = np.sort(np.argsort(-np.abs(says).max(axis=1), kind="stable")[:room])
        blocks = _narrowed(blocks, kept)
        says, begins = _solved(_matrix(terms, blocks), labels, known)
    return Model(known, *blocks, says, begins, *sureness)


def _blocks(terms: Sequence[Terms]) -> tuple[Block, Block]:
    """The terms that stand in several messages; of few messages, all."""
    fewest = FEWEST_MESSAGES if len(terms) >= FEWEST_TO_TUNE else 1
    made = []
    for which in (0, 1):
        holding = Counter(term for message in terms for term in set(message[which]))
        kept = [term for term, messages in holding.items() if messages >= fewest and not term.isspace()]
        # The common ones side by side: most of what is looked up then lies in the processor's cache.
        kept.sort(key=lambda term: (-holding[term], term))
        often = np.array([holding[term] for term in kept], np.float64)
        made.append(Block(tuple(kept), (np.log((1 + len(terms)) / (1 + often)) + 1).astype(np.float32)))
    return made[0], made[1]


def _narrowed(blocks: tuple[Block, Block], kept: Any) -> tuple[Block, Block]:
    border = len(blocks[0].terms)
    parts = (kept[kept < border], kept[kept >= border] - border)
    words, fragments = (
        Block(tuple(block.terms[at] for at in part), block.rarity[part])
        for block, part in zip(blocks, parts, strict=True)
    )
    return words, fragments


def _matrix(terms: Sequence[Terms], blocks: tuple[Block, Block]) -> Any:
    """Messages × terms, as the model will weigh them."""
    from scipy import sparse

    width = len(blocks[0].terms)
    at, weights, ends = [], [], [0]
    for words, fragments in terms:
        places, weighed = blocks[0].weighed(words)
        places_title, weighed_title = blocks[1].weighed(fragments)
        at += [places, width + places_title]
        weights += [weighed, FRAGMENT_WEIGHT * weighed_title]
        ends.append(ends[-1] + len(places) + len(places_title))
    shape = (len(terms), width + len(blocks[1].terms))
    return sparse.csr_matrix((np.concatenate(weights), np.concatenate(at), ends), shape=shape)


def _solved(matrix: Any, labels: Sequence[str], known: Sequence[str]) -> tuple[Numbers, Numbers]:
    from sklearn.linear_model import RidgeClassifier

    learner = RidgeClassifier(PENALTY, solver="sparse_cg", tol=PRECISION, class_weight="balanced")
    learner.fit(matrix, np.array(labels))
    says, begins = learner.coef_.T, learner.intercept_
    if len(known) == 2:  # noqa: PLR2004 - of two labels it keeps one line, which speaks for the second
        says, begins = np.hstack([-says, says]), np.array([-begins[0], begins[0]])
    return says.astype(np.float32), begins.astype(np.float32)


def _sureness(terms: Sequence[Terms], labels: Sequence[str]) -> tuple[float, float]:
    """Such that what is said to be 90 % sure is right nine times in ten, on messages that were set aside."""
    from sklearn.linear_model import LogisticRegression

    if len(terms) < FEWEST_TO_TUNE:
        return USUAL_SURENESS
    rest = [at for at in range(len(terms)) if at % TUNED_ON]
    trial = _fitted([terms[at] for at in rest], [labels[at] for at in rest], USUAL_SURENESS)
    asked = range(0, len(terms), TUNED_ON)
    scores = [trial.scores(*terms[at]) for at in asked]
    right = [trial.labels[int(score.argmax())] == labels[at] for score, at in zip(scores, asked, strict=True)]
    if len(set(right)) == 1:
        return USUAL_SURENESS
    fit = LogisticRegression(C=STRICTNESS).fit(np.array([[lead(score)] for score in scores]), right)
    steepness = float(fit.coef_[0][0])
    shift = max(-MOST_SHIFT, min(MOST_SHIFT, float(fit.intercept_[0])))
    return (steepness, shift) if steepness > 0 else USUAL_SURENESS
