"""PostgreSQL's ltree as a Django field, with the two look-ups that a tree of scopes needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.lookups import Lookup


class PathField(models.Field):  # type: ignore[type-arg]
    """A materialised path such as '1.12.345'."""

    def db_type(self, connection: Any) -> str:
        return "ltree"


@PathField.register_lookup
class Under(Lookup):  # type: ignore[type-arg]
    """`path__under='1.12'`: the node itself and everything below it."""

    lookup_name = "under"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} <@ %s::ltree", [*params, self.rhs]


@PathField.register_lookup
class UnderAny(Lookup):  # type: ignore[type-arg]
    """`path__under_any=['1.12', '1.15']`; an empty list finds nothing."""

    lookup_name = "under_any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} <@ ANY(%s::ltree[])", [*params, list(self.rhs)]


@PathField.register_lookup
class Above(Lookup):  # type: ignore[type-arg]
    """`path__above='1.12.345'`: the node itself and its ancestors."""

    lookup_name = "above"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} @> %s::ltree", [*params, self.rhs]


def end_of(path: str) -> int:
    """The id of the node that a path leads to."""
    return int(path.rsplit(".", 1)[-1])


def is_under(path: str, ancestor: str) -> bool:
    """True for the node itself and everything below `ancestor`."""
    return path == ancestor or path.startswith(ancestor + ".")


def topmost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths without those that lie under another of them, sorted."""
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda p: (p.count("."), p)):
        if not any(is_under(path, other) for other in kept):
            kept.append(path)
    return tuple(sorted(kept))
