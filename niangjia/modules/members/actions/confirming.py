"""A union looks through its register and says that it is right: the register is fresh again for a year."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.figures import active_members_at
from niangjia.modules.organisations.queries.membership import takes_members
from niangjia.modules.organisations.queries.organisations import organisation_in_sight


def confirm_register(organisation_id: int, *, actor: Actor, now: datetime) -> int:
    """Kept in the trail of that one union; returns of how many members.

    Raises Missing, NotPermitted, Refused for an organisation without members of its own.
    """
    with transaction.atomic():
        organisation = organisation_in_sight(organisation_id, actor)
        if not actor.may(Permission.MEMBER_EDIT, organisation.scope.path):
            raise NotPermitted
        members = active_members_at(organisation_id)
        if not takes_members(organisation) or not members:
            raise Refused("register.nobody", f"“{organisation.name}”自己没有会员，不用核对。")
        audit.record(
            actor=actor, verb="members.register.confirmed", subject=organisation, path=organisation.scope.path,
            after={"members": members}, now=now,
        )  # fmt: skip
    return members
