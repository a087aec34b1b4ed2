"""A union that is merged into another one brings its members along; last year's figures of both stay true."""

from __future__ import annotations

from niangjia.kernel.events import subscribe
from niangjia.modules.members.actions import move_members
from niangjia.modules.organisations.events import OrganisationMerged


@subscribe(OrganisationMerged)
def move_the_members(event: OrganisationMerged) -> None:
    move_members(gone_id=event.gone_id, into_id=event.into_id, on=event.on, actor=event.actor, now=event.now)
