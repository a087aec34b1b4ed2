"""Reading answers for words that don't belong there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.http import HttpResponse

# Drawn by lot for every page: four digits between two dashes of a token are nobody's telephone.
TOKENS = re.compile(
    r'name="(?:_once|csrfmiddlewaretoken)" value="[^"]*"|"X-CSRFToken": "[^"]*"|nonce="[^"]*"|"of": "[^"]*"'
)
# They name the places and officers above and beside to whom a case may be handed over: names and jobs, by design.
REACH_BESIDE = {"casework:officer_options", "casework:place_options"}
DRAWN_HEADERS = {"Set-Cookie", "Content-Security-Policy", "ETag", "Content-Length"}


def text_of(response: HttpResponse) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = (f"{key}: {value}" for key, value in response.headers.items() if key not in DRAWN_HEADERS)
    return TOKENS.sub("", content.decode("utf-8", "replace")) + " ".join(headers)


def words_in(text: str, words: Iterable[str]) -> list[str]:
    """Numbers are found only as numbers of their own, not within a longer one."""
    return sorted(
        word
        for word in words
        # The plain look first: nearly always it is all, and a hundred times quicker.
        if word in text and (not word.isascii() or re.search(rf"(?<![0-9A-Za-z]){word}(?![0-9A-Za-z])", text))
    )
