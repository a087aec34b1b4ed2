"""Zones: their staff, their employers, what each carries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from niangjia.kernel.access.actor import NOBODY
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions import employers
from niangjia.modules.organisations.actions import zones as acts
from niangjia.modules.organisations.models import ZoneEmployer, ZoneStaff
from niangjia.modules.organisations.queries import zones as found
from niangjia.modules.organisations.rules import Load
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
NORTH, SOUTH = "530999101", "530999002"


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def clerk(tree):
    return acting_as("CLERK", tree.north)


@pytest.fixture
def zone(tree, clerk):
    return acts.add_zone(organisation_id=tree.north.pk, name="第一片区", bounds="河东", actor=clerk, now=NOW)


def firms(actor, number, division=NORTH, heads=50):
    return [
        employers.add_employer(name=f"{division}第{n}厂", division=division, headcount=heads, actor=actor, now=NOW)
        for n in range(number)
    ]


def put(zone, rows, actor, from_on=TODAY):
    return acts.assign_employers(zone.pk, employer_ids=[row.pk for row in rows], from_on=from_on, actor=actor, now=NOW)


def verbs(zone):
    kept = AuditEntry.objects.filter(subject_kind="organisations.zone", subject_id=zone.pk).order_by("id")
    return [entry.verb.split(".")[-1] for entry in kept]


def test_a_zone_is_a_townships(tree, clerk, zone):
    assert (zone.organisation_id, zone.bounds, verbs(zone)) == (tree.north.pk, "河东", ["added"])
    with refused("zone.name_twice"):
        acts.add_zone(organisation_id=tree.north.pk, name=" 第一 片区", actor=clerk, now=NOW)
    with refused("zone.township"):
        acts.add_zone(organisation_id=tree.mill.pk, name="第二片区", actor=clerk, now=NOW)
    with refused("zone.name"):
        acts.add_zone(organisation_id=tree.north.pk, name="", actor=clerk, now=NOW)
    with pytest.raises(NotPermitted):
        acts.add_zone(organisation_id=tree.north.pk, name="二区", actor=acting_as("AUDITOR", tree.north), now=NOW)
    with pytest.raises(Missing):
        acts.add_zone(organisation_id=tree.south.pk, name="第一片区", actor=clerk, now=NOW)


def test_editing_and_strangers(tree, clerk, zone):
    acts.edit_zone(zone.pk, name="河东片区", bounds="", actor=clerk, now=NOW)
    acts.edit_zone(zone.pk, name="河东片区", bounds="", actor=clerk, now=NOW)
    assert verbs(zone) == ["added", "edited"]
    for stranger in (NOBODY, acting_as("CHAIR", tree.south)):
        with pytest.raises(Missing):
            acts.edit_zone(zone.pk, name="别人的", bounds="", actor=stranger, now=NOW)
        with pytest.raises(Missing):
            put(zone, [], stranger)
        with pytest.raises(Missing):
            acts.close_zone(zone.pk, on=TODAY, actor=stranger, now=NOW)
    with pytest.raises(NotPermitted):
        put(zone, [], acting_as("AUDITOR", tree.county))


def test_staff_are_officers_of_the_township_from_a_day_until_a_day(tree, clerk, zone):
    plain = officer("CLERK", tree.mill, "刘洋")
    worker, neighbour = officer("ZONE_WORKER", tree.north, "吴敏"), officer("ZONE_WORKER", tree.south, "郑丽")
    assert list(found.officers_of(zone, on=TODAY)) == [worker, plain]
    assert found.officer_options(zone, "郑", on=TODAY) == []

    def assign(user, from_on=TODAY, until_on=None):
        return acts.assign_zone_staff(
            zone.pk, user_id=user.pk, from_on=from_on, until_on=until_on, actor=clerk, now=NOW
        )

    row = assign(worker, until_on=TODAY + timedelta(days=90))
    with refused("zone.staff_twice"):
        assign(worker)
    with refused("zone.officer"):
        assign(neighbour)
    with refused("zone.staff_dates"):
        assign(plain, until_on=TODAY)
    assign(worker, from_on=TODAY + timedelta(days=90))
    assert acts.end_zone_staff(row.pk, on=TODAY, actor=clerk, now=NOW).until_on == TODAY
    with refused("zone.staff_ended"):
        acts.end_zone_staff(row.pk, on=TODAY, actor=clerk, now=NOW)
    with pytest.raises(Missing):
        acts.end_zone_staff(row.pk, on=TODAY, actor=acting_as("CLERK", tree.south), now=NOW)
    assert verbs(zone)[-1] == "staff_ended"


def test_an_employer_is_in_one_zone_at_a_time(tree, clerk, zone):
    rows = firms(clerk, 3)
    other = acts.add_zone(organisation_id=tree.north.pk, name="第二片区", actor=clerk, now=NOW)
    assert put(zone, rows, clerk, from_on=date(2026, 1, 1)) == acts.Assigned(3, 0, 0)
    assert put(zone, rows, clerk) == acts.Assigned(0, 3, 0)
    assert put(other, rows[:1], clerk) == acts.Assigned(1, 0, 0)
    spans = ZoneEmployer.objects.unscoped(reason="test").filter(employer=rows[0]).order_by("pk")
    assert list(spans.values_list("zone", "until_on")) == [(zone.pk, TODAY), (other.pk, None)]
    assert found.zone_of(rows[0], clerk) == other
    assert verbs(zone).count("employers_assigned") == 1


def test_only_the_townships_own_open_employers_come_in(tree, zone):
    county = acting_as("CLERK", tree.county)
    (here, closed), (there,) = firms(county, 2), firms(county, 1, SOUTH)
    employers.close_employer(closed.pk, on=TODAY, actor=county, now=NOW)
    assert put(zone, [here, closed, there], county) == acts.Assigned(1, 0, 2)
    with refused("zone.employers_ahead"):
        put(zone, [here], county, from_on=TODAY + timedelta(days=1))
    with refused("zone.many"):
        acts.assign_employers(zone.pk, employer_ids=range(501), from_on=TODAY, actor=county, now=NOW)


def test_releasing(tree, clerk, zone):
    (row,) = firms(clerk, 1)
    put(zone, [row], clerk)
    with refused("zone.employer_dates"):
        acts.release_employer(zone.pk, employer_id=row.pk, on=TODAY - timedelta(days=1), actor=clerk, now=NOW)
    acts.release_employer(zone.pk, employer_id=row.pk, on=TODAY, actor=clerk, now=NOW)
    with refused("zone.employer_gone"):
        acts.release_employer(zone.pk, employer_id=row.pk, on=TODAY, actor=clerk, now=NOW)


def test_load(tree, clerk, zone):
    empty = acts.add_zone(organisation_id=tree.north.pk, name="第二片区", actor=clerk, now=NOW)
    put(zone, firms(clerk, 2, heads=50), clerk)
    for name in ("吴敏", "周杰"):
        user = officer("ZONE_WORKER", tree.north, name)
        acts.assign_zone_staff(zone.pk, user_id=user.pk, from_on=TODAY, actor=clerk, now=NOW)
    later = officer("ZONE_WORKER", tree.north, "后来的人")
    acts.assign_zone_staff(zone.pk, user_id=later.pk, from_on=TODAY + timedelta(days=1), actor=clerk, now=NOW)
    carried = found.carried_by([zone.pk, empty.pk], on=TODAY)
    assert (carried[zone.pk].staff, carried[zone.pk].employers, carried[zone.pk].workers) == (2, 2, 100)
    assert (carried[zone.pk].load.load, carried[empty.pk].load.load) == (Load.LIGHT, Load.UNSTAFFED)


def test_closing_frees_staff_and_employers(tree, clerk, zone):
    rows = firms(clerk, 1)
    put(zone, rows, clerk, from_on=date(2026, 1, 1))
    user = officer("ZONE_WORKER", tree.north)
    acts.assign_zone_staff(
        zone.pk, user_id=user.pk, from_on=date(2026, 1, 1), until_on=date(2027, 1, 1), actor=clerk, now=NOW
    )
    with refused("zone.ahead"):
        acts.close_zone(zone.pk, on=TODAY + timedelta(days=1), actor=clerk, now=NOW)
    acts.close_zone(zone.pk, on=TODAY, actor=clerk, now=NOW, reason="并片")
    assert ZoneStaff.objects.unscoped(reason="test").get(zone=zone).until_on == TODAY
    assert ZoneEmployer.objects.unscoped(reason="test").get(zone=zone).until_on == TODAY
    for again in (
        lambda: acts.close_zone(zone.pk, on=TODAY, actor=clerk, now=NOW),
        lambda: put(zone, rows, clerk),
        lambda: acts.edit_zone(zone.pk, name="新名字", bounds="", actor=clerk, now=NOW),
    ):
        with refused("zone.closed"):
            again()
    assert found.zones_to_choose(clerk) == []
