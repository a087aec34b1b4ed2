"""The clock of all cases: every minute what is due climbs, and what lost its lead is brought to its desk."""

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.engines.casework.actions.climbing import bring_orphans, climb_due


@app.periodic(cron="* * * * *")
@app.task(name="casework.climb", queueing_lock="casework.climb", pass_context=False)
def climb(timestamp: int) -> None:
    now = timezone.now()
    climb_due(now=now)
    bring_orphans(now=now)
