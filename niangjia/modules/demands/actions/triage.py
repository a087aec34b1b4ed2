"""What officers make of a suggestion: every confirmation and every correction is kept, and learnt from at night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from niangjia.engines.casework.events import CaseStepped
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import subscribe
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.triage import Sensed, sensed_of
from niangjia.modules.demands.rules import KIND_OF_CASE, Channel, Nature
from niangjia.modules.demands.triage.models import TriageDecision
from niangjia.modules.demands.triage.rules import Field, is_correction

if TYPE_CHECKING:
    from niangjia.modules.demands.rules import Facts

UNATTENDED = frozenset({Channel.PHONE_PAGE, Channel.SHEET, Channel.PARTNER})
"""Doors at which no officer stands: whoever accepts it says whether the suggestion is right."""


def note_recording(demand: Demand, facts: Facts, *, is_graded: bool, actor: Actor, now: datetime) -> None:
    """What the officer who took it down chose; one statement. A kind left open is no choice, nor is a rule of emergency."""
    if actor.user_id is None or actor == SYSTEM or facts.channel in UNATTENDED:
        return
    chosen = {Field.KIND: facts.kind, Field.NATURE: str(facts.nature)}
    if not is_graded:
        chosen[Field.URGENCY] = str(facts.urgency or "")
    note_choices(demand.pk, chosen, sensed_of(demand.suggested), actor=actor, now=now)


def note_choices(demand_id: int, chosen: Mapping[Field, str], sensed: Sensed, *, actor: Actor, now: datetime) -> None:
    rows = []
    for name, value in chosen.items():
        if not value:
            continue
        suggested = sensed.of(name)
        rows.append(
            TriageDecision(
                demand_id=demand_id, field=name.value, chosen=value, suggested=suggested.kept()["offers"],
                model_number=suggested.by, is_correction=is_correction(suggested, value), by_id=actor.user_id, at=now,
            )
        )  # fmt: skip
    TriageDecision.objects.unscoped(reason="written with the choice it is about").bulk_create(rows)


def note_edit(was: Facts, facts: Facts, demand: Demand, *, actor: Actor, now: datetime) -> None:
    """Kind or nature were put right later."""
    if actor.user_id is None:
        return
    chosen = {}
    if was.kind != facts.kind:
        chosen[Field.KIND] = facts.kind
    if was.nature != facts.nature:
        chosen[Field.NATURE] = str(facts.nature)
    if chosen:
        note_choices(demand.pk, chosen, sensed_of(demand.suggested), actor=actor, now=now)


@subscribe(CaseStepped)
def note_regrading(event: CaseStepped) -> None:
    if event.kind != KIND_OF_CASE or event.verb is not Verb.REGRADE or event.actor.user_id is None:
        return
    rows = Demand.objects.unscoped(reason="the demand whose urgency somebody with the right changed")
    demand = rows.select_related("case").get(pk=event.case_id)
    chosen = {Field.URGENCY: str(demand.case.urgency)}
    note_choices(demand.pk, chosen, sensed_of(demand.suggested), actor=event.actor, now=event.now)


@transaction.atomic
def confirm_triage(demand_id: int, *, kind: str, nature: int | None = None, actor: Actor, now: datetime) -> Demand:
    """确认分类: what came without an officer gets its kind by one tap. Raises Missing, NotPermitted, Refused."""
    from niangjia.modules.demands.actions.facts import edit_facts, facts_of
    from niangjia.modules.demands.queries.demands import demand_in_sight

    if not kind:
        raise Refused("triage.kind", "请先选一个类别。", "kind")
    row = demand_in_sight(demand_id, actor)
    was = facts_of(row)
    facts = replace(was, kind=kind, nature=Nature(nature).value if nature is not None else was.nature)
    row = edit_facts(demand_id, facts, actor=actor, now=now)
    # The edit has noted what changed; what was right already is confirmed here.
    chosen = {
        name: value
        for name, value, same in (
            (Field.KIND, facts.kind, was.kind == facts.kind),
            (Field.NATURE, str(facts.nature), was.nature == facts.nature),
            (Field.URGENCY, str(row.case.urgency), True),
        )
        if same
    }
    note_choices(demand_id, chosen, sensed_of(row.suggested), actor=actor, now=now)
    return row
