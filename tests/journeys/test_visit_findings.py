"""What somebody said at a visit is a demand with the visit behind it: explained and closed there, or on its way."""

from __future__ import annotations

from typing import Any

import pytest

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.rules import Channel, Party
from niangjia.modules.organisations.testing import firm, officer, small_tree
from niangjia.modules.visits.models import Finding
from niangjia.modules.visits.testing import NOW, explained, passed_on, visit

WHY: dict[str, Any] = {"reason": "the test's own world"}


@pytest.mark.django_db
def test_a_finding_becomes_a_demand() -> None:
    tree = small_tree()
    actor = actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    mill = firm("北山纺织厂", "530999101")
    made = visit(
        mill, actor,
        findings=[
            explained(asker_name="林小燕", asker_phone="12480000002", people=3), passed_on(by_employer=True),
            passed_on("班长扣着工资卡。", is_confidential=True),
        ],
    )  # fmt: skip
    first, second, third = Finding.objects.unscoped(**WHY).filter(visit=made).order_by("number")
    demands = Demand.objects.unscoped(**WHY).select_related("case").in_bulk()
    told = demands[first.case_id]
    assert (told.channel, told.how_closed, told.people, told.asker_name) == (Channel.VISIT, "EXPLAINED", 3, "林小燕")
    assert (told.employer_id, told.division_id, told.is_anonymous) == (mill.pk, "530999101", False)
    assert (told.case.stage, told.case.received_at) == (Stage.RESOLVED, made.arrived_at)
    asked = demands[second.case_id]
    assert (asked.party, asked.asker_employer_id, asked.is_anonymous) == (Party.EMPLOYER, mill.pk, True)
    assert (asked.case.stage, asked.case.scope_id) == (Stage.RECEIVED, tree.north.pk)
    assert demands[third.case_id].case.is_confidential
    other = actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    assert not Finding.objects.visible_to(other).filter(pk=third.pk).exists()
    assert Finding.objects.visible_to(actor).filter(pk=third.pk).exists()
    assert not Finding.objects.visible_to(actor_of(officer("LIAISON_OFFICER", tree.south).pk, now=NOW)).exists()
