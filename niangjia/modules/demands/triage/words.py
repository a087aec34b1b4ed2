"""What of a message is looked at: its words, and pairs and triples of characters of its title. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import ModuleType

LONGEST_TITLE, LONGEST_BODY = 200, 4_000
"""Characters that are read; whoever writes more has said what it is about by then."""

TITLE_COUNTS = 3
"""A word of the title says as much as three of the body."""

FRAGMENTS = (2, 3)
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u200b-\u200f\ufeff\s]+")
_NUMBER = re.compile(r"[\d.,%]+")
A_NUMBER = "0"


@cache
def _segmenter() -> ModuleType:
    import rjieba  # its dictionary takes a third of a second: not before somebody asks

    return rjieba  # type: ignore[no-any-return]


def tidy(text: str, longest: int) -> str:
    """One line, in one width and case; what can't be read is a space."""
    # Cut first: a character becomes at most eighteen, and nobody's message may cost more than another's.
    return _UNREADABLE.sub(" ", unicodedata.normalize("NFKC", text[:longest])[: 2 * longest]).strip().lower()


def words_of(text: str) -> list[str]:
    """The words, long ones with those inside them; every number is the same word."""
    return [
        A_NUMBER if _NUMBER.fullmatch(word) else word
        for word in _segmenter().cut_for_search(text)
        if not word.isspace()
    ]


def fragments_of(line: str) -> list[str]:
    return [line[at : at + length] for length in FRAGMENTS for at in range(len(line) - length + 1)]


def counted(title: str, body: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How often each word and each fragment stands in a message; nothing at all is allowed."""
    line = tidy(title, LONGEST_TITLE)
    words = Counter(words_of(tidy(body, LONGEST_BODY)))
    for word in words_of(line):
        words[word] += TITLE_COUNTS
    return words, Counter(fragments_of(line))
