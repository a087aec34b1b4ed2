"""What the journal does by itself."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.jobs.times import weekly
from niangjia.modules.visits.actions.planning import propose_weeks
from niangjia.modules.visits.actions.surveys import forget_senders
from niangjia.modules.visits.rules import monday_of


@app.periodic(cron=weekly(1, 6, 30))
@app.task(name="visits.propose_weeks", queueing_lock="visits.propose_weeks", pass_context=False)
def propose_weeks_on_monday(timestamp: int) -> None:
    now = timezone.now()
    monday = monday_of(timezone.localdate(now) + timedelta(days=1))  # the right one on a Sunday evening, too
    propose_weeks(monday, actor=SYSTEM, now=now)


@app.periodic(cron="20 * * * *")
@app.task(name="visits.forget_senders", queueing_lock="visits.forget_senders", pass_context=False)
def forget_senders_hourly(timestamp: int) -> None:
    forget_senders(now=timezone.now())
