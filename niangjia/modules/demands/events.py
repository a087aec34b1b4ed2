"""What the rooms above hear, in the transaction of the fact. Steps of the case are `casework.events`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from niangjia.kernel.access.actor import Actor


@dataclass(frozen=True)
class DemandRecorded:
    """It lies on a desk now, or was explained at once."""

    demand_id: int
    actor: Actor
    now: datetime
