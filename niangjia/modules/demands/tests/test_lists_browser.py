"""Inbox, board, list, supervising and monthly sheet in a browser: axe, keyboard, phone; LOOK=folder takes pictures."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.seed.words import SAYINGS
from niangjia.modules.demands.testing import demand
from niangjia.modules.demands.tests.ground import staffed
from niangjia.modules.organisations.testing import small_tree
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, show_as, until

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = os.environ.get("LOOK", "")
CALM = [one for one in SAYINGS if one.group != "05"]  # an injury would ring, and move the page under the pointer
FIRMS = ("北山纺织厂", "好味餐饮", "南湖港务", "云岭物流")
PAGES = {
    "inbox": "/desk/demands/inbox/mine/", "board": "/desk/demands/board/", "list": "/desk/demands/?all=1",
    "supervising": "/desk/demands/supervising/", "officers": "/desk/demands/supervising/?by=officer",
    "monthly": "/desk/demands/monthly/?by=kind", "empty": "/desk/demands/inbox/tasks/",
}  # fmt: skip


def look(page, name: str) -> None:
    if LOOK:
        page.screenshot(path=str(Path(LOOK) / f"{name}.png"))


@pytest.fixture
def desk():
    made = staffed(small_tree())
    now = timezone.now()
    chair = actor_of(made.chair.pk, now=now)
    for n in range(24):
        saying = CALM[n % len(CALM)]
        words = {"firm": FIRMS[n % 4], "month": str(1 + n % 12), "place": "滨江街道"}
        at = (made.tree.county, made.tree.county, made.tree.south, made.tree.north)[n % 4]
        row = demand(
            at, saying.body.format(**words), actor=chair, now=now - timedelta(hours=2 + n), route=False,
            title=saying.title.format(**words), urgency=(1, 1, 2, 3)[n % 4], is_major=n == 7,
            asker_name=("林小燕", "陈志强", "欧阳秀英", "黄海生")[n % 4], employer_name=words["firm"],
        )  # fmt: skip
        facts = {"due_at": now + timedelta(hours=(-6, 5, 44, 20, 120)[n % 5])}
        if n % 6:
            lead = made.neighbour if at == made.tree.south else made.clerk if n % 4 == 1 else made.chair
            casework.assign_case(row.pk, scope_id=at.pk, user_id=lead.pk, actor=chair, now=now - timedelta(hours=1))
            facts["stage"] = (Stage.ACCEPTED, Stage.IN_HAND, Stage.IN_HAND, Stage.ANSWERED)[n % 4]
        Case.objects.unscoped(reason="pictures").filter(pk=row.pk).update(**facts)
    return made


def test_all_pages_are_accessible(page, live_server, desk) -> None:
    log_in(page, live_server, desk.chair)
    said = complaints(page)
    for name, address in PAGES.items():
        page.goto(live_server.url + address)
        look(page, name)
        assert faults(page) == said == [], name
    for display in DISPLAYS[1:]:
        show_as(page, live_server, **{"theme": "light", "text": "normal", **display})
        for name in ("inbox", "board", "supervising"):
            page.goto(live_server.url + PAGES[name])
            look(page, f"{name}-{'-'.join(display.values())}")
            assert faults(page) == said == [], (name, display)


def test_they_fit_a_phone(phone, live_server, desk) -> None:
    log_in(phone, live_server, desk.chair)
    for name, address in PAGES.items():
        phone.goto(live_server.url + address)
        look(phone, f"{name}-phone")
        assert faults(phone) == [], name


def test_keyboard_alone_goes_through_the_inbox(page, live_server, desk) -> None:
    log_in(page, live_server, desk.chair)
    page.goto(live_server.url + PAGES["inbox"])
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("[data-row][data-current] .row-link").inner_text()
    page.keyboard.press("Enter")
    title = page.locator("#drawer-title")
    expect(title).to_be_focused()
    assert title.inner_text().strip() in first
    look(page, "inbox-drawer")
    page.keyboard.press("j")  # the next one comes into the open drawer
    until(
        page,
        "was => document.querySelector('#drawer-title') && !was.includes(document.querySelector('#drawer-title').innerText.trim())",
        first,
    )
    page.keyboard.press("Escape")
    until(page, "!document.getElementById('drawer').open")
    page.keyboard.press("x")
    page.get_by_role("button", name="受理").first.wait_for()
    look(page, "inbox-picked")
    assert faults(page) == []


def test_many_are_urged_from_the_board_of_the_late(page, live_server, desk) -> None:
    log_in(page, live_server, desk.chair)
    page.goto(f"{live_server.url}/desk/demands/?overdue=1&all=1")
    page.get_by_label("选中本页全部").check()
    page.locator("#bulk").get_by_role("button", name="催办").first.click()
    page.get_by_label("原因").last.fill("请今天办结。")
    look(page, "urge-many")
    page.get_by_role("dialog").get_by_role("button", name="催办").click()
    expect(page.locator("#toasts")).to_contain_text("催办")
    look(page, "urged")
    assert faults(page) == []
