"""An officer who leaves: what he has in hand is counted, and passes to the successor."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from niangjia.engines.casework import actions as casework
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.testing import demand
from niangjia.modules.demands.tests.ground import acting, staffed
from niangjia.modules.organisations.actions.officers import leave_office
from niangjia.modules.organisations.testing import officer, small_tree

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.django_db
def test_demands_of_a_leaver_go_to_the_successor() -> None:
    desk = staffed(small_tree())
    chair, rights = acting(desk.chair, NOW), acting(desk.rights, NOW)
    row = demand(desk.tree.county, "拖欠工资三个月", actor=chair, now=NOW, route=False)
    casework.accept_case(row.pk, actor=chair, now=NOW)
    casework.take_case(row.pk, actor=rights, now=NOW)
    leave = {"organisation_id": desk.tree.county.pk, "on": NOW.date(), "actor": chair, "now": NOW}
    with pytest.raises(Refused, match="1 件诉求"):
        leave_office(desk.rights.pk, **leave)
    successor = officer("RIGHTS_OFFICER", desk.tree.county, "周接任")
    left = leave_office(desk.rights.pk, **leave, successor_id=successor.pk)
    assert ("件诉求", 1) in left.moved
    found = Demand.objects.visible_to(acting(successor, NOW)).select_related("case").get(pk=row.pk)
    assert found.case.lead_id == successor.pk
    assert not Demand.objects.visible_to(acting(desk.rights, NOW)).filter(pk=row.pk).exists()
