"""What the asker does with the own demand. Who it is was proved before: by the account, or by a link and a code."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings

from niangjia.kernel.numbers import check_phone
from niangjia.modules.demands.models import AskerLink, Demand
from niangjia.modules.demands.queries.asker_side import token_digest

LINK_AT_MOST = timedelta(days=2 * 365)


def link_for(demand: Demand, now: datetime) -> str:
    """The path of a new link for a message to the asker's phone; empty where no code could be sent to one.

    Only the digest is kept: a link that was lost is never found again, the next message has another.
    """
    if not demand.asker_phone or check_phone(demand.asker_phone, synthetic=settings.SYNTHETIC_NUMBERS):
        return ""
    token = secrets.token_urlsafe(16)
    AskerLink.objects.create(
        demand=demand, token_digest=token_digest(token), created_at=now, expires_at=now + LINK_AT_MOST
    )
    return f"/d/{token}/"
