"""What a partner hears of the demands it handed over: written with the fact, sent until it was taken.

At least once and in order by demand; each message has an id by which the partner tells a second sending.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from niangjia.engines.casework.events import CaseStepped
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import subscribe
from niangjia.modules.exchange.models import Delivery, Partner
from niangjia.modules.exchange.permissions import Permission
from niangjia.modules.exchange.queries import due
from niangjia.modules.exchange.rules import TOLD, next_try

LEASE = timedelta(minutes=2)
"""While one sender has a message nobody else takes it; a killed sender's comes free again."""

Send = Callable[[Partner, int, str, datetime], str]
"""Sends a body; returns '' when it was taken, else what went wrong in a few words."""


def listen() -> None:
    subscribe(CaseStepped)(note)


def note(event: CaseStepped) -> None:
    """A message for the partner, in the transaction of the step."""
    if event.verb not in TOLD:
        return
    cases = Case.objects.unscoped(reason="of an event in the same transaction").exclude(partner="")
    case: Case | None = cases.select_related("split_from").filter(pk=event.case_id).first()
    if case is None:
        return
    partners = Partner.objects.unscoped(reason="whoever handed the case over is told of it")
    partner = partners.filter(code=case.partner, retired_at=None).exclude(address="").first()
    if partner is None:
        return
    entry = Entry.objects.unscoped(reason="of an event in the same transaction").filter(pk=event.entry_id).first()
    Delivery.objects.create(
        partner=partner, case=case, event=str(event.verb), body=_body(case, event, entry), made_at=event.now,
        next_at=event.now,
    )  # fmt: skip
    app.configure_task("exchange.send_webhooks").defer()


def _body(case: Case, event: CaseStepped, entry: Entry | None) -> str:
    """What the asker may read too, and nothing else."""
    said = {
        "event": str(event.verb),
        "event_label": Verb(event.verb).label,
        "number": case.number,
        "partner_number": case.partner_number or (case.split_from.partner_number if case.split_from else ""),
        "stage": Stage(event.stage_after).name.lower(),
        "stage_label": Stage(event.stage_after).label,
        "text": entry.text if entry is not None and entry.for_asker else "",
        "at": timezone.localtime(event.now).isoformat(timespec="seconds"),
    }
    return json.dumps(said, ensure_ascii=False)


def deliver_due(send: Send, *, now: datetime, most: int = 200) -> int:
    """Sends what is due; returns how many were taken."""
    taken = 0
    for _ in range(most):
        delivery = _claimed(now)
        if delivery is None:
            break
        problem = send(delivery.partner, delivery.pk, str(delivery.body), now)
        _settle(delivery.pk, problem, now)
        taken += not problem
    return taken


def _claimed(now: datetime) -> Delivery | None:
    with transaction.atomic():
        found: Delivery | None = (
            due(now).select_related("partner").select_for_update(skip_locked=True, of=("self",)).first()
        )
        if found is not None:
            found.next_at = now + LEASE
            found.save(update_fields=["next_at"])
    return found


def _settle(pk: int, problem: str, now: datetime) -> None:
    with transaction.atomic():
        row = Delivery.objects.unscoped(reason="the sender's own work").select_for_update().get(pk=pk)
        if row.next_at is None:
            return  # another sender had it taken meanwhile
        row.tries += 1
        row.answer = problem[:200]
        if not problem:
            row.taken_at, row.next_at = now, None
        else:
            row.next_at = next_try(row.tries, now)
            row.given_up_at = now if row.next_at is None else None
        row.save()


def send_again(pk: int, *, actor: Actor, now: datetime) -> None:
    """One that was given up, or that waits for its next try, is sent now. Raises Missing, NotPermitted, Refused."""
    with changing(
        Delivery, pk, actor=actor, permission=Permission.PARTNER_EDIT, verb="exchange.delivery.sent_again", now=now
    ) as row:
        if row.taken_at is not None:
            raise Refused("delivery.taken", "对方已经收到这条消息，不用再发。")
        row.tries, row.given_up_at, row.next_at = 0, None, now
        row.save(update_fields=["tries", "given_up_at", "next_at"])
        app.configure_task("exchange.send_webhooks").defer()
