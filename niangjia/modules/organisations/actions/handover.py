"""What this room passes on when an officer leaves: zones, shifts, stand-ins, and the link of a seat to an account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet

from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations.actions.duty import ensure_free
from niangjia.modules.organisations.models import DutyShift, Post, StandIn, ZoneStaff
from niangjia.modules.organisations.queries.duty import start_of
from niangjia.modules.organisations.queries.handover import Leaving, Successor, register_handover

VERB = "access.grant.handed_over"


def register() -> None:
    register_handover("个片区", lambda leaving: _zones(leaving).count(), _move_zones)
    register_handover("个值班班次", lambda leaving: _shifts(leaving).count(), _move_shifts)
    register_handover("项代理", lambda leaving: _deputies(leaving).count(), _move_deputies)
    register_handover("个班子职务", lambda _: 0, _unlink_posts)  # a seat is won by election, not by leaving


def _record(row: models.Model, path: str, before: dict[str, object], successor: Successor) -> None:
    audit.record(
        actor=successor.actor, verb=VERB, subject=row, path=path, before=before, after=audit.snapshot(row),
        now=successor.now,
    )  # fmt: skip


def _zones(leaving: Leaving) -> QuerySet[ZoneStaff]:
    return ZoneStaff.objects.unscoped(reason="what somebody who leaves has in hand").filter(
        Q(until_on=None) | Q(until_on__gt=leaving.on),
        user=leaving.user_id,
        zone__organisation__scope__path__under=leaving.path,
    )


def _move_zones(leaving: Leaving, successor: Successor) -> None:
    for row in _zones(leaving).select_related("zone__organisation__scope"):
        before, path, until_on = audit.snapshot(row), row.seat.path, row.until_on
        from_on = max(row.from_on, leaving.on)
        known = ZoneStaff.objects.unscoped(reason="staff of the same zone").filter(
            Q(until_on=None) | Q(until_on__gt=from_on), zone=row.zone, user=successor.user_id
        )
        if row.from_on >= leaving.on:
            audit.record(actor=successor.actor, verb=VERB, subject=row, path=path, before=before, now=successor.now)
            row.delete()
        else:
            row.until_on = leaving.on
            row.save(update_fields=["until_on"])
            _record(row, path, before, successor)
        if successor.user_id and not known.exists():
            made: ZoneStaff = ZoneStaff.objects.create(
                zone=row.zone, user_id=successor.user_id, from_on=from_on, until_on=until_on
            )
            audit.record(
                actor=successor.actor, verb=VERB, subject=made, path=path, after=audit.snapshot(made), now=successor.now
            )


def _shifts(leaving: Leaving) -> QuerySet[DutyShift]:
    return DutyShift.objects.unscoped(reason="what somebody who leaves has in hand").filter(
        user=leaving.user_id, from_at__gte=start_of(leaving.on), organisation__scope__path__under=leaving.path
    )


def _move_shifts(leaving: Leaving, successor: Successor) -> None:
    rows = list(_shifts(leaving).select_related("organisation__scope").order_by("from_at"))
    if not rows:
        return
    following = User.objects.select_for_update(no_key=True).get(pk=successor.user_id or 0)
    for shift in rows:
        try:
            ensure_free(following, shift.from_at, shift.until_at)
        except Refused as refusal:
            raise Refused(
                refusal.code, f"接任人{following.name}：{refusal.message}请先调整值班表。", "successor_id"
            ) from None
        before = audit.snapshot(shift)
        shift.user = following
        shift.save(update_fields=["user"])
        _record(shift, shift.seat.path, before, successor)


def _deputies(leaving: Leaving) -> QuerySet[StandIn]:
    """For whom he would have answered."""
    return StandIn.objects.unscoped(reason="what somebody who leaves has in hand").filter(
        stand_in=leaving.user_id, until_on__gt=leaving.on, organisation__scope__path__under=leaving.path
    )


def _move_deputies(leaving: Leaving, successor: Successor) -> None:
    """The successor answers from the day on; who stood in for the leaver himself has nothing more to do."""
    gone = StandIn.objects.unscoped(reason="somebody who leaves is no longer absent").filter(
        absent=leaving.user_id, until_on__gt=leaving.on, organisation__scope__path__under=leaving.path
    )
    for row in [*_deputies(leaving), *gone]:
        before, path, until_on = audit.snapshot(row), row.seat.path, row.until_on
        follows = row.stand_in_id == leaving.user_id and successor.user_id not in (None, row.absent_id)
        absent_id, organisation_id, reason = row.absent_id, row.organisation_id, row.reason
        from_on = max(row.from_on, leaving.on)
        if row.from_on >= leaving.on:
            audit.record(actor=successor.actor, verb=VERB, subject=row, path=path, before=before, now=successor.now)
            row.delete()
        else:
            row.until_on = leaving.on
            row.save(update_fields=["until_on"])
            _record(row, path, before, successor)
        if follows:
            made: StandIn = StandIn.objects.create(
                organisation_id=organisation_id, absent_id=absent_id, stand_in_id=successor.user_id,
                from_on=from_on, until_on=until_on, reason=reason,
            )  # fmt: skip
            audit.record(
                actor=successor.actor, verb=VERB, subject=made, path=path, after=audit.snapshot(made), now=successor.now
            )


def _unlink_posts(leaving: Leaving, successor: Successor) -> None:
    posts = Post.objects.unscoped(reason="seats of somebody who leaves").filter(
        user=leaving.user_id, until_on=None, organisation__scope__path__under=leaving.path
    )
    for post in posts.select_related("organisation__scope"):
        before = audit.snapshot(post)
        post.user = None
        post.save(update_fields=["user"])
        _record(post, post.seat.path, before, successor)
