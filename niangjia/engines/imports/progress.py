"""How far a step is, for the page: told on a connection of its own, since nobody sees what isn't committed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.kernel.jobs.stopping import go_on

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

SECONDS = 1.0
_ONE_RUN = 7_306_301  # an advisory lock's first half; the number means nothing


class Stopped(Exception):
    """The batch was dropped while it was at work."""


class Progress:
    """Call it as often as you like with the rows done; it is written once a second."""

    def __init__(self, batch: ImportBatch, own: BaseDatabaseWrapper) -> None:
        self._batch_id, self._state, self._own = batch.pk, batch.state, own
        self._next = time.monotonic() + SECONDS

    def __call__(self, done: int) -> None:
        go_on()
        if time.monotonic() >= self._next:
            self.write(done)

    def write(self, done: int) -> None:
        self._next = time.monotonic() + SECONDS
        with self._own.cursor() as cursor:
            cursor.execute(
                "update imports_importbatch set step_done = %s where id = %s and state = %s",
                [done, self._batch_id, self._state],
            )
            if cursor.rowcount:
                return
            cursor.execute("select state from imports_importbatch where id = %s", [self._batch_id])
            if (cursor.fetchone() or (None,))[0] == BatchState.DROPPED:
                raise Stopped


@contextmanager
def one_run_of(batch: ImportBatch) -> Iterator[Progress]:
    """One process at a time works on a batch: a worker that was given up may still be alive."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s, %s)", [_ONE_RUN, batch.pk])
        try:
            yield Progress(batch, own)
        finally:
            with suppress(DatabaseError), own.cursor() as cursor:  # a pooled connection would keep it
                cursor.execute("select pg_advisory_unlock(%s, %s)", [_ONE_RUN, batch.pk])
    finally:
        own.close()
