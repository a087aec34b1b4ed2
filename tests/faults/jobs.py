"""A job that is still at work when its worker is killed, and done at once the second time; and a sheet to import."""

import time
from pathlib import Path

from procrastinate import JobContext
from procrastinate.contrib.django import app

from niangjia.engines.imports import testing

testing.declare()


@app.task(name="tests.slow_at_first", pass_context=True)
def slow_at_first(context: JobContext, diary: str) -> None:
    attempts = context.job.attempts
    with Path(diary).open("a") as book:
        book.write(f"began {attempts}\n")
    if attempts == 0:
        time.sleep(120)
    with Path(diary).open("a") as book:
        book.write(f"done {attempts}\n")
