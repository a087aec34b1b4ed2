"""What demands do by themselves."""

from __future__ import annotations

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.kernel.errors import Refused
from niangjia.kernel.jobs.actions import fail, finish, progress
from niangjia.kernel.jobs.times import daily
from niangjia.modules.demands.actions.alerts import ring_due
from niangjia.modules.demands.actions.hotspots import read_new_demands, regroup
from niangjia.modules.demands.actions.triage_learning import LEARN_TASK, learn_anew, learn_if_new
from niangjia.modules.demands.triage.rules import Field, State

log = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(name="demands.ring_alerts", pass_context=False)
def ring_alerts(timestamp: int) -> None:
    """No queueing lock: a run that hangs must not silence the next one; each alert is locked on its own."""
    ring_due(now=timezone.now())


@app.periodic(cron=daily(4, 20))
@app.task(name="demands.learn_triage_nightly", queueing_lock="demands.learn_triage_nightly", pass_context=False)
def learn_triage_nightly(timestamp: int) -> None:
    try:
        made = learn_if_new(now=timezone.now())
    except Refused as no:
        log.warning(no.message)
        return
    for model in made:
        log.info("Triage of %s, run %s: %s", model.field, model.number, model.reason)


@app.task(name=LEARN_TASK, lock=LEARN_TASK)
def learn_triage(task_id: int) -> None:
    """Asked for on the page of triage."""
    progress(task_id, 0, len(Field))
    try:
        made = learn_anew(now=timezone.now(), step=lambda done: progress(task_id, done, len(Field)))
    except Refused as no:
        fail(task_id, result=no.message, now=timezone.now())
        return
    told = [f"{Field(one.field).label}：{'换上了' if one.state == State.CURRENT else '没有换'}" for one in made]
    finish(task_id, result="；".join(told) or "还没有核对记录可学，先在登记和受理时确认分类。", now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="demands.read_new_demands", queueing_lock="demands.read_new_demands", pass_context=False)
def find_hot_spots(timestamp: int) -> None:
    """What came in during the last minute is compared, in one go however much it is."""
    read_new_demands(now=timezone.now())


@app.periodic(cron=daily(2, 40))
@app.task(name="demands.regroup_hot_spots", queueing_lock="demands.regroup_hot_spots", pass_context=False)
def regroup_hot_spots(timestamp: int) -> None:
    regroup(now=timezone.now())
