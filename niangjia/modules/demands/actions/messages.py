"""What askers are told at each step, in an organisation's own words."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.demands.models import AskerMessage
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.rules import MESSAGES, Step, check_message, tidy_line
from niangjia.modules.organisations.queries.organisations import organisation_in_sight


def set_message(scope_id: int, step: Step, text: str, *, actor: Actor, now: datetime) -> None:
    """Holds there and below, where nobody says it differently. The delivered text takes the own one away again.

    Raises Refused for a text with a placeholder that nobody knows.
    """
    place = organisation_in_sight(scope_id, actor).scope
    if not actor.may(Permission.CATALOGUE_EDIT, str(place.path)):
        raise NotPermitted
    text = tidy_line(text)
    problem = check_message(text)
    if problem:
        raise Refused("message.text", problem, "text")
    if text == MESSAGES[step]:
        reset_message(scope_id, step, actor=actor, now=now)
        return
    with transaction.atomic():
        row, made = AskerMessage.objects.unscoped(reason="the right at the place was asked").get_or_create(
            scope=place, step=step.value, defaults={"text": text}
        )
        before = None if made else {"step": row.step, "text": row.text}
        if not made:
            row.text = text
            row.save(update_fields=["text"])
        audit.record(
            actor=actor, verb="demands.message.set", subject=row, path=str(place.path), before=before,
            after={"step": row.step, "text": text}, now=now,
        )  # fmt: skip


def reset_message(scope_id: int, step: Step, *, actor: Actor, now: datetime) -> None:
    """Back to what the place above says, or what was delivered."""
    place = organisation_in_sight(scope_id, actor).scope
    if not actor.may(Permission.CATALOGUE_EDIT, str(place.path)):
        raise NotPermitted
    with transaction.atomic():
        rows = AskerMessage.objects.unscoped(reason="the right at the place was asked")
        row = rows.select_for_update().filter(scope=place, step=step.value).first()
        if row is not None:
            audit.record(
                actor=actor, verb="demands.message.reset", subject=row, path=str(place.path),
                before={"step": row.step, "text": row.text}, now=now,
            )  # fmt: skip
            row.delete()
