"""Counting ahead: everything at night, what changed every five minutes."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.engines.metrics.actions import recount_all, recount_what_changed
from niangjia.kernel.jobs.times import daily


@app.periodic(cron=daily(3, 10))
@app.task(name="metrics.recount_all", queueing_lock="metrics.recount_all", pass_context=False)
def recount_everything(timestamp: int) -> None:
    recount_all(now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="metrics.recount_what_changed", queueing_lock="metrics.recount_what_changed", pass_context=False)
def recount_changes(timestamp: int) -> None:
    recount_what_changed(now=timezone.now())
