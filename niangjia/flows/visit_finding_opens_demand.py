"""What somebody said at a visit becomes a demand: explained there it is recorded and closed, passed on it goes its way."""

from __future__ import annotations

from niangjia.kernel.events import subscribe
from niangjia.modules.demands.actions import Channel, Facts, HowClosed, Nature, Party, record_demand, set_outcome
from niangjia.modules.visits.actions.findings import link_finding
from niangjia.modules.visits.events import FindingSpoken
from niangjia.modules.visits.queries.findings import spoken


@subscribe(FindingSpoken)
def open_the_demand(event: FindingSpoken) -> None:
    said = spoken(event.finding_id)
    facts = Facts(
        nature=Nature.ENQUIRY if said.is_explained else Nature.HELP,
        channel=Channel.VISIT,
        body=said.text,
        party=Party.EMPLOYER if said.by_employer else Party.WORKER,
        asker_name=said.asker_name,
        asker_phone=said.asker_phone,
        asker_employer_id=said.employer_id if said.by_employer else None,
        is_anonymous=not said.asker_name,
        is_confidential=said.is_confidential,
        employer_id=said.employer_id,
        employer_name=said.employer,
        division=said.division,
        place=said.place,
        people=said.people,
    )
    demand = record_demand(
        facts,
        scope_id=event.scope_id,
        actor=event.actor,
        now=event.now,
        received_at=min(said.said_at, event.now),
        close_at_once=said.explanation if said.is_explained else "",
    )
    link_finding(event.finding_id, demand.pk)
    if said.is_explained:
        set_outcome(demand.pk, how_closed=HowClosed.EXPLAINED.value, actor=event.actor, now=event.now)
