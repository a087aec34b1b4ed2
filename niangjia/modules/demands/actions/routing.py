"""Sending a demand to whoever answers for it; what a hand-back says against the map."""

from __future__ import annotations

from datetime import datetime

from niangjia.engines.casework.actions.passing import route_case
from niangjia.kernel.access.actor import SYSTEM
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.routing import Route, route_of


def route(demand: Demand, *, now: datetime) -> Route:
    """Puts a demand that has come in onto a desk and says why; it still has to be accepted there.

    The product does it, whoever took the demand down.
    """
    found = route_of(demand, now=now)
    route_case(
        demand.pk, scope_id=found.scope_id, user_id=found.user_id, because=found.because, actor=SYSTEM, now=now
    )  # fmt: skip
    demand.routed_because = found.because
    demand.save(update_fields=["routed_because"])
    demand.case.refresh_from_db()
    return found
