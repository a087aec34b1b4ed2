"""The figures that the tree answers for, and what may be wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from niangjia.engines.metrics.declared import Fault, Metric, Period, Place, register_faults, register_metrics
from niangjia.engines.metrics.queries import summed
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.figures import COUNTED_KINDS, primary_unions
from niangjia.modules.organisations.queries.terms import NO_TERM, with_term, without_leader
from niangjia.modules.organisations.rules import ReElection

VIEW = Permission.ORGANISATION_VIEW
FAULTY: Sequence[tuple[str, str, str, int, Callable[[QuerySet[Any], date], QuerySet[Any]], str]] = (
    (
        "no_leader", "没有主席", "请补选或登记主席。", 60,
        lambda rows, today: without_leader(rows, on=today), "no_leader=1",
    ),
    (
        "term_over", "任期已到还没换届", "请报批换届，或登记已经换届的结果。", 90,
        lambda rows, today: with_term(rows, str(ReElection.OVERDUE), on=today), f"term={ReElection.OVERDUE}",
    ),
    (
        "no_term", "没有登记届次", "请登记本届的起止日期。", 60,
        lambda rows, today: with_term(rows, NO_TERM, on=today), f"term={NO_TERM}",
    ),
)  # fmt: skip


def unions(places: Sequence[Place], _: Period) -> dict[int, int]:
    sql = "select scope_id, 1 as n from organisations_organisation where closed_on is null and kind = any(%s)"
    return summed(places, sql, [list(COUNTED_KINDS)])


def listed(query: str) -> Callable[..., str]:
    return lambda organisation_id, *_: f"{reverse('organisations:organisation_list')}?under={organisation_id}&{query}"


def counted(narrow: Callable[[QuerySet[Any], date], QuerySet[Any]]) -> Callable[[date], QuerySet[Any]]:
    return lambda today: narrow(primary_unions(), today)


def register() -> None:
    register_metrics(
        Metric(
            "organisations.primary", "基层工会", "个", "现在运行的基层工会和联合工会，不含工会小组和各级总工会。", VIEW,
            unions, listed("primary=1"), order=50,
        )
    )  # fmt: skip
    register_faults(
        *(
            Fault(
                f"organisations.{name}", label, "个工会", advice, VIEW, Permission.TERM_EDIT, counted(narrow),
                listed(f"primary=1&{query}"), days=days, order=order,
            )
            for order, (name, label, advice, days, narrow, query) in enumerate(FAULTY, start=50)
        )
    )  # fmt: skip
