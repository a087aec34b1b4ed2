"""Messages to officers about a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case
from niangjia.kernel.notify.actions import notify


def tell(case: Case, user_ids: Iterable[int], title: str, *, text: str = "", now: datetime) -> None:
    """What is confidential stands in no message: those are read over shoulders. Never to whom it is kept from."""
    whom = [user_id for user_id in user_ids if user_id not in case.kept_from_users]
    body = "" if case.is_confidential else f"{case.title}。{text}" if text else case.title
    notify(
        whom,
        title=f"{kind_named(case.kind).noun} {case.number} {title}",
        body=body,
        url=case.get_absolute_url(),
        now=now,
    )
