"""Keeping the duty roster and the stand-ins."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import DutyShift, Organisation, StandIn
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.duty import as_rules, shift_in_sight, start_of
from niangjia.modules.organisations.queries.officers import open_on
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, placed
from niangjia.modules.organisations.rules import DutyPart


def add_shift(
    *,
    organisation_id: int,
    user_id: int,
    from_at: datetime,
    until_at: datetime,
    part: DutyPart,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> DutyShift:
    """Raises Missing, NotPermitted, Refused for a stranger, a shift gone by, too long, or over another one of his."""
    organisation = organisation_in_sight(organisation_id, actor)
    rules.ensure_active(placed(organisation))
    with adding(
        actor=actor, permission=Permission.DUTY_EDIT, scope=organisation.scope,
        verb="organisations.duty_shift.added", now=now,
    ) as recorded:  # fmt: skip
        user = held_person(user_id, organisation, timezone.localdate(from_at), "person")
        _ensure_not_over(until_at, now)
        ensure_free(user, from_at, until_at)
        shift: DutyShift = DutyShift.objects.create(
            organisation=organisation, user=user, from_at=from_at, until_at=until_at, part=part, note=note.strip()
        )
        recorded(shift)
        _tell(shift, "已排班", actor, now)
    return shift


def change_shift(
    pk: int,
    *,
    user_id: int,
    from_at: datetime,
    until_at: datetime,
    part: DutyPart,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> DutyShift:
    """Raises as `add_shift`. Who was on the roster before is told too."""
    with changing(
        DutyShift, pk, actor=actor, permission=Permission.DUTY_EDIT, verb="organisations.duty_shift.changed", now=now
    ) as shift:
        _ensure_not_over(shift.until_at, now)
        _ensure_not_over(until_at, now)
        before = shift.user_id
        user = held_person(user_id, shift.organisation, timezone.localdate(from_at), "person")
        ensure_free(user, from_at, until_at, but=pk)
        if before != user.pk:
            _tell(shift, "已改由他人值班", actor, now)
        shift.user, shift.from_at, shift.until_at, shift.part, shift.note = user, from_at, until_at, part, note.strip()
        shift.save()
        _tell(shift, "排班有变动", actor, now)
    return shift


def remove_shift(pk: int, *, actor: Actor, now: datetime) -> None:
    """Raises Missing, NotPermitted, Refused for a shift that is over: what was, stays."""
    with transaction.atomic():
        shift = shift_in_sight(pk, actor)
        path = shift.organisation.scope.path
        if not actor.may(Permission.DUTY_EDIT, path):
            raise NotPermitted
        _ensure_not_over(shift.until_at, now)
        audit.record(
            actor=actor, verb="organisations.duty_shift.removed", subject=shift, path=path,
            before=audit.snapshot(shift), now=now,
        )  # fmt: skip
        _tell(shift, "已取消", actor, now)
        shift.delete()


def repeat_week(*, organisation_id: int, monday: date, actor: Actor, now: datetime) -> int:
    """Fills the week with the shifts of the week before; what can't be repeated is left out. Returns how many."""
    organisation = organisation_in_sight(organisation_id, actor)
    rules.ensure_active(placed(organisation))
    week = timedelta(days=7)
    source = DutyShift.objects.unscoped(reason="the roster of a row in sight").filter(
        organisation=organisation, from_at__gte=start_of(monday - week), from_at__lt=start_of(monday)
    )
    made = 0
    with adding(
        actor=actor, permission=Permission.DUTY_EDIT, scope=organisation.scope,
        verb="organisations.duty_shift.added", now=now,
    ) as recorded:  # fmt: skip
        for shift in source.order_by("user_id", "from_at"):
            from_at, until_at = shift.from_at + week, shift.until_at + week
            try:
                _ensure_not_over(until_at, now)
                user = held_person(shift.user_id, organisation, timezone.localdate(from_at), "person")
                ensure_free(user, from_at, until_at)
            except Refused:
                continue
            copy: DutyShift = DutyShift.objects.create(
                organisation=organisation,
                user=user,
                from_at=from_at,
                until_at=until_at,
                part=shift.part,
                note=shift.note,
            )
            recorded(copy)
            _tell(copy, "已排班", actor, now)
            made += 1
    return made


def hand_over_shifts(gone: Organisation, into: Organisation | None, *, actor: Actor, now: datetime) -> None:
    """Shifts of a union that ends which haven't begun go to `into`; where the same part is staffed then, and without
    `into`, they are taken off. Each person is told once. For the acts on the tree, which have asked for the right.
    """
    rows = DutyShift.objects.unscoped(reason="shifts of a union that ends").filter(from_at__gt=now)
    there = list(rows.filter(organisation=into).values_list("part", "from_at", "until_at")) if into else []
    told: defaultdict[int, Counter[bool]] = defaultdict(Counter)
    for shift in rows.filter(organisation=gone).select_for_update().order_by("from_at", "pk"):
        before = audit.snapshot(shift)
        moves = into is not None and not any(
            part == shift.part and from_at < shift.until_at and shift.from_at < until_at
            for part, from_at, until_at in there
        )
        if moves:
            shift.organisation = into
            shift.save(update_fields=["organisation"])
        audit.record(
            actor=actor, verb=f"organisations.duty_shift.{'changed' if moves else 'removed'}", subject=shift, now=now,
            path=str(gone.scope.path), before=before, after=audit.snapshot(shift) if moves else None,
        )  # fmt: skip
        if not moves:
            shift.delete()
        told[shift.user_id][moves] += 1
    for user_id, number in told.items():
        _tell_handed_over(user_id, number, gone, into, actor=actor, now=now)


