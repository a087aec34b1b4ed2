"""What a partner does with a demand of its own: hand it over, add to it, urge it, take it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.demands.actions import Facts, record_demand
from niangjia.modules.exchange.models import Heard, Partner
from niangjia.modules.exchange.queries import handed_over

LONGEST_NUMBER = 60
OLDEST = timedelta(days=366)


@dataclass(frozen=True)
class HandedOver:
    case: Case
    is_new: bool


def actor_for(partner: Partner) -> Actor:
    """The product's own hand under the partner's name: holds no job, and only this room lends it."""
    return Actor(user_id=None, name=partner.name)


def hand_over(
    partner: Partner, facts: Facts, *, number: str, received_at: datetime | None, due_at: datetime | None, now: datetime
) -> HandedOver:
    """The demand under the partner's number; the same number again is the same demand, unchanged.

    `due_at` is the partner's own limit. Raises Refused.
    """
    number = number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise Refused("demand.number", f"number 是贵方的工单编号，1 到 {LONGEST_NUMBER} 个字符。", "number")
    if received_at is not None and not now - OLDEST <= received_at <= now:
        raise Refused(
            "demand.received_at", "received_at 不能晚于现在，也不能早于一年前；更早的请用批量导入。", "received_at"
        )
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two sendings of one number at the same moment: the second finds what the first one wrote.
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [partner.code, number])
        found = handed_over(partner, number)
        if found is not None:
            return HandedOver(found, is_new=False)
        demand = record_demand(
            facts, scope_id=partner.scope_id, actor=actor_for(partner), now=now, received_at=received_at,
            partner=partner.code, partner_number=number, own_due_at=due_at,
        )  # fmt: skip
        return HandedOver(demand.case, is_new=True)


def add_facts(partner: Partner, number: str, *, message: str, text: str, now: datetime) -> Case:
    """More of what the asker says: the answer to a question, or what came to mind since."""

    def act(case: Case) -> None:
        casework.give_facts(case.pk, text=text, actor=casework.ASKER, by_name=partner.name, now=now)

    return _once(partner, number, message, act, now)


def urge(partner: Partner, number: str, *, message: str, text: str, now: datetime) -> Case:
    def act(case: Case) -> None:
        casework.urge_case(case.pk, text=text, actor=casework.ASKER, by_name=partner.name, now=now)

    return _once(partner, number, message, act, now)


def rate(
    partner: Partner, number: str, *, message: str, rating: int, is_satisfied: bool, text: str, now: datetime
) -> Case:
    """What the partner heard when it called the asker back."""

    def act(case: Case) -> None:
        casework.rate_case(
            case.pk, rating=rating, is_satisfied=is_satisfied, text=text, actor=casework.ASKER, by_name=partner.name,
            now=now,
        )  # fmt: skip

    return _once(partner, number, message, act, now)


def take_back(partner: Partner, number: str, *, message: str, reason: str, now: datetime) -> Case:
    def act(case: Case) -> None:
        casework.withdraw_case(case.pk, reason=reason, actor=casework.ASKER, by_name=partner.name, now=now)

    return _once(partner, number, message, act, now)


def _once(partner: Partner, number: str, message: str, act: Callable[[Case], None], now: datetime) -> Case:
    """A message with an id that was heard before does nothing. Raises Missing for a demand that isn't the partner's."""
    message = message.strip()
    if not message or len(message) > LONGEST_NUMBER:
        raise Refused("message.id", f"id 是这条消息在贵方的编号，1 到 {LONGEST_NUMBER} 个字符；重发时保持不变。", "id")
    with transaction.atomic():
        case = handed_over(partner, number)
        if case is None:
            raise Missing("没有找到这个编号的诉求。")
        _, is_new = Heard.objects.get_or_create(partner=partner, message=message, defaults={"at": now})
        if is_new:
            act(case)
            case.refresh_from_db()
    return case
