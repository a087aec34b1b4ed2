"""A worker looks at the own data in full: allowed without a reason, and kept like every other look."""

from __future__ import annotations

from datetime import datetime

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit


def look_at_own(user_id: int, *, now: datetime, exported: bool = False) -> None:
    user = User.objects.get(pk=user_id)
    verb = "access.worker.exported" if exported else "access.worker.looked"
    audit.record(actor=Actor(user_id=user.pk, name=user.name), verb=verb, subject=user, now=now)
