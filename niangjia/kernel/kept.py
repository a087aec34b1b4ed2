"""What changes rarely and is read all the time is kept in the process; a small query asks whether it still holds.

A table's stamp sums up which transactions wrote its rows, so it needs no care of its own: whoever changes a row,
by whatever way, changes the stamp, and does so at the commit. For tables of some hundred rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from django.db import connection, models

Value = TypeVar("Value")
Stamp = tuple[Any, ...]

_all: list[Kept[Any]] = []
_asked: ContextVar[dict[str, Stamp] | None] = ContextVar("stamps_asked", default=None)

# Within one transaction a row may be written twice: then only the number of the command tells (cmin).
_STAMP = "(select (count(*), sum(xmin::text::bigint), sum(cmin::text::bigint))::text from {})"


class Kept(Generic[Value]):
    """What `read` makes of a whole table, as the table stands now."""

    def __init__(self, model: type[models.Model], read: Callable[[], Value]) -> None:
        self.table = model._meta.db_table
        self._read = read
        self._held: tuple[Stamp, Value] | None = None
        _all.append(self)

    def now(self) -> Value:
        stamp, held = _stamp_of(self.table), self._held
        if held is None or held[0] != stamp:
            # Read after the stamp: a change between the two is read once more, never missed.
            held = self._held = (stamp, self._read())
        return held[1]


@contextmanager
def asked_once() -> Iterator[None]:
    """Within it all tables are asked for their stamps together, once: for an act that changes none of them."""
    if _asked.get() is not None:
        yield
        return
    token = _asked.set({})
    try:
        yield
    finally:
        _asked.reset(token)


def _stamp_of(table: str) -> Stamp:
    asked = _asked.get()
    if asked is None:
        return _stamps([table])[table]
    if table not in asked:
        asked |= _stamps(sorted({one.table for one in _all}))
    return asked[table]


def _stamps(tables: list[str]) -> dict[str, Stamp]:
    with connection.cursor() as cursor:
        names = map(connection.ops.quote_name, tables)
        cursor.execute(f"select {', '.join(map(_STAMP.format, names))}")
        row = cursor.fetchone() or ()
    # Another database has other rows under the same stamp: the tests use several.
    return {table: (connection.settings_dict["NAME"], stamp) for table, stamp in zip(tables, row, strict=True)}
