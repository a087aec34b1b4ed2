"""A visit in a basement: no network, the plan changed meanwhile, both versions stand side by side, nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.demands.models import Demand
from niangjia.modules.organisations.models import Employer
from niangjia.modules.organisations.testing import Tree, firm, officer, small_tree
from niangjia.modules.visits import actions
from niangjia.modules.visits.actions.planning import add_planned, move_planned
from niangjia.modules.visits.models import PlannedVisit, Visit
from niangjia.modules.visits.rules import PlanState
from niangjia.ui.testing import complaints, faults, log_in
from tests.browsers import desk_window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
OURS = {"reason": "the test's own world"}
PAGE = "/desk/visits/field/"
SAID = "地下车间通风机坏了两周，夏天闷得慌，反映过没人修。"
# A photo as a phone takes it: 4000 pixels wide, drawn in the page since none is kept here.
PHOTO = """
async ({name, wide}) => {
  const canvas = new OffscreenCanvas(wide, wide * 3 / 4);
  const ink = canvas.getContext("2d");
  ink.fillStyle = `hsl(${name.length * 40} 60% 50%)`;
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.fillStyle = "#fff";
  for (let n = 0; n < 60; n++) ink.fillRect((n * 97) % wide, (n * 61) % canvas.height, 40, 20);
  const blob = await canvas.convertToBlob({type: "image/jpeg", quality: 0.9});
  const kept = new DataTransfer();
  kept.items.add(new File([blob], name, {type: "image/jpeg"}));
  const input = document.querySelector("input[type=file]");
  input.files = kept.files;
  input.dispatchEvent(new Event("change", {bubbles: true}));
}
"""


@dataclass
class Field:
    """A county, an officer on post with one visit planned today, and the leader who may change it."""

    tree: Tree
    employer: Employer
    other: Employer
    user: User
    leader: User
    planned: PlannedVisit


@pytest.fixture
def field(transactional_db: None) -> Field:
    tree, now = small_tree(), timezone.now()
    leader, user = officer("CHAIR", tree.county, "郑主席"), officer("LIAISON_OFFICER", tree.county, "林驻联")
    leading = actor_of(leader.pk, now=now)
    actions.add_posting(
        scope_id=tree.county.pk, user_id=user.pk, from_on=timezone.localdate() - timedelta(days=60),
        township_ids=[tree.north.pk], actor=leading, now=now,
    )  # fmt: skip
    employer, other = (firm(name, tree.north.division_id) for name in ("北山地下冷库", "北山纺织厂"))
    planned = add_planned(
        user_id=user.pk, employer_id=employer.pk, on=timezone.localdate(), is_morning=True, note="看看通风",
        actor=leading, now=now,
    )  # fmt: skip
    return Field(tree, employer, other, user, leader, planned)


@dataclass
class Phone:
    page: Page
    window: BrowserContext
    url: str

    def open(self) -> None:
        self.page.goto(self.url + PAGE)
        expect(self.bar).to_be_visible()

    def is_kept(self) -> None:
        """The service worker has the page."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function(
            "async page => Boolean(await caches.match(page))", arg=PAGE
        )

    @property
    def bar(self) -> Any:
        return self.page.locator("[data-bar]")

    def tap(self, name: str, **more: Any) -> None:
        self.page.get_by_role("button", name=name, **more).first.click()

    def photograph(self, name: str, wide: int = 4000) -> None:
        before = self.page.locator("[data-photo]").count()
        self.page.evaluate(PHOTO, {"name": name, "wide": wide})
        expect(self.page.locator("[data-photo]")).to_have_count(before + 1)

    def take(self, name: str) -> None:
        if PICTURES:
            self.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def phone(field: Field, live_server: LiveServer, browser: Browser) -> Iterator[Phone]:
    with desk_window(browser, **PHONE) as window:
        window.grant_permissions(["geolocation"], origin=live_server.url)
        window.set_geolocation({"latitude": 29.5, "longitude": 106.5, "accuracy": 18})
        page = window.new_page()
        log_in(page, live_server, field.user)
        said = complaints(page)
        yield Phone(page, window, live_server.url)
        allowed = ("Failed to load resource", "ERR_INTERNET_DISCONNECTED", "Failed to fetch")
        assert [line for line in said if not any(word in line for word in allowed)] == []


