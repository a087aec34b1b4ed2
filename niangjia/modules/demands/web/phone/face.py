"""What demands hang into the phone face: the tile that asks, the line of one's own, the card of what goes on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.workers import is_worker
from niangjia.modules.demands.privacy import text_of
from niangjia.modules.demands.queries.asker_side import consents_of, own_open, to_rate
from niangjia.modules.demands.web.phone import wording
from niangjia.ui import phone

MOST_CARDS = 3


def register() -> None:
    phone.register_tile(phone.Tile("说诉求", "message-2", "ask:demand_new", order=5))
    phone.register_line(phone.Line("我的诉求", "message-2", "ask:my_demands", order=5))
    phone.register_agreed(agreed)
    phone.register_card(phone.Card("demands/phone/cards/demands.html", context=going_on, order=15))


def agreed(user_id: int) -> list[phone.Agreed]:
    """With each demand that was sent from the phone."""
    return [
        phone.Agreed(
            f"办理诉求 {row.demand.case.number}", text_of(row.version).short, row.given_at, row.version,
            reverse("ask:my_demand", args=[row.demand_id]),
        )
        for row in consents_of(user_id)
    ]  # fmt: skip


def going_on(request: HttpRequest) -> dict[str, Any] | None:
    """The open ones, first those whose answer waits for a word."""
    if not is_worker(request.user):
        return None
    rows = own_open(request.user, now=timezone.now())  # type: ignore[arg-type]
    if not rows:
        return None
    told = sorted(((row, to_rate(row), wording.badge_of(row.case)) for row in rows), key=lambda one: not one[1])
    return {"rows": told[:MOST_CARDS], "more": max(0, len(rows) - MOST_CARDS)}
