"""A visit in a basement: no network, the plan changed meanwhile, both versions stand side by side, nothing is lost."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import Count
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.demands.models import Demand
from niangjia.modules.organisations.actions.employers import edit_employer
from niangjia.modules.organisations.models import Employer
from niangjia.modules.organisations.testing import Tree, firm, officer, small_tree
from niangjia.modules.visits import actions
from niangjia.modules.visits.actions.planning import add_planned, move_planned
from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.models import PlannedVisit, Visit, VisitForm, VisitKind
from niangjia.modules.visits.questions import written
from niangjia.modules.visits.rules import PlanState
from niangjia.ui.testing import PATIENCE_S, complaints, faults, log_in, until
from tests.browsers import desk_window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
OURS = {"reason": "the test's own world"}
PAGE = "/desk/visits/field/"
SAID = "地下车间通风机坏了两周，夏天闷得慌，反映过没人修。"
SUMMARY = "下周回看风机。\n工会近来做了什么：开过一次职工大会"
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


# The visit arrives, its answer does not, and then nothing does.
LOST = """
const real = window.fetch;
let lost = false;
window.fetch = async (...asked) => {
  const answer = lost || await real(...asked);
  lost ||= asked[1]?.method === "POST";
  if (lost) throw new TypeError("lost");
  return answer;
};
void 0;
"""
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(200)
NO_ROOM = """
window.put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
void 0;
"""
LOOK = """
(async () => {
  const db = await new Promise(done => { const asked = indexedDB.open("niangjia-outbox"); asked.onsuccess = () => done(asked.result); });
  const all = name => new Promise(done => { const asked = db.transaction(name).objectStore(name).getAll(); asked.onsuccess = () => done(asked.result); });
  return WANTED;
})()
"""
# The page's clock.
A_DAY_AHEAD = """
const Right = Date;
window.Date = class extends Right {
  constructor(...said) { said.length ? super(...said) : super(Right.now() + 86_400_000); }
  static now() { return Right.now() + 86_400_000; }
};
"""
# The test says when the browser works in the background.
NO_SYNC = 'Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", {value: undefined});'
# As sixty visits would be written by hand: through the outbox of the page, each with a photo.
WRITE = """
async employers => {
  const page = document.querySelector("[x-data=field]")._x_dataStack[0];
  const canvas = new OffscreenCanvas(1200, 900);
  const ink = canvas.getContext("2d");
  for (const [n, employer] of employers.entries()) {
    const content = {
      employer_id: employer, employer_mark: "", kind: "daily", form_number: 0, arrived_at: new Date(Date.now() - 3_600_000).toISOString(),
      answers: {union_state: "未建会", orders: "正常", wages: "按时"}, observations: {1: {look: 1, word: ""}}, summary: `第 ${n} 家`,
    };
    const row = await page.outbox.begin(`第${n}车间`, content);
    ink.fillStyle = `hsl(${n * 6} 60% 50%)`;
    ink.fillRect(0, 0, 1200, 900);
    const blob = await canvas.convertToBlob({type: "image/jpeg"});
    await page.outbox.addPhoto(row.id, new File([blob], `${n}.jpg`, {type: "image/jpeg"}));
    await page.outbox.ready(row.id);
  }
}
"""
# A phone that needs its time for a picture: until `goOn()`.
SLOW = """
() => {
  const quick = window.createImageBitmap;
  window.createImageBitmap = async (...given) => {
    await new Promise(done => { window.goOn = done; });
    return quick(...given);
  };
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


def looking(wanted: str) -> str:
    return LOOK.replace("WANTED", wanted)


def ask_more(field: Field) -> None:
    """The form of the daily visit as the county has it from now on: one question less, one more."""
    kind = VisitKind.objects.create(scope=field.tree.county.scope, code="daily", name="日常走访")
    asked = [row for row in written(DELIVERED["daily"].questions) if row["key"] != "activity"]
    asked.append({"key": "carbon", "label": "有没有测过一氧化碳", "type": "yes_no", "required": True})
    VisitForm.objects.create(
        kind=kind, number=1, questions=asked, published_at=timezone.now(), published_by_name="郑主席"
    )


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
        until(self.page, "async page => Boolean(await caches.match(page))", PAGE)

    def sync_in_the_background(self) -> None:
        """What Chromium does by itself once there is a network: the page is closed, the service worker sends."""
        self.page.goto(self.url + "/desk/account/")
        self.ask_to_sync()
        self.wait_until(lambda: self.drafts() == {"sent": 1})

    def ask_to_sync(self) -> None:
        tools, found = self.window.new_cdp_session(self.page), []
        tools.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
        tools.send("ServiceWorker.enable")
        self.wait_until(lambda: bool(found))
        wanted = {
            "origin": self.url,
            "registrationId": found[0]["registrationId"],
            "tag": "outbox",
            "lastChance": False,
        }
        tools.send("ServiceWorker.dispatchSyncEvent", wanted)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """For what happens outside the page, where nothing calls back."""
        deadline = monotonic() + PATIENCE_S
        while not holds():
            assert monotonic() < deadline
            self.page.wait_for_timeout(100)

    @property
    def bar(self) -> Any:
        return self.page.locator("[data-bar]")

    def tap(self, name: str, **more: Any) -> None:
        self.page.get_by_role("button", name=name, **more).first.click()

    def photograph(self, name: str, wide: int = 4000) -> None:
        before = self.page.locator("[data-photo]").count()
        self.page.evaluate(PHOTO, {"name": name, "wide": wide})
        expect(self.page.locator("[data-photo]")).to_have_count(before + 1)

    def widths(self) -> list[int]:
        """Of the photos that wait in the phone."""
        found: list[int] = self.page.evaluate(
            looking("Promise.all((await all('photos')).map(async row => (await createImageBitmap(row.blob)).width))")
        )
        return found

    def drafts(self) -> dict[str, int]:
        """How many in which state, whoever's they are."""
        return dict(Counter(self.page.evaluate(looking("(await all('drafts')).map(row => row.state)"))))

    def take(self, name: str) -> None:
        if PICTURES:
            self.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
            root = "document.documentElement"
            self.page.evaluate(f"{root}.dataset.theme = 'union-dark'; {root}.dataset.large = ''; void 0")
            assert faults(self.page) == []
            self.page.screenshot(path=f"{PICTURES}/{name}-dark-large.png", full_page=True)
            self.page.evaluate(f"{root}.dataset.theme = 'union'; delete {root}.dataset.large; void 0")


@pytest.fixture
def phone(field: Field, live_server: LiveServer, browser: Browser) -> Iterator[Phone]:
    with desk_window(browser, **PHONE) as window:
        window.grant_permissions(["geolocation"], origin=live_server.url)
        window.set_geolocation({"latitude": 29.5, "longitude": 106.5, "accuracy": 18})
        window.add_init_script(NO_SYNC)
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
    write_down(phone)
    page.reload()  # from the service worker: still without a network
    expect(page.get_by_label("小结")).to_have_value("下周回看风机。")
    expect(page.get_by_label("第 1 条发现")).to_have_value(SAID)
    expect(page.locator("[data-photo]")).to_have_count(1)
    phone.tap("交上去")
    expect(phone.bar).to_contain_text("1 份等着发送")
    assert not Visit.objects.unscoped(**OURS).exists()
    change_everything(field)

    phone.window.set_offline(False)
    choose(phone)
    phone.tap("就这样交")
    expect(page.get_by_text("请填“有没有测过一氧化碳”。")).to_be_visible()  # the new form asks more
    page.get_by_role("group", name="有没有测过一氧化碳").get_by_role("button", name="否").click()
    expect(page.get_by_label("小结")).to_have_value(SUMMARY)
    page.evaluate(LOST)
    phone.tap("交上去")
    expect(page.locator("[data-waiting]")).to_contain_text("待发送")
    page.locator("[data-waiting]").get_by_role("button", name="北山地下冷库").click()
    expect(page.get_by_text("可能已经送到")).to_be_visible()  # and can't be changed behind the server's back
    expect(page.get_by_role("button", name="还要改一改")).to_be_hidden()
    phone.sync_in_the_background()
    phone.open()
    expect(page.locator("[data-sent]")).to_contain_text("北山地下冷库")
    ensure_nothing_is_lost(field)
    assert phone.drafts() == {"sent": 1}
    assert phone.widths() == []
    assert page.evaluate(looking("(await all('drafts')).some(row => 'content' in row)")) is False


def test_a_photo_that_is_still_made_smaller_goes_along(phone: Phone) -> None:
    """A slow phone, a quick thumb: handed in while the picture is worked on."""
    page = phone.page
    phone.open()
    phone.tap("北山地下冷库")
    phone.tap("到达", exact=True)
    for option in ("未建会", "正常", "按时"):
        phone.tap(option, exact=True)
    page.evaluate(SLOW)
    page.evaluate(PHOTO, {"name": "风机.jpg", "wide": 400})
    until(page, "'goOn' in window")
    phone.tap("交上去")
    assert phone.drafts() == {"draft": 1}
    page.evaluate("window.goOn()")
    expect(page.locator("[data-sent]")).to_contain_text("北山地下冷库")
    assert Visit.objects.unscoped(**OURS).get().photos.count() == 1
    assert phone.widths() == []


def test_what_waits_goes_when_the_page_that_sent_it_is_closed(phone: Phone, field: Field) -> None:
    """The browser syncs once: a service worker that left it to a dying page would leave it to nobody."""
    page = phone.page
    phone.open()
    expect(page.get_by_role("button", name="北山地下冷库")).to_be_visible()
    phone.is_kept()
    page.evaluate("window.fetch = () => Promise.reject(new TypeError('lost')); void 0")
    page.evaluate(WRITE, [field.employer.pk])
    expect(phone.bar).to_contain_text("1 份等着发送")
    page.goto(phone.url + "/desk/account/")
    page.evaluate("void navigator.locks.request('outbox', () => new Promise(done => { window.die = done; }))")
    until(page, "'die' in window")
    phone.ask_to_sync()
    until(page, "navigator.locks.query().then(locks => locks.pending.length === 1)")
    page.evaluate("window.die()")
    phone.wait_until(lambda: phone.drafts() == {"sent": 1})


def write_down(phone: Phone) -> None:
    page = phone.page
    phone.tap("北山地下冷库")
    expect(page.get_by_text("没网，照样能写")).to_be_visible()
    phone.window.clear_permissions()
    phone.tap("到达", exact=True)
    expect(page.get_by_text("手机没有允许定位，照样可以记")).to_be_visible()
    phone.window.grant_permissions(["geolocation"], origin=phone.url)
    phone.tap("再定位一次")
    expect(page.get_by_text("已取到定位")).to_be_visible()
    page.get_by_role("group", name="用工规范").get_by_role("button", name="差", exact=True).click()
    page.get_by_label("用工规范的一句话").fill("通风差")
    phone.tap("记一位")
    page.get_by_label("姓名", exact=True).fill("何班长")
    page.get_by_label("职务或岗位").fill("冷库班长")
    page.get_by_label("现有职工多少人").fill("46")
    for option in ("未建会", "正常", "按时"):
        phone.tap(option, exact=True)
    page.get_by_label("工会近来做了什么").fill("开过一次职工大会")
    phone.tap("记一条")
    page.get_by_label("第 1 条发现").fill(SAID)
    phone.tap("转为诉求")
    page.get_by_label("涉及多少人").fill("12")
    phone.tap("匿名")
    phone.photograph("风机.jpg")
    assert phone.widths() == [1600]
    page.locator("input[type=file]").set_input_files({"name": "a.heic", "mimeType": "image/heic", "buffer": HEIC})
    expect(page.get_by_text("手机打不开这张").last).to_be_visible()
    phone.tap("去掉照片 a.heic")
    page.evaluate(NO_ROOM)
    page.get_by_label("小结").fill("下周回看")
    expect(page.get_by_text("手机存储空间满了")).to_be_visible()
    page.evaluate("void (IDBObjectStore.prototype.put = window.put)")
    page.get_by_label("小结").fill("下周回看风机。")
    expect(page.get_by_text("手机存储空间满了")).to_have_count(0)
    assert faults(page) == []
    phone.take("field-visit")


def change_everything(field: Field) -> None:
    """While the phone is in the basement: the employer's record, the form, the plan."""
    now = timezone.now()
    leading = actor_of(field.leader.pk, now=now)
    edit_employer(field.employer.pk, address="北山镇冷库路 8 号", headcount=50, actor=leading, now=now)
    ask_more(field)
    move_planned(
        field.planned.pk, version=field.planned.version, on=timezone.localdate() + timedelta(days=1), is_morning=False,
        note="改到明天，同消防一起去", actor=leading, now=now,
    )  # fmt: skip


def choose(phone: Phone) -> None:
    page = phone.page
    plan, employer, form = (page.locator(f"[data-subject={one}]") for one in ("planned", "employer", "form"))
    phone.tap("北山地下冷库")
    expect(plan).to_contain_text("已到现场走访")
    expect(plan).to_contain_text("改到明天，同消防一起去")
    expect(employer).to_contain_text("北山镇冷库路 8 号")
    expect(form).to_contain_text("有没有测过一氧化碳")
    assert faults(page) == []
    phone.take("field-choose")
    plan.get_by_role("button", name="用我的").click()
    employer.get_by_role("button", name="合在一起").click()
    employer.get_by_role("button", name="职工人数用右边").click()
    form.get_by_role("button", name="合在一起").click()
    phone.take("field-chosen")


def ensure_nothing_is_lost(field: Field) -> None:
    visit = Visit.objects.unscoped(**OURS).get()
    assert (visit.employer, visit.user, visit.planned) == (field.employer, field.user, field.planned)
    assert visit.summary == SUMMARY
    assert visit.form.number == 1
    assert (visit.answers["carbon"], visit.answers["wages"], "headcount" in visit.answers) == (False, "按时", False)
    assert visit.chosen_over["employer"]["aside"]["职工人数"] == "46"
    assert visit.chosen_over["planned"]["aside"]["说明"] == "改到明天，同消防一起去"
    assert visit.latitude == pytest.approx(29.5)
    stored = StoredFile.objects.get(pk=visit.photos.get().file_id)
    assert (stored.kind, stored.expires_at) == ("image/jpeg", None)
    finding = visit.findings.get()
    assert (finding.text, finding.people) == (SAID, 12)
    assert Demand.objects.unscoped(**OURS).get(pk=finding.case_id).body == SAID
    field.planned.refresh_from_db()
    assert field.planned.state == PlanState.DONE


def test_sixty_drafts_wait_for_whoever_wrote_them(phone: Phone, field: Field, live_server: LiveServer) -> None:
    """The phone is a day ahead, the session ends while there is no network, a colleague logs in on it in between."""
    page, many = phone.page, 60
    firms = [
        Employer(name=f"第{n}车间", name_key=f"第{n}车间", division_id=field.tree.north.division_id, union_state="NONE")
        for n in range(many)
    ]
    Employer.objects.unscoped(**OURS).bulk_create(firms)
    phone.window.add_init_script(A_DAY_AHEAD)
    phone.open()
    expect(page.get_by_text("手机的时间不准")).to_be_visible()
    phone.is_kept()

    phone.window.set_offline(True)
    page.evaluate(WRITE, [one.pk for one in firms])
    expect(phone.bar).to_contain_text(f"{many} 份等着发送")
    page.reload()
    expect(page.get_by_text("没网，照样能写")).to_be_visible()
    expect(phone.bar).to_contain_text(f"{many} 份等着发送")
    Session.objects.all().delete()
    phone.window.set_offline(False)
    expect(page.get_by_role("alert")).to_contain_text("请重新登录，稿件都在手机里")
    assert phone.drafts() == {"waiting": many}
    assert not Visit.objects.unscoped(**OURS).exists()

    log_in(page, live_server, field.leader)
    page.goto(phone.url + PAGE)
    expect(page.get_by_text("郑主席的走访页")).to_be_visible()
    expect(phone.bar).to_contain_text("没有等着发送的")
    page.goto(phone.url + "/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="退出").click()
    page.wait_for_url("**/accounts/login/")
    assert page.evaluate("localStorage.getItem('outbox:owner')") is None
    assert phone.drafts() == {"waiting": many}
    assert not Visit.objects.unscoped(**OURS).exists()

    log_in(page, live_server, field.user)
    page.goto(phone.url + PAGE)
    expect(phone.bar).to_contain_text("没有等着发送的", timeout=120_000)
    assert phone.drafts() == {"sent": many}
    assert phone.widths() == []
    visits = list(Visit.objects.unscoped(**OURS).annotate(taken=Count("photos")))
    assert {one.employer_id for one in visits} == {one.pk for one in firms}
    assert {one.taken for one in visits} == {1}
    assert all(one.user == field.user and 86_000 < one.clock_off_seconds < 87_000 for one in visits)
    assert all(timedelta() < timezone.now() - one.arrived_at < timedelta(hours=2) for one in visits)
