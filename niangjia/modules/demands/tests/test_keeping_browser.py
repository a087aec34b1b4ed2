"""The map, the rules, the alerts and the red line over every page, as people meet them."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from niangjia.kernel.access.models import User
from niangjia.modules.demands.actions.responsibility import LineFacts, add_line, propose_change
from niangjia.modules.demands.models import Alert, Demand
from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import acting_as, officer, shift, small_tree
from niangjia.ui.testing import complaints, faults, log_in, show_as, until

PASSWORD = "niangjia-cast-2026"
PICTURES = os.environ.get("NIANGJIA_PICTURES_OF_DEMANDS", "")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def log_in_as(page: Page, live_server: Any, user: User) -> None:
    log_in(page, live_server, user)


class Town:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.tree = small_tree()
        county = self.tree.county
        self.watch = officer("DUTY_OFFICER", county, "周值班")
        self.head = officer("DEPARTMENT_HEAD", county, "赵部长")
        self.li = officer("RIGHTS_OFFICER", self.tree.north, "李维权")
        self.wang = officer("RIGHTS_OFFICER", self.tree.north, "王维权")
        self.chair = officer("CHAIR", county, "郑主席")
        shift(county, self.watch, from_at=now - timedelta(hours=2), until_at=now + timedelta(hours=8))
        for facts in (
            LineFacts(self.tree.north.pk, kind="01", job="RIGHTS_OFFICER", note="北山的工资纠纷先到镇上"),
            LineFacts(self.tree.north.pk, kind="0201", user_id=self.wang.pk),
            LineFacts(self.tree.county.pk, kind="03", job="AID_OFFICER"),
        ):
            add_line(county.pk, facts=facts, actor=acting_as("DEPARTMENT_HEAD", county), now=now)

    def emergency(self) -> Demand:
        return demand(self.tree.county, "仓库起火，有两名工人受伤，请马上派人", kind="", now=self.now, people=2)

    def proposal(self) -> None:
        row = demand(self.tree.county, "老板欠我两个月工资，我想要回来", now=self.now, people=1)
        propose_change(
            row, was_scope_id=self.tree.north.pk, to_scope_id=self.tree.south.pk, by=acting_as("CLERK", self.tree.north),
            reason="这家公司在南湖街道，不归我们管", now=self.now,
        )  # fmt: skip


@pytest.fixture
def town(transactional_db: None) -> Town:
    return Town(timezone.now())


def test_the_map_is_read_tried_and_changed(page: Page, live_server: Any, town: Town) -> None:
    town.proposal()
    log_in_as(page, live_server, town.head)
    said = complaints(page)
    page.goto(live_server.url + "/desk/demands/responsibilities/")
    assert faults(page) == said == []
    form = page.locator("aside form")
    form.get_by_label("诉求类别").select_option(value="0101")
    tried = page.locator("#tried")
    expect(tried).to_contain_text("王维权")
    expect(tried).to_contain_text("责任分工")
    picture(page, "map")
    assert faults(page) == []
    page.get_by_role("link", name="设一条兜底").click()
    expect(page.get_by_label("作为兜底")).to_be_checked()
    assert faults(page) == []
    page.get_by_role("button", name="加入分工").click()
    expect(page.get_by_text("已加入责任分工")).to_be_visible()
    expect(page.get_by_text("还没有兜底")).to_have_count(0)
    page.get_by_role("link", name="采纳，改分工").click()
    picture(page, "take_up")
    page.get_by_role("button", name="改分工").click()
    expect(page.get_by_text("已按建议改好")).to_be_visible()


def test_the_rules_are_read_tried_and_changed(page: Page, live_server: Any, town: Town) -> None:
    log_in_as(page, live_server, town.head)
    said = complaints(page)
    page.goto(live_server.url + "/desk/demands/emergencies/")
    page.get_by_label("试一句话").press_sequentially("我们二十多人明天停工")
    expect(page.locator("#tried")).to_contain_text("会响：群体诉求、停工罢工")
    assert faults(page) == said == []
    picture(page, "rules")
    page.get_by_label("试一句话").fill("工厂未停工")
    expect(page.locator("#tried")).to_contain_text("不会响")
    page.get_by_role("button", name="修改默认规则").click()
    page.get_by_role("link", name=re.compile("修改.*群体诉求")).click()
    page.get_by_label("人数达到").fill("30")
    assert faults(page) == []
    picture(page, "rule")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("30 人以上")).to_be_visible()


def test_the_desk_of_the_one_on_duty_sounds_until_it_is_taken(page: Page, live_server: Any, town: Town) -> None:
    log_in_as(page, live_server, town.watch)
    said = complaints(page)
    page.goto(live_server.url + "/desk/")
    expect(page.locator(".alarm")).to_have_count(0)
    row = town.emergency()
    page.goto(live_server.url + "/desk/")
    alarm = page.locator(".alarm[data-sounds]")
    expect(alarm).to_contain_text("仓库起火")
    page.keyboard.press("Shift")  # the first key allows the sound
    expect(page.locator("#alarms[data-rang]")).to_have_count(1)
    assert page.title().startswith("【紧急】")
    assert faults(page) == said == []
    picture(page, "alarm")
    page.get_by_role("button", name="静音两分钟").click()
    expect(page.get_by_role("button", name="静音两分钟")).to_have_attribute("aria-pressed", "true")
    page.goto(live_server.url + "/desk/demands/alerts/")
    expect(page.get_by_text("叫了")).to_be_visible()
    assert faults(page) == []
    picture(page, "alerts")
    act = page.locator(".alarm").get_by_role("button", name="我来处理")
    act.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("您已接下")).to_be_visible()
    expect(page.locator(".alarm")).to_have_count(0)
    assert Alert.objects.unscoped(reason="test").get(demand=row).acknowledged_by_id == town.watch.pk
    assert faults(page) == []
    picture(page, "demand")
    page.get_by_role("link", name="写紧急信息，报领导和上级").click()
    expect(page.get_by_label("时间")).not_to_have_value("")
    assert faults(page) == []
    picture(page, "report_write")
    page.get_by_role("button", name="报送").click()
    expect(
        page.get_by_text("；还不清楚的写“正在核实”。").first
    ).to_be_visible()  # refused; without 请填写… it is a hint
    page.get_by_label("已采取的措施").fill("已报消防，两人送县医院")
    page.get_by_label("下一步").fill("到现场了解情况")
    page.get_by_role("button", name="报送").click()
    expect(page.get_by_text("已报送：云岭县总工会紧急信息〔")).to_be_visible()
    assert faults(page) == []
    picture(page, "report")


ASK = "htmx.ajax('GET', '/desk/alarms/', { source: '#alarms', target: '#alarms' })"
# By its name, and not as it was found once: the alarms are drawn anew at any time.
ON_TOP = "where => { const one = document.querySelector(where); const box = one.getBoundingClientRect(); return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)); }"


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
@pytest.mark.parametrize("shown", [{}, {"theme": "dark", "text": "large"}])
def test_it_moves_nothing_and_lies_over_no_head(
    page: Page, live_server: Any, town: Town, size: tuple[int, int], shown: dict[str, str]
) -> None:  # fmt: skip
    row = demand(town.tree.county, "食堂的饭太贵，想请工会问一问", now=town.now)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    log_in_as(page, live_server, town.watch)
    show_as(page, live_server, **shown)
    page.goto(live_server.url + "/desk/demands/")
    link, alarms = page.locator(".row-link").first, page.locator("section.alarm")
    before = link.bounding_box()
    town.emergency()
    page.evaluate(ASK)
    expect(alarms).to_have_count(1)
    assert link.bounding_box() == before
    expect(page.locator("#alarms")).to_have_attribute("role", "alert")
    for one in ("section.alarm .alarm-act", "#main h1"):
        until(page, ON_TOP, one)
    assert faults(page) == []
    page.evaluate("window.scrollTo(0, 0)")
    link.click()
    drawer = page.locator("#drawer")
    expect(drawer.get_by_role("heading", level=2).first).to_contain_text(row.case.title)
    for one in ("#drawer [data-closes]", "#drawer-title"):
        until(page, ON_TOP, one)
    if size[0] > 1000:
        until(page, ON_TOP, "section.alarm .alarm-act")
    picture(page, f"alarm_beside_the_drawer_{size[0]}")
    town.emergency()
    page.evaluate(ASK)
    expect(alarms).to_have_count(2)
    said = drawer.locator("[role=alert][data-alarm-word]")  # only what is modal needs it said within
    expect(said).to_have_count(0 if size[0] > 1000 else 1)
    until(page, ON_TOP, "#drawer [data-closes]")


def test_the_focus_stays_when_it_is_drawn_anew(page: Page, live_server: Any, town: Town) -> None:
    log_in_as(page, live_server, town.watch)
    town.emergency()
    page.goto(live_server.url + "/desk/")
    for number, name in enumerate(("hush", "act", "title"), start=1):
        held = page.locator(f"[data-alarm] [id^=alarm-{name}]").first
        held.focus()
        address = held.get_attribute("id")
        town.emergency()
        page.evaluate(ASK)
        expect(page.locator("section.alarm")).to_have_count(number + 1)
        assert page.evaluate("document.activeElement.id") == address
    page.locator("#alarms-more").click()
    inside = page.locator(".alarms-more .alarm-act").last
    inside.focus()
    address = inside.get_attribute("id")
    town.emergency()
    page.evaluate(ASK)
    expect(page.locator("section.alarm")).to_have_count(5)
    assert page.evaluate("document.activeElement.id") == address


def test_who_was_not_called_sees_it_without_a_sound(page: Page, live_server: Any, town: Town) -> None:
    town.emergency()
    log_in_as(page, live_server, town.chair)
    page.goto(live_server.url + "/desk/")
    expect(page.locator(".alarm")).to_contain_text("仓库起火")
    expect(page.locator(".alarm[data-sounds]")).to_have_count(0)


def test_on_a_phone(phone: Page, live_server: Any, town: Town) -> None:
    town.emergency()
    town.proposal()
    log_in_as(phone, live_server, town.head)
    show_as(phone, live_server, theme="dark", text="large")
    for name in ("responsibilities", "emergencies", "alerts"):
        phone.goto(f"{live_server.url}/desk/demands/{name}/")
        expect(phone.locator(".alarm")).to_have_count(1)
        assert faults(phone) == [], name
        picture(phone, f"phone_{name}")
