"""How many members there are, from the tally; it is written with the facts and equals the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection
from django.db.models import QuerySet, Sum

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.queries import scopes_under
from niangjia.modules.members.models import ACTIVE_STATES, MemberFlow, MemberTally
from niangjia.modules.members.permissions import Permission

ALL = 0


def headcount(path: str, on: date | None = None) -> int:
    """Active members at and under a place: now, or at the end of a day over the unions that stood there that day.

    The day's figure is today's less what came and went since.
    """
    scopes = scopes_under(path, on=on)
    now = _sum(MemberTally.objects.filter(scope__in=scopes.values("id"), status__in=ACTIVE_STATES, category=ALL))
    if on is None:
        return now
    return now - _sum(MemberFlow.objects.filter(scope__in=scopes.values("id"), on__gt=on))


def headcounts(paths: Mapping[int, str], *, status: int | None = None, category: int = ALL) -> dict[int, int]:
    """Active members at and under many places at once: by the keys of `paths`, in one statement."""
    states = [status] if status else list(ACTIVE_STATES)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select top.id, coalesce(sum(t.n), 0) from unnest(%s::bigint[], %s::ltree[]) as top (id, path)
            left join access_scope s on s.path <@ top.path
            left join members_membertally t on t.scope_id = s.id and t.status = any(%s) and t.category = %s
            group by top.id
            """,
            [list(paths), list(paths.values()), states, category],
        )
        return {int(pk): int(n) for pk, n in cursor.fetchall()}


def active_members_at(organisation_id: int) -> int:
    """Of this one union, without what stands below it."""
    return _sum(MemberTally.objects.filter(scope=organisation_id, status__in=ACTIVE_STATES, category=ALL))


def tallied(actor: Actor, *, within: str | None = None, statuses: Iterable[int] = (), category: int = ALL) -> int:
    """Memberships in the actor's sight, in these states (none named: in all)."""
    rows = _in_sight(actor, within).filter(category=category)
    wanted = list(statuses)
    return _sum(rows.filter(status__in=wanted) if wanted else rows)


def active_members(actor: Actor, *, within: str | None = None) -> tuple[dict[int, int], dict[int, int]]:
    """Active members by state and by category; somebody with two tags counts twice in the second."""
    rows = _in_sight(actor, within).filter(status__in=ACTIVE_STATES).values_list("status", "category")
    states: Counter[int] = Counter()
    categories: Counter[int] = Counter()
    for status, category, n in rows.annotate(Sum("n")).order_by():
        if category == ALL:
            states[status] += n
        else:
            categories[category] += n
    return dict(+states), dict(+categories)


def _in_sight(actor: Actor, within: str | None) -> QuerySet[MemberTally]:
    scopes = Scope.objects.filter(path__under_any=list(actor.paths(Permission.MEMBER_VIEW)))
    if within is not None:
        scopes = scopes.filter(path__under=within)
    return MemberTally.objects.filter(scope__in=scopes.values("id"))


def _sum(rows: QuerySet[MemberTally] | QuerySet[MemberFlow]) -> int:
    return rows.aggregate(n=Sum("n"))["n"] or 0
