"""The demonstration's partner: the city's hotline, which hands demands over. It has no address, so nothing leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from niangjia.kernel.access.models import Grant
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.seed.hands import PARTNER_CODE, PARTNER_NAME
from niangjia.modules.exchange.actions.partners import add_partner

CHAIR = "zhuxi"


def add_hotline(*, now: datetime) -> None:
    """At the county of the chair who logs in, since before the story begins."""
    grant = Grant.objects.unscoped(reason="the demonstration's own chair").get(user__username=CHAIR, ended_at=None)
    add_partner(
        scope_id=grant.scope_id, code=PARTNER_CODE, name=PARTNER_NAME, address="",
        actor=actor_of(grant.user_id, now=now), now=now - timedelta(days=760),
    )  # fmt: skip
