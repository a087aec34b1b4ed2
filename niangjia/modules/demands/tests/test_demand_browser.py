"""The demand's page in a browser: what axe says, keyboard, drawer; LOOK=folder takes pictures of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from niangjia.modules.demands.tests.ground import in_the_middle, staffed
from niangjia.modules.organisations.testing import small_tree
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, settled, show_as

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = os.environ.get("LOOK", "")


def look(page, name: str, *, full: bool = True) -> None:
    if LOOK:
        page.screenshot(path=str(Path(LOOK) / f"{name}.png"), full_page=full)


@pytest.fixture
def desk():
    return staffed(small_tree())


@pytest.fixture
def row(desk):
    return in_the_middle(desk, now=timezone.now())


def test_the_page_is_accessible_in_all_displays(page, live_server, desk, row) -> None:
    log_in(page, live_server, desk.rights)
    said = complaints(page)
    for display in DISPLAYS:
        show_as(page, live_server, **{"theme": "light", "text": "normal", **display})
        page.goto(f"{live_server.url}/desk/demands/{row.pk}/")
        assert faults(page) == said == []
        look(page, "demand-" + "-".join(display.values() or ["desk"]))


def test_it_fits_a_phone(phone, live_server, desk, row) -> None:
    log_in(phone, live_server, desk.rights)
    phone.goto(f"{live_server.url}/desk/demands/{row.pk}/")
    look(phone, "demand-phone")
    assert faults(phone) == []
    phone.get_by_role("button", name="更多").click()
    look(phone, "demand-phone-menu", full=False)
    assert faults(phone) == []


def test_from_the_list_by_keyboard_alone(page, live_server, desk, row) -> None:
    log_in(page, live_server, desk.rights)
    said = complaints(page)
    page.goto(f"{live_server.url}/desk/demands/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=row.case.title, level=2).wait_for()
    look(page, "drawer", full=False)
    assert faults(page) == []
    page.keyboard.press("n")
    box = page.get_by_role("textbox", name="内部备注")
    expect(box).to_be_focused()
    look(page, "drawer-form", full=False)
    page.get_by_role("button", name="内部备注").click()  # nothing written
    expect(page.locator("#drawer-body [aria-invalid=true]")).to_be_focused()
    page.keyboard.type("周五上午再去一次。")
    page.get_by_role("button", name="内部备注").click()
    page.locator("#drawer-body .timeline").get_by_text("周五上午再去一次。").wait_for()
    page.get_by_role("button", name="更多").click()
    look(page, "drawer-menu", full=False)
    assert [one for one in said if "422" not in one] == []


def test_the_drawer_offers_the_rest_in_a_menu(page, live_server, desk, row) -> None:
    log_in(page, live_server, desk.rights)
    page.goto(f"{live_server.url}/desk/demands/{row.pk}/")
    page.get_by_role("button", name="更多").click()
    look(page, "demand-menu", full=False)
    page.get_by_role("link", name="暂停计时").click()
    page.get_by_label("为什么暂停").select_option("OUTSIDE")
    look(page, "demand-form", full=False)
    page.get_by_role("button", name="暂停计时").click()
    page.get_by_text("计时已暂停").wait_for()
    settled(page)
    page.get_by_role("link", name="期限怎么算的").click()
    page.get_by_role("heading", name="期限怎么算的").wait_for()
    look(page, "explanation", full=False)


def test_somebody_is_found_with_what_he_has_in_hand(page, live_server, desk, row) -> None:
    log_in(page, live_server, desk.rights)
    page.goto(f"{live_server.url}/desk/demands/{row.pk}/")
    page.keyboard.press("z")
    field = page.get_by_label("交给谁（可不选）")
    field.wait_for()
    field.fill("陈")
    page.get_by_text("在办 0 件").first.wait_for()
    look(page, "picker", full=False)
    page.keyboard.press("Enter")
    page.get_by_label("转办原因").fill("他更熟悉这家单位。")
    page.get_by_role("button", name="转办").click()
    page.locator(".timeline").get_by_text("陈晓燕").first.wait_for()
