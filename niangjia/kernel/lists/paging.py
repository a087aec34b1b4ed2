"""Pages by key: the page begins after a row, not after a number of rows, so page 9,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.counting import Count
from niangjia.kernel.lists.spec import Chosen, ListSpec, Sort


@dataclass(frozen=True)
class ListPage:
    """One page. `next` and `previous` are keys for the address, empty at the ends."""

    spec: ListSpec
    chosen: Chosen
    sort: Sort
    rows: list[Any]
    count: Count
    next: str = ""
    previous: str = ""
    problem: str = ""  # why a search text can't be used


def list_page(
    spec: ListSpec, *, actor: Actor, params: Mapping[str, str], within: str | None = None, size: int | None = None
) -> ListPage:
    """The page that an address means, within one place of the tree if `within` is its path."""
    chosen = spec.chosen(params, actor)
    sort = spec.sort_of(chosen)
    try:
        rows = spec.narrowed(chosen, actor, within)
    except Refused as refusal:
        return ListPage(spec, chosen, sort, [], Count(0), problem=refusal.message)
    count, rows = spec.counted(rows, chosen, actor, within)
    fence = spec.fenced(chosen, actor, within, count)
    found, following, previous = _slice(spec, rows, sort, chosen, fence=fence, size=size or spec.page_size)
    return ListPage(spec, chosen, sort, spec.presented(found, actor), count, following, previous)


def _slice(
    spec: ListSpec, rows: QuerySet[Any], sort: Sort, chosen: Chosen, *, fence: bool, size: int
) -> tuple[list[Any], str, str]:
    backwards = bool(chosen.before)
    descending = sort.descending != backwards
    fields = (*sort.fields, "pk")
    key = _key_read(chosen.before or chosen.after, len(fields))
    try:
        beyond = rows.filter(_beyond(fields, key, "lt" if descending else "gt")) if key else rows
    except (TypeError, ValueError, ValidationError):  # values that aren't the columns'
        key, beyond = None, rows
    # Keys first: the index alone yields the ids, and only fifty rows are then fetched whole.
    keys = beyond.order_by(*_order(fields, descending=descending, fence=fence))[: size + 1]
    # A plain sub-query over the model: its rows have passed the scope already.
    fetched = spec.dressed(type(rows)(rows.model, using=rows.db).filter(pk__in=keys.values("pk")))
    found = list(fetched.order_by(*_order(fields, descending=descending, fence=False)))
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return [], "", ""
    has_next = more if not backwards else True
    has_previous = bool(key) if not backwards else more
    return (
        found,
        _key_written(found[-1], fields) if has_next else "",
        _key_written(found[0], fields) if has_previous else "",
    )


def _order(fields: tuple[str, ...], *, descending: bool, fence: bool) -> list[Any]:
    first: Any = F(fields[0])
    if fence and fields[0] != "pk":
        # No index matches an expression, so hits are found first and sorted after; this one keeps numbers numbers.
        first = Coalesce(F(fields[0]), F(fields[0]))
    expressions = [first, *(F(name) for name in fields[1:])]
    return [item.desc() if descending else item.asc() for item in expressions]


def fence_around(field: str) -> Any:
    """The field as an expression that no index matches, so that hits are found first and sorted after."""
    return Coalesce(F(field), F(field))


def _beyond(fields: tuple[str, ...], key: list[Any], side: str) -> Q:
    """Rows after the key, in index order: first >= a AND NOT (first = a AND the rest is not beyond)."""
    name, value = fields[0], key[0]
    if len(fields) == 1:
        return Q(**{f"{name}__{side}": value})
    return Q(**{f"{name}__{side}e": value}) & (Q(**{f"{name}__{side}": value}) | _beyond(fields[1:], key[1:], side))


def _key_written(row: Any, fields: tuple[str, ...]) -> str:
    values = []
    for name in fields:
        value = row
        for part in name.split("__"):
            value = getattr(value, part)
        values.append(value.isoformat() if isinstance(value, (date, datetime)) else value)
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def _key_read(text: str, length: int) -> list[Any] | None:
    """A key that was tampered with is no key: the list begins at its beginning."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    plain = isinstance(values, list) and all(isinstance(value, (str, int)) for value in values)
    if "\\u0000" in json.dumps(values):
        return None
    return values if plain and len(values) == length and isinstance(values[-1], int) else None
