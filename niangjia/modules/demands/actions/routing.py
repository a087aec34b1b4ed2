"""The desk of whoever answers for a demand that comes in."""

from __future__ import annotations

from datetime import datetime

from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.models import Scope
from niangjia.modules.demands.queries.routing import preview
from niangjia.modules.demands.rules import Facts


def desk_for(facts: Facts, scope: Scope, kept_from: list[int], *, now: datetime) -> casework.Desk:
    """Where it is put, and why; it still has to be accepted there. The product does it, whoever took it down."""
    found = preview(facts, scope, now=now, kept_from=kept_from)
    place = scope if found.scope_id == scope.pk else Scope.objects.get(pk=found.scope_id)
    return casework.Desk(place, found.lead, found.because, from_name=found.asked_at, to_name=found.place)
