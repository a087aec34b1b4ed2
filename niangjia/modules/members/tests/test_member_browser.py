"""The register's pages in Chromium: no fault of access, no overflow, no complaint; and what a hand does there."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.members.actions import change_membership, edit_person
from niangjia.modules.members.models import DeliverySite, Membership, Platform
from niangjia.modules.members.rules import Change
from niangjia.modules.members.testing import identity_number, member
from niangjia.modules.organisations.testing import acting_as, officer, small_tree
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, settled, show_as, when_ready

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def addresses(tree):
    chair, now = acting_as("CHAIR", tree.county), timezone.now()
    made = member(tree.mill, "欧阳明珠", categories=[2, 6], native_place="福建省")
    gone = member(tree.harbour, "单小燕")
    Platform.objects.create(name="小灶外卖")
    DeliverySite.objects.create(name="高桥站")
    edit_person(made.person_id, changes={"education": "20"}, actor=chair, now=now, reason="本人要求")
    change_membership(made.pk, change=Change.KEPT, on=timezone.localdate(), actor=chair, now=now, reason="退休")
    change_membership(gone.pk, change=Change.DIED, on=timezone.localdate(), actor=chair, now=now)
    return [
        "/desk/", "/desk/members/", "/desk/members/?q=1", "/desk/members/?q=没有这个人", "/desk/members/?status=all&print=1",
        "/desk/members/add/", f"/desk/members/{made.person_id}/", f"/desk/members/{gone.person_id}/",
        f"/desk/members/{made.person_id}/edit/", f"/desk/members/{made.person_id}/rename/",
        f"/desk/members/{made.person_id}/document/", f"/desk/memberships/{made.pk}/edit/",
        f"/desk/memberships/{made.pk}/change/", f"/desk/memberships/{made.pk}/transfer/",
        f"/desk/organisations/{tree.mill.pk}/members/", "/desk/work-places/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("window", "displays"),
    [("page", DISPLAYS[:2]), ("phone", DISPLAYS[2:])],
    ids=["desk, both themes", "phone, both themes in big text"],
)
def test_every_page_in_every_display(addresses, live_server, request, window, displays):
    page, tree = request.getfixturevalue(window), request.getfixturevalue("tree")
    log_in(page, live_server, officer("CHAIR", tree.county, name="陈国强"))
    said, found = complaints(page), {}
    for display in displays:
        show_as(page, live_server, **({"theme": "light", "text": "normal"} | display))
        for url in addresses:
            page.goto(live_server.url + url)
            wrong = faults(page)
            if wrong:
                found[(url, *display.values())] = wrong
    assert not found
    assert said == []


def test_admitting_looking_and_transferring_by_hand(tree, live_server, page):
    """The number is read while it is typed; a look asks why; the drawer changes the list behind it."""
    log_in(page, live_server, officer("CHAIR", tree.county, name="陈国强"))
    said = complaints(page)
    page.goto(live_server.url + "/desk/members/add/")
    page.get_by_label("证件号码").fill(identity_number(date(1988, 2, 9), woman=True))
    page.get_by_text("1988年2月9日出生").wait_for()
    page.get_by_label("姓名").fill("曾小明")
    page.get_by_label("手机").fill("12400002013")
    page.get_by_label("所在工会").fill("北山纺织")
    page.get_by_role("option", name="北山纺织厂工会").click()
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("heading", name="曾小明").wait_for()

    when_ready(page.get_by_role("button", name="查看完整手机")).click()
    page.locator("dialog[open]").get_by_label("查看原因").fill("电话核实困难情况")
    page.locator("dialog[open]").get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("12400002013").wait_for()
    assert AuditEntry.objects.get(verb="members.person.revealed").reason == "电话核实困难情况"

    page.goto(live_server.url + "/desk/members/")
    page.get_by_role("link", name="曾小明").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_role("link", name="转接会籍").click()
    drawer.get_by_label("转入工会").fill("南湖港务")
    drawer.get_by_role("option", name="南湖港务公司工会").click()
    drawer.get_by_role("button", name="转接", exact=True).click()
    drawer.get_by_text("会籍转入").wait_for()
    page.locator("#list").get_by_text("南湖港务公司工会").wait_for()
    rows = Membership.objects.unscoped(reason="a test looks at everything")
    assert rows.get(status=1).scope_id == tree.harbour.pk
    assert said == []


def test_walking_through_the_hits_outlives_a_later_answer(tree, live_server, page):
    """The last letter and the arrow come faster than the line answers."""
    for name in ("曾小明", "曾小红"):
        member(tree.mill, name)
    log_in(page, live_server, officer("CHAIR", tree.county))
    page.goto(live_server.url + "/desk/")
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("曾小")
    hits = page.locator("[data-hit]")
    expect(hits).to_have_count(2)
    page.keyboard.insert_text("明")
    page.keyboard.press("ArrowDown")
    expect(hits).to_have_count(1)
    expect(hits).to_be_focused()


@pytest.mark.parametrize("is_writing", [False, True])
def test_a_change_in_the_drawer_shows_on_the_page_behind_it(tree, live_server, page, is_writing):
    """The member's own page is drawn anew, but not under somebody who writes on it."""
    one = member(tree.mill, "曾小明")
    log_in(page, live_server, officer("CHAIR", tree.county))
    said = complaints(page)
    page.goto(live_server.url + f"/desk/members/{one.pk}/")
    behind, drawer = page.locator("#main"), page.locator("#drawer")
    if is_writing:
        page.evaluate(
            "document.getElementById('main').insertAdjacentHTML('beforeend', '<textarea id=mine></textarea>')"
        )
        behind.locator("#mine").fill("写到一半")
    transfer = behind.get_by_role("link", name="转接会籍")
    transfer.click()
    drawer.get_by_label("转入工会").fill("南湖港务")
    drawer.get_by_role("option", name="南湖港务公司工会").click()
    drawer.get_by_role("button", name="转接", exact=True).click()
    drawer.get_by_text("会籍转入").wait_for()
    if is_writing:
        page.get_by_text("您正在填的都在").wait_for()
        assert behind.locator("#mine").input_value() == "写到一半"
        assert behind.get_by_text("南湖港务公司工会").count() == 0
    else:
        behind.get_by_text("南湖港务公司工会").first.wait_for()
        behind.get_by_text("会籍转入").wait_for()
    close(drawer)
    assert page.locator("#main").count() == 1
    assert page.evaluate("document.activeElement.closest('#main') !== null") == is_writing
    assert said == []


