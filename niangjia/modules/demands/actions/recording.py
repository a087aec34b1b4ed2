"""Taking a demand down, by whatever door it came: one transaction from the words to the desk it lies on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.actions.keeping import nearest_outside
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.events import publish
from niangjia.kernel.kept import asked_once
from niangjia.modules.demands.actions import alerts, routing
from niangjia.modules.demands.actions.telling import tell_asker
from niangjia.modules.demands.actions.triage import note_recording
from niangjia.modules.demands.emergency_rules import Fired
from niangjia.modules.demands.events import DemandRecorded
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import emergency
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.demands import asked_today
from niangjia.modules.demands.queries.triage import sense_text
from niangjia.modules.demands.rules import (
    KIND_OF_CASE,
    MOST_A_DAY,
    PUBLIC_DOORS,
    Channel,
    Facts,
    Nature,
    Step,
    ensure_facts,
    is_against_employer,
    limits_of,
    pairs_of,
)
from niangjia.modules.organisations.queries.joining import employer_named
from niangjia.modules.organisations.queries.of_employer import EmployerFacts, employer_facts, is_of_one_employer
from niangjia.modules.organisations.queries.zones import division_of_zone

TAIL = 4


@transaction.atomic
@asked_once()
@audit.together()
def record_demand(
    facts: Facts,
    *,
    scope_id: int,
    actor: Actor,
    now: datetime,
    received_at: datetime | None = None,
    close_at_once: str = "",
    partner: str = "",
    partner_number: str = "",
    own_due_at: datetime | None = None,
    route: bool = True,
    tell: bool = True,
    attended: bool = True,
) -> Demand:
    """`scope_id` is where it came in. With `close_at_once` it was explained then and there, with these words.
    Not `attended`: no officer looked at its kind; nothing is learnt from it.

    A demand against an employer lies neither with its own union nor under it, unless the asker agrees.
    Raises Refused, Missing, NotPermitted. Officers record with their right; the asker's own doors come
    with `casework.ASKER`, another system with an actor that holds nothing, a file brought over with `SYSTEM`.
    """
    came_in = Scope.objects.filter(pk=scope_id).first()
    if came_in is None:
        raise Missing("没有找到接收诉求的工会。")
    facts, employer = _understood(facts, came_in, actor, now)
    kept_from = unions_kept_from(facts, employer, came_in.pk)
    scope = nearest_outside(came_in, kept_from)
    fired = emergency.fired(f"{facts.title}\n{facts.body}", facts.people, scope.path)
    facts = _graded(facts, fired)
    desk = routing.desk_for(facts, scope, kept_from, now=now) if route and not close_at_once else None
    with casework.opening(
        kind=KIND_OF_CASE, title=facts.title, scope=scope, urgency=facts.urgency or Urgency.NORMAL,
        is_major=facts.is_major, is_confidential=facts.is_confidential, kept_from=kept_from,
        kept_from_users=[facts.accused_user_id] if facts.accused_user_id else [], received_at=received_at or now,
        limits=_limits(facts), partner=partner, partner_number=partner_number, own_due_at=own_due_at, actor=actor,
        now=now, recorder_sees=not _sits_in(actor, kept_from), desk=desk,
    ) as case:  # fmt: skip
        demand = _written(
            case, facts, actor, is_closed_at_once=bool(close_at_once), because=desk.because if desk else ""
        )
        audit.record(
            actor=actor, verb="demands.demand.recorded", subject=demand, path=scope.path,
            after=audit.snapshot(demand), now=now,
        )  # fmt: skip
    if close_at_once:
        casework.close_at_once(case.pk, text=close_at_once, actor=actor, now=now)
    if fired is not None:
        alerts.raise_alert(demand, because=fired.because, now=now)
    if tell and not close_at_once:
        tell_asker(demand, Step.RECEIVED, now=now)
    if attended:
        note_recording(demand, facts, is_graded=fired is not None, actor=actor, now=now)
    publish(DemandRecorded(demand.pk, actor, now))
    return again(demand.pk) if close_at_once or fired else demand


def _understood(facts: Facts, came_in: Scope, actor: Actor, now: datetime) -> tuple[Facts, EmployerFacts | None]:
    """Put right, allowed, and with what the register and the catalogue know. Raises Refused, NotPermitted."""
    facts = facts.tidied()
    ensure_facts(facts, today=timezone.localdate(now), synthetic=settings.SYNTHETIC_NUMBERS)
    _ensure_may_record(facts, came_in, actor)
    _ensure_not_flooded(facts, now)
    facts, employer = with_employer(facts)
    return _with_kind(with_zone(facts)), employer


def _graded(facts: Facts, fired: Fired | None) -> Facts:
    """The rules of emergency win over whatever was chosen, upwards only."""
    if fired is None:
        return facts
    urgency = max(facts.urgency or Urgency.NORMAL, fired.urgency)
    return replace(facts, urgency=urgency, is_major=facts.is_major or fired.is_major)


def _limits(facts: Facts) -> dict[str, Any]:
    kind = catalogue().get(facts.kind)
    return limits_of(Channel(facts.channel), (kind and kind.limits) or {})


def again(pk: int) -> Demand:
    """The demand as it stands after all that."""
    rows = Demand.objects.unscoped(reason="the one just written").select_related("case__scope", "case__lead")
    return rows.get(pk=pk)  # type: ignore[no-any-return]


def _ensure_may_record(facts: Facts, scope: Scope, actor: Actor) -> None:
    # What holds no job is a door of the product's own: the phone page, another system, a file brought over.
    through_door = actor == casework.ASKER and facts.channel in PUBLIC_DOORS
    handed_over = actor.user_id is None and not actor.held and facts.channel == Channel.PARTNER
    if actor == SYSTEM or through_door or handed_over:
        return
    if not actor.may(Permission.DEMAND_RECORD, scope.path):
        raise NotPermitted


def _ensure_not_flooded(facts: Facts, now: datetime) -> None:
    """One phone or account comes by the public doors only so often a day; officers are not counted."""
    if facts.channel not in PUBLIC_DOORS:
        return
    number = digest(facts.asker_phone) if facts.asker_phone else None
    with connection.cursor() as cursor:
        # Two hundred at the same moment are counted one after the other.
        key = number or str(facts.asker_user_id).encode()
        cursor.execute("select pg_advisory_xact_lock(hashtext('demands.asker'), hashtext(%s))", [key.hex()])
    if asked_today(number, facts.asker_user_id, now=now) >= MOST_A_DAY:
        raise Refused(
            "demand.too_many",
            "您今天提交的诉求较多，我们正在逐件办理。新的情况可以补充到已有的诉求里；紧急的事请拨打 12351。",
        )


def with_employer(facts: Facts) -> tuple[Facts, EmployerFacts | None]:
    """The employer's ground and zone where none was named; an exact name is the employer's own."""
    pk = facts.employer_id or (employer_named(facts.employer_name) if facts.employer_name else None)
    employer = employer_facts(pk) if pk else None
    if employer is None:
        if facts.employer_id:
            raise Refused("demand.employer", "没有找到这个用人单位，请重新选择。", "employer")
        return facts, None
    return replace(
        facts, employer_id=employer.id, employer_name=facts.employer_name or employer.name,
        division=facts.division or employer.division, zone_id=facts.zone_id or employer.zone_id,
    ), employer  # fmt: skip


def with_zone(facts: Facts) -> Facts:
    """The ground of the zone's township, where only a zone was named."""
    if facts.zone_id is None or facts.division:
        return facts
    return replace(facts, division=division_of_zone(facts.zone_id))


