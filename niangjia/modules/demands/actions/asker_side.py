"""What the asker does with the own demand. Who it is was proved before: by the account, or by a link and a code.

The engine's acts are called as `ASKER`: without a right, never without the rule. The real name stays out of
the timeline, where everybody who takes part reads it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.rules import REOPEN_WITHIN_DAYS, Stage
from niangjia.kernel.errors import Refused
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.numbers import check_phone
from niangjia.modules.demands.models import AskerLink, Attachment, Demand
from niangjia.modules.demands.queries.asker_side import to_rate, token_digest, urged_today, working_case

LINK_AT_MOST = timedelta(days=2 * 365)
MOST_PHOTOS = 9
LONGEST_SAID = 2000


def link_for(demand: Demand, now: datetime) -> str:
    """The path of a new link for a message to the asker's phone; empty where no code could be sent to one.

    Only the digest is kept: a link that was lost is never found again, the next message has another.
    """
    if not demand.asker_phone or check_phone(demand.asker_phone, synthetic=settings.SYNTHETIC_NUMBERS):
        return ""
    token = secrets.token_urlsafe(16)
    AskerLink.objects.create(
        demand=demand, token_digest=token_digest(token), created_at=now, expires_at=now + LINK_AT_MOST
    )
    return f"/d/{token}/"


def give(demand: Demand, *, text: str, photos: Sequence[StoredFile], now: datetime) -> None:
    """More facts or photos, as long as it is open. Raises Refused."""
    if not text.strip() and not photos:
        raise Refused("asker.nothing", "请写下要补充的情况，或者选一张照片。", "text")
    with transaction.atomic():
        keep_photos(demand, photos, now=now)
        casework.give_facts(
            demand.pk, text=_said(text), file_ids=tuple(one.pk for one in photos), actor=casework.ASKER, now=now
        )


def keep_photos(demand: Demand, photos: Sequence[StoredFile], *, now: datetime) -> None:
    """From now on they belong to the demand. Raises Refused for more than a demand takes from its asker."""
    rows = Attachment.objects.unscoped(reason="how many the asker has given so far")
    if rows.filter(demand=demand.pk, by_asker=True).count() + len(photos) > MOST_PHOTOS * 3:
        raise Refused("asker.photos", "照片已经很多了。还有别的材料，可以在回访时交给办理的工会。", "photos")
    for one in photos:
        one.expires_at = None
        one.save(update_fields=["expires_at"])
        Attachment.objects.create(demand=demand, file_id=one.pk, name=one.name, by_asker=True, at=now)


def urge(demand: Demand, *, text: str, now: datetime) -> None:
    """Once a day, where the work goes on; the words of one asker are not read by the others of a merged case."""
    if urged_today(demand, now=now):
        raise Refused("asker.urged", "今天已经催过一次，工会已经收到。急事请直接打电话。")
    case = working_case(demand)
    said = _said(text) if case.pk == demand.pk else "并案的诉求人催办"
    casework.urge_case(case.pk, text=said, actor=casework.ASKER, now=now)


def rate(demand: Demand, *, rating: int, is_satisfied: bool, text: str, now: datetime) -> None:
    """The asker's word on the answer: resolved, or back in hand with what is still wrong."""
    if not to_rate(demand):
        raise Refused("asker.rate", "现在没有等您评价的答复，请刷新后再看。")
    if not is_satisfied and not text.strip():
        raise Refused("asker.why", "请写一句哪里还没解决，工会才知道接着办什么。", "text")
    casework.rate_case(
        demand.pk, rating=rating, is_satisfied=is_satisfied, text=_said(text), actor=casework.ASKER, now=now
    )


def may_reopen(demand: Demand, *, now: datetime) -> bool:
    case = demand.case
    ended = case.ended_at
    return (
        case.stage in (Stage.RESOLVED, Stage.CLOSED)
        and ended is not None
        and now <= ended + timedelta(days=REOPEN_WITHIN_DAYS)
    )


def reopen(demand: Demand, *, reason: str, now: datetime) -> None:
    if not reason.strip():
        raise Refused("asker.why", "请写一句为什么还要办。", "reason")
    casework.reopen_case(demand.pk, reason=_said(reason), actor=casework.ASKER, now=now)


def withdraw(demand: Demand, *, reason: str, now: datetime) -> None:
    casework.withdraw_case(demand.pk, reason=_said(reason) or "诉求人撤回", actor=casework.ASKER, now=now)


def _said(text: str) -> str:
    return text.strip()[:LONGEST_SAID]
