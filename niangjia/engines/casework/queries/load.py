"""How much somebody has in hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.scoped import ScopedQuerySet


def load_of(user_ids: Iterable[int]) -> dict[int, int]:
    """Open cases of each lead; nobody is left out."""
    wanted = list(user_ids)
    rows = (
        Case.objects.unscoped(reason="how much somebody has to do is a number")
        .filter(lead__in=wanted, stage__in=sorted(OPEN))
        .values_list("lead")
        .annotate(number=Count("pk"))
    )
    return dict.fromkeys(wanted, 0) | dict(rows)


def in_hand_of(user_id: int, path: str) -> ScopedQuerySet[Any]:
    """Open cases that somebody leads at and under a place, whoever may see them."""
    rows = Case.objects.unscoped(reason="what somebody who leaves has in hand").under(path)
    return rows.filter(lead=user_id, stage__in=sorted(OPEN))


def count_in_hand(user_id: int, path: str) -> int:
    return in_hand_of(user_id, path).count()
