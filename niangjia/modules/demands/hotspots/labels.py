"""How a hot spot is called: by words and a place that many of its people share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_WORDS = 5


@dataclass(frozen=True)
class TraceShown:
    asker: str
    at: datetime
    words: Sequence[str]
    places: Sequence[str]
    title: str = ""
    employer: str = ""


def words_shown(traces: Sequence[TraceShown]) -> tuple[str, ...]:
    """What most of the people say; a person who writes ninety times counts once."""
    said = Counter(word for _, word in {(trace.asker, word) for trace in traces for word in trace.words})
    ranked = sorted(said.items(), key=lambda pair: (-pair[1], -len(pair[0]), pair[0]))
    return tuple(word for word, _ in ranked[:MOST_WORDS])


def place_shown(traces: Sequence[TraceShown]) -> str:
    """The narrowest place that most of them share; keys stand narrowest first."""
    named = Counter(key for _, key in {(trace.asker, key) for trace in traces for key in trace.places})
    if not named:
        return ""
    return max(named.items(), key=lambda pair: (pair[1], len(pair[0]), pair[0]))[0].partition(":")[2]
