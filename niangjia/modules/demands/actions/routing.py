"""Sending a demand to whoever answers for it; what a hand-back says against the map."""

from __future__ import annotations

from datetime import datetime

from niangjia.engines.casework.actions.placing import place_case
from niangjia.kernel.access.actor import Actor
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.routing import Route, route_of


def route(demand: Demand, *, actor: Actor, now: datetime) -> Route:
    """Puts a demand that has come in onto a desk and says why; it still has to be accepted there."""
    found = route_of(demand, now=now)
    place_case(
        demand.pk, scope_id=found.scope_id, user_id=found.user_id, because=found.because, actor=actor, now=now
    )  # fmt: skip
    demand.routed_because = found.because
    demand.save(update_fields=["routed_because"])
    demand.case.refresh_from_db(fields=["scope", "lead", "touched_at"])
    return found
