"""办理时限 as they stand: a row of the table, else what the product brings along."""

from __future__ import annotations

from collections.abc import Mapping

from niangjia.engines.casework.models import Grading
from niangjia.engines.casework.rules import LIMITS, Urgency
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.worktime.limits import Limit

Graded = Mapping[str, Limit]


def gradings(kind: str) -> dict[Urgency, Graded]:
    own = {row.urgency: {"accept": row.accept, "answer": row.answer, "close": row.close} for row in _rows(kind)}
    return {
        urgency: {name: Limit.read(limit) for name, limit in own.get(int(urgency), LIMITS[urgency]).items()}
        for urgency in Urgency
    }


def _rows(kind: str) -> list[Grading]:
    return list(Grading.objects.filter(kind=kind))


def names_of_gradings(ids: list[int]) -> dict[int, str]:
    return {row.pk: f"“{Urgency(row.urgency).label}”的时限" for row in Grading.objects.filter(pk__in=ids)}


def may_grade(actor: Actor, permission: str) -> bool:
    top = Scope.objects.filter(parent=None).values_list("path", flat=True).first()
    return bool(top) and actor.may(permission, str(top))
