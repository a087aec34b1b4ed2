"""Managers that fail closed: a read that names no actor raises.

The raising manager is the default one on purpose: `get_object_or_404`, generic views, drop-downs
of foreign keys and reverse managers all go through `_default_manager` and would leak otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db import models

from niangjia.kernel.access.actor import Actor

if TYPE_CHECKING:
    from niangjia.kernel.access.models import Scope

Row = TypeVar("Row", bound=models.Model)
_uniqueness_is_global: ContextVar[bool] = ContextVar("uniqueness_is_global", default=False)


class UnscopedRead(RuntimeError):
    """A programming error: the read must say who reads."""


class ScopedQuerySet(models.QuerySet[Row]):
    def under(self, path: str) -> ScopedQuerySet[Row]:
        """Only what lies at or under this place of the tree; narrows, never widens."""
        return self.model.narrowed(self, (path,))  # type: ignore[attr-defined, no-any-return]


class ScopedManager(models.Manager[Row]):
    """Doors: `visible_to(actor)`, `unscoped(reason=…)`, `create(…)`, `none()`."""

    def _rows(self) -> ScopedQuerySet[Row]:
        return ScopedQuerySet(self.model, using=self._db)

    def get_queryset(self) -> ScopedQuerySet[Row]:
        # A related manager of a row that was already loaded belongs to that row.
        if hasattr(self, "instance") or _uniqueness_is_global.get():
            return self._rows()
        raise UnscopedRead(f"{self.model.__name__}.objects: say who reads: visible_to(actor), or unscoped(reason=…)")

    def visible_to(self, actor: Actor) -> ScopedQuerySet[Row]:
        """The rows that this actor may know of."""
        return self.model.visible_rows(self._rows(), actor)  # type: ignore[attr-defined, no-any-return]

    def one_visible_to(self, pk: int, actor: Actor) -> ScopedQuerySet[Row]:
        """The row of this key, if this actor may know of it."""
        return self.model.visible_row(self._rows().filter(pk=pk), actor)  # type: ignore[attr-defined, no-any-return]

    def unscoped(self, *, reason: str) -> ScopedQuerySet[Row]:
        """Every row. The reason is for the reader of the code; the count of these is watched."""
        if not reason:
            raise UnscopedRead("unscoped() needs a reason")
        return self._rows()

    def none(self) -> ScopedQuerySet[Row]:
        return self._rows().none()

    def create(self, **fields: Any) -> Row:
        return self._rows().create(**fields)


@contextmanager
def global_uniqueness() -> Iterator[None]:
    """Uniqueness holds over the whole table, so its checks may look at rows out of sight."""
    token = _uniqueness_is_global.set(True)
    try:
        yield
    finally:
        _uniqueness_is_global.reset(token)


class FailClosedModel(models.Model):
    """A model whose rows are seen by a rule of its own: override `visible_rows` and `narrowed`."""

    objects: ClassVar[ScopedManager[Any]] = ScopedManager()

    class Meta:
        abstract = True

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        raise NotImplementedError

    @classmethod
    def visible_row(cls, row: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """As `visible_rows`, of a single one: override where that can be asked with less."""
        return cls.visible_rows(row, actor)

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        raise NotImplementedError

    def validate_unique(self, exclude: Any = None) -> None:
        with global_uniqueness():
            super().validate_unique(exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        with global_uniqueness():
            super().validate_constraints(exclude)


class ScopedModel(FailClosedModel):
    """A row that belongs to one place of the tree.

    `seen_with` is the permission that shows it; a sub-class declares `scope`, or names in
    `scope_via` the look-up that leads there (`'organisation__scope'`).
    """

    seen_with: ClassVar[str] = ""
    scope_via: ClassVar[str] = "scope"

    class Meta:
        abstract = True

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return cls.narrowed(rows, actor.paths(cls.seen_with))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        from niangjia.kernel.access.models import Scope  # models need this class first

        if not paths:
            return rows.none()
        return rows.filter(**{f"{cls.scope_via}__in": Scope.objects.filter(path__under_any=list(paths)).values("id")})

    @property
    def seat(self) -> Scope:
        """The scope the row belongs to."""
        found: Any = self
        for name in self.scope_via.split("__"):
            found = getattr(found, name)
        return found  # type: ignore[no-any-return]
