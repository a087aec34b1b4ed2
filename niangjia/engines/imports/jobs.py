"""The long steps of an import, and what is tidied up after them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import django.db
import psycopg
from django.db import close_old_connections
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from niangjia.engines.imports import checking, committing, keeping, sending_back, steps
from niangjia.kernel.jobs.actions import fail as fail_task
from niangjia.kernel.jobs.stopping import HandedBack, handing_back
from niangjia.kernel.jobs.times import daily

log = logging.getLogger(__name__)

AGAIN = HandedBack(
    max_attempts=5,
    exponential_wait=3,
    retry_exceptions=[
        django.db.OperationalError, django.db.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError,
    ],
)  # fmt: skip


def _step(run: Callable[..., None], failed: Callable[..., None], **given: Any) -> None:
    close_old_connections()  # one that was broken by a database killed under the job before
    try:
        with handing_back():
            run(**given, now=timezone.now())
    except JobAborted:
        raise  # the worker has to stop: the next one does it
    except Exception as error:
        close_old_connections()
        if steps.connection_was_lost(error):
            raise  # the queue tries again
        log.exception("An import's step failed: %s", given)
        failed(steps.sentence_for(error))
    finally:
        close_old_connections()


@app.task(name="imports.check", retry=AGAIN)
def check(batch_id: int) -> None:
    _step(checking.check, _failing(batch_id), batch_id=batch_id)


@app.task(name="imports.commit", retry=AGAIN)
def commit(batch_id: int) -> None:
    _step(committing.commit, _failing(batch_id), batch_id=batch_id)


@app.task(name="imports.take_back", retry=AGAIN)
def take_back(batch_id: int) -> None:
    _step(committing.take_back, _failing(batch_id), batch_id=batch_id)


@app.task(name="imports.sheet_back", retry=AGAIN)
def sheet_back(batch_id: int, task_id: int) -> None:
    def failed(sentence: str) -> None:
        fail_task(task_id, result=sentence, now=timezone.now())

    _step(sending_back.whole_sheet, failed, batch=checking.one(batch_id), task_id=task_id)


def _failing(batch_id: int) -> Callable[[str], None]:
    return lambda sentence: steps.fail(batch_id, sentence, now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="imports.look_after", queueing_lock="imports.look_after", pass_context=False)
def look_after(timestamp: int) -> None:
    keeping.look_after(now=timezone.now())


@app.periodic(cron=daily(3, 20))
@app.task(name="imports.forget", queueing_lock="imports.forget", pass_context=False)
def forget(timestamp: int) -> None:
    keeping.forget(now=timezone.now())
