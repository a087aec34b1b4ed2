"""Which row of a sheet holds the headings, and what the columns are then called."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from niangjia.kernel.errors import Refused

LOOKED_AT = 10  # rows with content, from the top
HEADINGS_ABOVE = 500  # or nowhere: nobody scrolls further
MOST_COLUMNS = 200
_LONGEST = 100
_HEADING_LIKE = 30  # characters; longer ones are titles and notes
_NEAR_BEST = 0.6  # a heading row has gaps where the rows below it have values

_ENOUGH_KNOWN = 2  # one may be a title's word
_SPACES = re.compile(r"\s+")
_NUMBER_LIKE = re.compile(r"[\d.,:/+\-年月日 ]+")


def tidied(heading: str) -> str:
    """Trimmed, in one line, without the asterisk of a required column."""
    return _SPACES.sub(" ", heading).strip(" *＊")[:_LONGEST].rstrip()


def find_headings(rows: Sequence[Sequence[str]], known: Collection[str] = frozenset()) -> tuple[int, tuple[str, ...]]:
    """The position among `rows` of the (last) row that holds headings, and the names of the columns.

    The row with the most known headings wins. Otherwise it is the first that is about as heading-like as any: many
    short texts, no numbers. A second row of headings counts only when all it says is known.
    """
    same = {_compared(each) for each in known}
    position = _most_known(rows, same)
    if position is None:
        position = _most_heading_like(rows)
    names = [tidied(cell) for cell in rows[position]]
    below = rows[position + 1] if position + 1 < len(rows) else ()
    if same and _all_known(below, same):
        position += 1
        names += [""] * (len(below) - len(names))
        names = [tidied(below[column]) or name if column < len(below) else name for column, name in enumerate(names)]
    return position, _distinct(names)


def _compared(heading: str) -> str:
    return tidied(heading).replace(" ", "").casefold()


def _most_known(rows: Sequence[Sequence[str]], same: Collection[str]) -> int | None:
    counts = [len({_compared(cell) for cell in row} & set(same)) for row in rows]
    best = max(counts)
    return counts.index(best) if best >= _ENOUGH_KNOWN else None


def _all_known(row: Sequence[str], same: Collection[str]) -> bool:
    said = [_compared(cell) for cell in row if cell.strip()]
    return bool(said) and all(each in same for each in said)


def _most_heading_like(rows: Sequence[Sequence[str]]) -> int:
    scores = [_heading_likeness(row) for row in rows]
    best = max(scores)
    return next(position for position, score in enumerate(scores) if score >= best * _NEAR_BEST)


def _heading_likeness(row: Sequence[str]) -> int:
    said = [cell for cell in (tidied(each) for each in row) if cell]
    if len(said) == 1:
        return 0
    return len({cell for cell in said if len(cell) <= _HEADING_LIKE and not _NUMBER_LIKE.fullmatch(cell)})


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Columns without a heading are called by their place, repeated headings are numbered; empty ones at the end go."""
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Refused(
            "sheet.columns",
            f"表头超过 {MOST_COLUMNS} 列，最多能读 {MOST_COLUMNS} 列。请删去用不到的列后再上传。",
            "file",
        )
    used: set[str] = set()
    for place, name in enumerate(names, start=1):
        wanted = name or f"列 {place}"
        candidate, again = wanted, 1
        while candidate in used:
            again += 1
            candidate = f"{wanted} ({again})"
        used.add(candidate)
        names[place - 1] = candidate
    return tuple(names)
