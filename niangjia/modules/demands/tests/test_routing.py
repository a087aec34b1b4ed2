"""Where a demand goes: the map, the load, stand-ins, the roster, the fallback, and who is left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.demands.actions.responsibility import (
    LineFacts,
    add_line,
    end_line,
    leave_proposal,
    propose_change,
    take_up_proposal,
)
from niangjia.modules.demands.models import Demand, MapProposal, Responsibility
from niangjia.modules.demands.queries.routing import Asked, Route, find_route, preview
from niangjia.modules.demands.testing import NOW, demand, facts
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, shift, small_tree, stand_in, zone

NIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)  # midnight in China
TODAY = date(2026, 11, 20)


@dataclass
class World:
    tree: Tree
    li: User
    wang: User
    head: User
    chair: User

    @property
    def keeper(self) -> Any:
        return acting_as("DEPARTMENT_HEAD", self.tree.county)


@pytest.fixture
def world(db: None) -> World:
    tree = small_tree()
    return World(
        tree,
        li=officer("RIGHTS_OFFICER", tree.north, "李维权"),
        wang=officer("RIGHTS_OFFICER", tree.north, "王维权"),
        head=officer("DEPARTMENT_HEAD", tree.county, "赵部长"),
        chair=officer("CHAIR", tree.county, "郑主席"),
    )


def line(world: World, **more: Any) -> Responsibility:
    to = more.pop("to", world.tree.north)
    return add_line(
        world.tree.county.pk, facts=LineFacts(to_scope_id=to.pk, **more), actor=world.keeper, now=NOW
    )  # fmt: skip


def routed(world: World, *, now: datetime = NOW, at: Any = None, **more: Any) -> Route:
    return find_route(Asked(**{"kind": "0101", **more}), (at or world.tree.county).scope, now=now)


def away(user: User, deputy: User, at: Any) -> None:
    stand_in(at, user, deputy, from_on=TODAY, until_on=TODAY + timedelta(days=3))


def on_shift(at: Any, user: User, part: str = "ON_DUTY") -> None:
    shift(at, user, part=part, from_at=NOW - timedelta(hours=1), until_at=NIGHT + timedelta(hours=8))


def test_the_map_names_a_place_a_job_and_the_one_with_least_to_do(world: World) -> None:
    line(world, kind="01", job="RIGHTS_OFFICER")
    demand(world.tree.north, route=True)  # lies with the first of the two
    found = routed(world)
    assert (found.scope_id, found.user_id) == (world.tree.north.pk, world.wang.pk)
    assert found.because.endswith("→ 北山镇总工会，维权专员 王维权（在办 0 件，最少）")
    assert found.because.startswith("责任分工：")
    assert [(one.name, one.open_cases) for one in found.alternatives] == [("李维权", 1)]


def test_who_is_away_is_stood_in_for(world: World) -> None:
    line(world, kind="01", user_id=world.wang.pk)
    away(world.wang, world.li, world.tree.north)
    found = routed(world)
    assert found.user_id == world.li.pk
    assert "王维权不在岗，由李维权代理" in found.because


def test_a_stand_in_without_the_right_gets_nothing(world: World) -> None:
    line(world, kind="01", job="RIGHTS_OFFICER")
    books = officer("FINANCE", world.tree.north, "钱财务")
    away(world.wang, books, world.tree.north)
    away(world.li, books, world.tree.north)
    found = routed(world)
    assert found.user_id == world.head.pk, found.because


def test_outside_office_hours_what_presses_goes_to_the_one_on_duty(world: World) -> None:
    line(world, kind="01", job="RIGHTS_OFFICER")
    watch = officer("DUTY_OFFICER", world.tree.north, "夜班")
    on_shift(world.tree.north, watch)
    assert routed(world, urgency=1, now=NIGHT).user_id == world.li.pk
    at_night = routed(world, urgency=2, now=NIGHT)
    assert at_night.user_id == watch.pk
    assert "非工作时间，值班人员 夜班" in at_night.because
    assert routed(world, urgency=2).user_id == world.li.pk
    assert routed(world, urgency=4).user_id == watch.pk
    assert routed(world, is_major=True).user_id == watch.pk


def test_zone_employer_and_division_lines(world: World) -> None:
    tree, maker = world.tree, firm("北山制造厂", "530999101")
    east = zone(tree.north)
    line(world, kind="01", to=tree.county)
    line(world, division="530999101", job="RIGHTS_OFFICER")
    line(world, zone_id=east.pk, user_id=world.wang.pk)
    line(world, employer_id=maker.pk, user_id=world.li.pk)
    assert routed(world).user_id == world.head.pk
    assert routed(world, division="530999101").scope_id == tree.north.pk
    assert routed(world, zone_id=east.pk).user_id == world.wang.pk
    assert routed(world, zone_id=east.pk, employer_id=maker.pk).user_id == world.li.pk


def test_a_township_says_finer_who_it_is(world: World) -> None:
    line(world, division="530999101")
    add_line(
        world.tree.north.pk, facts=LineFacts(to_scope_id=world.tree.north.pk, kind="01", user_id=world.wang.pk),
        actor=acting_as("DEPARTMENT_HEAD", world.tree.north), now=NOW,
    )  # fmt: skip
    found = routed(world, division="530999101")
    assert found.user_id == world.wang.pk
    assert found.because.count("→") == 2


def test_nothing_is_nobodys(world: World) -> None:
    """No line: the head; without one the leader, the chair, the head of the union above."""
    assert routed(world).user_id == world.head.pk
    Grant.objects.unscoped(reason="test: the head leaves").filter(user=world.head).update(ended_at=NOW)
    assert routed(world).user_id == world.chair.pk
    above = routed(world, at=world.tree.mill)
    assert (above.scope_id, above.user_id) == (world.tree.north.pk, world.li.pk)
    assert "报上级" in above.because
    Grant.objects.unscoped(reason="test: everybody leaves").update(ended_at=NOW)
    found = routed(world)
    assert (found.scope_id, found.user_id) == (world.tree.county.pk, None)
    assert "请云岭县总工会主席指定主办" in found.because


def test_the_fallback_answers_where_no_line_fits(world: World) -> None:
    line(world, kind="02", user_id=world.wang.pk)
    line(world, is_fallback=True, user_id=world.li.pk)
    found = routed(world)
    assert found.user_id == world.li.pk
    assert found.because.startswith("兜底：各类诉求")


def test_a_line_whose_person_left_goes_to_the_job(world: World) -> None:
    line(world, kind="01", user_id=world.wang.pk, job="RIGHTS_OFFICER")
    Grant.objects.unscoped(reason="test: he leaves").filter(user=world.wang).update(ended_at=NOW)
    assert routed(world).user_id == world.li.pk


def test_the_accused_officer_never_gets_it(world: World) -> None:
    line(world, kind="01", user_id=world.wang.pk)
    row = demand(world.tree.county, accused_user_id=world.wang.pk)
    assert row.case.lead_id == world.li.pk
    line(world, kind="02", job="RIGHTS_OFFICER")
    assert routed(world, kind="0201", kept_from_users=(world.wang.pk,)).user_id == world.li.pk


def test_a_place_that_must_not_know_is_skipped(world: World) -> None:
    mill = world.tree.mill
    inside = officer("ENTERPRISE_CLERK", mill, "厂里专干")
    line(world, kind="01", to=mill, job="ENTERPRISE_CLERK")
    assert routed(world).user_id == inside.pk
    kept = routed(world, kept_from=(mill.pk,))
    assert kept.scope_id == world.tree.county.pk
    # One who sits there too does not get it elsewhere either.
    Grant.objects.create(user=world.head, job="ENTERPRISE_CLERK", scope=mill.scope, from_on=TODAY, granted_at=NOW)
    assert routed(world, kept_from=(mill.pk,)).user_id == world.chair.pk


def test_a_recorded_demand_lies_there_and_says_why(world: World) -> None:
    line(world, kind="01", job="RIGHTS_OFFICER")
    row = demand(world.tree.county)
    assert (row.case.scope_id, row.case.lead_id, row.case.stage_now.label) == (
        world.tree.north.pk, world.li.pk, "待受理",
    )  # fmt: skip
    assert row.routed_because.startswith("责任分工")
    assert row.case.entries.filter(verb="route", text=row.routed_because).exists()
    shown = preview(facts(), world.tree.county.scope, now=NOW)
    assert (shown.user_id, shown.person, shown.alternatives[0].name) == (world.wang.pk, "王维权", "李维权")


def test_lines_are_checked(world: World) -> None:
    line(world, kind="01")
    for wrong in (
        {"kind": "01"}, {"kind": "9999"}, {"kind": "02", "job": "FINANCE"}, {"kind": "02", "job": "NOBODY"},
        {"kind": "02", "user_id": officer("FINANCE", world.tree.north, "账房").pk},
    ):  # fmt: skip
        with pytest.raises(Refused):
            line(world, **wrong)
    with pytest.raises(NotPermitted):
        add_line(
            world.tree.county.pk, facts=LineFacts(to_scope_id=world.tree.north.pk),
            actor=acting_as("RIGHTS_OFFICER", world.tree.county), now=NOW,
        )  # fmt: skip
    with pytest.raises(Missing):
        add_line(
            world.tree.county.pk, facts=LineFacts(to_scope_id=world.tree.north.pk),
            actor=acting_as("DEPARTMENT_HEAD", world.tree.north), now=NOW,
        )  # fmt: skip
    with pytest.raises(Refused):
        add_line(
            world.tree.north.pk, facts=LineFacts(to_scope_id=world.tree.south.pk),
            actor=acting_as("DEPARTMENT_HEAD", world.tree.north), now=NOW,
        )  # fmt: skip


def test_an_ended_line_sends_nothing(world: World) -> None:
    row = line(world, kind="01", job="RIGHTS_OFFICER")
    end_line(row.pk, actor=world.keeper, now=NOW)
    assert routed(world).user_id == world.head.pk
    line(world, kind="01", job="RIGHTS_OFFICER")


def test_a_hand_back_speaks_against_the_map(world: World) -> None:
    from niangjia.engines.casework import actions as casework
    from niangjia.kernel.access.queries import actor_of

    line(world, kind="01", job="RIGHTS_OFFICER")
    row = demand(world.tree.county)
    li = actor_of(world.li.pk, now=NOW)
    casework.hand_back(row.pk, reason="在南湖街道", belongs_to=world.tree.south.pk, actor=li, now=NOW)
    said = MapProposal.objects.unscoped(reason="test").get()
    assert (said.scope_id, said.was_scope_id, said.to_scope_id) == (
        world.tree.county.pk, world.tree.north.pk, world.tree.south.pk,
    )  # fmt: skip
    assert (said.kind, said.reason, said.by_name) == ("0101", "在南湖街道", "李维权")
    # Said again it is not asked again.
    propose_change(
        Demand.objects.unscoped(reason="test").get(), was_scope_id=world.tree.north.pk,
        to_scope_id=world.tree.south.pk, reason="还是", by=li, now=NOW,
    )  # fmt: skip
    assert MapProposal.objects.unscoped(reason="test").count() == 1
    made = take_up_proposal(
        said.pk, facts=LineFacts(to_scope_id=world.tree.south.pk, kind="0101"), actor=world.keeper, now=NOW
    )  # fmt: skip
    assert made.scope_id == world.tree.county.pk
    with pytest.raises(Refused):
        leave_proposal(said.pk, reason="不改", actor=world.keeper, now=NOW)


def test_a_proposal_is_left_with_a_reason(world: World) -> None:
    row = demand(world.tree.county)
    said = propose_change(
        row, was_scope_id=world.tree.north.pk, to_scope_id=None, reason="不归我们", by=world.keeper, now=NOW
    )
    with pytest.raises(Refused):
        leave_proposal(said.pk, reason=" ", actor=world.keeper, now=NOW)
    leave_proposal(said.pk, reason="就归你们", actor=world.keeper, now=NOW)
    said.refresh_from_db()
    assert (said.is_taken_up, said.answer) == (False, "就归你们")


def test_many_lines_and_places_are_asked_as_much_as_one(world: World, django_assert_max_num_queries: Any) -> None:
    line(world, is_fallback=True)
    routed(world)
    with CaptureQueriesContext(connection) as one:
        routed(world)
    for kind, place in (("01", world.tree.south), ("0101", world.tree.mill), ("0102", world.tree.north)):
        line(world, kind=kind, to=place)  # at the first two nobody can take it
    for number in range(6):
        officer("RIGHTS_OFFICER", world.tree.south, f"另一人{number}")
    with CaptureQueriesContext(connection) as many:
        assert routed(world).scope_id == world.tree.south.pk
    assert len(many) <= len(one) + 2  # the maps of the places it is sent to
    with django_assert_max_num_queries(32):
        demand(world.tree.county, route=True)
