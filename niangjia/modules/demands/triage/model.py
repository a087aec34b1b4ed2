"""What was learnt, as numbers: read from bytes, asked by numpy alone. Pure; knows neither Django nor scikit-learn."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, repeat
from typing import Any

import numpy as np

from niangjia.modules.demands.triage.words import terms_of

MARK, VERSION = b"niangjia-triage", 1
FRAGMENT_WEIGHT = 0.5
MOST_WORDS_SHOWN, SHORTEST_SHOWN, WORTH_SAYING = 4, 2, 0.3
TOGETHER = 256
"""Messages whose words are multiplied at once: 40,000 words by a hundred labels are 16 MB."""
_DIGEST = 32
Numbers = np.ndarray[Any, np.dtype[np.float32]]


class BrokenModel(Exception):
    """The bytes are no model, or not all of one; the sentence says what to do."""


@dataclass(frozen=True)
class Choice:
    """One answer: how sure it is (0 to 1), and the words that spoke for it."""

    label: str
    sureness: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """The terms of one sort: each with its number and how rare it is."""

    terms: tuple[str, ...]
    rarity: Numbers  # inverse document frequency, by term

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {term: number for number, term in enumerate(self.terms)}

    def weighed(self, terms: Iterable[str]) -> tuple[Any, Numbers]:
        """Numbers of the known ones among them and their weights, of length one together."""
        counts = Counter(terms)
        unknown = len(self.terms)
        numbers = np.fromiter(map(self.numbers.get, counts, repeat(unknown)), np.int64, len(counts))
        known = numbers < unknown
        at = numbers[known]
        often = np.fromiter(counts.values(), np.float32, len(counts))[known]
        weights = (1 + np.log(often)) * self.rarity[at]
        return at, weights / np.sqrt(weights @ weights) if len(at) else weights

    def weighed_rows(self, rows: Iterable[Iterable[str]]) -> tuple[Any, Any, Numbers]:
        """The same of many messages at once: numbers, how many of each message, weights."""
        numbers, known, often, sizes = self.numbers, list[int](), list[int](), list[int]()
        for terms in rows:
            before = len(known)
            for term, count in Counter(terms).items():
                number = numbers.get(term)
                if number is not None:
                    known.append(number)
                    often.append(count)
            sizes.append(len(known) - before)
        at, size = np.array(known, np.int64), np.array(sizes, np.int64)
        weights = (1 + np.log(np.array(often, np.float32))) * self.rarity[at]
        lengths = np.sqrt(_sums((weights * weights)[:, None], size))[:, 0]
        return at, size, weights / np.repeat(lengths, size)


@dataclass(frozen=True)
class Model:
    labels: tuple[str, ...]
    words: Block
    fragments: Block
    says: Numbers  # (words then fragments) × labels: how much a term speaks for a label
    begins: Numbers  # by label, before anything was read
    steepness: float  # with `shift`: turns the lead of the first over the second into how sure one may be
    shift: float = 0.0

    # --- asking ---

    def scores(self, words: Sequence[str], fragments: Sequence[str]) -> Numbers:
        """Of a message's terms, by label."""
        at, weights = self.words.weighed(words)
        at_title, weights_title = self.fragments.weighed(fragments)
        score: Numbers = self.begins + weights @ self.says[at]
        score += (FRAGMENT_WEIGHT * weights_title) @ self.says[len(self.words.terms) + at_title]
        return score

    def choices(self, title: str, body: str, *, most: int = 2) -> list[Choice]:
        """The likeliest first; of a message that says nothing known, none."""
        words, fragments = terms_of(title, body)
        at, weights = self.words.weighed(words)
        at_title, weights_title = self.fragments.weighed(fragments)
        if not len(at) and not len(at_title):
            return []
        scores = self.scores(words, fragments)
        shares = self.shares(scores)
        best = np.argsort(-scores, kind="stable")[:most]
        spoken = [(self.words.terms, at, weights[:, None] * self.says[at])]
        shift = len(self.words.terms)
        spoken.append((self.fragments.terms, at_title, weights_title[:, None] * self.says[shift + at_title]))
        return [Choice(self.labels[label], float(shares[label]), _spoke(spoken, int(label))) for label in best]

    def answers(self, messages: Iterable[tuple[str, str]]) -> Iterator[tuple[str, float]]:
        """The likeliest label of each (title, body), with how sure it is; some hundred are reckoned together."""
        left = iter(messages)
        while some := list(islice(left, TOGETHER)):
            read = [terms_of(title, body) for title, body in some]
            at, size, weights = self.words.weighed_rows(words for words, _ in read)
            at_title, size_title, weights_title = self.fragments.weighed_rows(fragments for _, fragments in read)
            scores = self.begins + _sums(weights[:, None] * self.says[at], size)
            said = FRAGMENT_WEIGHT * weights_title[:, None] * self.says[len(self.words.terms) + at_title]
            scores = scores + _sums(said, size_title)
            for row in scores:
                yield self.labels[int(row.argmax())], float(self.sure(lead(row)))

    def shares_of(self, title: str, body: str) -> dict[str, float]:
        """How sure every label is."""
        shares = self.shares(self.scores(*terms_of(title, body)))
        return dict(zip(self.labels, shares.tolist(), strict=True))

    def sure(self, leads: Any) -> Any:
        """How often the first is right when it leads by so much."""
        return 1 / (1 + np.exp(-(self.steepness * leads + self.shift)))

    def shares(self, scores: Numbers) -> Numbers:
        """How sure each label is: the first by its lead, the others divide what is left, none above the first."""
        first = int(scores.argmax())
        raised = np.exp(self.steepness * (scores - scores[first]))
        raised[first] = 0
        sure = float(self.sure(lead(scores)))
        shares: Numbers = np.minimum(raised * ((1 - sure) / max(float(raised.sum()), 1e-9)), sure)
        shares[first] = sure
        return shares

    # --- keeping ---

    def to_bytes(self) -> bytes:
        """Half precision: no figure of ours is sure to more than three digits."""
        head = {
            "labels": self.labels, "words": len(self.words.terms), "fragments": len(self.fragments.terms),
            "steepness": self.steepness, "shift": self.shift,
        }  # fmt: skip
        terms = "\n".join((*self.words.terms, *self.fragments.terms)).encode()
        parts = [json.dumps(head, ensure_ascii=False).encode(), terms]
        arrays = (self.words.rarity, self.fragments.rarity, self.begins, self.says)
        parts += [array.astype("<f2").tobytes() for array in arrays]
        body = zlib.compress(b"".join(len(part).to_bytes(8, "little") + part for part in parts), 6)
        return MARK + VERSION.to_bytes(2, "little") + hashlib.sha256(body).digest() + body

    @classmethod
    def from_bytes(cls, content: bytes) -> Model:
        """Raises BrokenModel: cut short, changed, of another version, or something else."""
        start = len(MARK) + 2
        if not content.startswith(MARK):
            raise BrokenModel("这不是分类模型文件，请重新训练或换一个文件。")
        if int.from_bytes(content[len(MARK) : start], "little") != VERSION:
            raise BrokenModel("分类模型是别的版本做的，请用现在的版本重新训练。")
        body = content[start + _DIGEST :]
        if hashlib.sha256(body).digest() != content[start : start + _DIGEST]:
            raise BrokenModel("分类模型文件不完整（校验和不符），请重新拷贝或重新训练。")
        return cls._of(list(_parts(zlib.decompress(body))))

    @classmethod
    def _of(cls, parts: Sequence[bytes]) -> Model:
        head = json.loads(parts[0])
        terms = parts[1].decode().split("\n") if parts[1] else []
        words, fragments, begins, says = (np.frombuffer(part, "<f2").astype(np.float32) for part in parts[2:])
        return cls(
            labels=tuple(head["labels"]), words=Block(tuple(terms[: head["words"]]), words),
            fragments=Block(tuple(terms[head["words"] :]), fragments), begins=begins,
            says=says.reshape(len(terms), len(begins)), steepness=head["steepness"], shift=head["shift"],
        )  # fmt: skip


