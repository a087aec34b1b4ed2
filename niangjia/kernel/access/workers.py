"""A worker's account: opened when a phone proves itself by a code, found again by the digest of its number."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.crypto.ring import digest


def is_worker(user: Any) -> bool:
    return bool(user.is_authenticated and user.phone_digest)


def worker_account(phone: str, *, now: datetime) -> User:
    """The account of a phone that has just proved itself; a new one has no right and no name yet."""
    found = User.objects.filter(phone_digest=digest(phone)).first()
    if found is not None:
        return found
    user = User(username=f"w{secrets.token_hex(10)}", name="", phone=phone, phone_digest=digest(phone), created_at=now)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
            audit.record(actor=Actor(user_id=user.pk, name=""), verb="access.worker.opened", subject=user, now=now)
    except IntegrityError:  # the same phone in another tab, a moment ago
        return User.objects.get(phone_digest=digest(phone))
    return user


def close_worker_account(user_id: int, *, now: datetime) -> None:
    """Nobody logs in here any more and the number is gone; a later code opens another account."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        user.is_active, user.phone, user.phone_digest = False, "", None
        user.save(update_fields=["is_active", "phone", "phone_digest"])
        audit.record(actor=Actor(user_id=user.pk, name=user.name), verb="access.worker.closed", subject=user, now=now)
