"""What happened to the tree, for the rooms above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from niangjia.kernel.access.actor import Actor


@dataclass(frozen=True)
class OrganisationMerged:
    """`gone` has ended on the day, what it had goes over to `into`; told before the act commits."""

    gone_id: int
    into_id: int
    on: date
    actor: Actor
    now: datetime
