"""The clock of all cases: what is due climbs, what lost its lead is brought to its desk."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from niangjia.engines.casework.actions.climbing import bring_orphans, climb_due
from niangjia.engines.casework.actions.silence import tell_of_silence
from niangjia.engines.casework.reclocking import reclock_open
from niangjia.kernel.jobs.times import daily


@app.periodic(cron="* * * * *")
@app.task(name="casework.climb", queueing_lock="casework.climb", pass_context=False)
def climb(timestamp: int) -> None:
    climb_due(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="casework.bring_orphans", queueing_lock="casework.bring_orphans", pass_context=False)
def bring_what_nobody_leads(timestamp: int) -> None:
    bring_orphans(now=timezone.now())


@app.periodic(cron="20 * * * *")
@app.task(name="casework.tell_of_silence", queueing_lock="casework.tell_of_silence", pass_context=False)
def tell_who_waits_for_facts(timestamp: int) -> None:
    tell_of_silence(now=timezone.now())


@app.task(name="casework.reclock", lock="casework.reclock", retry=RetryStrategy(max_attempts=3, wait=30))
def reclock(years: list[int], path: str) -> None:
    """A calendar or office hours changed; runs one at a time."""
    reclock_open(now=timezone.now(), years=years, path=path)


@app.periodic(cron=daily(3, 50))
@app.task(name="casework.reclock_nightly", queueing_lock="casework.reclock_nightly", pass_context=False)
def reclock_nightly(timestamp: int) -> None:
    """What was being changed while its clock was counted anew, or stands in another place since."""
    reclock_open(now=timezone.now())
