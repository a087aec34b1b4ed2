"""Who hands over, and what it was told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.exchange.models import Delivery, Partner


def partner_in_sight(pk: int, actor: Actor) -> Partner:
    """Raises Missing."""
    row: Partner | None = Partner.objects.visible_to(actor).select_related("scope").filter(pk=pk).first()
    if row is None:
        raise Missing("没有找到这个对接单位。")
    return row


def delivery_in_sight(pk: int, actor: Actor) -> Delivery:
    """Raises Missing."""
    row: Delivery | None = Delivery.objects.visible_to(actor).select_related("case", "partner").filter(pk=pk).first()
    if row is None:
        raise Missing("没有找到这条回传记录。")
    return row


def partner_by_key(key: str) -> Partner | None:
    """The one whose requests carry this key, unless it was retired."""
    rows = Partner.objects.unscoped(reason="the key says who calls; the signature proves it")
    found: Partner | None = rows.select_related("scope").filter(key=key, retired_at=None).first()
    return found


def handed_over(partner: Partner, number: str) -> Case | None:
    """The case of a partner's own number, or of ours if it came from there."""
    rows = Case.objects.unscoped(reason="a partner asks for what it handed over itself").filter(partner=partner.code)
    found: Case | None = rows.filter(Q(partner_number=number) | Q(number=number)).first()
    return found


def steps_told(case: Case) -> list[dict[str, Any]]:
    """What the asker may read of the timeline, the oldest first."""
    rows = Entry.objects.unscoped(reason="of a case that the partner handed over").filter(case=case, for_asker=True)
    return [
        {"at": timezone.localtime(row.at), "what": Verb(row.verb).label, "text": row.text}
        for row in rows.order_by("id")
    ]


class Traffic(NamedTuple):
    """What is on the way to a partner, and what came to nothing."""

    waiting: int
    given_up: int
    taken: int


def traffic(partner: Partner, *, now: datetime, days: int = 30) -> Traffic:
    """`taken` within the last days; waiting and given up at all."""
    counted: dict[str, Any] = (
        Delivery.objects.unscoped(reason="of a partner in sight")
        .filter(partner=partner)
        .aggregate(
            waiting=Count("pk", filter=Q(next_at__isnull=False)),
            given_up=Count("pk", filter=Q(given_up_at__isnull=False)),
            taken=Count("pk", filter=Q(taken_at__gte=now - timedelta(days=days))),
        )
    )
    return Traffic(counted["waiting"], counted["given_up"], counted["taken"])


def due(now: datetime) -> QuerySet[Delivery]:
    """Messages to be sent now, the oldest first; one whose forerunner about the same case isn't through waits for it."""
    rows = Delivery.objects.unscoped(reason="the sender's own work")
    forerunner = rows.filter(
        case=OuterRef("case"), partner=OuterRef("partner"), pk__lt=OuterRef("pk"), next_at__isnull=False
    )
    return rows.filter(~Exists(forerunner), next_at__lte=now, partner__retired_at=None).order_by("pk")
