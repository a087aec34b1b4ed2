"""The sealer: every ten seconds, one at a time."""

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.kernel.audit.actions import seal


@app.periodic(cron="*/10 * * * * *")
@app.task(name="audit.seal", queueing_lock="audit.seal", pass_context=False)
def seal_the_trail(timestamp: int) -> None:
    seal(now=timezone.now())