def _sums(rows: Numbers, sizes: Any) -> Numbers:
    """The rows of each message added up, `sizes` saying how many it has; naught for one without any."""
    summed = np.zeros((len(sizes), rows.shape[1]), np.float32)
    some = sizes > 0
    if some.any():
        summed[some] = np.add.reduceat(rows, (np.cumsum(sizes) - sizes)[some], axis=0)
    return summed


def lead(scores: Numbers) -> float:
    """Of the first over the second; alone it leads nobody."""
    if len(scores) == 1:
        return 0.0
    second, first = np.partition(scores, -2)[-2:]
    return float(first - second)


def _spoke(spoken: Sequence[tuple[Sequence[str], Any, Numbers]], label: int) -> tuple[str, ...]:
    """What spoke for a label more than for the others; whole words before fragments, none inside another."""
    shown: list[str] = []
    for terms, at, said in spoken:
        if shown or not len(at):
            continue
        more = said[:, label] - said.mean(axis=1)
        for place in np.argsort(-more, kind="stable"):
            term = terms[at[place]]
            # What says little beside the first is no reason for anybody.
            if more[place] <= WORTH_SAYING * max(more.max(), 0) or len(shown) == MOST_WORDS_SHOWN:
                break
            if len(term) >= SHORTEST_SHOWN and not any(term in other or other in term for other in shown):
                shown.append(term)
    return tuple(shown)


def _parts(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 8], "little")
        yield content[at + 8 : at + 8 + size]
        at += 8 + size
