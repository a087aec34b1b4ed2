"""A job whose worker has to stop ends where it is and goes back to the queue, if it said that it may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job

from niangjia.kernel.jobs.stopping import HandedBack, go_on, handing_back, known

JOB = Job(queue="default", lock=None, queueing_lock=None, task_name="tests.long", attempts=7)


def in_a_worker(work: Callable[[], None], *, stops: bool) -> None:
    reason = AbortReason.SHUTDOWN if stops else None
    known(work, JobContext(app=app, job=JOB, start_timestamp=0, abort_reason=lambda: reason), None)


def looking() -> None:
    with handing_back():
        go_on()


def sleeping() -> None:
    with handing_back(), connection.cursor() as cursor:
        cursor.execute("select pg_sleep(600)")


def failing() -> None:
    with handing_back(), connection.cursor() as cursor:
        cursor.execute("select 1 / 0")


def test_work_goes_on_until_the_worker_has_to_stop() -> None:
    looking()
    in_a_worker(looking, stops=False)
    with pytest.raises(JobAborted):
        in_a_worker(looking, stops=True)
    looking()


def test_a_job_that_did_not_say_so_is_never_interrupted() -> None:
    in_a_worker(go_on, stops=True)


@pytest.mark.django_db(transaction=True)
def test_a_statement_does_not_hold_it_up() -> None:
    with pytest.raises(JobAborted):
        in_a_worker(sleeping, stops=True)
    with connection.cursor() as cursor:
        cursor.execute("select 1")


@pytest.mark.django_db(transaction=True)
def test_what_fails_by_itself_fails() -> None:
    with pytest.raises(DatabaseError):
        in_a_worker(failing, stops=False)


def test_what_was_handed_back_runs_again_whatever_its_options_say() -> None:
    retry = HandedBack(max_attempts=1, retry_exceptions=[DatabaseError])
    assert retry.get_retry_decision(exception=JobAborted(), job=JOB) is not None
    assert retry.get_retry_decision(exception=DatabaseError(), job=JOB) is None
