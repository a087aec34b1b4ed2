"""Saying a demand on the phone: with an account, with a phone alone, or without a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.models import User
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.demands.actions.asker_side import keep_photos
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.models import AskerConsent, Demand, Knock
from niangjia.modules.demands.privacy import CURRENT
from niangjia.modules.demands.queries.asker_side import receiving_scope
from niangjia.modules.demands.rules import Channel, Facts, Nature, Party
from niangjia.modules.members.actions.phone_codes import network_of
from niangjia.modules.organisations.queries.joining import employer_named


@dataclass(frozen=True)
class Said:
    """What the page asks: as little as possible. The officer asks for the rest."""

    body: str
    name: str = ""
    phone: str = ""
    is_anonymous: bool = False
    employer: str = ""
    division: str = ""
    spot: str = ""
    place: int | None = None
    tells_own_union: bool = False
    party: Party = Party.WORKER

    def facts(self, user: User | None) -> Facts:
        named = employer_named(self.employer) if self.employer.strip() else None
        of_firm = self.party is Party.EMPLOYER
        return Facts(
            nature=Nature.HELP, channel=Channel.PHONE_PAGE, body=self.body, party=self.party, asker_name=self.name,
            asker_phone="" if user and self.is_anonymous else user.phone if user else self.phone,
            asker_user_id=user.pk if user else None, is_anonymous=self.is_anonymous,
            asker_employer_id=named if of_firm else None, employer_id=None if of_firm else named,
            employer_name=self.employer, division=self.division, place=self.spot, tells_own_union=self.tells_own_union,
        )  # fmt: skip


def submit_demand(
    said: Said, *, user: User | None, address: str, photos: Sequence[StoredFile], now: datetime
) -> Demand:
    """What somebody says on the phone, with the consent to the wording that holds now. Raises Refused."""
    with transaction.atomic():
        if user is None:
            _ensure_few(address, now)
        facts = said.facts(user)
        scope_id = receiving_scope(
            place=said.place, division=said.division, employer_id=facts.employer_id or facts.asker_employer_id
        )
        demand: Demand = record_demand(facts, scope_id=scope_id, actor=casework.ASKER, now=now)
        AskerConsent.objects.create(demand=demand, version=CURRENT, given_at=now)
        keep_photos(demand, photos, now=now)
        if user is not None and said.name and not said.is_anonymous and not user.name:
            user.name = said.name
            user.save(update_fields=["name"])
    return demand


def _ensure_few(address: str, now: datetime) -> None:
    theirs = digest(network_of(address))
    rows = Knock.objects.unscoped(reason="how often one network came without an account")
    rows.filter(at__lt=now - timedelta(days=1)).delete()
    if rows.filter(address_digest=theirs, at__gt=now - timedelta(hours=1)).count() >= settings.DEMANDS_PER_ADDRESS:
        raise Refused("asking.many", "当前网络提交得太频繁。请用手机号登录后提交，或过一小时再试；急事请拨打 12351。")
    Knock.objects.create(address_digest=theirs, at=now)
