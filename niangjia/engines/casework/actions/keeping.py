"""Whom a case is kept from: places whose officers never see it, and single officers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from niangjia.engines.casework.models import Case, Participant

_REASON = "whom the case is kept from is decided by the room it belongs to"


def keep_from(case_id: int, *, places: Iterable[int], users: Iterable[int], now: datetime) -> None:
    """Sets both; whoever is named takes part no more. The room above has asked the right and writes the trail."""
    whom = sorted(set(users))
    Case.objects.unscoped(reason=_REASON).filter(pk=case_id).update(kept_from=sorted(set(places)), kept_from_users=whom)
    Participant.objects.unscoped(reason=_REASON).filter(case=case_id, user__in=whom, until_at=None).update(until_at=now)
    Case.objects.unscoped(reason=_REASON).filter(pk=case_id, lead__in=whom).update(lead=None)
