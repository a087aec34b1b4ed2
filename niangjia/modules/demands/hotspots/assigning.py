"""Where each new demand belongs, one after the other as they came: to a hot spot that stands, to one like it, or alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from niangjia.modules.demands.hotspots.clustering import ALIKE, Gate, Item, pairs, weighted


@dataclass(frozen=True)
class Standing:
    """A demand that was looked at before; `group` is its hot spot, None for one that stands alone."""

    item: Item
    group: int | None


def assigned(standing: Sequence[Standing], new: Sequence[Item], *, alike: float = ALIKE) -> list[list[int]]:
    """Every group that a new one came to, as rows of `standing` followed by `new`.

    A new one goes where it is most alike on average to all who are there, as the nightly run would have it.
    """
    items = [*(one.item for one in standing), *new]
    if not new:
        return []
    groups: dict[int, list[int]] = defaultdict(list)  # a hot spot by its number, others by a number below nought
    group_of: dict[int, int] = {}
    for row, one in enumerate(standing):
        group_of[row] = one.group if one.group is not None else -1 - row
        groups[group_of[row]].append(row)
    first = len(standing)
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    one, other, likeness = pairs(weighted(items), Gate([item.places for item in items]), rows=range(first, len(items)))
    for row, beside, value in zip(one.tolist(), other.tolist(), likeness.tolist(), strict=True):
        if beside < row:
            near[row].append((beside, value))
    touched: set[int] = set()
    for row in range(first, len(items)):
        together: dict[int, float] = defaultdict(float)
        for beside, value in near[row]:
            together[group_of[beside]] += value
        best = max(together, key=lambda key: (together[key] / len(groups[key]), key), default=None)
        mine = -1 - row
        if best is not None and together[best] / len(groups[best]) >= alike:
            mine = best
        group_of[row] = mine
        groups[mine].append(row)
        if len(groups[mine]) > 1:
            touched.add(mine)
    return [groups[key] for key in sorted(touched)]
