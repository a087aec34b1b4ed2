"""Reading the hotline: calls, who may be ringing, whom to ring back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from niangjia.engines.casework.models import CallBack, Entry
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.crypto.masks import mask_name
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.numbers import line_of
from niangjia.modules.demands.models import Call, Demand, Nuisance
from niangjia.modules.demands.queries.demands import asked_before
from niangjia.modules.members.queries.search import first_hits
from niangjia.modules.organisations.queries.membership import employer_names
from niangjia.modules.organisations.queries.organisations import names_of

FEW, AT_ONCE = 5, 50
A_MOBILE, SHORTEST_NUMBER = 11, 3


def seat_of(actor: Actor, permission: str, *, within: str | None = None) -> Scope:
    """The place for which somebody takes down what he hears: where he works now, else the top of where he may.

    Raises NotPermitted.
    """
    if within is not None and actor.may(permission, within):
        return Scope.objects.get(path=within)
    paths = sorted(actor.paths(permission), key=lambda path: (path.count("."), path))
    if not paths:
        raise NotPermitted
    return Scope.objects.get(path=paths[0])


def call_in_sight(pk: int, actor: Actor) -> Call:
    """Raises Missing."""
    rows = Call.objects.visible_to(actor).select_related("scope", "operator", "demand__case")
    found: Call | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这个来电，可能不在您的管辖范围内。")
    return found


def calls_of_operator(actor: Actor, *, now: datetime) -> list[Call]:
    """Own calls of today, newest first."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Call.objects.visible_to(actor).filter(operator=actor.user_id, began_at__gte=midnight)
    return list(rows.select_related("demand__case").order_by("-began_at", "-pk")[:AT_ONCE])


def calls_not_ended(actor: Actor) -> list[Call]:
    """Own calls still on, or left open when something else went wrong."""
    return list(Call.objects.visible_to(actor).filter(operator=actor.user_id, ended_at=None).order_by("-pk")[:FEW])


def calls_from(rows: Any, text: str) -> Any:
    """The calls of a number. Raises Refused for what is none: numbers are kept as digests, a part finds nothing."""
    number, _ = line_of(text)
    if not number.isdigit() or len(number) < SHORTEST_NUMBER:
        raise Refused("call.search", "请输入完整的来电号码。", "q")
    return rows.filter(phone_digest=digest(number))


@dataclass(frozen=True)
class Likely:
    """A member who has the number; the name stays masked."""

    person_id: int
    name: str
    union: str
    employer_id: int | None
    employer: str


@dataclass(frozen=True)
class Caller:
    """All that the desk knows of a number while it still rings."""

    members: list[Likely] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    asked: int = 0
    asked_today: int = 0
    calls: list[Call] = field(default_factory=list)
    nuisance: Nuisance | None = None
    employers: list[str] = field(default_factory=list)


def caller_of(phone: str, actor: Actor, *, now: datetime, but: int | None = None) -> Caller:
    """`but`: the call that is on now."""
    if not phone:
        return Caller()
    before = asked_before(phone, actor, now=now)
    # What is still open comes first: that is mostly what somebody rings about.
    demands = sorted(before.rows, key=lambda row: (not row.case.is_open, -row.pk))
    calls = Call.objects.visible_to(actor).filter(phone_digest=digest(phone)).exclude(pk=but)
    firms = {row.asker_employer_id for row in before.rows if row.asker_employer_id}
    return Caller(
        members=_members(phone, actor), demands=demands, asked=before.total, asked_today=before.today,
        calls=list(calls.select_related("operator").order_by("-pk")[:FEW]),
        nuisance=nuisance_of(phone, actor, on=timezone.localdate(now)), employers=sorted(employer_names(firms).values()),
    )  # fmt: skip


def _members(phone: str, actor: Actor) -> list[Likely]:
    if len(phone) != A_MOBILE:
        return []
    try:
        rows: list[Any] = first_hits(actor, phone, FEW)
    except Refused:
        return []
    unions = names_of(row.scope_id for row in rows)
    firms = employer_names(row.employer_id for row in rows if row.employer_id)
    return [
        Likely(
            row.person_id,
            mask_name(row.name),
            unions.get(row.scope_id, ""),
            row.employer_id,
            firms.get(row.employer_id, ""),
        )
        for row in rows
    ]


def nuisance_of(phone: str, actor: Actor, *, on: date) -> Nuisance | None:
    """The mark that holds for a number on a day."""
    rows = Nuisance.objects.visible_to(actor).filter(phone_digest=digest(phone), lifted_at=None, until_on__gte=on)
    found: Nuisance | None = rows.order_by("-pk").first()
    return found


def nuisances(actor: Actor, *, on: date) -> list[Nuisance]:
    rows = Nuisance.objects.visible_to(actor).filter(lifted_at=None, until_on__gte=on)
    return list(rows.order_by("-pk")[:AT_ONCE])


# --- whom to ring back ---


def promised_calls(actor: Actor, *, within: str | None = None) -> QuerySet[Call]:
    """Callers who were promised to be rung back, the earliest promise first."""
    rows: Any = Call.objects.visible_to(actor).filter(call_back_at__isnull=False, called_back_at=None)
    if within is not None:
        rows = rows.under(within)
    return rows.select_related("operator", "demand__case").order_by("call_back_at", "pk")  # type: ignore[no-any-return]


def demands_to_call_back(actor: Actor, *, within: str | None = None) -> QuerySet[Demand]:
    """Answered, and not yet confirmed by whoever asked."""
    rows: Any = Demand.objects.visible_to(actor).filter(case__stage=Stage.ANSWERED)
    if within is not None:
        rows = rows.under(within)
    return rows.select_related("case__scope").order_by("case__answered_at", "pk")  # type: ignore[no-any-return]


def promises_due(actor: Actor, *, now: datetime) -> int:
    """How many are to be rung back within the next half hour, the late ones among them."""
    return promised_calls(actor).filter(call_back_at__lte=now + timedelta(minutes=30))[:100].count()


@dataclass(frozen=True)
class Tries:
    """What was tried since the latest answer: how often, when last, when next."""

    number: int
    last_at: datetime | None
    next_at: datetime | None

    def is_later(self, now: datetime) -> bool:
        """Put off to an hour that hasn't come."""
        return self.next_at is not None and self.next_at > now


def tries_of(demands: list[Demand]) -> dict[int, Tries]:
    """In one statement."""
    rows = CallBack.objects.unscoped(reason="call-backs of demands in sight").filter(
        case__in=[row.pk for row in demands], is_reached=False, at__gte=F("case__answered_at")
    )
    last = {row.case_id: row for row in rows.order_by("at")}
    return {
        row.pk: Tries(row.case.tries, last[row.pk].at, last[row.pk].next_at) if row.pk in last else Tries(0, None, None)
        for row in demands
    }


def answer_given(demand: Demand) -> Entry | None:
    """The latest answer, to be read out again."""
    rows = Entry.objects.unscoped(reason="the answer of a demand in sight").filter(case=demand.pk, verb=Verb.ANSWER)
    found: Entry | None = rows.order_by("-pk").first()
    return found
