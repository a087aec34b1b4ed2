"""Who is told: holders of jobs and rights at a place, else at the nearest place above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import CHAIRS, HEADS
from niangjia.kernel.access.models import Grant, Scope
from niangjia.kernel.access.rights import jobs


@dataclass(frozen=True)
class Told:
    user_id: int
    name: str
    job: str

    def written(self) -> list[Any]:
        return [self.user_id, self.name, jobs()[self.job].label if self.job in jobs() else self.job]


def jobs_with(permission: str) -> tuple[str, ...]:
    return tuple(code for code, job in jobs().items() if permission in job.permissions)


def line_of(case: Case) -> list[int]:
    """The place of a case and those above it, the nearest first, without those it is kept from."""
    upward: list[int] = []
    for label in map(int, str(case.scope.path).split(".")):
        if label in case.kept_from:
            break  # nothing under a place it is kept from may learn of it
        upward.append(label)
    return upward[::-1]


def kept_out(case: Case, *, now: datetime) -> set[int]:
    """Users who never learn of it: named themselves, or with any job at or under a place it is kept from."""
    if not case.kept_from:
        return set(case.kept_from_users)
    on = timezone.localdate(now)
    paths = list(Scope.objects.filter(pk__in=case.kept_from).values_list("path", flat=True))
    near = Grant.objects.unscoped(reason="who works where a case is kept from").filter(
        Q(until_on=None) | Q(until_on__gt=on), ended_at=None, scope__path__under_any=paths
    )
    return {*case.kept_from_users, *near.values_list("user_id", flat=True)}


def _holders(places: Iterable[int], codes: Sequence[str], *, on: date) -> list[tuple[int, str, int, str]]:
    return list(
        Grant.objects.unscoped(reason="addressees of a message about a case")
        .filter(Q(until_on=None) | Q(until_on__gt=on), ended_at=None, from_on__lte=on, user__is_active=True)
        .filter(scope__in=list(places), job__in=codes)
        .order_by("user_id")
        .values_list("user_id", "user__name", "scope_id", "job")
    )


def nearest(
    case: Case, codes: Sequence[str], *, now: datetime, places: Sequence[int] | None = None, but: Iterable[int] = ()
) -> list[Told]:
    """Holders of the first of these jobs that anybody holds at the nearest place; several of one job are all told."""
    return _first(case, codes, line_of(case) if places is None else places, now=now, but=but)


def _first(case: Case, codes: Sequence[str], places: Sequence[int], *, now: datetime, but: Iterable[int]) -> list[Told]:
    out = {*kept_out(case, now=now), *but}
    rows = [row for row in _holders(places, codes, on=timezone.localdate(now)) if row[0] not in out]
    for place in places:
        for code in codes:
            found = [Told(user_id, name, job) for user_id, name, at, job in rows if at == place and job == code]
            if found:
                return found
    return []


def able_at(case: Case, permission: str, *, now: datetime, but: Iterable[int | None] = ()) -> list[Told]:
    """Whoever holds a right by a job at the place itself, else at the nearest place above where somebody does."""
    rows = _holders(line_of(case), jobs_with(permission), on=timezone.localdate(now))
    out = {*kept_out(case, now=now), *but}
    for place in line_of(case):
        found = {
            user_id: Told(user_id, name, job) for user_id, name, at, job in rows if at == place and user_id not in out
        }
        if found:
            return list(found.values())
    return []


def heads(case: Case, *, now: datetime, but: Iterable[int] = ()) -> list[Told]:
    return nearest(case, HEADS, now=now, but=but)


def chairs(case: Case, *, now: datetime) -> list[Told]:
    return nearest(case, CHAIRS, now=now)


def above(case: Case, *, now: datetime) -> list[Told]:
    """The head at the level above; at the top of the tree the chair."""
    return nearest(case, HEADS, now=now, places=line_of(case)[1:]) or chairs(case, now=now)
