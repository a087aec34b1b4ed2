"""Sending messages, again after a while when a channel fails."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from niangjia.kernel.notify.delivery import MOST_ATTEMPTS, NotSent, deliver, deliver_to_phone


@app.task(name="notify.send", retry=RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=4))
def send(dispatch_ids: list[int]) -> None:
    left = deliver(dispatch_ids, now=timezone.now())
    if left:
        raise NotSent(f"{left} messages are still to be sent")


@app.task(name="notify.send_to_phone", retry=RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=4))
def send_to_phone(sealed: str, channel: str) -> None:
    deliver_to_phone(sealed, channel)
