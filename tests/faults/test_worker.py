"""A worker killed in the middle of a job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

PATIENCE = 60.0


@contextmanager
def worker(**more: Any) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "NIANGJIA_STALLED_AFTER": "1.5",
        "NIANGJIA_RETRY_CRON": "* * * * * *",
    }
    command = [sys.executable, "-m", "niangjia", "worker", "--grace", "1"]
    process = subprocess.Popen(command, env=environment, **more)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_killed_worker_is_done_by_the_next(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.touch()
    number = app.configure_task("tests.slow_at_first").defer(diary=str(diary))
    with worker() as first:
        until(lambda: diary.read_text() == "began 0\n")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert ProcrastinateJob.objects.get(id=number).status == "doing"
    with worker():
        until(lambda: ProcrastinateJob.objects.get(id=number).status == "succeeded")
    job = ProcrastinateJob.objects.get(id=number)
    assert job.attempts == 2
    assert diary.read_text() == "began 0\nbegan 1\ndone 1\n"


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_stop_does_so(tmp_path: Path) -> None:
    with worker() as process:
        until(lambda: ProcrastinateJob.objects.filter(status="succeeded").exists())  # the periodic one
        process.terminate()
        assert process.wait(10) == 0
