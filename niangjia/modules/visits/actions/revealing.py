"""Names and phones of those somebody spoke with, in full: who asked and why is in the trail by then."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.visits.drafts import tidy
from niangjia.modules.visits.models import Finding, SpokenWith, Visit
from niangjia.modules.visits.permissions import Permission

VERB = "visits.person.revealed"


def may_reveal(visit: Visit, actor: Actor) -> bool:
    """Who made the visit, and who directs there."""
    path = str(visit.scope.path)
    return actor.may(Permission.VISIT_DIRECT, path) or (
        visit.user_id == actor.user_id and actor.may(Permission.VISIT_MAKE, path)
    )


def reveal_spoken_with(pk: int, *, reason: str, actor: Actor, now: datetime) -> tuple[str, str]:
    """(name, phone). Raises Missing, NotPermitted, Refused without a reason."""
    row: SpokenWith | None = SpokenWith.objects.visible_to(actor).select_related("visit__scope").filter(pk=pk).first()
    if row is None:
        raise Missing("没有找到这位谈话对象，可能不在您的管辖范围内。")
    _record(row, row.visit, reason, actor, now)
    return row.name, row.phone or ""


def reveal_asker(finding_id: int, *, reason: str, actor: Actor, now: datetime) -> tuple[str, str]:
    """(name, phone) of whoever asked. Raises Missing, NotPermitted, Refused without a reason."""
    row: Finding | None = Finding.objects.visible_to(actor).select_related("visit__scope").filter(pk=finding_id).first()
    if row is None:
        raise Missing("没有找到这条发现，可能不在您的管辖范围内。")
    _record(row, row.visit, reason, actor, now)
    return row.asker_name or "", row.asker_phone or ""


@transaction.atomic
def _record(row: SpokenWith | Finding, visit: Visit, reason: str, actor: Actor, now: datetime) -> None:
    if not may_reveal(visit, actor):
        raise NotPermitted("只有走访人本人和分管走访的人能看完整的姓名电话。")
    if not tidy(reason):
        raise Refused("reveal.reason", "请写明为什么要看，会留下记录。", "reason")
    audit.record(actor=actor, verb=VERB, subject=row, path=str(visit.scope.path), reason=tidy(reason), now=now)
