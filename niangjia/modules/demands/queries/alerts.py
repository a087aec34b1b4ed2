"""Alerts that ring, and for whom: who is on duty first, then the heads, then the union above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import holders
from niangjia.kernel.access.rights import permissions_of
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing
from niangjia.kernel.ltree import is_under
from niangjia.modules.demands.models import Alert, Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.responsibility import job_label
from niangjia.modules.demands.routing_rules import HEADS
from niangjia.modules.organisations.queries.on_call import acting_for_each, on_call
from niangjia.modules.organisations.queries.organisations import names_of

CHAIRS = ("CHAIR", "FULL_TIME_VICE_CHAIR", "LEADER_IN_CHARGE")


@dataclass(frozen=True)
class Called:
    """One step of the ringing: whom, and why them."""

    users: tuple[User, ...]
    why: str


def to_call(demand: Demand, *, now: datetime) -> list[Called]:
    """Whom to ring, one step after the other: each on the roster, the heads by rank, the chair of the union above.

    The roster is that of the place, else the nearest one above on which somebody stands now. Whoever may not
    take the alert, is complained of, or sits where the demand must not be known is left out.
    """
    places = list(reversed(Scope.objects.filter(path__above=demand.case.scope.path).order_by("path")))
    steps = [Called((user,), why) for user, why in _roster(places, now)]
    steps += [step for job in HEADS if (step := _job(job, places[:1], now))]
    steps += [step for place in places[1:] if (step := _job("CHAIR", [place], now))]
    seen: set[int] = set()
    found = []
    for step in steps:
        users = _able(step.users, demand, now)
        new = tuple(user for user in users if user.pk not in seen)
        seen |= {user.pk for user in new}
        if new:
            found.append(Called(new, step.why))
    return found


def _roster(places: list[Scope], now: datetime) -> Iterator[tuple[User, str]]:
    for place in places:
        called = on_call(place.pk, at=now)
        if called:
            name = names_of([place.pk]).get(place.pk, "")
            yield from ((one.user, f"{name}{one.label}") for one in called)
            return


def _job(job: str, places: list[Scope], now: datetime) -> Called | None:
    ids = [place.pk for place in places]
    users = tuple(holders(job, ids, on=timezone.localdate(now)))
    names = names_of(ids)
    return Called(users, f"{'、'.join(names.values())}{job_label(job)}") if users else None


def _able(users: Iterable[User], demand: Demand, now: datetime) -> list[User]:
    """Each by the one who acts for him today."""
    present = acting_for_each([user.pk for user in users], on=timezone.localdate(now))
    acting = list(dict.fromkeys(present.values()))
    able = {
        user_id
        for user_id, job, path in _grants(acting, now)
        if Permission.ALERT_ACKNOWLEDGE in permissions_of(job) and is_under(demand.case.scope.path, path)
    }
    rows = User.objects.filter(is_active=True).in_bulk(able & may_know(able, demand, now=now))
    return [rows[pk] for pk in acting if pk in rows]


def may_know(user_ids: Iterable[int], demand: Demand, *, now: datetime) -> set[int]:
    """Those who are not complained of and don't sit where the demand must not be known."""
    case, asked = demand.case, set(user_ids)
    kept = list(Scope.objects.filter(pk__in=case.kept_from).values_list("path", flat=True))
    inside = {
        user_id for user_id, _, path in _grants(asked, now) if any(is_under(path, one) for one in kept)
    }  # fmt: skip
    return asked - inside - {*case.kept_from_users, demand.accused_user_id}


def _grants(user_ids: Iterable[int], now: datetime) -> list[tuple[int, str, str]]:
    today = timezone.localdate(now)
    return list(
        Grant.objects.unscoped(reason="who may be told of an emergency at its place")
        .filter(Q(until_on=None) | Q(until_on__gt=today), ended_at=None, from_on__lte=today, user__in=list(user_ids))
        .values_list("user_id", "job", "scope__path")
    )


def ringing(actor: Actor) -> list[Alert]:
    """What rings in the actor's sight, the oldest first; few, and asked every few seconds."""
    rows = Alert.objects.visible_to(actor).filter(next_at__isnull=False)
    return list(rows.select_related("demand__case", "scope").order_by("raised_at", "pk")[:5])


def rings_for(alert: Alert, user_id: int | None) -> bool:
    """Whether this person was called to it: then the desk sounds, else it only shows."""
    return any(told[0] == user_id for told in alert.told)


def alerts_in_sight(actor: Actor) -> ScopedQuerySet[Alert]:
    return Alert.objects.visible_to(actor).select_related("demand__case", "scope", "acknowledged_by")


def alert_in_sight(pk: int, actor: Actor) -> Alert:
    """Raises Missing."""
    found: Alert | None = alerts_in_sight(actor).filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这条紧急提醒，可能不在您的管辖范围内。")
    return found
