"""Handing messages to the channels."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.models import User
from niangjia.kernel.crypto.ring import ring
from niangjia.kernel.notify.channels import Notice, channel_named, link
from niangjia.kernel.notify.models import Dispatch

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
WAITING = "notify.waiting"
"""What a notice to a bare number is sealed as."""


def deliver(dispatch_ids: Sequence[int], *, now: datetime) -> int:
    """Sends what isn't sent yet; returns how many should be tried again.

    At least once: a worker killed between the sending and the commit sends again.
    """
    return sum(_again(pk, now) for pk in dispatch_ids)


def _again(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        dispatch = (
            Dispatch.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("message")
            .filter(pk=pk, sent_at=None, attempts__lt=MOST_ATTEMPTS)
            .first()
        )
        if dispatch is None:
            return False
        message = dispatch.message
        user = User.objects.filter(pk=message.user_id, is_active=True).first()
        dispatch.attempts += 1
        if user is None:
            dispatch.attempts, dispatch.problem = MOST_ATTEMPTS, "the account is closed"
        else:
            try:
                channel_named(dispatch.channel).send(
                    Notice(user.name, user.phone, message.title, message.body, link(message.url))
                )
                dispatch.sent_at, dispatch.problem = now, ""
            except Exception as error:  # noqa: BLE001 - an adapter may raise anything; the next message must go out
                log.warning("Dispatch %s by %s failed: %s", dispatch.pk, dispatch.channel, error)
                dispatch.problem = str(error)[:200]
        dispatch.save(update_fields=["attempts", "sent_at", "problem"])
        return dispatch.sent_at is None and dispatch.attempts < MOST_ATTEMPTS


def deliver_to_phone(sealed: str, channel: str) -> None:
    """Raises whatever the channel raises, without its words: they may hold the number."""
    notice = Notice(**json.loads(ring().open(base64.b64decode(sealed), WAITING)))
    try:
        channel_named(channel).send(notice)
    except Exception as error:  # noqa: BLE001 - an adapter may raise anything
        raise NotSent(f"{channel}: {type(error).__name__}") from None


class NotSent(Exception):
    """Something has to be tried again."""
