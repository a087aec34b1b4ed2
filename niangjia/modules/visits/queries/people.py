"""Who could do something at a place: for choosing an owner, a team, or whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.rights import jobs


def who_may(permission: str, path: str, *, on: date, here: bool = False, below: bool = False) -> QuerySet[User]:
    """The users who have a right at a place by a job held there or above.

    `here`: only by one held there; `below`: or somewhere under it.
    """
    codes = [code for code, job in jobs().items() if permission in job.permissions]
    at = Q(scope__path=path) if here else Q(scope__path__above=path)
    if below:
        at |= Q(scope__path__under=path)
    grants = (
        Grant.objects.unscoped(reason="who has a right at a place")
        .filter(Q(until_on=None) | Q(until_on__gt=on), at, job__in=codes, ended_at=None, from_on__lte=on)
        .values("user_id")
    )
    return User.objects.filter(pk__in=grants, is_active=True).order_by("name", "pk")


def names_of_users(ids: Iterable[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=set(ids)).values_list("pk", "name"))