def test_a_visit_in_a_basement(phone: Phone, field: Field) -> None:
    page = phone.page
    phone.open()
    expect(page.get_by_role("button", name="北山地下冷库")).to_be_visible()
    phone.is_kept()
    assert faults(page) == []
    phone.take("field-list")

    phone.window.set_offline(True)
    phone.tap("北山地下冷库")
    expect(phone.bar).to_contain_text("没网")
    phone.tap("到达", exact=True)
    expect(page.get_by_text("已取到定位")).to_be_visible()
    page.get_by_role("group", name="用工规范").get_by_role("button", name="差", exact=True).click()
    page.get_by_label("用工规范的一句话").fill("通风差")
    phone.tap("记一位")
    page.get_by_label("姓名", exact=True).fill("何班长")
    page.get_by_label("职务或岗位").fill("冷库班长")
    page.get_by_label("现有职工多少人").fill("46")
    for option in ("未建会", "正常", "按时"):
        phone.tap(option, exact=True)
    phone.tap("记一条")
    page.get_by_label("第 1 条发现").fill(SAID)
    phone.tap("转为诉求")
    page.get_by_label("涉及多少人").fill("12")
    phone.tap("匿名")
    phone.photograph("风机.jpg")
    page.get_by_label("小结").fill("下周回看风机。")
    assert faults(page) == []
    phone.take("field-visit")

    page.reload()  # from the service worker: still without a network
    expect(page.get_by_label("小结")).to_have_value("下周回看风机。")
    expect(page.get_by_label("第 1 条发现")).to_have_value(SAID)
    expect(page.locator("[data-photo]")).to_have_count(1)
    phone.tap("交上去")
    expect(phone.bar).to_contain_text("1 份等着发送")
    assert not Visit.objects.unscoped(**OURS).exists()

    now = timezone.now()
    move_planned(
        field.planned.pk, version=field.planned.version, on=timezone.localdate() + timedelta(days=1), is_morning=False,
        note="改到明天，同消防一起去", actor=actor_of(field.leader.pk, now=now), now=now,
    )  # fmt: skip

    phone.window.set_offline(False)
    both = page.locator("[data-subject=planned]")
    phone.tap("北山地下冷库")
    expect(both).to_contain_text("已到现场走访")
    expect(both).to_contain_text("改到明天，同消防一起去")
    assert faults(page) == []
    phone.take("field-choose")
    both.get_by_role("button", name="用我的").click()
    phone.tap("就这样交")
    expect(page.locator("[data-sent]")).to_contain_text("北山地下冷库")

    visit = Visit.objects.unscoped(**OURS).get()
    assert (visit.employer, visit.user, visit.planned) == (field.employer, field.user, field.planned)
    assert visit.summary == "下周回看风机。"
    assert visit.chosen_over["planned"]["aside"]["说明"] == "改到明天，同消防一起去"
    assert visit.latitude == pytest.approx(29.5)
    stored = StoredFile.objects.get(pk=visit.photos.get().file_id)
    assert stored.kind == "image/jpeg" and stored.expires_at is None
    finding = visit.findings.get()
    assert (finding.text, finding.people) == (SAID, 12)
    demand = Demand.objects.unscoped(**OURS).get(pk=finding.case_id)
    assert demand.body == SAID
    field.planned.refresh_from_db()
    assert field.planned.state == PlanState.DONE
    left = page.evaluate("""async () => {
        const db = await new Promise(done => { const r = indexedDB.open("niangjia-outbox"); r.onsuccess = () => done(r.result); });
        const all = name => new Promise(done => { const r = db.transaction(name).objectStore(name).getAll(); r.onsuccess = () => done(r.result); });
        return [(await all("drafts")).map(row => "content" in row), (await all("photos")).length];
    }""")
    assert left == [[False], 0], "what was delivered stays on the phone as a line only"
