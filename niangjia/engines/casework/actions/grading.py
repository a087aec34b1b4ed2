"""办理时限: how long each urgency may take. Cases that are open keep the limits they began with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Grading
from niangjia.engines.casework.rules import LIMITS, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.worktime.limits import Limit

NAMES = ("accept", "answer", "close")

SHORTEST_REASON = 2


def set_grading(
    kind: str, urgency: int, *, limits: Mapping[str, Limit], reason: str, actor: Actor, now: datetime
) -> Grading:
    """Raises NotPermitted without the right of the leader in charge at the top of the tree, and Refused."""
    top = Scope.objects.filter(parent=None).earliest("pk")
    if not actor.may(kind_named(kind).lead, top.path):
        raise NotPermitted
    grade = Urgency(urgency)
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("grading.reason", "请写明为什么调整。", "reason")
    written = {name: limits[name].written() for name in NAMES}
    with transaction.atomic():
        row = Grading.objects.select_for_update().filter(kind=kind, urgency=grade).first()
        before = (
            {name: getattr(row, name) for name in NAMES}
            if row
            else {name: list(limit) for name, limit in LIMITS[grade].items()}
        )
        if row is None:
            row = Grading(kind=kind, urgency=grade)
        for name, value in written.items():
            setattr(row, name, value)
        row.save()
        if before != written:
            audit.record(
                actor=actor, verb="casework.grading.changed", subject=row, path=top.path, before=before, after=written,
                reason=reason, now=now,
            )  # fmt: skip
    return row
