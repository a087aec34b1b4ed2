"""重点企业: visited in turn by whoever is posted to them."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.ltree import is_under
from niangjia.modules.organisations.queries.ground import employers_by_id, nearest_places
from niangjia.modules.visits.models import KeyEmployer, Posting
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.postings import OWN

LEAST_DAYS, MOST_DAYS = 7, 366


def add_key_employer(
    *, scope_id: int, employer_id: int, posting_id: int | None = None, every_days: int = 90, from_on: date,
    actor: Actor, now: datetime,
) -> KeyEmployer:  # fmt: skip
    """Raises Missing, NotPermitted; Refused for one that is key already, lies elsewhere, or a posting that isn't of here."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Missing
    with adding(
        actor=actor, permission=Permission.VISIT_DIRECT, scope=scope, verb="visits.key_employer.added", now=now
    ) as recorded:
        employer = employers_by_id([employer_id]).get(employer_id)
        ground = nearest_places([employer.division_id]).get(employer.division_id, "") if employer else ""
        if employer is None or not is_under(ground, str(scope.path)):
            raise Refused("key_employer.elsewhere", "这个单位不在这里的管辖范围内，请重新选择。", "employer_id")
        if employer.closed_on is not None:
            raise Refused("key_employer.closed", f"“{employer.name}”已注销，不能列为重点企业。", "employer_id")
        _ensure_days(every_days)
        row = KeyEmployer(
            scope=scope, employer_id=employer_id, posting=_posting(posting_id, scope.pk), every_days=every_days,
            from_on=from_on,
        )  # fmt: skip
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            raise Refused("key_employer.twice", f"“{employer.name}”已经是重点企业。", "employer_id") from None
        recorded(row)
    return row


def assign_key_employer(
    pk: int, *, posting_id: int | None, every_days: int | None = None, actor: Actor, now: datetime
) -> KeyEmployer:
    """Who goes there, and how often. Raises Missing, NotPermitted, Refused."""
    with changing(
        KeyEmployer, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.key_employer.assigned", now=now
    ) as row:
        _ensure_open(row)
        row.posting = _posting(posting_id, row.scope_id)
        if every_days is not None:
            _ensure_days(every_days)
            row.every_days = every_days
        row.save(update_fields=["posting", "every_days"])
    return row


def end_key_employer(pk: int, *, on: date, actor: Actor, now: datetime, reason: str = "") -> KeyEmployer:
    """From `on` it is one like others. Raises Missing, NotPermitted, Refused."""
    with changing(
        KeyEmployer, pk, actor=actor, permission=Permission.VISIT_DIRECT, verb="visits.key_employer.ended", now=now,
        reason=reason,
    ) as row:  # fmt: skip
        _ensure_open(row)
        if not row.from_on <= on <= timezone.localdate(now):
            raise Refused("key_employer.on", f"日期要在 {row.from_on} 到今天之间。", "on")
        row.until_on = on
        row.save(update_fields=["until_on"])
    return row


def _ensure_open(row: KeyEmployer) -> None:
    if row.until_on is not None:
        raise Refused("key_employer.ended", f"{row.until_on} 起已不是重点企业，需要时请重新列入。")


def _ensure_days(days: int) -> None:
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Refused("key_employer.days", f"走访周期请填 {LEAST_DAYS} 到 {MOST_DAYS} 天。", "every_days")


def _posting(posting_id: int | None, scope_id: int) -> Posting | None:
    if posting_id is None:
        return None
    rows = Posting.objects.unscoped(reason=OWN).filter(pk=posting_id, scope=scope_id, until_on=None)
    found: Posting | None = rows.first()
    if found is None:
        raise Refused("key_employer.posting", "请选择正在驻联的干部。", "posting_id")
    return found
