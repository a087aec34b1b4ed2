"""Reading demands: one, those like it, those of the same asker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.masks import mask_name, mask_phone
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing
from niangjia.kernel.numbers import tidy_phone
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import Channel, likeness, pairs_of

LOOKED_THROUGH = 300
"""Of the newest open ones in sight so many are compared: what is alike mostly comes within days."""

LIKE_ENOUGH = 0.3
SAME_EMPLOYER, SAME_PLACE = 0.2, 0.15
MOST_BEFORE = 20

Rows = QuerySet[Any]


def demand_in_sight(pk: int, actor: Actor) -> Demand:
    """With its case, place and employer. Raises Missing."""
    found: Demand | None = (
        Demand.objects.one_visible_to(pk, actor)
        .select_related("case__scope", "case__lead", "employer", "division", "zone")
        .first()
    )
    if found is None:
        raise Missing("没有找到这件诉求，可能编号有误，或不在您的管辖范围内。")
    return found


@dataclass(frozen=True)
class Alike:
    """An open one that may be the same matter; `because` says it in words."""

    demand: Demand
    score: float
    because: str


def similar_open(
    text: str,
    scope_path: str,
    actor: Actor,
    limit: int = 5,
    *,
    employer_id: int | None = None,
    employer_name: str = "",
    place: str = "",
    but: int | None = None,
) -> list[Alike]:
    """Open demands in the actor's sight, at and under a place, that sound alike: the most alike first."""
    wanted = pairs_of(text)
    if not wanted and not employer_id and not employer_name:
        return []
    rows = Demand.objects.visible_to(actor).filter(case__stage__in=sorted(OPEN)).under(scope_path)
    rows = rows.exclude(pk=but).select_related("case__scope", "employer")
    candidates = {row.pk: row for row in rows.order_by("-case__received_at", "-pk")[:LOOKED_THROUGH]}
    if employer_id:
        candidates |= {row.pk: row for row in rows.filter(employer=employer_id).order_by("-pk")[:LOOKED_THROUGH]}
    found = [one for row in candidates.values() if (one := _alike(row, wanted, employer_id, employer_name, place))]
    return sorted(found, key=lambda one: (-one.score, -one.demand.pk))[:limit]


def _alike(row: Demand, wanted: list[str], employer_id: int | None, employer_name: str, place: str) -> Alike | None:
    score, because = likeness(wanted, row.words), []
    if score >= LIKE_ENOUGH:
        because.append("说法相近")
    if (employer_id and row.employer_id == employer_id) or (employer_name and row.employer_name == employer_name):
        score += SAME_EMPLOYER
        because.append("同一用人单位")
    if place and row.place == place:
        score += SAME_PLACE
        because.append("同一地点")
    return Alike(row, score, "、".join(because)) if score >= LIKE_ENOUGH else None


@dataclass(frozen=True)
class Before:
    """What an asker asked earlier, as far as the actor sees it."""

    rows: list[Demand]
    total: int
    today: int


def asked_before(
    phone: str, actor: Actor, *, now: datetime, person_id: int | None = None, user_id: int | None = None
) -> Before:
    """By the phone, the person or the account. Whoever asked without a name is not found by the number."""
    who = Q()
    if number := tidy_phone(phone):
        who |= Q(asker_phone_digest=digest(number))
    if person_id:
        who |= Q(person=person_id)
    if user_id:
        who |= Q(asker_user=user_id)
    if not who:
        return Before([], 0, 0)
    rows = Demand.objects.visible_to(actor).filter(who, is_anonymous=False)
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = rows.select_related("case__scope").order_by("-pk")[:MOST_BEFORE]
    return Before(list(newest), rows.count(), rows.filter(case__received_at__gte=today).count())


def asked_today(digest_of_phone: bytes | None, user_id: int | None, *, now: datetime) -> int:
    """How many came from one phone or account by the public doors in the last day."""
    who = Q()
    if digest_of_phone:
        who |= Q(asker_phone_digest=digest_of_phone)
    if user_id:
        who |= Q(asker_user=user_id)
    if not who:
        return 0
    rows = Demand.objects.unscoped(reason="one phone sends only so many a day, whoever sees them")
    return rows.filter(
        who, channel=Channel.PHONE_PAGE, case__received_at__gt=now - timedelta(days=1), case__received_at__lte=now
    ).count()


def sent_that_day(demand: Demand) -> int:
    """How many came from the same phone or account by the public doors in the day before this one, it included."""
    if demand.channel != Channel.PHONE_PAGE:
        return 0
    number = bytes(demand.asker_phone_digest) if demand.asker_phone_digest else None
    return asked_today(number, demand.asker_user_id, now=demand.case.received_at)


def demands_of_account(user_id: int) -> Rows:
    """What somebody asked by the own account, newest first: a worker holds no job and reads by who he is."""
    rows = Demand.objects.unscoped(reason="a worker's own demands, by the account that asked")
    return rows.filter(asker_user=user_id).select_related("case__scope").order_by("-pk")


@dataclass(frozen=True)
class Asker:
    """How the asker stands on a page: masked, until somebody gives a reason."""

    name: str
    phone: str
    has_name: bool
    has_phone: bool


def asker_shown(demand: Demand) -> Asker:
    name = "匿名" if demand.is_anonymous else mask_name(demand.asker_name or "")
    phone = mask_phone(demand.asker_phone or "")
    return Asker(name or "未留姓名", phone, bool(demand.asker_name), bool(demand.asker_phone))
