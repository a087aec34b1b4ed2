"""The duty roster: who is on duty, in which week, and who answers for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import DutyShift, Organisation, StandIn
from niangjia.modules.organisations.rules import DutyPart

DAYS = "一二三四五六日"
_PARTS = {part.value: place for place, part in enumerate(DutyPart)}


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def on_duty(organisation_id: int, *, at: datetime) -> list[DutyShift]:
    """Who is on duty at this organisation at a moment, the leader first; an empty list when nobody is."""
    rows = DutyShift.objects.unscoped(reason="who answers at an organisation is for everybody to know").filter(
        organisation=organisation_id, from_at__lte=at, until_at__gt=at
    )
    return sorted(rows.select_related("user"), key=_in_order)


def _in_order(shift: DutyShift) -> tuple[int, datetime, int]:
    return (_PARTS.get(shift.part, len(_PARTS)), shift.from_at, shift.pk)


@dataclass(frozen=True)
class Day:
    on: date
    is_today: bool
    shifts: list[DutyShift]

    @property
    def name(self) -> str:
        return f"周{DAYS[self.on.weekday()]}"


def week_of(organisation: Organisation, monday: date, *, now: datetime) -> list[Day]:
    """Seven days; a shift stands on the day on which it begins."""
    shifts = (
        DutyShift.objects.unscoped(reason="the roster of a row in sight")
        .filter(
            organisation=organisation, from_at__gte=start_of(monday), from_at__lt=start_of(monday + timedelta(days=7))
        )
        .select_related("user")
    )
    by_day: dict[date, list[DutyShift]] = {}
    for shift in sorted(shifts, key=lambda one: (one.from_at, _in_order(one))):
        by_day.setdefault(timezone.localdate(shift.from_at), []).append(shift)
    today = timezone.localdate(now)
    days = [monday + timedelta(days=offset) for offset in range(7)]
    return [Day(day, day == today, by_day.get(day, [])) for day in days]


def shift_in_sight(pk: int, actor: Actor) -> DutyShift:
    """Raises Missing."""
    found: DutyShift | None = (
        DutyShift.objects.visible_to(actor).select_related("organisation__scope", "user").filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这个班次，可能已被删除。")
    return found


def stand_ins_of(organisation: Organisation, *, today: date) -> QuerySet[StandIn]:
    """Those of today and to come."""
    return (
        StandIn.objects.unscoped(reason="stand-ins of a row in sight")
        .filter(organisation=organisation, until_on__gt=today)
        .select_related("absent", "stand_in")
        .order_by("from_on", "pk")
    )


def stand_ins_on(on: date) -> list[rules.StandIn]:
    """All of a day, as the rules know them; there are few."""
    rows = StandIn.objects.unscoped(reason="who acts for whom is asked across places").filter(
        from_on__lte=on, until_on__gt=on
    )
    return as_rules(rows)


def as_rules(rows: Iterable[StandIn]) -> list[rules.StandIn]:
    return [rules.StandIn(row.absent_id, row.stand_in_id, row.from_on, row.until_on) for row in rows]


def acting_for(user_id: int, *, on: date) -> int:
    """Who decides on a day what `user_id` would decide: himself, his stand-in, or that one's stand-in."""
    return rules.who_acts_for(user_id, on, stand_ins_on(on))


def absent_colleagues(user_id: int, *, on: date) -> list[User]:
    """For whom `user_id` stands in on a day."""
    rows = StandIn.objects.unscoped(reason="one's own duties").filter(
        stand_in=user_id, from_on__lte=on, until_on__gt=on
    )
    return [row.absent for row in rows.select_related("absent").order_by("until_on", "pk")]


def shifts_ahead(user_id: int, *, now: datetime, days: int = 7) -> QuerySet[DutyShift]:
    """One's own shifts that run or begin within some days."""
    return (
        DutyShift.objects.unscoped(reason="one's own duties")
        .filter(Q(user=user_id), until_at__gt=now, from_at__lt=now + timedelta(days=days))
        .select_related("organisation")
        .order_by("from_at")
    )
