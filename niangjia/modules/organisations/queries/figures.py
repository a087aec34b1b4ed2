"""Then and now: figures at a place, counted by the tree as it stood on the day.

Rooms above register what they count; the organisation's page only shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.queries import path_on, scopes_under
from niangjia.modules.organisations.models import Organisation, StructureChange
from niangjia.modules.organisations.rules import LEVEL, Level, Structural

Value = Callable[[str, date | None], int]

COUNTED_KINDS = tuple(str(kind) for kind, level in LEVEL.items() if level is Level.PRIMARY)
"""What a report calls 基层工会: joint unions of small employers included, federations and groups not."""


@dataclass(frozen=True)
class Figure:
    label: str
    unit: str
    value: Value


_figures: dict[str, Figure] = {}


def register_figure(label: str, unit: str, value: Value) -> None:
    """`value(path, on)`: the number at and under a path; `on` a past day and the path of that day, None: now."""
    _figures[label] = Figure(label, unit, value)


def primary_unions() -> Any:
    """The open primary unions of every place, for counts by place."""
    rows = Organisation.objects.unscoped(reason="counting the whole tree by place")
    return rows.filter(kind__in=COUNTED_KINDS, closed_on=None)


def unions_at(path: str, on: date | None = None) -> int:
    """How many primary unions stand at and under a path, now or on a day."""
    there = Organisation.objects.unscoped(reason="a count at a place that the caller was let see").filter(
        scope__in=scopes_under(path, on=on).values("id")
    )
    if on is None:
        return there.filter(kind__in=COUNTED_KINDS, closed_on=None).count()
    of_the_day = there.annotate(kind_then=Coalesce(_kind_before(on), "kind"))
    return of_the_day.filter(Q(closed_on=None) | Q(closed_on__gt=on), kind_then__in=COUNTED_KINDS).count()


def _kind_before(on: date) -> Subquery:
    """Of an organisation that became another kind after the day, what it was on it."""
    later = StructureChange.objects.unscoped(reason="of which kind an organisation was").filter(
        organisation=OuterRef("pk"), kind=Structural.RETYPED, on__gt=on
    )
    return Subquery(later.order_by("on", "pk").values("kind_before")[:1])


register_figure("基层工会", "个", unions_at)


@dataclass(frozen=True)
class Compared:
    """`then` is None when the organisation didn't stand yet."""

    label: str
    unit: str
    then: int | None
    now: int

    @property
    def change(self) -> int | None:
        return None if self.then is None else self.now - self.then


def then_and_now(organisation: Organisation, *, then: date) -> list[Compared]:
    """Every registered figure on a past day, at the path of that day, beside today's."""
    old_path = path_on(organisation.pk, then)
    scope: Scope = organisation.scope
    return [
        Compared(
            figure.label,
            figure.unit,
            figure.value(old_path, then) if old_path else None,
            figure.value(scope.path, None) if organisation.is_open else 0,
        )
        for figure in _figures.values()
    ]
