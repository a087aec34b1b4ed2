"""A rider scans a station's poster and is a member two minutes later; the whole way on a phone of 360 × 740."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.members.actions.joining_codes import add_joining_code
from niangjia.modules.members.models import JoiningApplication, JoiningCode, Platform
from niangjia.modules.members.testing import identity_number, phone_number
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.rules import OrganisationKind
from niangjia.modules.organisations.testing import Tree, found_union, officer, small_tree
from niangjia.ui.testing import complaints, faults, log_in, when_ready
from tests.browsers import desk_window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
GREETING = re.compile("好|夜深了")


@dataclass
class Station:
    """A couriers' and riders' federation with a poster at a station, and its organiser."""

    url: str
    tree: Tree
    riders: Organisation
    code: JoiningCode
    organiser: User
    notices: Path

    def sent(self, pattern: str) -> str:
        """What left the house last that looks like this."""
        lines = self.notices.read_text(encoding="utf-8").splitlines()
        said = [json.loads(line)["title"] for line in lines]
        found = [match for text in said if (match := re.search(pattern, text))]
        return found[-1].group(1)


@pytest.fixture
def station(transactional_db: None, live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> Station:
    settings.NOTIFY_CHANNELS = ["file"]
    settings.NOTIFY_FILE = tmp_path / "messages.jsonl"
    tree = small_tree()
    riders = found_union(tree.county, "云岭县外卖配送行业工会联合会", OrganisationKind.TRADE_JOINT_UNION)
    organiser = officer("ORGANISER", tree.county)
    code = add_joining_code(
        riders.pk, spot="东门驿站", actor=actor_of(organiser.pk, now=timezone.now()), now=timezone.now()
    )
    Platform.objects.get_or_create(name="好味外卖")
    return Station(live_server.url, tree, riders, code, organiser, settings.NOTIFY_FILE)


@dataclass
class Phone:
    page: Page
    station: Station
    said: list[str]
    taken: int = field(default=0)

    def go(self, address: str) -> None:
        self.page.goto(self.station.url + address)

    def tap(self, name: str) -> None:
        when_ready(
            self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first
        ).click()

    def stands(self, heading: str | re.Pattern[str], name: str = "") -> None:
        """The page one expects, without a fault; a picture of it on request."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading)
        if PICTURES:
            self.taken += 1
            self.page.screenshot(path=f"{PICTURES}/{self.taken:02}-{name or heading}.png", full_page=True)
        assert faults(self.page) == []

    def log_in(self, number: str) -> None:
        self.page.get_by_label("手机号码").fill(number)
        self.tap("获取验证码")
        expect(self.page.get_by_role("status")).to_contain_text("验证码已发送")
        self.page.get_by_label("验证码", exact=True).fill(self.station.sent(r"验证码 (\d{6})"))
        self.page.get_by_role("button", name="登录", exact=True).click()


@pytest.fixture
def phone(station: Station, browser: Browser) -> Iterator[Phone]:
    with desk_window(browser, **PHONE) as window:
        page = window.new_page()
        shown = Phone(page, station, complaints(page))
        yield shown
        assert shown.said == []


@pytest.fixture
def desk(station: Station, live_server: LiveServer, page: Page) -> Page:
    """The organiser's window."""
    log_in(page, live_server, station.organiser)
    return page


def decide(desk: Page, station: Station, name: str, *, reason: str = "") -> None:
    """The organiser opens the application that waits, and says yes or no."""
    waiting = JoiningApplication.objects.unscoped(reason="the test's own world").get()
    desk.goto(f"{station.url}/desk/applications/{waiting.pk}/")
    desk.get_by_role("button", name=name).click()
    asked = desk.get_by_role("dialog")
    if reason:
        asked.get_by_label("原因").fill(reason)
    asked.get_by_role("button", name=name).click()
    expect(asked).to_be_hidden()
    desk.wait_for_load_state()


def test_a_rider_joins_at_a_station(station: Station, phone: Phone, desk: Page) -> None:
    number = identity_number(date(1996, 3, 9))
    apply(station, phone, number)

    decide(desk, station, "退回补正", reason="请写明在哪个站点上班")
    phone.page.reload()
    expect(phone.page.get_by_text("请写明在哪个站点上班")).to_be_visible()
    phone.stands("入会申请", "退回")
    phone.tap("补充后重新提交")
    expect(phone.page.get_by_label("姓名")).to_have_value("马小骑")
    phone.page.get_by_label("用人单位").fill("东门站点")
    phone.tap("下一步，看推荐的工会")
    phone.tap("提交入会申请")
    expect(phone.page.get_by_text("等待工会审核")).to_be_visible()

    decide(desk, station, "同意入会")
    phone.go("/")
    phone.stands("马小骑", "首页-会员")
    expect(phone.page.get_by_text(station.riders.name)).to_be_visible()
    phone.go("/phone/messages/")
    phone.stands("消息")
    expect(phone.page.get_by_role("main")).to_contain_text(station.riders.name)
    look_around(phone, number)


def apply(station: Station, phone: Phone, number: str) -> None:
    """From the poster to the application that waits."""
    phone.go("/")
    phone.stands(GREETING, "首页")
    phone.go(f"/join/{station.code.token}/")
    phone.stands("加入工会")
    expect(phone.page.get_by_role("heading", level=2).first).to_have_text(station.riders.name)
    phone.tap("我要入会")
    phone.stands("个人信息怎么用")
    for box in phone.page.get_by_role("checkbox").all():
        box.check()
    phone.tap("同意，下一步")
    phone.stands("手机号登录")
    phone.log_in(phone_number())
    phone.stands("填写入会申请")
    phone.page.get_by_label("姓名").fill("马小骑")
    phone.page.get_by_label("证件号码").fill(number)
    expect(phone.page.get_by_label("平台")).to_be_hidden()
    phone.page.get_by_label("从事的工作").select_option(label="网约送餐员")
    phone.page.get_by_label("平台").select_option(label="好味外卖")
    phone.stands("填写入会申请", "填好")
    phone.tap("下一步，看推荐的工会")
    phone.stands("推荐您加入的工会")
    expect(phone.page.get_by_role("radio").first).to_be_checked()
    expect(phone.page.locator(".choice").first).to_contain_text("扫的是这个工会的入会码")
    phone.tap("提交入会申请")
    phone.stands("入会申请", "已提交")
    expect(phone.page.get_by_text("等待工会审核")).to_be_visible()


def look_around(phone: Phone, number: str) -> None:
    """What the new member finds, a paper to show among it."""
    phone.go("/phone/union/")
    phone.stands("我在哪个工会")
    with phone.page.expect_download() as paper:
        phone.tap("开会员证明")
    assert Path(paper.value.path()).read_bytes().startswith(b"%PDF")
    phone.go("/phone/data/")
    phone.stands("工会掌握我的哪些信息", "我的信息")
    expect(phone.page.get_by_text(number)).to_have_count(0)
    phone.tap("显示完整号码")
    expect(phone.page.get_by_text(number).first).to_be_visible()
    phone.go("/phone/requests/")
    phone.stands("转接、保留、退会")
    phone.go("/phone/consents/")
    phone.stands("我同意过什么")
    phone.go("/phone/mine/")
    phone.stands("我的")
    phone.tap("退出登录")
    phone.stands(GREETING, "退出后")
