"""What a metric and a data fault are: declared once by the module that owns the facts, read by every page.

A module's `metrics.py` registers them; the engine adds them up along the tree, shows them, and leads
from each figure to its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import QuerySet

from niangjia.kernel.access.actor import Actor


class Place(NamedTuple):
    """A place of the tree: a figure counts what is at and under it."""

    id: int
    path: str


@dataclass(frozen=True)
class Period:
    """Half-open: `until_on` is the first day after it."""

    name: str
    label: str
    from_on: date
    until_on: date


Counting = Callable[[Sequence[Place], Period], dict[int, int]]
"""The number by place id (0 may be left out), in as many queries for one place as for a hundred."""

Address = Callable[[int, Period], str]
"""Where the rows behind a figure of the organisation with this id are listed."""


@dataclass(frozen=True)
class Metric:
    """`of`: the name of the metric that this one is a share of. `in_period`: else it says how things stand today."""

    name: str
    label: str
    unit: str
    definition: str
    permission: str
    count: Counting
    rows: Address
    of: str = ""
    in_period: bool = False
    headline: bool = False  # on a phone the table shows only these
    order: int = 100


@dataclass(frozen=True)
class Fact:
    """A number by scope that is counted ahead, because counting takes too long for a page.

    `counted(today)`: the rows, of a model with a `scope`, of every place.
    """

    name: str
    counted: Callable[[date], QuerySet[Any]]


@dataclass(frozen=True)
class Fault:
    """Something wrong or missing in the rows of a place. `counted` as in Fact; `mend` is the right to put it right."""

    name: str
    label: str
    noun: str
    advice: str
    permission: str
    mend: str
    counted: Callable[[date], QuerySet[Any]]
    rows: Callable[[int], str]
    days: int = 30
    order: int = 100


_metrics: dict[str, Metric] = {}
_facts: dict[str, Fact] = {}
_faults: dict[str, Fault] = {}


def register_metrics(*metrics: Metric) -> None:
    _metrics.update((metric.name, metric) for metric in metrics)


def register_facts(*facts: Fact) -> None:
    _facts.update((fact.name, fact) for fact in facts)


def register_faults(*faults: Fault) -> None:
    _faults.update((fault.name, fault) for fault in faults)


def metrics_for(actor: Actor) -> list[Metric]:
    """Those that the actor may see somewhere, in their order."""
    return sorted((one for one in _metrics.values() if actor.can(one.permission)), key=lambda one: one.order)


def metric_named(name: str) -> Metric:
    """Raises KeyError for a name that no room declares."""
    return _metrics[name]


def facts() -> list[Fact]:
    return list(_facts.values())


def faults() -> list[Fault]:
    return sorted(_faults.values(), key=lambda one: one.order)


def fault_named(name: str) -> Fault:
    """Raises KeyError for a name that no room declares."""
    return _faults[name]
