"""Which zones a text names. Pure.

Chinese has no spaces: a name may stand within a longer one. The longest name that fits counts, a name that goes on as a
street does not, and what several townships call the same is told apart by the township that is named beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from niangjia.modules.demands.triage.words import tidy

MOST_READ = 1_000
MOST_ZONES = 2
SHORTEST = 3
"""A name of two characters (东片) counts only beside its township's."""

_ENDING = "片区"
_GOES_ON = frozenset("路街巷道弄桥站镇乡村厂店")
_DIGITS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
_NUMERALS = frozenset("零〇一二两三四五六七八九十百")


Zone = tuple[int, str, str]
"""Id, name, and the division that is its township's ground."""


def said_line(text: str) -> str:
    """What of a text is looked at: one line, in one width and case, as `zones_called` asks the database for it."""
    return tidy(text, MOST_READ)


def zones_in(line: str, zones: Sequence[Zone], *, others: Iterable[str] = (), near: Collection[str] = ()) -> list[int]:
    """Ids in the order in which they are said. `others` are names of other places, `near` the divisions spoken of."""
    by_name: defaultdict[str, list[Zone]] = defaultdict(list)
    for zone in zones:
        for name in _names_of(zone[1]):
            by_name[name].append(zone)
    taken: list[tuple[int, int, str]] = []
    for name in sorted({*by_name, *(tidy(other, MOST_READ) for other in others)} - {""}, key=lambda one: -len(one)):
        for start in _starts(line, name):
            end = start + len(name)
            if all(end <= first or last <= start for first, last, _ in taken) and _stands_alone(line, start, end):
                taken.append((start, end, name))
    found = dict.fromkeys(pk for _, _, name in sorted(taken) for pk, _, _ in _meant(name, by_name.get(name, []), near))
    return list(found)[:MOST_ZONES]


def _names_of(called: str) -> set[str]:
    """滨江东片区 is called 滨江东片, too."""
    name = tidy(called, MOST_READ)
    short = name.removesuffix("区") if name.endswith(_ENDING) else name
    return {one for one in (name, short) if one == name or len(one) >= SHORTEST}


def _starts(line: str, name: str) -> Iterable[int]:
    at = line.find(name)
    while at >= 0:
        yield at
        at = line.find(name, at + 1)


def _stands_alone(line: str, start: int, end: int) -> bool:
    """Not the tail of a longer number, and no street that is called after it."""
    before, after = line[start - 1 : start], line[end : end + 1]
    cut = any(
        edge in kind and inside in kind
        for kind in (_DIGITS, _NUMERALS)
        for edge, inside in ((before, line[start]), (after, line[end - 1]))
    )
    return not cut and after not in _GOES_ON


def _meant(name: str, zones: Sequence[Zone], near: Collection[str]) -> Sequence[Zone]:
    """Of the zones of one name: those of the townships spoken of, else all; none where that is anybody's guess."""
    beside = [zone for zone in zones if zone[2] in near]
    if beside:
        return beside
    return zones if len(name) >= SHORTEST and len(zones) <= MOST_ZONES else []
