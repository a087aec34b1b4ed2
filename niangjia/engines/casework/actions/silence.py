"""Sent back for facts, and the asker says nothing: it must not lie there without end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from niangjia.engines.casework.actions.stepping import locked, writing
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.queries.clocks import facts_due
from niangjia.engines.casework.queries.people import able_at
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.actor import SYSTEM


def tell_of_silence(*, now: datetime) -> int:
    """The job of every hour: whoever has it is told once, and may refuse it with that reason. Returns how many were."""
    rows = Case.objects.unscoped(reason="the clock runs for every case").filter(
        stage=Stage.FACTS_ASKED, paused_at__lte=now - timedelta(days=settings.FACTS_DAYS)
    )
    return sum(_tell(pk, now) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _tell(case_id: int, now: datetime) -> bool:
    case = locked(case_id, SYSTEM)
    until = facts_due(case)
    if until is None or now < until or case.paused_at is None:
        return False
    since = case.paused_at.isoformat()
    if case.entries.filter(verb=Verb.REMARK.value, data__silent_since=since).exists():
        return False
    text = f"诉求人 {settings.FACTS_DAYS} 个工作日没有补充，可以联系本人，或者写明理由不予受理。"
    with writing(case, Verb.REMARK, actor=SYSTEM, now=now, text=text) as step:
        step.data = {"silent_since": since}
        desk = able_at(case, kind_named(case.kind).accept, now=now)
        step.tell([case.lead_id] if case.lead_id else [told.user_id for told in desk], "诉求人一直没有补充")
    return True
