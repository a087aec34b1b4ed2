"""What this room does when a case of its kind takes a step; registered by importing it from `apps.py`."""

from __future__ import annotations

from niangjia.engines.casework.events import CaseSplit, CaseStepped
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.events import subscribe
from niangjia.modules.demands.actions.telling import tell_asker
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import KIND_OF_CASE, Step, pairs_of, step_of

_REASON = "what follows from a step of its case, whoever took it"


@subscribe(CaseStepped)
def tell_of_step(event: CaseStepped) -> None:
    if event.kind != KIND_OF_CASE:
        return
    step = step_of(event.verb, event.stage_before, event.stage_after)
    if step is None:
        return
    demands = Demand.objects.unscoped(reason=_REASON).select_related("case__scope")
    demand: Demand | None = demands.filter(pk=event.case_id).first()
    if demand is None or _was_explained(demand, event.verb):
        return
    tell_asker(demand, step, now=event.now)
    if step is Step.ANSWERED or event.verb is Verb.CLOSE_AT_ONCE:
        # Those whose matter was merged into this one: each got an own reply.
        for merged in demands.filter(case__merged_into=event.case_id):
            tell_asker(merged, Step.ANSWERED, now=event.now)


def _was_explained(demand: Demand, verb: Verb) -> bool:
    """In the call or on the spot: the asker has heard it all and needs no message."""
    return demand.is_closed_at_once and demand.case.reopened == 0 and verb != Verb.REOPEN


COPIED = (
    "nature", "kind", "channel", "body", "party", "asker_name", "asker_phone", "asker_phone_tail", "asker_user_id",
    "person_id", "asker_employer_id", "is_anonymous", "tells_own_union", "employer_id", "employer_name", "division_id",
    "zone_id", "accused_user_id", "place", "happened_on",
)  # fmt: skip
"""Sums and people stay with the first: they would be counted twice."""


@subscribe(CaseSplit)
def give_facts_to_parts(event: CaseSplit) -> None:
    """Each part has the asker's facts, and its own title."""
    if event.kind != KIND_OF_CASE:
        return
    whole: Demand = Demand.objects.unscoped(reason=_REASON).get(pk=event.case_id)
    facts = {name: getattr(whole, name) for name in COPIED}
    parts = Case.objects.unscoped(reason=_REASON).filter(pk__in=event.new_ids)
    for case in parts:
        Demand.objects.create(
            case=case, **facts, recorded_by_id=event.actor.user_id,
            words=pairs_of(case.title, whole.body, whole.employer_name, whole.place),
        )  # fmt: skip
