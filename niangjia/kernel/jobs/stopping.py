"""A long job hands itself back when its worker has to stop; the next worker begins it anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from procrastinate import JobContext, RetryStrategy
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job
from procrastinate.retry import RetryDecision

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from procrastinate.worker import Worker

LOOKS = 0.5  # seconds
_at_work: ContextVar[JobContext | None] = ContextVar("job_at_work", default=None)
_handed_back: ContextVar[JobContext | None] = ContextVar("job_handed_back", default=None)


class HandedBack(RetryStrategy):
    """The `retry` of a task that works within `handing_back`: at once after that, otherwise as its options say."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, JobAborted):
            return RetryDecision()
        return super().get_retry_decision(exception=exception, job=job)


def known(run: Callable[[], Any], context: JobContext, worker: Worker) -> Any:  # noqa: ARG001 - procrastinate passes it
    """The worker's: whatever a job does knows of whose worker it asks."""
    before = _at_work.set(context)
    try:
        return run()
    finally:
        _at_work.reset(before)


@contextmanager
def handing_back() -> Iterator[None]:
    """Once the worker's grace is over the block ends by JobAborted: in `go_on`, or while a statement runs.

    What the block did in a transaction is undone; it must be one that may be begun anew.
    """
    context = _at_work.get()
    if context is None:  # no worker's job
        yield
        return
    over = threading.Event()
    watching = threading.Thread(target=_watch, args=(context, connections[DEFAULT_DB_ALIAS], over), daemon=True)
    watching.start()
    before = _handed_back.set(context)
    try:
        yield
    except DatabaseError as error:
        if context.should_abort():
            raise JobAborted from error
        raise
    finally:
        _handed_back.reset(before)
        over.set()
        watching.join()


def _watch(context: JobContext, theirs: BaseDatabaseWrapper, over: threading.Event) -> None:
    while not over.wait(LOOKS):
        session = theirs.connection
        if context.should_abort() and session is not None:
            with suppress(psycopg.Error):
                session.cancel_safe()


def go_on() -> None:
    """Asked now and then by work that is no statement. Raises JobAborted within `handing_back`, and only there."""
    context = _handed_back.get()
    if context is not None and context.should_abort():
        raise JobAborted
