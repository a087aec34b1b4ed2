"""A second connection that writes half of a large commit, and is committed with the first or not at all.

One connection keeps one core busy; a city's million rows want both. PostgreSQL's two-phase commit ties
the halves: the second is prepared before the first commits, and committed after it. Whoever dies in
between leaves it prepared, and `settle` does what the batch's own row says. Where the server prepares
no transactions (`max_prepared_transactions` is 0) one connection writes everything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from niangjia.engines.imports.models import BatchState, ImportBatch

_GID = "niangjia.members."
Statement = tuple[str, Mapping[str, Any]]


def can_help() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('max_prepared_transactions')::int > 0")
        return bool((cursor.fetchone() or (False,))[0])


class SecondHand:
    """Begins at once, in a thread with a connection of its own; what it writes is seen by nobody before the end."""

    def __init__(self, batch_id: int, statements: Sequence[Statement]) -> None:
        self.gid = f"{_GID}{batch_id}"
        self.error: Exception | None = None
        self._statements = statements
        self._thread = threading.Thread(target=self._work, name=self.gid)
        self._thread.start()

    def _work(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("begin")
                for statement, facts in self._statements:
                    cursor.execute(statement, facts)
                cursor.execute(f"prepare transaction '{self.gid}'")
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            self.error = error
        finally:
            connection.close()

    def join(self) -> None:
        """Waits until it is ready, and has it committed with the transaction around; raises what stopped it."""
        self._thread.join()
        if self.error is not None:
            raise self.error
        transaction.on_commit(lambda: _finish(self.gid, commit=True))

    def give_up(self) -> None:
        """The transaction around fails: nothing of this stays."""
        self._thread.join()
        if self.error is None:
            elsewhere(lambda: _finish(self.gid, commit=False))


def elsewhere(act: Callable[[], None]) -> None:
    """Outside of the transaction that is going on here; raises what it raised."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - raised below
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for error in raised:
        raise error


def _finish(gid: str, *, commit: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"{'commit' if commit else 'rollback'} prepared '{gid}'")


def drop(table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '5s'")
        cursor.execute(f"drop table if exists {table}")


def _left() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select gid from pg_prepared_xacts where database = current_database() and gid like %s", [f"{_GID}%"]
        )
        return [gid for (gid,) in cursor.fetchall()]


def forget_left(batch_id: int) -> None:
    """What an earlier try of this batch left: the batch isn't done, so it came to nothing."""
    gid = f"{_GID}{batch_id}"
    if gid in _left():
        elsewhere(lambda: _finish(gid, commit=False))


def finish_left(batch_id: int) -> None:
    """Before a commit is taken back: the half that was left prepared is a part of it."""
    gid = f"{_GID}{batch_id}"
    if gid in _left():
        elsewhere(lambda: _finish(gid, commit=True))


def settle() -> int:
    """Ends what was left prepared by a process that died, as its batch was left; returns how many."""
    settled = 0
    for gid in _left():
        with transaction.atomic():
            # Waits for whoever is still at it.
            batch = (
                ImportBatch.objects.unscoped(reason="what became of a batch whose second half is waiting")
                .select_for_update()
                .filter(pk=int(gid.removeprefix(_GID)))
                .first()
            )
            # Not the state alone: somebody may be taking it back already.
            done = batch is not None and batch.committed_at is not None and batch.state != BatchState.TAKEN_BACK
        if gid in _left():
            _finish(gid, commit=done)
            settled += 1
    return settled
