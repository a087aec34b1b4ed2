"""Agreeing, purpose by purpose, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.workers import close_worker_account
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.applying import hold_account, withdraw_open
from niangjia.modules.members.actions.requests import withdraw_request
from niangjia.modules.members.models import Consent, Person
from niangjia.modules.members.privacy import Purpose, current_version
from niangjia.modules.members.queries.own import own_consents, own_requests
from niangjia.modules.members.rules import RequestState


def give_consents(user_id: int, purposes: Iterable[Purpose], *, now: datetime) -> None:
    """To the wording that holds now; one given before to an older wording ends and is given anew."""
    with transaction.atomic():
        user = hold_account(user_id)
        open_now = {row.purpose: row for row in own_consents(user_id) if row.withdrawn_at is None}
        for purpose in purposes:
            version, row = current_version(purpose), open_now.get(purpose.value)
            if row is not None and row.version == version:
                continue
            if row is not None:
                row.withdrawn_at = now
                row.save(update_fields=["withdrawn_at"])
            made = Consent.objects.create(user=user, purpose=purpose.value, version=version, given_at=now)
            _record(user, "members.consent.given", made, now)


def withdraw_consent(user_id: int, purpose: Purpose, *, now: datetime) -> None:
    """What rests on it ends: an open application, and with the phone the account itself.

    A membership goes on: the union keeps its register by law, not by this consent.
    """
    with transaction.atomic():
        user = hold_account(user_id)
        row = next((row for row in own_consents(user_id) if row.purpose == purpose and row.withdrawn_at is None), None)
        if row is None:
            raise Refused("consent.none", "这一项没有生效的同意，不用撤回。")
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        _record(user, "members.consent.withdrawn", row, now)
        withdraw_open(user, now=now)
        if purpose is Purpose.PHONE:
            _withdraw_requests(user_id, now)
            for person in Person.objects.unscoped(reason="the worker's own person").filter(user=user_id):
                person.user = None
                person.save(update_fields=["user"])
            close_worker_account(user_id, now=now)


def _withdraw_requests(user_id: int, now: datetime) -> None:
    """With the account nobody could take them back any more, nor ask anew."""
    for row in own_requests(user_id):
        if row.state == RequestState.RECEIVED:
            with suppress(Refused):  # an officer was quicker
                withdraw_request(row.pk, user_id, now=now)


def _record(user: User, verb: str, row: Consent, now: datetime) -> None:
    audit.record(
        actor=Actor(user_id=user.pk, name=user.name), verb=verb, subject=row, now=now,
        after={"purpose": row.purpose, "version": row.version},
    )  # fmt: skip
