"""What of a message is looked at: its words, and pairs and triples of characters of its title. Pure."""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType

LONGEST_TITLE, LONGEST_BODY = 200, 1_500
"""Characters that are read; whoever writes more has said what it is about by then."""

TITLE_COUNTS = 3
"""A word of the title says as much as three of the body."""

FRAGMENTS = (2, 3)
A_NUMBER = "0"
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u200b-\u200f\ufeff\s]+")
_NUMBER = re.compile(r"(?<![a-z\d])\d[\d.,%]*")
_IS_WIDE = re.compile(r"[０-９ａ-ｚ]")
_WIDE = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in map(chr, (*range(0xFF10, 0xFF1A), *range(0xFF41, 0xFF5B)))}


@cache
def segmenter() -> ModuleType:
    import rjieba  # its dictionary takes a third of a second: not before somebody asks

    return rjieba


def tidy(text: str, longest: int) -> str:
    """One line, in one width and case; what can't be read is a space."""
    line = _UNREADABLE.sub(" ", text[:longest]).strip().lower()
    return line.translate(_WIDE) if _IS_WIDE.search(line) else line


def words_of(line: str) -> list[str]:
    """The words, long ones with those inside them; every number that stands alone is the same word."""
    words: list[str] = segmenter().cut_for_search(_NUMBER.sub(A_NUMBER, line))
    return words


def fragments_of(line: str) -> list[str]:
    return [line[at : at + length] for length in FRAGMENTS for at in range(len(line) - length + 1)]


def terms_of(title: str, body: str) -> tuple[list[str], list[str]]:
    """Every word and every fragment of a message, as often as it counts; nothing at all is allowed."""
    line = tidy(title, LONGEST_TITLE)
    return words_of(line) * TITLE_COUNTS + words_of(tidy(body, LONGEST_BODY)), fragments_of(line)
