"""Demands put together by meaning and place: average linkage on weighted words, through a gate of places.

Two that can't be about the same spot have nothing in common, whatever they say (`places.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix, diags
from scipy.sparse.csgraph import connected_components

from niangjia.modules.demands.hotspots.places import Places, Sort, line_of

ALIKE = 0.15
"""Groups are put together while their members are so alike on average; the middle of the plateau in `docs/measured.md`."""

LEAST = 0.05
"""What two have in common by chance: counted as nothing."""

COMMON, FEW = 0.1, 500
"""A word in more than a tenth of all says nothing; among few it may be a storm that all write of."""

LARGEST = 6_000
"""So many can be linked at once in memory; a knot of more is pulled apart by stricter likeness first."""

BACKGROUND = 500
"""Demands that are thought to lie around, each about something else: of a dozen that all name one site, the name is rare still."""

STRICTER, SAME = 0.1, 0.9
"""By such steps, until they say the same: then a knot is cut anywhere."""

ROWS_AT_ONCE = 1_000
PRECISE = (Sort.SITE, Sort.HOME, Sort.WORKS, Sort.SCHOOL)
"""Who names two different ones of these speaks of two places, though the firm or the road be the same."""

Matrix = Any
"""scipy says nothing of its types."""


@dataclass(frozen=True)
class Item:
    words: Sequence[str]
    places: Places

    def terms(self) -> list[str]:
        return [*self.words, *(f"@{name}" for name in self.places.spoken)]


def weighted(items: Sequence[Item]) -> Matrix:
    """A row of length one for each item: rare words weigh more, repeated ones a little."""
    counts = [Counter(item.terms()) for item in items]
    in_how_many = Counter(word for count in counts for word in count)
    n, most = len(items) + BACKGROUND, max(COMMON * len(items), FEW)
    column = {word: at for at, word in enumerate(word for word, times in in_how_many.items() if times <= most)}
    rows, columns, weights = [], [], []
    for row, count in enumerate(counts):
        for word, times in count.items():
            if (at := column.get(word)) is not None:
                rows.append(row)
                columns.append(at)
                weights.append((1 + log(times)) * (log((1 + n) / (1 + in_how_many[word])) + 1))
    matrix = csr_matrix((np.array(weights, dtype=np.float32), (rows, columns)), shape=(len(items), max(len(column), 1)))
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    length[length == 0] = 1
    return diags(1 / length).dot(matrix).tocsr().astype(np.float32)


class Gate:
    """Which pairs can be about the same place; made once for all items, asked for many pairs at a time."""

    def __init__(self, places: Sequence[Places]) -> None:
        lines = [{part for one in place.line for part in line_of(one)} for place in places]
        number = _numbered(lines)
        self._own, self._line = _table([place.line for place in places], number), _table(lines, number)
        self._any = _table(*_with_numbers([{pair for _, pair in place.names} for place in places]))
        self._of = {sort: _table(*_with_numbers([_named(place, sort) for place in places])) for sort in Sort}

    def lets_through(self, one: Any, other: Any) -> Any:
        """For two arrays of rows, whether each pair may be put together."""
        along = _share(self._own, self._line, one, other) | _share(self._line, self._own, one, other)
        through = along | ~(_has(self._own, one) & _has(self._own, other))
        anything = _share(self._any, self._any, one, other)
        for sort, table in self._of.items():
            both = _has(table, one) & _has(table, other)
            same = _share(table, table, one, other) if sort in PRECISE else anything
            through &= ~both | same
        return through


def pairs(matrix: Matrix, gate: Gate, *, rows: Iterable[int] | None = None) -> tuple[Any, Any, Any]:
    """(one, other, likeness) of all pairs that have something in common, or of these rows with all."""
    wanted = np.arange(matrix.shape[0]) if rows is None else np.array(sorted(rows), dtype=np.int64)
    found: list[tuple[Any, Any, Any]] = []
    turned = matrix.T.tocsr()
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        some = wanted[start : start + ROWS_AT_ONCE]
        product = matrix[some].dot(turned).tocoo()
        one, other, alike = some[product.row], product.col.astype(np.int64), product.data
        keep = (alike >= LEAST) & ((one < other) if rows is None else (one != other))
        one, other, alike = one[keep], other[keep], alike[keep]
        through = gate.lets_through(one, other)
        found.append((one[through], other[through], alike[through]))
    if not found:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64), np.array([], dtype=np.float32)
    one, other, alike = (np.concatenate(part) for part in zip(*found, strict=True))
    return one, other, alike


def groups_of(items: Sequence[Item], *, alike: float = ALIKE) -> list[int]:
    """A number for each item; those with the same one belong together."""
    if not items:
        return []
    gate = Gate([item.places for item in items])
    one, other, likeness = pairs(weighted(items), gate)
    knots = list(_knots(len(items), one, other, likeness, alike))
    knot_of = np.zeros(len(items), dtype=np.int64)
    for number, members in enumerate(knots):
        knot_of[members] = number
    inside = np.flatnonzero(knot_of[one] == knot_of[other])
    inside = inside[np.argsort(knot_of[one[inside]], kind="stable")]
    bounds = np.searchsorted(knot_of[one[inside]], np.arange(len(knots) + 1))
    labels = np.zeros(len(items), dtype=np.int64)
    following = 0
    for number, members in enumerate(knots):
        some = inside[bounds[number] : bounds[number + 1]]
        numbers = _linked(members, one[some], other[some], likeness[some], alike)
        labels[members] = numbers + following
        following += int(numbers.max()) + 1
    return [int(label) for label in labels]


def _knots(n: int, one: Any, other: Any, likeness: Any, alike: float) -> Iterator[Any]:
    """Those that can end up together: a group so alike on average has two that are so alike, so no group is cut."""
    strong = likeness >= alike
    graph = csr_matrix((np.ones(int(strong.sum()), dtype=np.int8), (one[strong], other[strong])), shape=(n, n))
    _, knot = connected_components(graph, directed=False)
    order = np.argsort(knot, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(knot[order])) + 1):
        if len(members) <= LARGEST or alike >= SAME:
            yield from (members[start : start + LARGEST] for start in range(0, len(members), LARGEST))
            continue
        inside = np.isin(one, members) & np.isin(other, members)
        place = np.zeros(n, dtype=np.int64)
        place[members] = np.arange(len(members))
        for part in _knots(
            len(members), place[one[inside]], place[other[inside]], likeness[inside], alike + STRICTER
        ):  # fmt: skip
            yield members[part]


def _linked(members: Any, one: Any, other: Any, likeness: Any, alike: float) -> Any:
    """A number for each member, by average linkage; the pairs are those among them."""
    size = len(members)
    if size == 1:
        return np.zeros(1, dtype=np.int64)
    order = np.argsort(members)
    row, column = (order[np.searchsorted(members, side, sorter=order)] for side in (one, other))
    low, high = np.minimum(row, column), np.maximum(row, column)
    apart = np.ones(size * (size - 1) // 2)
    apart[size * low - low * (low + 1) // 2 + (high - low - 1)] = np.clip(1 - likeness, 0, 1)
    return fcluster(linkage(apart, "average"), 1 - alike, "distance") - 1


def _named(place: Places, sort: Sort) -> set[str]:
    return {pair for of, pair in place.names if of == sort}


def _numbered(sets: Iterable[Iterable[str]]) -> dict[str, int]:
    return {key: at for at, key in enumerate(sorted({key for keys in sets for key in keys}))}


def _with_numbers(sets: Sequence[set[str]]) -> tuple[Sequence[set[str]], dict[str, int]]:
    return sets, _numbered(sets)


def _table(sets: Sequence[Iterable[str]], number: dict[str, int]) -> Matrix:
    rows = [row for row, keys in enumerate(sets) for _ in keys]
    columns = [number[key] for keys in sets for key in keys]
    return csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(sets), max(len(number), 1)))


def _share(left: Matrix, right: Matrix, one: Any, other: Any) -> Any:
    return np.asarray(left[one].multiply(right[other]).sum(axis=1)).ravel() > 0


def _has(table: Matrix, rows: Any) -> Any:
    return np.diff(table.indptr)[rows] > 0