def close(drawer):
    """What it held goes, and the focus back, a moment after the press."""
    drawer.get_by_role("button", name="关闭").click()
    expect(drawer.locator("#drawer-body > *")).to_have_count(0)


def test_the_focus_goes_back_to_the_link_of_the_page_drawn_anew(tree, live_server, page):
    one = member(tree.mill, "曾小明")
    log_in(page, live_server, officer("CHAIR", tree.county))
    page.goto(live_server.url + f"/desk/members/{one.pk}/")
    page.get_by_role("link", name="修改资料").click()
    drawer = page.locator("#drawer")
    drawer.get_by_label("籍贯").fill("浙江绍兴")
    drawer.get_by_role("button", name="保存").click()
    page.locator("#main").get_by_text("浙江绍兴", exact=True).wait_for()
    settled(page)
    close(drawer)
    expect(page.get_by_role("link", name="修改资料")).to_be_focused()


def test_many_at_once_by_hand(tree, live_server, page):
    for name in ("曾小明", "单小燕", "欧阳明珠"):
        member(tree.mill, name)
    log_in(page, live_server, officer("CLERK", tree.north))
    page.goto(live_server.url + "/desk/members/")
    page.get_by_label("选中本页全部").check()
    page.get_by_role("button", name="所属群体").click()
    page.locator("dialog[open]").get_by_role("button", name="所属群体").click()
    page.get_by_text("将办理 3 名会员").wait_for()
    page.get_by_role("group", name="加上").get_by_label("快递员").check()
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已办理 3 人").wait_for()
    rows = Membership.objects.unscoped(reason="a test looks at everything")
    assert [list(row.categories) for row in rows] == [[2], [2], [2]]
