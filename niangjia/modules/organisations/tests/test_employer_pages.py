"""The pages of employers, blank spots and zones over HTTP: they act, they cost the same for few and many, neighbours see nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.modules.organisations.actions import employers as acts
from niangjia.modules.organisations.actions import zones as zone_acts
from niangjia.modules.organisations.models import Employer, OrganisingAttempt, ZoneEmployer, ZoneStaff
from niangjia.modules.organisations.rules import Attempt
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
NORTH, SOUTH = "530999101", "530999002"
DRAWER = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "drawer-body"}


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def as_job(client):
    def log_in(job, at):
        client.force_login(officer(job, at), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


@pytest.fixture
def today():
    return timezone.localdate()


def page(name, *args):
    return reverse(f"organisations:{name}", args=args)


def text_of(response) -> str:
    return response.content.decode()


def firm(tree, name="北山水泥厂", **facts):
    facts = {"division": NORTH, "headcount": 60} | facts
    return acts.add_employer(name=name, actor=acting_as("CLERK", tree.county), now=timezone.now(), **facts)


def tried(row, tree, today, next_in=3):
    acts.record_attempt(
        row.pk, outcome=Attempt.WAITING, on=today - timedelta(days=9), next_on=today + timedelta(days=next_in),
        actor=acting_as("CLERK", tree.county), now=timezone.now(),
    )  # fmt: skip


def zone_of(tree, name="第一片区"):
    return zone_acts.add_zone(
        organisation_id=tree.north.pk, name=name, actor=acting_as("CLERK", tree.north), now=timezone.now()
    )


FORM = {
    "name": "北山机械厂", "division": NORTH, "headcount": "80", "women": "20", "new_form_workers": "0",
    "credit_code": "", "address": "", "industry": "C", "nature": "PRIVATE", "counted_on": "",
}  # fmt: skip


def test_registering_and_correcting(tree, as_job):
    client = as_job("CLERK", tree.north)
    assert client.get(page("employer_add")).status_code == 200
    wrong = client.post(page("employer_add"), FORM | {"women": "81"})
    assert wrong.status_code == 422
    assert "多于职工总数" in text_of(wrong)
    made = client.post(page("employer_add"), FORM)
    row = Employer.objects.unscoped(reason="test").get()
    assert made.headers["Location"] == page("employer", row.pk)
    assert "北山机械厂" in text_of(client.get(page("employer", row.pk)))
    assert client.get(page("employer_edit", row.pk)).status_code == 200
    assert client.post(page("employer_edit", row.pk), FORM | {"headcount": "90"}).status_code == 302
    shown = text_of(client.get(page("employer", row.pk)))
    assert "职工人数：80 → 90" in shown
    assert (
        client.post(page("employer_close", row.pk), {"on": timezone.localdate(), "reason": "迁走"}).status_code == 302
    )
    assert "已注销" in text_of(client.get(page("employer", row.pk)))
    assert "北山机械厂" not in text_of(client.get(page("employer_list")))
    assert "北山机械厂" in text_of(client.get(page("employer_list") + "?closed=1"))
    assert client.post(page("employer_reopen", row.pk), {"reason": "弄错了"}).status_code == 302


def test_linking_and_unlinking_in_the_drawer(tree, as_job, today):
    client, row = as_job("CLERK", tree.north), firm(tree)
    offered = text_of(client.get(page("employer_union_options"), {"q": "北山"}))
    assert "北山纺织厂工会" in offered
    assert 'data-text="北山镇总工会"' not in offered
    facts = {"organisation": tree.mill.pk, "from_on": today}
    answer = client.post(page("employer_link", row.pk), facts, **DRAWER)
    assert answer.headers["HX-Trigger"] == "list-changed"
    assert "已单独建会" in text_of(answer)
    again = client.post(page("employer_link", row.pk), facts, **DRAWER)
    assert again.status_code == 422
    assert "不需要再关联" in text_of(again)
    link = row.unions.get()
    assert client.post(page("employer_unlink", link.pk), {"reason": ""}, **DRAWER).status_code == 200
    row.refresh_from_db()
    assert row.union_state == "NONE"


def test_a_firms_officer_who_lets_go_of_the_employer_comes_back_to_the_list(tree, as_job, today):
    row = firm(tree)
    link = acts.link_employer_to_union(
        row.pk, organisation_id=tree.mill.pk, from_on=today, actor=acting_as("CLERK", tree.north), now=timezone.now()
    )
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    assert client.post(page("employer_unlink", link.pk)).headers["Location"] == page("employer_list")


def test_recording_what_was_tried_from_the_drawer(tree, as_job, today):
    client, row = as_job("ORGANISER", tree.north), firm(tree)
    assert "还没有联系过" in text_of(client.get(page("blank_spot_list")))
    assert text_of(client.get(page("employer_attempt", row.pk), **DRAWER)).count("<form") == 1
    facts = {"outcome": "AGREED", "on": today, "next_on": "", "note": "老板愿意"}
    wrong = client.post(page("employer_attempt", row.pk), facts, **DRAWER)
    assert (wrong.status_code, "下次跟进的日期" in text_of(wrong)) == (422, True)
    done = client.post(page("employer_attempt", row.pk), facts | {"next_on": today + timedelta(days=2)}, **DRAWER)
    assert "老板愿意" in text_of(done)
    assert OrganisingAttempt.objects.unscoped(reason="test").count() == 1
    assert "企业已同意" in text_of(client.get(page("blank_spot_list")))
    assert "北山水泥厂" not in text_of(client.get(page("blank_spot_list") + "?never=1"))
    assert "北山水泥厂" in text_of(client.get(page("blank_spot_list") + "?due=1"))
    assert "空白点该跟进了" in text_of(client.get("/desk/"))
    table = text_of(client.get(page("blank_spot_table")))
    assert f"?place={NORTH}&amp;size=3" in table


def test_searching_and_sorting(tree, as_job):
    client = as_job("CLERK", tree.county)
    for number, heads in enumerate((5, 30, 9, 1000)):
        firm(tree, f"北山第{number}针织厂", headcount=heads)
    firm(tree, "南湖造船厂", division=SOUTH)
    listed = text_of(client.get(page("employer_list"), {"q": "针织", "sort": "heads"}))
    assert [listed.index(f"第{number}针织") for number in (3, 1, 2, 0)] == sorted(
        listed.index(f"第{number}针织") for number in range(4)
    )
    assert "南湖造船厂" not in listed
    assert "至少输入两个字" in text_of(client.get(page("employer_list"), {"q": "针"}))
    assert "没有符合条件" in text_of(client.get(page("employer_list"), {"q": "不存在的"}))
    narrowed = text_of(client.get(page("employer_list"), {"place": SOUTH, "size": "3"}))
    assert "南湖造船厂" in narrowed
    assert "针织厂" not in narrowed


def test_an_organisations_tab_lists_its_own(tree, as_job, today):
    client, row = as_job("CHAIR", tree.county), firm(tree)
    firm(tree, "南湖造船厂", division=SOUTH)
    shown = text_of(client.get(page("employer_tab", tree.north.pk)))
    assert "北山水泥厂" in shown
    assert "南湖造船厂" not in shown
    assert "共 0 条" in text_of(client.get(page("employer_tab", tree.mill.pk)))
    acts.link_employer_to_union(
        row.pk, organisation_id=tree.mill.pk, from_on=today, actor=acting_as("CLERK", tree.north), now=timezone.now()
    )
    assert "共 1 条" in text_of(client.get(page("employer_tab", tree.mill.pk)))
    assert as_job("CHAIR", tree.south).get(page("employer_tab", tree.north.pk)).status_code == 404


def test_a_zone_from_its_founding_to_its_end(tree, as_job, today):
    client, rows = as_job("CLERK", tree.north), [firm(tree, f"北山第{number}厂") for number in range(2)]
    outside = firm(tree, "南湖造船厂", division=SOUTH)
    worker = officer("ZONE_WORKER", tree.north, "吴敏")
    made = client.post(page("zone_add"), {"organisation": tree.north.pk, "name": "第一片区", "bounds": "河东"})
    zone = tree.north.zones.get()
    assert made.headers["Location"] == page("zone", zone.pk)
    assert "吴敏" in text_of(client.get(page("zone_officer_options", zone.pk), {"q": "吴"}))
    assert client.get(page("zone_staff_add", zone.pk)).status_code == 200
    assert client.post(page("zone_staff_add", zone.pk), {"user": worker.pk, "from_on": today}).status_code == 302
    chosen = {"row": [row.pk for row in (*rows, outside)]}
    asked = text_of(client.post(page("zone_employers_add"), chosen))
    assert asked.count('name="row"') == 3
    client.post(page("zone_employers_add"), chosen | {"zone": zone.pk, "from_on": today})
    assert ZoneEmployer.objects.unscoped(reason="test").count() == 2
    shown = text_of(client.get(page("zone", zone.pk)))
    assert "吴敏" in shown
    assert "北山第1厂" in shown
    assert "单位分入片区" in shown
    assert "第一片区" in text_of(client.get(page("employer", rows[0].pk)))
    assert "北山第1厂" in text_of(client.get(page("employer_list"), {"zone": zone.pk}))
    assert client.post(page("zone_employer_release", zone.pk, rows[1].pk)).status_code == 302
    staff = ZoneStaff.objects.unscoped(reason="test").get()
    assert client.post(page("zone_staff_end", staff.pk)).status_code == 302
    assert client.post(page("zone_edit", zone.pk), {"name": "河东片区", "bounds": ""}).status_code == 302
    assert "河东片区" in text_of(client.get(page("zone_list")))
    assert client.post(page("zone_close", zone.pk), {"on": today, "reason": "并片"}).status_code == 302
    client.get(page("zone_list"))  # the toast names it once
    assert "河东片区" not in text_of(client.get(page("zone_list")))
    assert client.get(page("zone_staff_add", zone.pk)).status_code == 200


def test_who_answers_for_no_ground_is_sent_to_the_township(tree, as_job):
    client = as_job("ENTERPRISE_CLERK", tree.mill)
    assert "登记单位" not in text_of(client.get(page("employer_list"))).split("<main")[1].split('class="panel')[0]
    assert "请联系所在镇街总工会" in text_of(client.get(page("employer_add")))
    assert client.post(page("employer_add"), FORM).status_code == 422


def test_choosing_nothing_is_said(tree, as_job):
    answer = as_job("CLERK", tree.north).post(page("zone_employers_add"))
    assert answer.headers["Location"] == page("employer_list")


# --- neighbours ---


def test_neighbours_see_nothing_anywhere(tree, as_job, today):
    row, zone = firm(tree), zone_of(tree)
    tried(row, tree, today)
    staff = zone_acts.assign_zone_staff(
        zone.pk, user_id=officer("ZONE_WORKER", tree.north, "吴敏").pk, from_on=today,
        actor=acting_as("CLERK", tree.north), now=timezone.now(),
    )  # fmt: skip
    link = acts.link_employer_to_union(
        firm(tree, "北山有工会的厂").pk, organisation_id=tree.mill.pk, from_on=today,
        actor=acting_as("CLERK", tree.north), now=timezone.now(),
    )  # fmt: skip
    for job, at in (("CHAIR", tree.south), ("ENTERPRISE_CLERK", tree.harbour)):
        client = as_job(job, at)
        for name in ("employer_list", "blank_spot_list", "zone_list"):
            listed = text_of(client.get(page(name)))
            assert "北山" not in listed
            assert "第一片区" not in listed
            assert "共 0 条" in listed
        assert "北山" not in text_of(client.get(page("employer_list"), {"q": "水泥", "zone": zone.pk, "place": NORTH}))
        assert "北山" not in text_of(client.get(page("employer_options"), {"q": "水泥"}))
        assert "北山" not in text_of(client.get(page("employer_union_options"), {"q": "北山"}))
        assert "北山" not in text_of(client.get(page("blank_spot_table")))
        assert "北山" not in text_of(client.get("/desk/search/", {"q": "水泥"}))
        assert "该跟进" not in text_of(client.get("/desk/"))
        for name in ("employer", "employer_edit", "employer_close", "employer_link", "employer_attempt"):
            assert client.get(page(name, row.pk), **DRAWER).status_code == 404
        for name in ("employer_edit", "employer_close", "employer_link", "employer_attempt", "employer_reopen"):
            assert client.post(page(name, row.pk), FORM).status_code == 404
        assert client.post(page("employer_unlink", link.pk)).status_code == 404
        assert client.get(page("zone", zone.pk)).status_code == 404
    client = as_job("CHAIR", tree.south)
    for name in ("zone_edit", "zone_close", "zone_staff_add", "zone_officer_options"):
        assert client.get(page(name, zone.pk)).status_code == 404
    assert client.post(page("zone_staff_end", staff.pk)).status_code == 404
    assert client.post(page("zone_employer_release", zone.pk, row.pk)).status_code == 404
    answer = client.post(page("zone_employers_add"), {"row": row.pk, "zone": zone.pk, "from_on": today})
    assert answer.status_code == 422  # not among the choices
    assert not ZoneEmployer.objects.unscoped(reason="test").exists()


def test_who_may_only_look_is_shown_no_buttons_and_refused(tree, as_job):
    row, zone = firm(tree), zone_of(tree)
    client = as_job("AUDITOR", tree.county)
    assert "记录组建工作" not in text_of(client.get(page("employer", row.pk)))
    assert "安排工作者" not in text_of(client.get(page("zone", zone.pk)))
    for name in ("employer_edit", "employer_close", "employer_link", "employer_attempt"):
        assert client.get(page(name, row.pk)).status_code == 403
    for name in ("zone_edit", "zone_close", "zone_staff_add"):
        assert client.get(page(name, zone.pk)).status_code == 403
    assert client.get(page("employer_add")).status_code == 403
    client = as_job("LAWYER", tree.county)
    for name in ("employer_list", "blank_spot_list", "blank_spot_table", "zone_list", "employer_options"):
        assert client.get(page(name)).status_code == 403


# --- cost ---


def test_lists_cost_the_same_for_three_rows_and_thirty(tree, as_job, today):
    client = as_job("CLERK", tree.county)
    for number in range(3):
        tried(firm(tree, f"北山第{number}厂"), tree, today)
        zone_of(tree, f"第{number}片区")
    addresses = [page("employer_list"), page("blank_spot_list"), page("zone_list"), page("blank_spot_table")]
    few = [cost(client, address) for address in addresses]
    for number in range(3, 30):
        tried(firm(tree, f"北山第{number}厂"), tree, today)
        zone_of(tree, f"第{number}片区")
    assert [cost(client, address) for address in addresses] == few
    assert max(few) <= 28


def cost(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as kept:
        assert client.get(address).status_code == 200
    return len(kept)
