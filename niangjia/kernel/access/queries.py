"""Who somebody is today, and where a place stood on a day."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from niangjia.kernel.access.actor import NOBODY, Actor, Held
from niangjia.kernel.access.models import Grant, Scope, ScopePath, User

HELD = """
    SELECT held.job, place.path::text, held.id
    FROM access_grant held JOIN access_scope place ON place.id = held.scope_id
    WHERE held.user_id = %s AND held.ended_at IS NULL AND held.from_on <= %s
      AND (held.until_on IS NULL OR held.until_on > %s)
    ORDER BY place.path, held.job
"""


def actor_of(user_id: int | None, *, now: datetime, name: str | None = None) -> Actor:
    """The actor with the jobs held at this moment; NOBODY for nobody or a closed account. One query with a name."""
    if user_id is None:
        return NOBODY
    if name is None:
        user = User.objects.filter(pk=user_id, is_active=True).only("name").first()
        if user is None:
            return NOBODY
        name = user.name
    return Actor(user_id=user_id, name=name, held=held_by(user_id, on=timezone.localdate(now)))


def held_by(user_id: int, *, on: date) -> tuple[Held, ...]:
    """One's own jobs make the actor, at every request: so it is said in SQL, which Django takes longer to write than
    PostgreSQL to answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(HELD, [user_id, on, on])
        return tuple(Held(job=job, path=path, grant_id=pk) for job, path, pk in cursor.fetchall())


def holders(job: str, scope_ids: list[int], *, on: date) -> QuerySet[User]:
    """The users who hold a job at one of these places on a day."""
    grants = (
        Grant.objects.unscoped(reason="addressees of a message")
        .filter(Q(until_on=None) | Q(until_on__gt=on), job=job, scope__in=scope_ids, ended_at=None, from_on__lte=on)
        .values("user_id")
    )
    return User.objects.filter(pk__in=grants, is_active=True).order_by("id")


def scopes_under(path: str, *, on: date | None = None) -> QuerySet[Scope]:
    """The places at and under a path, now or as the tree stood on a day."""
    if on is None:
        return Scope.objects.filter(path__under=path)
    stood = ScopePath.objects.filter(Q(until_on=None) | Q(until_on__gt=on), path__under=path, from_on__lte=on)
    return Scope.objects.filter(pk__in=stood.values("scope_id"))


def path_on(scope_id: int, day: date) -> str | None:
    """Where a place stood on a day; None before it was founded or after it was dissolved."""
    return (
        ScopePath.objects.filter(Q(until_on=None) | Q(until_on__gt=day), scope_id=scope_id, from_on__lte=day)
        .values_list("path", flat=True)
        .first()
    )
