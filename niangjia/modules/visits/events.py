"""What other rooms hear of visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from niangjia.kernel.access.actor import Actor


@dataclass(frozen=True)
class FindingSpoken:
    """Somebody at the employer asked for something: explained on the spot (`explanation`), or to be passed on.

    Whoever opens a case for it tells `visits.actions.link_finding`.
    """

    finding_id: int
    scope_id: int
    actor: Actor
    now: datetime
