"""The week's plan: proposed anew as often as one likes, and changed by hand; what a hand has touched stays.

`version` counts changes. Whoever changes a stop says which one was seen, so that nobody writes over another's change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.queries.employers import employer_in_sight
from niangjia.modules.organisations.queries.ground import nearest_places, scope_at
from niangjia.modules.visits.models import FollowUp, PlannedVisit, Posting, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.planning import Proposed, propose_all
from niangjia.modules.visits.queries.kinds import kinds_at
from niangjia.modules.visits.queries.narrowing import midnight
from niangjia.modules.visits.queries.planning import A_WEEK, ground_of, postings_in_week
from niangjia.modules.visits.queries.postings import posting_of
from niangjia.modules.visits.rules import PlanReason, PlanState, VisitKindCode, monday_of

REASON = "the week of officers whose plan is made or changed"
AHEAD = timedelta(days=90)
LONGEST = 200
FIELDS = ("scope_id", "employer_id", "on", "is_morning", "order", "reason", "because", "follow_up_id")


# --- proposed ---


def propose_week(user_id: int, monday: date, *, actor: Actor, now: datetime) -> list[PlannedVisit]:
    """The officer's week anew, as far as it lies ahead. Raises NotPermitted, and Refused without a posting."""
    _ensure_ahead(monday + A_WEEK - timedelta(days=1), timezone.localdate(now))
    posting = posting_of(user_id, monday) or posting_of(user_id, monday + A_WEEK - timedelta(days=1))
    if posting is None:
        raise Refused("plan.no_posting", "这一周没有驻联安排，排不出计划。可以自己添加走访，或请负责人先安排驻联。")
    own = user_id == actor.user_id and actor.can(Permission.VISIT_MAKE)
    if not own and not actor.may(Permission.VISIT_DIRECT, str(posting.scope.path)):
        raise NotPermitted
    propose_weeks(monday, user_ids=[user_id], actor=actor, now=now)
    rows = PlannedVisit.objects.unscoped(reason=REASON).filter(user=user_id, on__gte=monday, on__lt=monday + A_WEEK)
    return list(rows.order_by("on", "-is_morning", "order", "pk"))