def unions_kept_from(facts: Facts, employer: EmployerFacts | None, scope_id: int) -> list[int]:
    """The unions that must not learn of it: the employer's own, and the firm's union at whose door it came in."""
    if facts.tells_own_union or not is_against_employer(facts.nature, facts.kind, facts.party):
        return []
    kept = set(employer.own_unions) if employer else set()
    if is_of_one_employer(scope_id):
        kept.add(scope_id)
    return sorted(kept)


def _sits_in(actor: Actor, places: list[int]) -> bool:
    labels = {str(place) for place in places}
    return any(labels & set(held.path.split(".")) for held in actor.held)


def _with_kind(facts: Facts) -> Facts:
    """The kind's urgency where nobody chose one, and what its words would have suggested."""
    known = catalogue()
    kind = known.get(facts.kind)
    if facts.kind and (kind is None or kind.is_group):
        raise Refused("demand.kind", "诉求目录里没有这一类，请重新选择。", "kind")
    suggested = facts.suggested or sense_text(facts.title, facts.body, known=known).kept()
    usual = kind.urgency if kind and facts.nature not in (Nature.ENQUIRY, Nature.PRAISE) else Urgency.NORMAL
    return replace(facts, urgency=facts.urgency or usual, suggested=suggested)


def _written(case: Case, facts: Facts, actor: Actor, *, is_closed_at_once: bool, because: str) -> Demand:
    tail = facts.asker_phone[-TAIL:] if facts.asker_phone and not facts.is_anonymous else ""
    values: dict[str, Any] = {
        name: getattr(facts, name)
        for name in (
            "nature", "kind", "channel", "body", "party", "asker_name", "asker_phone", "asker_user_id", "person_id",
            "asker_employer_id", "is_anonymous", "tells_own_union", "employer_id", "employer_name", "zone_id",
            "accused_user_id", "place", "happened_on", "people", "claimed_fen", "recording", "paper_number",
        )
    }  # fmt: skip
    if facts.accused_user_id and not User.objects.filter(pk=facts.accused_user_id).exists():
        raise Refused("demand.accused_user", "没有找到被反映的工作人员，请重新选择。", "accused_user")
    return Demand.objects.create(  # type: ignore[no-any-return]
        case=case, **values, division_id=facts.division or None, asker_phone_tail=tail,
        suggested=dict(facts.suggested), recorded_by_id=actor.user_id, words=words_of(facts),
        is_closed_at_once=is_closed_at_once, routed_because=because,
    )  # fmt: skip


def words_of(facts: Facts) -> list[str]:
    return pairs_of(facts.title, facts.body, facts.employer_name, facts.place)
