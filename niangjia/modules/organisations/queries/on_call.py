"""Who is reached now, for rooms that send somebody something: the roster in the order of calling, and stand-ins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from niangjia.kernel.access.models import User
from niangjia.modules.organisations.queries.duty import on_duty, stand_ins_on
from niangjia.modules.organisations.rules import DutyPart, who_acts_for

CALLED = (DutyPart.ON_DUTY, DutyPart.RESERVE, DutyPart.LEADER)


@dataclass(frozen=True)
class OnCall:
    """`label` is the part of the shift: 值班员, 备班, 带班领导."""

    user: User
    label: str


def on_call(organisation_id: int, *, at: datetime) -> list[OnCall]:
    """Whoever is on the roster of an organisation at a moment, in the order in which they are called."""
    shifts = [(DutyPart(shift.part), shift.user) for shift in on_duty(organisation_id, at=at)]
    return [OnCall(user, part.label) for wanted in CALLED for part, user in shifts if part is wanted]


def acting_for_each(user_ids: Iterable[int], *, on: date) -> dict[int, int]:
    """By user the one who acts for him on a day, himself where nobody does; one statement."""
    stand_ins = stand_ins_on(on)
    return {user_id: who_acts_for(user_id, on, stand_ins) for user_id in user_ids}
