"""Whom to tell of a burst, by which rule, and of how many people each may know."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.queries import actor_of, holders
from niangjia.modules.demands.hotspots.bursts import Burst, Rule, burst
from niangjia.modules.demands.models import BurstRule, HotSpot
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.hotspots import traces_in_sight
from niangjia.modules.demands.routing_rules import HEADS
from niangjia.modules.demands.rules import Nature
from niangjia.modules.organisations.queries.on_call import acting_for_each, on_call

NO_TROUBLE = (Nature.ENQUIRY, Nature.PRAISE)
"""Many who ask about the same thing make a hot spot, but nothing that has to be told at once."""

LOOKED_BACK = timedelta(days=7)


def rule_row_at(scope_path: str) -> BurstRule | None:
    """The nearest at or above a place."""
    rows = BurstRule.objects.unscoped(reason="what those above set holds here too").filter(
        scope__path__above=scope_path
    )
    return max(rows.select_related("scope"), key=lambda row: row.scope.path.count("."), default=None)


def rule_at(scope_path: str) -> Rule:
    row = rule_row_at(scope_path)
    return Rule(row.people_a_day, row.people_a_week) if row else Rule()


def burst_in_sight(spot: HotSpot, actor: Actor, *, now: datetime) -> Burst | None:
    """Whether the rule fires on what this actor sees; enquiries and praise don't count."""
    rows = traces_in_sight(actor).filter(spot=spot, at__gt=now - LOOKED_BACK, at__lte=now)
    said = rows.filter(~Q(demand__nature__in=NO_TROUBLE)).values_list("asker", "at")
    return burst(said, rule_at(spot.scope.path), now)


def to_tell(spot: HotSpot, *, now: datetime) -> list[tuple[User, Actor]]:
    """Who is on the roster and the heads at the place; where nobody is, those of the nearest place above."""
    today = timezone.localdate(now)
    for place in reversed(Scope.objects.filter(path__above=spot.scope.path).order_by("path")):
        called = [one.user.pk for one in on_call(place.pk, at=now)]
        called += [user.pk for job in HEADS for user in holders(job, [place.pk], on=today)]
        acting = list(dict.fromkeys(acting_for_each(called, on=today).values()))
        users = User.objects.filter(is_active=True).in_bulk(acting)
        found = [(users[pk], actor_of(pk, now=now)) for pk in acting if pk in users]
        found = [(user, actor) for user, actor in found if actor.may(Permission.DEMAND_ACCEPT, spot.scope.path)]
        if found:
            return found
    return []
