"""What an officer takes down at the window, from a letter, or on somebody's behalf: the demand with its papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.modules.demands.actions.facts import attach
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import Facts


@transaction.atomic
def record_at_door(
    facts: Facts,
    *,
    scope_id: int,
    received_at: datetime | None = None,
    paper_number: str = "",
    files: Sequence[Any] = (),
    close_at_once: str = "",
    actor: Actor,
    now: datetime,
) -> Demand:
    """All or nothing: a file that isn't taken refuses the whole, so that nobody looks for the photo later.

    Raises Refused, NotPermitted.
    """
    demand = record_demand(
        facts, scope_id=scope_id, received_at=received_at, close_at_once=close_at_once, actor=actor, now=now
    )
    if paper_number.strip():
        demand.paper_number = paper_number.strip()[:40]
        demand.save(update_fields=["paper_number"])
    for file in files:
        attach(demand.pk, file, name=file.name, actor=actor, now=now)
    return demand
