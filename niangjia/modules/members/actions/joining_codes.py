"""The codes on a union's posters."""

from __future__ import annotations

import secrets
from datetime import datetime

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Refused
from niangjia.modules.members.models import JoiningCode
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.rules import UNMISTAKABLE
from niangjia.modules.organisations.queries.organisations import organisation_in_sight

TOKEN_LENGTH = 8
"""Short enough to be typed from a wall. No secret: it hangs there for everybody."""

LONGEST_SPOT = 60


def add_joining_code(organisation_id: int, *, spot: str, actor: Actor, now: datetime) -> JoiningCode:
    """A code of its own for each place where a poster hangs, so that one can be retired alone.

    A township's or county's leads to the unions below it. Raises Missing, NotPermitted, Refused for one that
    has closed, or without a place.
    """
    organisation = organisation_in_sight(organisation_id, actor)
    with adding(
        actor=actor, permission=Permission.MEMBERSHIP_CHANGE, scope=organisation.scope,
        verb="members.joining_code.added", now=now,
    ) as recorded:  # fmt: skip
        if not organisation.is_open:
            raise Refused("joining_code.place", f"“{organisation.name}”已不再运行，请选择别的工会。", "organisation")
        where = " ".join(spot.split())
        if not where or len(where) > LONGEST_SPOT:
            raise Refused("joining_code.spot", f"请写明张贴在哪里（最多 {LONGEST_SPOT} 个字），如“东门驿站”。", "spot")
        made: JoiningCode = JoiningCode.objects.create(
            scope=organisation.scope, spot=where, created_by_id=actor.user_id, created_at=now,
            token="".join(secrets.choice(UNMISTAKABLE) for _ in range(TOKEN_LENGTH)),
        )  # fmt: skip
        recorded(made)
    return made


def retire_joining_code(pk: int, *, actor: Actor, now: datetime) -> JoiningCode:
    """A lost or old poster: whoever scans it is told so and shown another way. Raises Missing, NotPermitted."""
    with changing(
        JoiningCode, pk, actor=actor, permission=Permission.MEMBERSHIP_CHANGE, verb="members.joining_code.retired",
        now=now,
    ) as row:  # fmt: skip
        row.retired_at = row.retired_at or now
        row.save(update_fields=["retired_at"])
    return row
