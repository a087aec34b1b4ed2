"""Papers of demands, and what a new one speaks of."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.kernel.money import yuan
from niangjia.modules.demands.letter_texts import Matter
from niangjia.modules.demands.models import Demand, Letter
from niangjia.modules.demands.queries.demands import asker_shown
from niangjia.modules.demands.rules import Channel
from niangjia.modules.organisations.queries.organisations import names_of


def letter_in_sight(pk: int, actor: Actor) -> Letter:
    """Raises Missing."""
    found: Letter | None = Letter.objects.visible_to(actor).select_related("demand").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这份文书。")
    return found


def numbers_of_letters(ids: list[int]) -> dict[int, str]:
    rows = Letter.objects.unscoped(reason="labels of entries in sight; a paper's number names nobody")
    return dict(rows.filter(pk__in=ids).values_list("pk", "number"))


def matter_of(demand: Demand) -> Matter:
    case = demand.case
    last = {entry.verb: entry for entry in case.entries.filter(verb__in=[Verb.ANSWER, Verb.REFUSE]).order_by("id")}
    answer, refusal = last.get(Verb.ANSWER), last.get(Verb.REFUSE)
    granted = case.extensions.filter(is_granted=True).values_list("days", flat=True).first()
    asker = asker_shown(demand)
    return Matter(
        number=case.number,
        title=case.title,
        channel=Channel(demand.channel).label,
        received_on=timezone.localdate(case.received_at),
        asker=asker.name if asker.has_name else "诉求人",
        organisation=names_of([case.scope_id]).get(case.scope_id, ""),
        handler=case.lead.name if case.lead else "",
        employer=demand.employer.name if demand.employer else demand.employer_name,
        accepted_on=_day(case.accepted_at),
        answer_due_on=_day(case.answer_due_at),
        people=demand.people,
        claimed=yuan(demand.claimed_fen),
        answer=answer.text if answer else "",
        refused_because=refusal.text if refusal else "",
        elsewhere=refusal.data.get("elsewhere", "") if refusal else "",
        extended_days=granted or 0,
    )


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None
