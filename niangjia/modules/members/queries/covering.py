"""Whose rights cover the people of a batch of memberships."""

from __future__ import annotations

from collections.abc import Sequence

from niangjia.kernel.access.models import Scope
from niangjia.modules.members.models import ACTIVE_STATES, Membership


def places_covering(rows: Sequence[Membership]) -> dict[int, list[str]]:
    """Whose rights cover the person of each row: those where the active membership is, else of all former ones.

    The same rule as `Person.may_change`, for a batch at once.
    """
    ended = [row.person_id for row in rows if row.status not in ACTIVE_STATES]
    others: dict[int, list[tuple[bool, int]]] = {}
    if ended:
        known = Membership.objects.unscoped(reason="the places whose rights cover these people").filter(
            person__in=ended
        )
        for person_id, status, scope_id in known.values_list("person_id", "status", "scope_id"):
            others.setdefault(person_id, []).append((status in ACTIVE_STATES, scope_id))
    scopes: dict[int, list[int]] = {}
    for row in rows:
        everywhere = others.get(row.person_id, [])
        active = [scope_id for is_active, scope_id in everywhere if is_active]
        scopes[row.pk] = [row.scope_id] if row.status in ACTIVE_STATES else active or [one for _, one in everywhere]
    wanted = {scope_id for ids in scopes.values() for scope_id in ids}
    paths = dict(Scope.objects.filter(pk__in=wanted).values_list("pk", "path"))
    return {pk: [paths[scope_id] for scope_id in ids] for pk, ids in scopes.items()}
