"""Single facts for tests, made by the actions that make them in life."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.testing import acting_as
from niangjia.modules.visits import actions
from niangjia.modules.visits.drafts import Draft, FindingDraft
from niangjia.modules.visits.models import KeyEmployer, Posting, Visit
from niangjia.modules.visits.rules import Aspect, Look, Outcome

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
"""A Friday morning, ten o'clock in China."""

SEEN = dict.fromkeys(Aspect, (Look.GOOD, ""))

ANSWERS = {"union_state": "未建会", "orders": "正常", "wages": "按时"}
"""What the daily form must have."""


def draft(employer: Any, *, at: datetime = NOW - timedelta(hours=1), **more: Any) -> Draft:
    """A whole visit of the daily kind; whatever is named stands in it instead."""
    more["answers"] = (
        {**ANSWERS, **more.get("answers", {})} if more.get("kind", "daily") == "daily" else more["answers"]
    )
    said: dict[str, Any] = {"observations": SEEN, "summary": "车间干净，职工情绪稳定。"}
    return Draft(draft=more.pop("draft", None) or uuid4(), employer_id=employer.pk, arrived_at=at, **(said | more))


def explained(text: str = "问高温津贴怎么发。", **more: Any) -> FindingDraft:
    return FindingDraft(text, Outcome.EXPLAINED, "按规定六月到九月每月三百元。", **more)


def passed_on(text: str = "宿舍热水器坏了一个月没人修。", **more: Any) -> FindingDraft:
    return FindingDraft(text, Outcome.PASSED_ON, **more)


def posting(at: Any, user: Any, *, from_on: date = date(2026, 1, 1), now: datetime = NOW, **more: Any) -> Posting:
    return actions.add_posting(
        scope_id=at.pk, user_id=user.pk, from_on=from_on, actor=acting_as("CHAIR", at), now=now, **more
    )


def key_employer(at: Any, employer: Any, *, from_on: date = date(2026, 1, 1), **more: Any) -> KeyEmployer:
    return actions.add_key_employer(
        scope_id=at.pk, employer_id=employer.pk, from_on=from_on, actor=acting_as("CHAIR", at), now=NOW, **more
    )


def visit(employer: Any, actor: Actor, *, now: datetime = NOW, **more: Any) -> Visit:
    """Handed in at `now`, an hour after the arrival unless that is named."""
    at = more.pop("at", now - timedelta(hours=1))
    return actions.hand_in_visit(draft(employer, at=at, **more), actor=actor, now=now)
