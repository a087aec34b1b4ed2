"""回看: done by the next visit; or by hand, when it was seen to otherwise or isn't needed any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.visits.drafts import tidy
from niangjia.modules.visits.models import FollowUp, Visit
from niangjia.modules.visits.permissions import Permission

LONGEST = 200


def done_follow_up(pk: int, *, visit_id: int, actor: Actor, now: datetime) -> FollowUp:
    """It was seen to at this later visit to the same employer. Raises Missing, NotPermitted, Refused."""
    with _open(pk, "visits.follow_up.done", actor, now) as row:
        visit = Visit.objects.visible_to(actor).filter(pk=visit_id, employer=row.visit.employer_id).first()
        if visit is None or visit.arrived_at <= row.visit.arrived_at:
            raise Refused("follow_up.visit", "请选择同一单位在这以后的一次走访。", "visit_id")
        row.done_by = visit
        row.save(update_fields=["done_by"])
    return row


def drop_follow_up(pk: int, *, reason: str, actor: Actor, now: datetime) -> FollowUp:
    """Nobody has to go. Raises Missing, NotPermitted, Refused."""
    with _open(pk, "visits.follow_up.dropped", actor, now) as row:
        if not tidy(reason):
            raise Refused("follow_up.reason", "请写明为什么不用回看了。", "reason")
        row.dropped_at, row.dropped_because = now, tidy(reason)[:LONGEST]
        row.save(update_fields=["dropped_at", "dropped_because"])
    return row


@contextmanager
def _open(pk: int, verb: str, actor: Actor, now: datetime) -> Iterator[FollowUp]:
    """By whoever made the visit, or directs there."""
    with transaction.atomic():
        rows = FollowUp.objects.visible_to(actor).select_for_update(of=("self",)).select_related("visit__scope")
        row: FollowUp | None = rows.filter(pk=pk).first()
        if row is None:
            raise Missing("没有找到这项回看，可能不在您的管辖范围内。")
        path = str(row.visit.scope.path)
        own = row.visit.user_id == actor.user_id and actor.may(Permission.VISIT_MAKE, path)
        if not own and not actor.may(Permission.VISIT_DIRECT, path):
            raise NotPermitted
        if row.done_by_id is not None or row.dropped_at is not None:
            raise Refused("follow_up.closed", "这项回看已经了结，请刷新后核对。")
        before = audit.snapshot(row)
        yield row
        audit.record(
            actor=actor, verb=verb, subject=row, path=path, before=before, after=audit.snapshot(row), now=now
        )  # fmt: skip