def _tell_handed_over(
    user_id: int, number: Counter[bool], gone: Organisation, into: Organisation | None, *, actor: Actor, now: datetime
) -> None:
    if user_id == actor.user_id:
        return
    moved = f"{number[True]} 班改在“{into.name}”值。" if into and number[True] else ""
    ended = f"{number[False]} 班取消{'，那个时段那边已有人值班' if into else ''}。" if number[False] else ""
    notify(
        [user_id], title=f"“{gone.name}”{'并入' if into else '撤销'}，您的值班有变动", body=f"{moved}{ended}由{actor.name}办理。",
        url=f"/desk/duty/?organisation={into.pk}" if into else "/desk/duty/", now=now,
    )  # fmt: skip


def add_stand_in(
    *,
    organisation_id: int,
    absent_id: int,
    deputy_id: int,
    from_on: date,
    until_on: date,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> StandIn:
    """`deputy` answers for `absent` from a day until a day (half-open); it gives him no right of its own.

    Raises Missing, NotPermitted, Refused for strangers, a day gone by, a second deputy or a ring of deputies.
    """
    organisation = organisation_in_sight(organisation_id, actor)
    rules.ensure_active(placed(organisation))
    with adding(
        actor=actor, permission=Permission.DUTY_EDIT, scope=organisation.scope,
        verb="organisations.stand_in.added", now=now,
    ) as recorded:  # fmt: skip
        absent = held_person(absent_id, organisation, from_on, "absent")
        deputy = held_person(deputy_id, organisation, from_on, "deputy")
        if until_on <= timezone.localdate(now):
            raise Refused("stand_in.past", "代理的结束日期要晚于今天。", "until_on")
        others = StandIn.objects.unscoped(reason="rings of deputies are found across places").filter(
            from_on__lt=until_on, until_on__gt=from_on
        )
        rules.ensure_stand_in(rules.StandIn(absent.pk, deputy.pk, from_on, until_on), as_rules(others))
        row: StandIn = StandIn.objects.create(
            organisation=organisation, absent=absent, stand_in=deputy, from_on=from_on, until_on=until_on,
            reason=reason.strip(),
        )  # fmt: skip
        recorded(row)
        notify(
            [absent.pk, deputy.pk],
            title=f"{deputy.name}代理{absent.name}的工作",
            body=f"自 {from_on} 至 {until_on - timedelta(days=1)}。{reason.strip()}",
            url=f"/desk/duty/?organisation={organisation.pk}",
            now=now,
        )
    return row


def end_stand_in(pk: int, *, actor: Actor, now: datetime) -> None:
    """From today on everybody answers for himself again; one that hasn't begun is taken out.

    Raises Missing, NotPermitted.
    """
    with changing(
        StandIn, pk, actor=actor, permission=Permission.DUTY_EDIT, verb="organisations.stand_in.ended", now=now
    ) as row:
        today = timezone.localdate(now)
        if row.until_on <= today:
            return
        if row.from_on >= today:
            path = row.organisation.scope.path
            audit.record(
                actor=actor, verb="organisations.stand_in.removed", subject=row, path=path,
                before=audit.snapshot(row), now=now,
            )  # fmt: skip
            StandIn.objects.unscoped(reason="the row under lock").filter(pk=row.pk).delete()
        else:
            row.until_on = today
            row.save(update_fields=["until_on"])
        notify([row.absent_id, row.stand_in_id], title="代理已结束", body=f"由{actor.name}办理。", now=now)


def held_person(user_id: int, organisation: Organisation, on: date, field: str) -> User:
    """Somebody with a job at the organisation or below on that day, under lock: two rosters at once can't both have him."""
    works_here = (
        Grant.objects.unscoped(reason="who works at a row in sight")
        .filter(open_on(on), user=user_id)
        .under(organisation.scope.path)
        .exists()
    )
    user = (
        User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first() if works_here else None
    )
    if user is None:
        raise Refused("duty.stranger", "这个人那天在本单位及下级没有岗位，请另选。", field)
    return user


def ensure_free(user: User, from_at: datetime, until_at: datetime, but: int | None = None) -> None:
    """Raises Refused when the shift is no shift or lies over another one of the person's, at whatever organisation."""
    others = DutyShift.objects.unscoped(reason="nobody is on two rosters at once").filter(
        user=user, from_at__lt=until_at, until_at__gt=from_at
    )
    rules.ensure_shift(
        rules.Shift(user.pk, timezone.localtime(from_at), timezone.localtime(until_at)),
        [
            rules.Shift(user.pk, timezone.localtime(other.from_at), timezone.localtime(other.until_at))
            for other in others.exclude(pk=but)
        ],
    )


def _ensure_not_over(until_at: datetime, now: datetime) -> None:
    if until_at <= now:
        raise Refused("shift.past", "这一班已经过去，不能再改；请核对日期和时间。", "ends_at")


def _tell(shift: DutyShift, what: str, actor: Actor, now: datetime) -> None:
    if shift.user_id == actor.user_id:
        return
    starts, ends = timezone.localtime(shift.from_at), timezone.localtime(shift.until_at)
    notify(
        [shift.user_id],
        title=f"值班{what}：{starts:%m月%d日 %H:%M}",
        body=f"{shift.organisation.name}，{DutyPart(shift.part).label}，至 {ends:%m月%d日 %H:%M}。由{actor.name}办理。",
        url=f"/desk/duty/?organisation={shift.organisation_id}&week={starts:%Y-%m-%d}",
        now=now,
    )
