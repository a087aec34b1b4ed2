"""Hot spots of a file: grouped, ranked, and held against known topics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from niangjia.modules.demands.hotspots.clustering import Item, groups_of
from niangjia.modules.demands.hotspots.labels import SPOKEN, TraceShown, place_shown, words_shown
from niangjia.modules.demands.hotspots.places import places_of
from niangjia.modules.demands.hotspots.ranking import heat_of
from niangjia.modules.demands.hotspots.reading import Message
from niangjia.modules.demands.hotspots.states import LEAST_PEOPLE
from niangjia.modules.demands.hotspots.texts import BODY_READ, words_of

TOP = 20


@dataclass(frozen=True)
class Group:
    """One hot spot of a file."""

    title: str
    words: tuple[str, ...]
    place: str
    people: int
    messages: int
    from_: str
    until: str
    heat: float


@dataclass(frozen=True)
class Match:
    """How well the group that fits a topic best does fit."""

    topic: str
    size: int
    found: int
    f1: float


def grouped(messages: Sequence[Message]) -> list[list[int]]:
    """Rows by group, in the order of the file."""
    items = [item_of(message) for message in messages]
    groups: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups_of(items)):
        groups[group].append(row)
    return list(groups.values())


def item_of(message: Message) -> Item:
    return Item(words_of(message.title, message.body), places_of(message.title, message.body[:BODY_READ]))


def matches(
    messages: Sequence[Message], groups: Sequence[Sequence[int]], topics: Mapping[str, set[str]]
) -> list[Match]:
    """For each topic the group with the highest F1; ids that the file doesn't have are not looked for."""
    of = [{messages[row].id for row in group} for group in groups]
    known = {message.id for message in messages}
    found = []
    for topic, ids in topics.items():
        wanted = ids & known
        if not wanted:
            continue
        best = max(of, key=lambda group: _f1(wanted, group))
        found.append(Match(topic, len(wanted), len(best), round(_f1(wanted, best), 4)))
    return found


def _f1(wanted: set[str], group: set[str]) -> float:
    return 2 * len(wanted & group) / (len(wanted) + len(group))


def hottest(messages: Sequence[Message], groups: Sequence[Sequence[int]], limit: int = TOP) -> list[Group]:
    """By different people and how quickly they came, never by messages: one person may write ninety times."""
    ranked = sorted(
        (group for group in groups if len({messages[row].user for row in group}) >= LEAST_PEOPLE),
        key=lambda group: -_heat(messages, group),
    )
    return [_described(messages, group) for group in ranked[:limit]]


def _heat(messages: Sequence[Message], group: Sequence[int]) -> float:
    times = [at for row in group if (at := messages[row].at) is not None]
    took = max(times) - min(times) if times else timedelta(0)
    return heat_of(len({messages[row].user for row in group}), took)


def _described(messages: Sequence[Message], group: Sequence[int]) -> Group:
    shown = [_shown(messages[row]) for row in group]
    words = words_shown(shown)
    times = sorted(at for row in group if (at := messages[row].at) is not None)
    # The title that says most of the common words stands for all.
    title = max((one.title for one in shown), key=lambda title: (sum(word in title for word in words), -len(title)))
    return Group(
        title, words, place_shown(shown), len({one.asker for one in shown}), len(group),
        f"{times[0]:%Y-%m-%d}" if times else "", f"{times[-1]:%Y-%m-%d}" if times else "",
        round(_heat(messages, group), 1),
    )  # fmt: skip


def _shown(message: Message) -> TraceShown:
    places = places_of(message.title, message.body[:BODY_READ])
    return TraceShown(
        message.user, message.at, words_of(message.title, message.body), [f"{SPOKEN}{name}" for name in places.spoken],
        message.title,
    )  # fmt: skip


def as_json(groups: Sequence[Group], found: Sequence[Match], seconds: float) -> dict[str, Any]:
    mean = round(sum(match.f1 for match in found) / len(found), 4) if found else None
    return {
        "mean_f1": mean,
        "topics": [asdict(match) for match in found],
        "top": [{key.rstrip("_"): value for key, value in asdict(group).items()} for group in groups],
        "seconds": round(seconds, 1),
    }
