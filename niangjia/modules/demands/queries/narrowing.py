"""Cuts of the demands that lists, board, supervising and figures share: each says once what it counts.

Each takes rows of demands that are in sight already and narrows them.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from niangjia.engines.casework.models import Task
from niangjia.engines.casework.rules import ENDED, OPEN, Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.ltree import end_of

Rows = QuerySet[Any]
STAGES_OPEN, STAGES_ENDED = sorted(OPEN), sorted(ENDED)
IS_OPEN = Q(case__stage__in=STAGES_OPEN)


def open_ones(rows: Rows) -> Rows:
    return rows.filter(IS_OPEN)


def overdue(rows: Rows, now: datetime) -> Rows:
    """The limit that runs is past."""
    return rows.filter(IS_OPEN, case__due_at__lt=now)


def due_before(rows: Rows, now: datetime, until: datetime) -> Rows:
    return rows.filter(IS_OPEN, case__due_at__gte=now, case__due_at__lt=until)


def due_today(rows: Rows, now: datetime) -> Rows:
    return rows.filter(IS_OPEN, is_due_today(now))


def is_due_today(now: datetime) -> Q:
    """Of open ones: what falls due by tonight and is not late yet."""
    return Q(case__due_at__gte=now, case__due_at__lt=midnight(timezone.localdate(now) + timedelta(days=1)))


def of_period(rows: Rows, since: date | None, until: date | None, *, on: str = "case__received_at") -> Rows:
    """By the day, both ends counted."""
    if since:
        rows = rows.filter(**{f"{on}__gte": midnight(since)})
    if until:
        rows = rows.filter(**{f"{on}__lt": midnight(until + timedelta(days=1))})
    return rows


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def of_kind(rows: Rows, code: str) -> Rows:
    """A kind, or all of a group; '-' those of which nobody said yet."""
    if code == "-":
        return rows.filter(kind="")
    if len(code) == 2:  # noqa: PLR2004 - a group
        return (
            rows.filter(kind__gte=code, kind__lt=f"{int(code) + 1:02}")
            if code.isascii() and code.isdecimal()
            else rows.none()
        )
    return rows.filter(kind=code)


def at_place(rows: Rows, scope_id: int) -> Rows:
    """In hand at the place itself, what lies under it left out."""
    return rows.filter(case__scope=scope_id)


# --- whose they are ---


def own_places(actor: Actor, permission: str) -> list[int]:
    """The places at which the actor has a job with this right, those below left out."""
    return sorted({end_of(held.path) for held in actor.held if permission in held.permissions})


def led_by(rows: Rows, user_id: int) -> Rows:
    return rows.filter(case__lead=user_id)


def of_team(rows: Rows, places: list[int]) -> Rows:
    return rows.filter(case__scope__in=places)


def has_task_of(user_id: int) -> Q:
    """In which somebody has a piece of the work to do."""
    tasks = Task.objects.unscoped(reason="which of the demands in sight hold a task of the reader").filter(
        user=user_id, done_at=None, dropped_at=None
    )
    return Q(case__in=list(tasks.values_list("case_id", flat=True)[:MOST_TASKS]))


MOST_TASKS = 2000


def on_time(rows: Rows) -> Rows:
    return rows.filter(case__stage__in=(Stage.RESOLVED, Stage.CLOSED), case__was_late=False)


def late(rows: Rows, now: datetime) -> Rows:
    """Some limit was passed at least once, or is past now."""
    return rows.filter(Q(case__was_late=True) | Q(IS_OPEN, case__due_at__lt=now))