@transaction.atomic
def propose_weeks(
    monday: date, *, user_ids: Collection[int] | None = None, actor: Actor, now: datetime
) -> dict[int, int]:
    """Of everybody on post (or of these), how many stops each got. The right was asked for, or the product does it."""
    monday = monday_of(monday)
    locked = Posting.objects.unscoped(reason=REASON).filter(Q(until_on=None) | Q(until_on__gt=monday))
    if user_ids is not None:
        locked = locked.filter(user__in=user_ids)
    # Not against those who only refer to a posting: a visit that is handed in holds its stop already and would wait for it.
    list(locked.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    postings = postings_in_week(monday, user_ids=user_ids)
    _hold_week([row.user_id for row in postings], monday)
    ground = ground_of(postings, monday, today=timezone.localdate(now))
    weeks = propose_all(ground.officers, monday, ground.taken)
    places = {str(scope.path): scope.pk for scope in Scope.objects.filter(path__in=set(ground.paths.values()))}
    scope_of = {employer: places[path] for employer, path in ground.paths.items() if path in places}
    _write(weeks, ground.untouched, scope_of, now)
    with audit.together():
        for posting in postings:
            audit.record(
                actor=actor, verb="visits.week.proposed", subject=posting, path=str(posting.scope.path),
                after={"monday": str(monday), "stops": len(weeks.get(posting.user_id, ()))}, now=now,
            )  # fmt: skip
    return {user: len(week) for user, week in weeks.items()}


def _hold_week(user_ids: Collection[int], monday: date) -> None:
    """What a hand or a visit changes in these moments is seen before anything is proposed, or waits."""
    rows = PlannedVisit.objects.unscoped(reason=REASON).filter(
        user__in=user_ids, on__gte=monday, on__lt=monday + A_WEEK
    )
    list(rows.select_for_update(of=("self",)).order_by("on", "order", "pk").values_list("pk"))


def _write(
    weeks: dict[int, list[Proposed]], untouched: dict[int, list[PlannedVisit]], scope_of: dict[int, int], now: datetime
) -> None:
    """A stop that is proposed again keeps its row and its version, for the phones that know it already."""
    made, changed, gone = list[PlannedVisit](), list[PlannedVisit](), list[int]()
    for user_id, week in weeks.items():
        had = {row.employer_id: row for row in untouched.get(user_id, ())}
        gone += [row.pk for row in untouched.get(user_id, ()) if had[row.employer_id] is not row]
        for one in week:
            if one.employer_id not in scope_of:
                continue
            facts = {
                "scope_id": scope_of[one.employer_id], "employer_id": one.employer_id, "on": one.on,
                "is_morning": one.is_morning, "order": one.order, "reason": one.reason.value, "because": one.because,
                "follow_up_id": one.follow_up_id,
            }  # fmt: skip
            row = had.pop(one.employer_id, None)
            if row is None:
                made.append(PlannedVisit(user_id=user_id, changed_at=now, **facts))
            elif any(getattr(row, name) != facts[name] for name in FIELDS):
                for name in FIELDS:
                    setattr(row, name, facts[name])
                row.version, row.changed_at = row.version + 1, now
                changed.append(row)
        gone += [row.pk for row in had.values()]
    rows = PlannedVisit.objects.unscoped(reason=REASON)
    rows.filter(pk__in=gone).delete()
    rows.bulk_update(changed, [*FIELDS, "version", "changed_at"])
    rows.bulk_create(made)


# --- by hand ---


def add_planned(
    *, user_id: int, employer_id: int, on: date, is_morning: bool, actor: Actor, now: datetime,
    kind: str = VisitKindCode.DAILY, note: str = "", follow_up_id: int | None = None, together: bool = False,
) -> PlannedVisit:  # fmt: skip
    """A stop of one's own choice. `together`: a colleague goes there the same week, and both know.

    Raises Missing for an employer out of sight, NotPermitted, Refused.
    """
    employer = employer_in_sight(employer_id, actor)
    path = nearest_places([employer.division_id]).get(employer.division_id)
    if path is None:
        raise Refused("plan.place", "这个单位所在镇街还没有工会负责，请先登记镇街总工会。", "employer")
    if employer.closed_on is not None:
        raise Refused("plan.closed", "这个单位已经注销，不用再去。", "employer")
    scope = scope_at(path)
    permission = Permission.VISIT_MAKE if user_id == actor.user_id else Permission.VISIT_DIRECT
    with adding(actor=actor, permission=permission, scope=scope, verb="visits.plan.added", now=now) as recorded:
        _ensure_ahead(on, timezone.localdate(now))
        if kind not in {one.code for one in kinds_at(path)}:
            raise Refused("plan.kind", "请选择走访类型。", "kind")
        if follow_up_id is not None and not _is_open_there(follow_up_id, employer_id):
            raise Refused("plan.follow_up", "这项回看已经办完或取消，请刷新后再排。")
        _ensure_alone(user_id, employer_id, on, together=together)
        row: PlannedVisit = PlannedVisit.objects.create(
            scope=scope, user_id=user_id, employer=employer, kind=kind, on=on, is_morning=is_morning,
            order=_next_order(user_id, on, is_morning=is_morning), follow_up_id=follow_up_id,
            reason=PlanReason.FOLLOW_UP if follow_up_id else PlanReason.BY_HAND,
            because=f"{actor.name[:20]}安排", is_proposed=False, note=_line(note),
            changed_by_name=actor.name[:50], changed_at=now,
        )  # fmt: skip
        recorded(row)
    return row


def move_planned(
    pk: int, *, version: int, on: date, is_morning: bool, note: str | None = None, actor: Actor, now: datetime
) -> PlannedVisit:
    """To another half-day. Raises Refused if somebody changed it since that version."""
    with _touching(pk, version, "visits.plan.moved", actor, now) as row:
        _ensure_ahead(on, timezone.localdate(now))
        if (row.on, row.is_morning) != (on, is_morning):
            row.order = _next_order(row.user_id, on, is_morning=is_morning)
        row.on, row.is_morning = on, is_morning
        if note is not None:
            row.note = _line(note)
    return row


def drop_planned(pk: int, *, version: int, because: str = "", actor: Actor, now: datetime) -> PlannedVisit:
    """Not this week. It isn't proposed again in that week."""
    with _touching(pk, version, "visits.plan.dropped", actor, now) as row:
        row.state, row.note = PlanState.DROPPED, _line(because) or row.note
    return row


def take_back_planned(pk: int, *, version: int, actor: Actor, now: datetime) -> PlannedVisit:
    """What was dropped stands again."""
    with _touching(pk, version, "visits.plan.taken_back", actor, now, state=PlanState.DROPPED) as row:
        row.state = PlanState.PLANNED
    return row


def do_planned(pk: int, *, version: int, actor: Actor, now: datetime) -> PlannedVisit:
    """Been there: by the record of that week, which didn't name the plan. Raises Refused without one."""
    with _touching(pk, version, "visits.plan.done", actor, now) as row:
        begin = midnight(monday_of(row.on))
        visit = (
            Visit.objects.unscoped(reason="the officer's own record of a planned stop")
            .filter(
                Q(user=row.user_id) | Q(companions__contains=[row.user_id]),
                employer=row.employer_id, planned=None, arrived_at__gte=begin, arrived_at__lt=begin + A_WEEK,
            )
            .order_by("arrived_at")
            .first()
        )  # fmt: skip
        if visit is None:
            raise Refused("plan.no_visit", "这一周还没有到这家单位的走访记录。请先写走访，写完会自动打勾。")
        row.state = PlanState.DONE
        if visit.user_id == row.user_id:
            Visit.objects.unscoped(reason="the officer's own record of a planned stop").filter(pk=visit.pk).update(
                planned=row
            )
    return row


# --- what the acts share ---


@contextmanager
def _touching(
    pk: int, version: int, verb: str, actor: Actor, now: datetime, *, state: PlanState = PlanState.PLANNED
) -> Iterator[PlannedVisit]:
    """A stop under lock, changed by hand: the planner leaves it alone from now on."""
    seen: PlannedVisit | None = PlannedVisit.objects.visible_to(actor).filter(pk=pk).first()
    if seen is None:
        raise Missing("没有找到这次安排，可能计划已经重排，请刷新。")
    permission = Permission.VISIT_MAKE if seen.user_id == actor.user_id else Permission.VISIT_DIRECT
    with changing(PlannedVisit, pk, actor=actor, permission=permission, verb=verb, now=now) as row:
        if row.version != version:
            who = f"{row.changed_by_name}已经" if row.changed_by_name else "计划已经"
            raise Refused("plan.changed", f"{who}改过这次安排，请看清现在的再改。")
        if row.state != state:
            said = PlanState(row.state).label
            raise Refused("plan.state", f"这次安排现在是“{said}”，不能这样改。")
        yield row
        row.version += 1
        row.is_proposed, row.changed_by_name, row.changed_at = False, actor.name[:50], now
        row.save()


def _ensure_ahead(on: date, today: date) -> None:
    if on < today:
        raise Refused("plan.past", "过去的日子不能再排，请选今天或以后。", "on")
    if on > today + AHEAD:
        raise Refused("plan.far", f"最多提前 {AHEAD.days} 天安排。", "on")


def _ensure_alone(user_id: int, employer_id: int, on: date, *, together: bool) -> None:
    monday = monday_of(on)
    rows = (
        PlannedVisit.objects.unscoped(reason="whether somebody goes there the same week")
        .filter(employer=employer_id, on__gte=monday, on__lt=monday + A_WEEK)
        .exclude(state=PlanState.DROPPED)
        .select_related("user")
        .order_by("pk")
    )
    for row in rows:
        if row.user_id == user_id:
            raise Refused("plan.twice", f"这一周 {row.on:%-m 月 %-d 日}已经安排了这家单位。", "employer")
        if not together:
            raise Refused(
                "plan.taken",
                f"{row.user.name} {row.on:%-m 月 %-d 日}要去这家单位。确实要一起去，请勾选“和同事一起去”。",
                "together",
            )


def _is_open_there(follow_up_id: int, employer_id: int) -> bool:
    rows = FollowUp.objects.unscoped(reason="whether what is to be looked at again still waits")
    return bool(rows.filter(pk=follow_up_id, visit__employer=employer_id, done_by=None, dropped_at=None).exists())


def _next_order(user_id: int, on: date, *, is_morning: bool) -> int:
    rows: Any = PlannedVisit.objects.unscoped(reason=REASON).filter(user=user_id, on=on, is_morning=is_morning)
    orders: Sequence[int] = rows.values_list("order", flat=True)
    return max(orders, default=-1) + 1


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())[:LONGEST]
