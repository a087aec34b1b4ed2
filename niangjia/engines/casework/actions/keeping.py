"""Whom a case is kept from: places whose officers never see it, and single officers."""

from __future__ import annotations

from collections.abc import Iterable

from niangjia.engines.casework.actions.passing import move
from niangjia.engines.casework.actions.stepping import Step
from niangjia.kernel.access.models import Grant, Scope


def keep_from(step: Step, *, places: Iterable[int], users: Iterable[int]) -> None:
    """From now on. Whoever is named, or works only there, takes part no more; a case that lies there goes up."""
    case = step.case
    case.kept_from, case.kept_from_users = sorted(set(places)), sorted(set(users))
    gone = set(case.kept_from_users) | _only_at(case.kept_from)
    case.participants.filter(user__in=gone, until_at=None).update(until_at=step.now)
    outside = nearest_outside(case.scope, case.kept_from)
    if outside != case.scope or case.lead_id in gone:
        move(step, outside, None)


def nearest_outside(scope: Scope, kept_from: Iterable[int]) -> Scope:
    """The scope itself, or the nearest above it that neither is one of these nor lies under one."""
    kept, above = set(kept_from), list[int]()
    for label in map(int, str(scope.path).split(".")):
        if label in kept:
            break
        above.append(label)
    return scope if not above or above[-1] == scope.pk else Scope.objects.get(pk=above[-1])


def _only_at(kept_from: list[int]) -> set[int]:
    """Users who hold jobs at and under these places and nowhere else."""
    paths = list(Scope.objects.filter(pk__in=kept_from).values_list("path", flat=True))
    if not paths:
        return set()
    grants = Grant.objects.unscoped(reason="who works at a place that a case is kept from").filter(ended_at=None)
    here = set(grants.filter(scope__path__under_any=paths).values_list("user_id", flat=True))
    elsewhere = grants.filter(user__in=here).exclude(scope__path__under_any=paths)
    return here - set(elsewhere.values_list("user_id", flat=True))
