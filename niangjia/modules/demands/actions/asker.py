"""Who asks: linked by hand, looked at with a reason, spoken for by the family."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.numbers import tidy_phone
from niangjia.modules.demands.actions.facts import editing
from niangjia.modules.demands.actions.recording import TAIL
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.rules import SHORTEST_REASON, check_contact, tidy_line
from niangjia.modules.members.queries.people import person_in_sight
from niangjia.modules.organisations.queries.employers import employer_in_sight


def link_person(demand_id: int, person_id: int | None, *, actor: Actor, now: datetime) -> Demand:
    """Somebody of the register, chosen by hand: a name and a phone are a hint, never a proof. Makes nobody a member."""
    with editing(demand_id, verb="demands.demand.person_linked", actor=actor, now=now) as row:
        if person_id is not None:
            person_in_sight(person_id, actor)
        row.person_id = person_id
        row.save(update_fields=["person"])
    return row


def link_employer(demand_id: int, employer_id: int | None, *, actor: Actor, now: datetime) -> Demand:
    """The employer that asks (not the one that is complained of, which is a fact)."""
    with editing(demand_id, verb="demands.demand.employer_linked", actor=actor, now=now) as row:
        if employer_id is not None:
            employer_in_sight(employer_id, actor)
        row.asker_employer_id = employer_id
        row.save(update_fields=["asker_employer"])
    return row


def reveal_asker(demand_id: int, *, reason: str, actor: Actor, now: datetime) -> tuple[str, str]:
    """Name and phone in full; who looked and why stays in the trail. Raises Refused without a reason."""
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("reason.short", f"请写明查看的原因，至少 {SHORTEST_REASON} 个字。", "reason")
    with editing(
        demand_id, verb="demands.asker.revealed", actor=actor, now=now, permission=Permission.DEMAND_REVEAL
    ) as row:
        if not row.asker_name and not row.asker_phone:
            raise Missing("诉求人没有留下姓名和电话。")
        audit.record(
            actor=actor, verb="demands.asker.revealed", subject=row, path=str(row.case.scope.path), reason=reason, now=now
        )  # fmt: skip
    return row.asker_name or "", row.asker_phone or ""


def mark_asker_dead(
    demand_id: int,
    *,
    goes_on: bool,
    family_name: str = "",
    family_phone: str = "",
    reason: str,
    actor: Actor,
    now: datetime,
) -> Demand:
    """The asker has died: the family goes on with it in their own name, or it ends. Nobody writes to the dead."""
    reason, name, phone = reason.strip(), tidy_line(family_name)[:50], tidy_phone(family_phone)
    if not reason:
        raise Refused("demand.reason", "请写明从哪里得知、家属怎么说。", "reason")
    if goes_on and not (name and phone):
        raise Refused("demand.family", "家属继续办理的，请填写家属的姓名和电话。", "family_name")
    if goes_on and (problem := check_contact(phone, synthetic=settings.SYNTHETIC_NUMBERS)):
        raise Refused("demand.family", problem, "family_phone")
    with editing(demand_id, verb="demands.demand.asker_died", actor=actor, now=now, reason=reason) as row:
        row.is_asker_dead, row.asker_user_id = True, None
        if goes_on:
            row.asker_name, row.asker_phone = name, phone
            row.asker_phone_tail = "" if row.is_anonymous else phone[-TAIL:]
        row.save()
        if goes_on:
            casework.edit_case(row.pk, text="诉求人已去世，由家属继续办理", actor=actor, now=now)
        else:
            casework.withdraw_case(row.pk, reason=f"诉求人已去世，家属不再继续：{reason}", actor=actor, now=now)
    return row
