"""What somebody may do with a case, asked before the button is drawn and again when the act begins."""

from __future__ import annotations

from collections.abc import Iterable

from niangjia.engines.casework.kinds import CaseKind, kind_named
from niangjia.engines.casework.models import Case, Participant
from niangjia.engines.casework.rules import Right
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.ltree import end_of, is_under


def roles_of(case: Case, actor: Actor) -> frozenset[str]:
    """The parts that the actor has in a case now."""
    if actor.user_id is None:
        return frozenset()
    rows = Participant.objects.unscoped(reason="the actor's own parts in a case")
    return frozenset(rows.filter(case=case, user=actor.user_id, until_at=None).values_list("role", flat=True))


def has_right(right: Right, case: Case, actor: Actor, kind: CaseKind, roles: frozenset[str]) -> bool:
    if roles & right.roles:
        return True
    path = str(case.scope.path)
    return _holds(right.places, kind, actor, path) or (
        case.lead_id is None and _holds(right.leaderless, kind, actor, path)
    )


def _holds(names: Iterable[str], kind: CaseKind, actor: Actor, path: str) -> bool:
    return any(actor.may(getattr(kind, name), path) for name in names)


def may_by_place(case: Case, name: str, actor: Actor, *, path: str | None = None) -> bool:
    return actor.may(getattr(kind_named(case.kind), name), str(case.scope.path) if path is None else path)


def place_of(actor: Actor, path: str) -> int | None:
    """For which of the actor's places something is done at `path`: the nearest at or above it, else any."""
    if not actor.held:
        return None
    above = [held.path for held in actor.held if is_under(path, held.path)]
    nearest = max(above, key=len) if above else actor.held[0].path
    return end_of(nearest)
