"""Telling users something, in the transaction of the fact it is about."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.conf import settings
from django.db import transaction

from niangjia.kernel.crypto.ring import ring
from niangjia.kernel.errors import Missing
from niangjia.kernel.notify.channels import Notice, channel_named, link
from niangjia.kernel.notify.delivery import WAITING
from niangjia.kernel.notify.jobs import send, send_to_phone
from niangjia.kernel.notify.models import Dispatch, Message

log = logging.getLogger(__name__)

SENT_TOGETHER = 200


_quiet_before: ContextVar[datetime | None] = ContextVar("quiet_before", default=None)


@contextmanager
def quietly(*, before: datetime) -> Iterator[None]:
    """For telling a past: nothing leaves the house, and what was said before that moment is in no inbox either."""
    token = _quiet_before.set(before)
    try:
        yield
    finally:
        _quiet_before.reset(token)


def _channels() -> Sequence[str]:
    return () if _quiet_before.get() is not None else tuple(settings.NOTIFY_CHANNELS)


def notify(user_ids: Iterable[int], *, title: str, now: datetime, body: str = "", url: str = "") -> list[Message]:
    """A message in each user's inbox, once a user, and on its way through every configured channel.

    Nothing remains of it when the surrounding transaction is rolled back.
    """
    wanted = [
        Message(user_id=user_id, title=title[:100], body=body[:500], url=url, at=now)
        for user_id in dict.fromkeys(user_ids)
    ]
    quiet_before = _quiet_before.get()
    if not wanted or (quiet_before is not None and now < quiet_before):
        return []
    with transaction.atomic(savepoint=False):
        messages = Message.objects.bulk_create(wanted)
        dispatches = Dispatch.objects.bulk_create(
            Dispatch(message=message, channel=channel) for channel in _channels() for message in messages
        )
        for start in range(0, len(dispatches), SENT_TOGETHER):
            send.defer(dispatch_ids=[dispatch.pk for dispatch in dispatches[start : start + SENT_TOGETHER]])
    return messages


def tell_once(*, name: str, phone: str, title: str, url: str) -> None:
    """For a link or a code that must not be kept anywhere: it leaves at the commit, or not at all."""

    def leave() -> None:
        for channel in _channels():
            try:
                channel_named(channel).send(Notice(name, phone, title, url=link(url)))
            except Exception as error:  # noqa: BLE001 - a link can be handed over by hand, a code asked for anew
                # Its words may hold what must not be kept: many services are asked by an address that says it all.
                log.error("A link or code could not be sent by %s: %s", channel, type(error).__name__)  # noqa: TRY400

    transaction.on_commit(leave)


def tell_phone(*, name: str, phone: str, title: str, body: str = "", url: str = "") -> None:
    """For somebody without an account, at a known number; tried again until sent. Sealed while it waits in the queue."""
    notice = json.dumps(
        {"name": name, "phone": phone, "title": title, "body": body, "url": link(url)}, ensure_ascii=False
    )
    sealed = base64.b64encode(ring().seal(notice, WAITING)).decode()
    for channel in _channels():
        send_to_phone.defer(sealed=sealed, channel=channel)


def mark_read(message_id: int, *, user_id: int, now: datetime) -> Message:
    """Raises Missing for somebody else's message. Reading again keeps the first time."""
    message = Message.objects.filter(pk=message_id, user_id=user_id).first()
    if message is None:
        raise Missing("没有这条消息。")
    Message.objects.filter(pk=message_id, read_at=None).update(read_at=now)
    message.refresh_from_db()
    return message


def mark_all_read(user_id: int, *, now: datetime) -> int:
    return Message.objects.filter(user_id=user_id, read_at=None).update(read_at=now)
