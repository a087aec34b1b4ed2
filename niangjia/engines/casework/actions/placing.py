"""Lines that the product writes into a timeline, and calling somebody to a case, for the room above."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from niangjia.engines.casework.actions.stepping import locked, take_part, writing
from niangjia.engines.casework.models import Role
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import SYSTEM, Actor


@transaction.atomic
def write_line(case_id: int, *, text: str, now: datetime, actor: Actor = SYSTEM) -> None:
    """For officers only. The room above has asked the right of whoever did what the line says."""
    with writing(locked(case_id, SYSTEM), Verb.REMARK, actor=actor, now=now, text=text):
        pass


@transaction.atomic
def call_to(case_id: int, user_id: int, *, now: datetime) -> None:
    """Somebody is called to a confidential case and has to see it for that; never one whom it is kept from."""
    case = locked(case_id, SYSTEM)
    if case.is_confidential:
        take_part(case, user_id, Role.LOOKER, now=now)
