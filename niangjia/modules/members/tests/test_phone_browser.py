"""The phone face in a browser of 360 × 740: both colours, both sizes of text, and without a network."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

import niangjia.ui
from niangjia.modules.members.actions.applying import ApplicationFacts, submit_application
from niangjia.modules.members.actions.consents import give_consents
from niangjia.modules.members.actions.deciding import return_application
from niangjia.modules.members.actions.joining_codes import add_joining_code, retire_joining_code
from niangjia.modules.members.actions.requests import ask, prove_membership
from niangjia.modules.members.privacy import Purpose
from niangjia.modules.members.rules import Ground, RequestKind
from niangjia.modules.members.testing import identity_number, member, worker
from niangjia.modules.organisations.testing import OrganisationKind, acting_as, found_union, officer, small_tree
from niangjia.ui.testing import complaints, faults_in_any_display, log_in, until
from tests.browsers import desk_window

PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
DIST = Path(niangjia.ui.__file__).parent / "static" / "dist"
MOST_BYTES = 60_000
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def window(browser):
    with desk_window(browser, **PHONE) as context:
        yield context.new_page()


def look(page, server, addresses):
    """No fault on any of the pages, nor anything said in the console but for what isn't there."""
    said, wrong = complaints(page), []
    for place, address in enumerate(addresses):
        page.goto(server.url + address)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{len(addresses)}-{place:02}.png", full_page=True)
        wrong += [f"{address}: {fault}" for fault in faults_in_any_display(page)]
    return wrong + [line for line in said if "404" not in line and "403" not in line]


def test_a_visitor_reads_every_page(transactional_db, live_server, window):
    tree, now = small_tree(), timezone.now()
    from niangjia.kernel.access.queries import actor_of

    actor = actor_of(officer("ORGANISER", tree.county).pk, now=now)
    code = add_joining_code(tree.mill.pk, spot="东门驿站", actor=actor, now=now)
    gone = add_joining_code(tree.harbour.pk, spot="西门驿站", actor=actor, now=now)
    retire_joining_code(gone.pk, actor=actor, now=now)
    addresses = [
        "/", "/join/", f"/join/{code.token}/", f"/join/{gone.token}/", "/join/nosuchcode/", "/join/consent/",
        "/phone/log-in/", "/phone/mine/", "/phone/offline/", "/phone/nothing-there/",
    ]  # fmt: skip
    assert look(window, live_server, addresses) == []


def test_a_member_reads_every_page(transactional_db, live_server, window):
    tree, now, user = small_tree(), timezone.now(), worker()
    membership = member(tree.mill, "阿依古丽·买买提", phone=user.phone)
    prove_membership(user.pk, name="阿依古丽·买买提", tail=membership.person.document_number[-6:], now=now)
    give_consents(user.pk, Purpose, now=now)
    ask(user.pk, RequestKind.CORRECTION, note="学历应该是大学本科，毕业证可以带来看。", now=now)
    ask(user.pk, RequestKind.KEEP, now=now)
    log_in(window, live_server, user)
    addresses = [
        "/", "/phone/mine/", "/phone/messages/", "/phone/union/", "/phone/requests/", "/phone/requests/LEAVE/",
        "/phone/requests/CORRECTION/", "/phone/requests/TRANSFER/", "/phone/data/", "/phone/consents/", "/desk/", "/phone/application/",
    ]  # fmt: skip
    assert look(window, live_server, addresses) == []


