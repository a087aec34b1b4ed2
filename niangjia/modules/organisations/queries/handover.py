"""What an officer who leaves has in hand; each room counts its own and knows how to pass it on.

    register_handover("个值班班次", count_shifts, move_shifts)

The label stands behind the number: “还有 3 个值班班次”.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from niangjia.kernel.access.actor import Actor


@dataclass(frozen=True)
class Leaving:
    """Somebody leaves what stands at and under `path`; from `on` the work is the successor's."""

    user_id: int
    path: str
    on: date


Count = Callable[[Leaving], int]
Move = Callable[[Leaving, "Successor"], None]


@dataclass(frozen=True)
class Successor:
    """`user_id` None: nobody follows, and nothing is open."""

    user_id: int | None
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class _Matter:
    count: Count
    move: Move


_matters: dict[str, _Matter] = {}


def register_handover(label: str, count: Count, move: Move) -> None:
    """`move` runs in the transaction of the leaving, also with nothing counted; it raises Refused to stop it."""
    _matters[label] = _Matter(count, move)


def in_hand(leaving: Leaving) -> list[tuple[str, int]]:
    """What has to pass to somebody, empty labels left out."""
    counted = [(label, matter.count(leaving)) for label, matter in _matters.items()]
    return [(label, number) for label, number in counted if number]


def hand_over(leaving: Leaving, successor: Successor) -> None:
    for matter in _matters.values():
        matter.move(leaving, successor)
