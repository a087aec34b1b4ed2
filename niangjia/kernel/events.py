"""What one room says and the rooms above hear, in the transaction of the fact.

An event is a frozen dataclass in the past tense, declared in its room's `events.py`. Handlers are
registered in `AppConfig.ready()` and run in the order of registration; one that raises undoes the act.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

Event = TypeVar("Event")
Handler = Callable[[Any], None]

_handlers: defaultdict[type[Any], list[Handler]] = defaultdict(list)


def subscribe(kind: type[Event]) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """`@subscribe(OrganisationMerged)` above a function of one event; registering twice is once."""

    def register(handler: Callable[[Event], None]) -> Callable[[Event], None]:
        if handler not in _handlers[kind]:
            _handlers[kind].append(handler)
        return handler

    return register


def publish(event: object) -> None:
    """Calls every handler now. Outside a transaction half of the story could be lost, so it is refused."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} must be published in the transaction of its fact")
    for handler in _handlers[type(event)]:
        handler(event)
