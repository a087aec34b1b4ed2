"""The beginning and the end that every action shares: lock, right, and the entry in the trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from django.db import models, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import FailClosedModel, ScopedModel
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted

Row = TypeVar("Row", bound=FailClosedModel)


@contextmanager
def changing(
    model: type[Row],
    pk: int,
    *,
    actor: Actor,
    permission: str,
    verb: str,
    now: datetime,
    reason: str = "",
) -> Iterator[Row]:
    """Locks a row that the actor sees, asks for the right at its place, and records what became of it.

    Raises Missing out of sight, NotPermitted in sight without the right. The block saves the row
    itself; nothing is recorded when nothing changed.
    """
    with transaction.atomic():
        row: Row | None = model.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=pk).first()
        if row is None:
            raise Missing
        path = path_of(row, actor, permission)
        before = audit.snapshot(row)
        yield row
        after = audit.snapshot(row)
        if before != after:
            audit.record(
                actor=actor, verb=verb, subject=row, path=path, before=before, after=after, reason=reason, now=now
            )


def path_of(row: models.Model, actor: Actor, permission: str) -> str | None:
    """The place of a row where the actor has the right. Raises NotPermitted where there is none."""
    if isinstance(row, ScopedModel):
        path: str = row.seat.path
        if not actor.may(permission, path):
            raise NotPermitted
        return path
    # Rows outside the tree are visible by a rule of their own and say themselves who may change them.
    may_change: Callable[[Actor, str], str | None] = row.may_change  # type: ignore[attr-defined]
    found = may_change(actor, permission)
    if found is None:
        raise NotPermitted
    return found


@contextmanager
def adding(
    *, actor: Actor, permission: str, scope: Scope, verb: str, now: datetime, reason: str = ""
) -> Iterator[Callable[[models.Model], None]]:
    """Asks for the right at a place, then records each row that the block hands to `recorded`."""
    if not actor.may(permission, scope.path):
        raise NotPermitted
    made: list[models.Model] = []
    with transaction.atomic():
        yield made.append
        for row in made:
            audit.record(
                actor=actor,
                verb=verb,
                subject=row,
                path=scope.path,
                after=audit.snapshot(row),
                reason=reason,
                now=now,
            )