def test_somebody_who_joins_reads_every_page(transactional_db, live_server, window):
    tree, now, user = small_tree(), timezone.now(), worker()
    for name in ("东山村", "西山村", "北山镇区域性", "长岭村", "石桥村"):
        found_union(tree.north, f"北山镇{name}工会联合会", OrganisationKind.VILLAGE_JOINT_UNION)
    give_consents(user.pk, Purpose, now=now)
    log_in(window, live_server, user)
    assert look(window, live_server, ["/join/apply/", "/phone/application/", "/phone/union/"]) == []
    window.goto(live_server.url + "/join/apply/")
    window.get_by_role("button", name="下一步").click()
    assert window.get_by_label("姓名").evaluate("one => one.validity.valueMissing")
    window.get_by_label("姓名").fill("马小骑")
    window.get_by_label("证件号码").fill("123")
    window.get_by_role("button", name="下一步").click()
    expect(window.get_by_text("请填写在哪里工作")).to_be_visible()
    assert faults_in_any_display(window) == []
    window.get_by_label("证件号码").fill(identity_number())
    window.get_by_label("用人单位").fill("没有登记的公司")
    window.get_by_label("工作或居住的镇街").select_option(label="北山镇")
    window.get_by_role("button", name="下一步").click()
    expect(window.get_by_role("heading", name="推荐您加入的工会")).to_be_visible()
    window.get_by_text("附近其他 1 个工会").click()
    assert faults_in_any_display(window) == []
    window.get_by_role("button", name="返回修改").click()
    expect(window.get_by_label("用人单位")).to_have_value("没有登记的公司")
    facts = ApplicationFacts("马小骑", identity_number(), employer_text="东门站点")
    row = submit_application(user.pk, facts, union_id=tree.mill.pk, ground=Ground.POSTER, code=None, now=now)
    return_application(row.pk, reason="请写明站点", actor=acting_as("CHAIR", tree.county), now=now)
    assert look(window, live_server, ["/phone/application/", "/"]) == []


def test_names_of_employers_are_completed(transactional_db, live_server, window):
    from niangjia.modules.organisations.actions.employers import add_employer

    tree, user = small_tree(), worker()
    chair = acting_as("CHAIR", tree.county)
    for name in ("好味餐饮管理公司", "好味食品公司"):
        add_employer(name=name, division="530999101", headcount=30, actor=chair, now=timezone.now())
    give_consents(user.pk, Purpose, now=timezone.now())
    log_in(window, live_server, user)
    window.goto(live_server.url + "/join/apply/")
    field = window.get_by_role("combobox", name="用人单位")
    field.press_sequentially("好味")
    expect(window.locator(".suggestions > button")).to_have_count(2)
    assert faults_in_any_display(window) == []
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("好味食品公司")
    expect(window.locator(".suggestions > button")).to_have_count(0)


def test_big_text_and_dark_hold_from_page_to_page(live_server, window):
    window.goto(live_server.url + "/")
    window.get_by_role("button", name="大字").click()
    window.goto(live_server.url + "/phone/mine/")
    assert window.locator("html").get_attribute("data-large") is not None
    window.get_by_role("button", name="深色").click()
    window.goto(live_server.url + "/join/")
    assert window.locator("html").get_attribute("data-theme") == "union-dark"


def test_without_a_network_it_says_so(live_server, window):
    window.goto(live_server.url + "/")
    window.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(window, "navigator.serviceWorker.controller !== null")
    window.context.set_offline(True)
    window.goto(live_server.url + "/phone/mine/")
    expect(window.get_by_role("heading", level=1)).to_have_text("现在没有网络")
    kept = window.evaluate("""async () => {
        const store = await caches.open((await caches.keys())[0]);
        return (await store.keys()).map((one) => new URL(one.url).pathname);
    }""")
    assert "/phone/offline/" in kept
    assert all(path.startswith("/static/") or path == "/phone/offline/" for path in kept)


def test_it_can_be_installed(live_server, window):
    window.goto(live_server.url + "/")
    said = window.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())")
    assert (said["display"], said["start_url"], said["lang"]) == ("standalone", "/", "zh-CN")
    for icon in said["icons"]:
        assert window.request.get(live_server.url + icon["src"]).headers["content-type"] == "image/png"


def test_the_bundles_are_light():
    assert sum(len(gzip.compress((DIST / name).read_bytes())) for name in ("phone.css", "phone.js")) < MOST_BYTES / 2
