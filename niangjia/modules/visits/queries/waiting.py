"""What waits for somebody, counted for the home page."""

from __future__ import annotations

from datetime import date, timedelta

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.lists.counting import capped_count
from niangjia.modules.visits.models import FollowUp, RecordProposal
from niangjia.modules.visits.rules import ProposalState

SOON = timedelta(days=7)


def follow_ups_due(actor: Actor, *, on: date) -> int:
    """Of one's own visits, due by a week from now."""
    rows = FollowUp.objects.visible_to(actor).filter(
        visit__user=actor.user_id, done_by=None, dropped_at=None, due_on__lte=on + SOON
    )
    return capped_count(rows).number


def proposals_open(actor: Actor) -> int:
    return capped_count(RecordProposal.objects.visible_to(actor).filter(state=ProposalState.OPEN)).number
