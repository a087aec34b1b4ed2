"""What demands do by themselves."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.modules.demands.actions.alerts import ring_due


@app.periodic(cron="* * * * *")
@app.task(name="demands.ring_alerts", pass_context=False)
def ring_alerts(timestamp: int) -> None:
    """No queueing lock: a run that hangs must not silence the next one; each alert is locked on its own."""
    ring_due(now=timezone.now())
