"""Messages to partners leave at once, and again until they were taken."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app


@app.task(name="exchange.send_webhooks", queueing_lock=None)
def send_webhooks() -> None:
    from niangjia.modules.exchange.actions.webhooks import deliver_due
    from niangjia.modules.exchange.sending import post

    deliver_due(post, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="exchange.retry_webhooks", queueing_lock="exchange.retry_webhooks")
def retry_webhooks(timestamp: int) -> None:
    send_webhooks()
