"""The figures of demands that stand beside those of the register, by organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from niangjia.engines.casework.rules import Stage
from niangjia.engines.metrics.declared import Address, Counting, Metric, Period, Place, register_metrics
from niangjia.engines.metrics.queries import summed
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.figures import PARTS
from niangjia.modules.demands.queries.narrowing import midnight

VIEW = Permission.DEMAND_VIEW
_DONE = f"stage in ({int(Stage.RESOLVED)}, {int(Stage.CLOSED)})"
_PLAIN = "kind = 'demands.demand' and not is_confidential"
"""Everybody reads the same number, so what only some may see is left out: from the rows as well."""


def counted(moment: str, where: str) -> Counting:
    def count(places: Sequence[Place], period: Period) -> dict[int, int]:
        sql = f"""
            select scope_id, 1 as n from casework_case
             where {_PLAIN} and {moment} >= %s and {moment} < %s and {where}
        """  # noqa: S608 - our own words
        return summed(places, sql, [midnight(period.from_on), midnight(period.until_on)])

    return count


def listed(part: str) -> Address:
    def address(organisation_id: int, period: Period) -> str:
        query = PARTS[part].address(period.from_on, period.until_on - timedelta(days=1)) | {"plain": "1"}
        return f"{reverse('demands:organisation_demands', args=[organisation_id])}?{urlencode(query)}"

    return address


def register() -> None:
    register_metrics(
        Metric(
            "demands.recorded", "诉求登记", "件", "期内登记的诉求，各渠道都算；保密的不计。", VIEW,
            counted("received_at", "true"), listed("recorded"), in_period=True, headline=True, order=200,
        ),
        Metric(
            "demands.resolved", "诉求化解", "件", "期内登记的诉求中诉求人确认解决的，与登记之比就是化解率；保密的不计。", VIEW,
            counted("received_at", f"stage = {int(Stage.RESOLVED)}"), listed("resolved"),
            in_period=True, order=210,
        ),
        Metric(
            "demands.ended", "诉求办结", "件", "期内办结的诉求，不予受理、并案、撤回的不算；保密的不计。", VIEW,
            counted("ended_at", _DONE), listed("ended"), in_period=True, order=220,
        ),
        Metric(
            "demands.on_time", "按时办结", "件", "期内办结的诉求中没有超过任何一个时限的；保密的不计。", VIEW,
            counted("ended_at", f"{_DONE} and not was_late"), listed("on_time"), in_period=True, order=230,
        ),
    )  # fmt: skip
