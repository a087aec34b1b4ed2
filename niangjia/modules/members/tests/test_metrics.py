"""The register's figures equal the rows that they lead to, and a fault has an owner until it is mended."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from niangjia.engines.metrics.actions import assign_faults, recount, recount_all, recount_what_changed
from niangjia.engines.metrics.declared import Place, metrics_for
from niangjia.engines.metrics.models import DataFault
from niangjia.engines.metrics.queries import fault_summaries, faults_in_sight, figures
from niangjia.engines.metrics.rules import period_named
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.members.actions import change_membership, edit_person
from niangjia.modules.members.rules import Change
from niangjia.modules.members.testing import member, phone_number
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
WHOLE = {"ethnicity": "01", "education": "20"}
TODAY = timezone.localdate()
NOW = timezone.now()


@pytest.fixture
def tree():
    return small_tree()


def place(organisation) -> Place:
    return Place(organisation.pk, organisation.scope.path)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def listed(client: Client, address: str) -> int:
    """How many rows the list behind a figure says it has."""
    page = client.get(address)
    assert page.status_code == 200, address
    found = re.search(r'id="list-count">共 ([\d,]+) 条', page.content.decode())
    return int(found.group(1).replace(",", "")) if found else 0


def fill(tree) -> None:
    member(tree.mill, "王芳", joined_on=date(TODAY.year, 1, 1), categories=[6, 2], now=NOW, **WHOLE)
    member(tree.mill, "李强", joined_on=date(2019, 5, 1), phone="", now=NOW)
    left = member(tree.mill, "赵敏", joined_on=date(2020, 5, 1), categories=[2], now=NOW)
    shared = phone_number()
    member(tree.harbour, "孙丽", joined_on=date(2018, 5, 1), phone=shared, categories=[1], now=NOW, **WHOLE)
    member(tree.harbour, "周杰", joined_on=date(TODAY.year, 1, 1), phone=shared, now=NOW, **WHOLE)
    change_membership(left.pk, change=Change.LEFT, on=TODAY, actor=acting_as("CLERK", tree.county), now=NOW)


def test_every_figure_equals_the_rows_it_leads_to(tree) -> None:
    fill(tree)
    recount_all(now=NOW)
    user = officer("CHAIR", tree.county)
    actor, client, period = actor_of(user.pk, now=NOW), client_of(user), period_named("year", TODAY)
    places = [place(one) for one in (tree.county, tree.north, tree.south, tree.mill)]
    shown = figures(places, period, actor)
    assert len(shown[tree.county.pk]) == len(metrics_for(actor)) >= 8
    for one in places:
        for figure in shown[one.id]:
            behind = listed(client, figure.href)
            # A share leads to the rows that are missing from it.
            expected = figure.n if figure.whole is None else figure.whole - figure.n
            assert behind == expected, (figure.metric.name, one)


def test_the_numbers_are_right(tree) -> None:
    fill(tree)
    recount_all(now=NOW)
    actor = acting_as("CHAIR", tree.county)
    shown = figures([place(tree.county)], period_named("year", TODAY), actor)[tree.county.pk]
    of_the_register = ("members.", "organisations.")
    numbers = {one.metric.name: one.n for one in shown if one.metric.name.startswith(of_the_register)}
    assert numbers == {
        "members.active": 4, "members.new_form": 2, "members.joined": 2, "members.ended": 1,
        "organisations.primary": 2, "members.complete": 0, "members.clean": 2, "members.fresh": 4,
    }  # fmt: skip


def test_a_register_that_nobody_touched_for_a_year_is_stale(tree) -> None:
    fill(tree)
    later = NOW + timedelta(days=400)
    recount_all(now=later)
    actor = acting_as("CHAIR", tree.county)
    shown = figures([place(tree.county)], period_named("year", TODAY), actor)[tree.county.pk]
    assert next(figure.n for figure in shown if figure.metric.name == "members.fresh") == 0


def test_the_same_queries_for_one_place_as_for_many(tree) -> None:
    fill(tree)
    actor, period = acting_as("CHAIR", tree.county), period_named("year", TODAY)
    with CaptureQueriesContext(connection) as one:
        figures([place(tree.county)], period, actor)
    with CaptureQueriesContext(connection) as many:
        figures([place(each) for each in (tree.county, tree.north, tree.south, tree.mill, tree.harbour)], period, actor)
    assert len(one) == len(many)


def test_only_what_changed_is_counted_again_and_says_the_same(tree) -> None:
    fill(tree)
    recount_all(now=NOW)
    row = member(tree.harbour, "钱进", **WHOLE)
    before = {(one.scope_id, one.name): one.n for one in faults_in_sight(acting_as("CHAIR", tree.county))}
    assert recount_what_changed(now=NOW) >= 1
    partly = {(one.scope_id, one.name): one.n for one in faults_in_sight(acting_as("CHAIR", tree.county))}
    assert partly != before
    recount(now=NOW)
    wholly = {(one.scope_id, one.name): one.n for one in faults_in_sight(acting_as("CHAIR", tree.county))}
    assert partly == wholly
    assert recount_what_changed(now=NOW) == 0
    assert row.pk


def test_a_fault_goes_to_the_nearest_who_may_mend_it(tree) -> None:
    fill(tree)
    officer("CHAIR", tree.county, "县主席")
    clerk = officer("CLERK", tree.north, "镇经办")
    near = officer("ENTERPRISE_CLERK", tree.mill, "厂专干")
    officer("AUDITOR", tree.harbour, "经审")
    recount_all(now=NOW)
    of_mill = DataFault.objects.unscoped(reason="a test").get(scope=tree.mill.pk, name="members.no_phone")
    assert (of_mill.owner_id, of_mill.owner_name, of_mill.n) == (near.pk, "厂专干", 1)
    assert of_mill.due_on == TODAY + timedelta(days=30)
    of_harbour = DataFault.objects.unscoped(reason="a test").get(scope=tree.harbour.pk, name="members.shared_phone")
    assert of_harbour.owner_name == "县主席"
    assert clerk.pk != of_mill.owner_id


def test_what_was_mended_is_kept_and_found_anew_when_it_comes_back(tree) -> None:
    row = member(tree.mill, "李强", phone="")
    clerk = acting_as("CLERK", tree.county)
    recount_all(now=NOW)
    edit_person(row.person_id, changes={"phone": phone_number()}, actor=clerk, now=NOW)
    recount_what_changed(now=NOW)
    fault = DataFault.objects.unscoped(reason="a test").get(scope=tree.mill.pk, name="members.no_phone")
    assert (fault.n, fault.mended_on) == (0, TODAY)
    edit_person(row.person_id, changes={"phone": ""}, actor=clerk, now=NOW)
    recount_what_changed(now=NOW)
    rows = DataFault.objects.unscoped(reason="a test").filter(scope=tree.mill.pk, name="members.no_phone")
    assert sorted(one.mended_on is None for one in rows) == [False, True]


def test_faults_are_given_to_somebody_until_a_day(tree) -> None:
    fill(tree)
    recount_all(now=NOW)
    actor = acting_as("CHAIR", tree.county)
    near, far = officer("ENTERPRISE_CLERK", tree.mill, "厂专干"), officer("AUDITOR", tree.mill, "经审")
    fault = DataFault.objects.unscoped(reason="a test").get(scope=tree.mill.pk, name="members.no_phone")
    due = TODAY + timedelta(days=7)
    assert assign_faults([fault.pk], owner_id=near.pk, due_on=due, note="先打电话", actor=actor, now=NOW) == 1
    fault.refresh_from_db()
    assert (fault.owner_id, fault.due_on, fault.note) == (near.pk, due, "先打电话")
    assert Message.objects.filter(user_id=near.pk).exists()
    # Counting again keeps who was told.
    recount_all(now=NOW)
    fault.refresh_from_db()
    assert (fault.owner_id, fault.due_on) == (near.pk, due)
    with pytest.raises(Refused):
        assign_faults([fault.pk], owner_id=far.pk, due_on=due, actor=actor, now=NOW)
    with pytest.raises(Refused):
        assign_faults([fault.pk], owner_id=near.pk, due_on=TODAY - timedelta(days=1), actor=actor, now=NOW)
    with pytest.raises((Missing, Refused)):
        assign_faults([fault.pk], owner_id=near.pk, due_on=due, actor=acting_as("CHAIR", tree.south), now=NOW)
    with pytest.raises((NotPermitted, Refused)):
        assign_faults([fault.pk], owner_id=near.pk, due_on=due, actor=acting_as("AUDITOR", tree.county), now=NOW)


def test_a_neighbour_sees_no_faults_of_ours(tree) -> None:
    fill(tree)
    recount_all(now=NOW)
    north = acting_as("CLERK", tree.north)
    assert {one.scope_id for one in faults_in_sight(north)} == {tree.mill.pk}
    assert all(summary.places == 1 for summary in fault_summaries(north, today=TODAY))
    page = client_of(officer("CLERK", tree.north)).get("/desk/faults/?all=1").content.decode()
    assert "北山纺织厂工会" in page
    assert "南湖港务公司工会" not in page


def test_the_pages_answer(tree) -> None:
    fill(tree)
    recount_all(now=NOW)
    client = client_of(officer("CHAIR", tree.county))
    page = client.get("/desk/figures/?period=last_year").content.decode()
    assert "资料完整率" in page
    assert "北山镇总工会" in page
    assert client.get(f"/desk/figures/?at={tree.mill.pk}").status_code == 200
    assert client_of(officer("CLERK", tree.north)).get(f"/desk/figures/?at={tree.south.pk}").status_code == 404
    fault = DataFault.objects.unscoped(reason="a test").filter(mended_on=None).first()
    asked = client.post("/desk/faults/assign/", {"row": [fault.pk]})
    assert "责任人" in asked.content.decode()
    near = officer("ENTERPRISE_CLERK", tree.county, "许可")
    done = {"row": [fault.pk], "ready": "1", "owner": near.pk, "due_on": TODAY + timedelta(days=3)}
    assert client.post("/desk/faults/assign/", done).status_code == 302
