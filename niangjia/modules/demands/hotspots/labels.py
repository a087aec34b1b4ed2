"""How a hot spot is called: by words and a place that many of its people share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from niangjia.modules.demands.hotspots.texts import BESIDE

MOST_WORDS = 5
SPOKEN = "spoken:"
SHARED_BY = 3
"""A place that fewer than a third of the people name is not theirs."""


@dataclass(frozen=True)
class TraceShown:
    asker: str
    at: datetime | None
    words: Sequence[str]
    places: Sequence[str]
    title: str = ""
    employer: str = ""


def words_shown(traces: Sequence[TraceShown]) -> tuple[str, ...]:
    """What most of the people say; a person who writes ninety times counts once."""
    said = Counter(
        word for _, word in {(trace.asker, word) for trace in traces for word in trace.words if BESIDE not in word}
    )
    ranked = sorted(said.items(), key=lambda pair: (-pair[1], -len(pair[0]), pair[0]))
    return tuple(word for word, _ in ranked[:MOST_WORDS])


def place_shown(traces: Sequence[TraceShown]) -> str:
    """The name of a place that most of them say; of those said equally often the longest."""
    said = {(trace.asker, key) for trace in traces for key in trace.places if key.startswith(SPOKEN)}
    named = Counter(key for _, key in said)
    people = len({trace.asker for trace in traces})
    best = max(named.items(), key=lambda pair: (pair[1], len(pair[0]), pair[0]), default=("", 0))
    return best[0].removeprefix(SPOKEN) if best[1] > 1 and best[1] * SHARED_BY >= people else ""
