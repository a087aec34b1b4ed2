"""Files past their day are forgotten every night."""

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.kernel.files.actions import forget_expired
from niangjia.kernel.jobs.times import daily


@app.periodic(cron=daily(3, 40))
@app.task(name="files.forget_expired", queueing_lock="files.forget_expired", pass_context=False)
def forget(timestamp: int) -> None:
    forget_expired(now=timezone.now())
