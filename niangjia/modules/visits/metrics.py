"""The figures of visits that stand beside those of the register, by organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from niangjia.engines.metrics.declared import Address, Counting, Metric, Period, Place, register_metrics
from niangjia.engines.metrics.queries import summed
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.narrowing import midnight
from niangjia.modules.visits.rules import Outcome

VIEW = Permission.VISIT_VIEW
_PLAIN = """
    not f.is_confidential and not exists (
        select from casework_case c where c.id = f.case_id
           and (c.is_confidential or c.kept_from <> '{}' or c.kept_from_users <> '{}'))
"""
"""Everybody reads the same number, so what only some may see is left out: from the rows as well."""


def visits(where: str = "true") -> Counting:
    def count(places: Sequence[Place], period: Period) -> dict[int, int]:
        sql = f"""
            select scope_id, 1 as n from visits_visit
             where arrived_at >= %s and arrived_at < %s and together_with_id is null and {where}
        """  # noqa: S608 - our own words
        return summed(places, sql, [midnight(period.from_on), midnight(period.until_on)])

    return count


def findings(outcome: Outcome) -> Counting:
    def count(places: Sequence[Place], period: Period) -> dict[int, int]:
        sql = f"""
            select v.scope_id, 1 as n from visits_finding f join visits_visit v on v.id = f.visit_id
             where v.arrived_at >= %s and v.arrived_at < %s and f.outcome = {int(outcome)} and {_PLAIN}
        """  # noqa: S608 - our own words
        return summed(places, sql, [midnight(period.from_on), midnight(period.until_on)])

    return count


def listed(name: str, **filters: str) -> Address:
    def address(organisation_id: int, period: Period) -> str:
        last = period.until_on - timedelta(days=1)
        query = {"place": str(organisation_id), "since": str(period.from_on), "until": str(last), **filters}
        return f"{reverse(name)}?{urlencode(query)}"

    return address


def register() -> None:
    explained, passed_on = str(int(Outcome.EXPLAINED)), str(int(Outcome.PASSED_ON))
    register_metrics(
        Metric(
            "visits.visits", "走访家次", "家次", "期内到单位走访的次数，同行的、一小时内先后到的合计一家次。", VIEW,
            visits(), listed("visits:visit_list", counted="1"), in_period=True, headline=True, order=300,
        ),
        Metric(
            "visits.key", "走访重点企业", "家次", "走访家次中到重点企业的。", VIEW, visits("is_key"),
            listed("visits:visit_list", counted="1", key="1"), of="visits.visits", in_period=True, order=310,
        ),
        Metric(
            "visits.explained", "现场解释", "件", "走访中当场解释清楚的问题；保密的不计。", VIEW, findings(Outcome.EXPLAINED),
            listed("visits:finding_list", outcome=explained, plain="1"), in_period=True, order=320,
        ),
        Metric(
            "visits.passed_on", "走访转办", "件", "走访中发现、转为诉求交办的问题；保密的不计。", VIEW, findings(Outcome.PASSED_ON),
            listed("visits:finding_list", outcome=passed_on, plain="1"), in_period=True, order=330,
        ),
    )  # fmt: skip
