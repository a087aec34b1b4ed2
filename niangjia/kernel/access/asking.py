"""Who asks, for what is drawn without a request at hand: a form's widget that names what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from niangjia.kernel.access.actor import NOBODY, Actor

_asking: ContextVar[Actor] = ContextVar("asking", default=NOBODY)


def asking() -> Actor:
    """The actor of the request being answered; outside of one nobody, who sees nothing."""
    return _asking.get()


@contextmanager
def asked_by(actor: Actor) -> Iterator[None]:
    token = _asking.set(actor)
    try:
        yield
    finally:
        _asking.reset(token)
