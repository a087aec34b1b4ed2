"""Single facts for tests, made by the actions that make them in life."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from niangjia.kernel.access.actor import Actor
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import Channel, Facts, Nature
from niangjia.modules.organisations.testing import acting_as

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
"""A Friday morning, ten o'clock in China."""

_numbers = count(1)


def phone_number() -> str:
    """One that nobody can have; another one each time."""
    return f"1248{next(_numbers):07}"


def facts(body: str = "公司三个月没有发工资，三个人都没拿到。", **more: Any) -> Facts:
    return Facts(
        **{
            "nature": Nature.COMPLAINT, "channel": Channel.HOTLINE, "kind": "0101", "body": body,
            "asker_name": "林小燕", "asker_phone": phone_number(), **more,
        }
    )  # fmt: skip


def demand(at: Any, body: str = "", *, actor: Actor | None = None, now: datetime = NOW, **more: Any) -> Demand:
    """Recorded at an organisation by its hotline; whatever is no fact goes to `record_demand`."""
    rest = {
        name: more.pop(name)
        for name in ("received_at", "close_at_once", "partner", "partner_number", "own_due_at", "route", "tell")
        if name in more
    }
    said = {"body": body} if body else {}
    return record_demand(
        facts(**said, **more), scope_id=at.pk, actor=actor or acting_as("HOTLINE_OPERATOR", at), now=now, **rest
    )
