"""A call at the hotline until the caller says that it is solved; both officers work by the keyboard alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.actions.calls import begin_call
from niangjia.modules.members.testing import member
from niangjia.modules.organisations.testing import Tree, officer, small_tree
from niangjia.ui.testing import complaints, faults, faults_in_any_display, log_in, settled, until
from tests.browsers import desk_window

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
SAID = "我在北山纺织厂上班，三个月没有发工资了，一共欠我一万两千块钱。"
ODD = "<script>alert(2)</script><img src=x onerror=alert(1)>\"'{{7*7}}"


@dataclass
class Office:
    """A county with an operator and somebody for rights; a member whose number is known."""

    server: LiveServer
    tree: Tree
    operator: User
    handler: User
    phone: str


@pytest.fixture
def office(transactional_db: None, live_server: LiveServer) -> Office:
    tree = small_tree()
    operator = officer("HOTLINE_OPERATOR", tree.county, "周话务")
    handler = officer("RIGHTS_OFFICER", tree.county, "何维权")
    return Office(live_server, tree, operator, handler, member(tree.mill).person.phone)


@dataclass
class Keyboard:
    """A window without a mouse."""

    page: Page
    office: Office
    said: list[str] = field(default_factory=list)
    taken: int = 0

    def go(self, address: str) -> Keyboard:
        self.page.goto(self.office.server.url + address)
        return self

    def press(self, *keys: str) -> None:
        """Keys that come before the page's scripts are heard by nobody."""
        self.page.wait_for_load_state()
        for key in keys:
            self.page.keyboard.press(key)

    def takes_the_call(self) -> None:
        expect(self.page.locator("form :focus")).to_have_count(1)  # the page gives it after it has loaded
        self.press("Enter")
        self.page.wait_for_url(re.compile(r"/desk/hotline/\d+/$"))
        expect(self.page.locator("#id_body")).to_be_focused()

    def write(self, text: str) -> None:
        self.page.wait_for_load_state()
        expect(self.page.locator(":is(input, textarea):focus")).to_have_count(1)
        self.page.keyboard.insert_text(text)

    def sees(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def at(self, text: str) -> None:
        """What has the focus."""
        expect(self.page.locator(":focus")).to_contain_text(text)

    def tab_to(self, name: str) -> None:
        """On with Tab until the field of this name has the focus."""
        for _ in range(40):
            if self.page.evaluate("document.activeElement?.name") == name:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {name}")

    def send(self, label: str) -> None:
        """On with Tab to the button that sends, and press it."""
        for _ in range(10):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement?.textContent.trim()") == label:
                return self.page.keyboard.press("Enter")
        raise AssertionError(f"Tab never came to {label}")

    def picture(self, name: str) -> None:
        if PICTURES:
            self.taken += 1
            self.page.screenshot(path=f"{PICTURES}/hotline-{self.taken:02}-{name}.png")


@pytest.fixture
def windows(office: Office, browser: Browser) -> Iterator[tuple[Keyboard, Keyboard]]:
    """The operator's and the handler's; neither may hear a complaint of its console."""
    with desk_window(browser, width=1440, height=900) as one, desk_window(browser, width=1440, height=900) as other:
        opened = []
        for window, user in ((one, office.operator), (other, office.handler)):
            page = window.new_page()
            log_in(page, office.server, user)
            opened.append(Keyboard(page, office, complaints(page)))
        yield opened[0], opened[1]
        assert [line for desk in opened for line in desk.said if "Failed to load resource" not in line] == []


@pytest.fixture
def operator(windows: tuple[Keyboard, Keyboard]) -> Keyboard:
    return windows[0]


def test_a_call_to_the_closed_loop_by_keyboard(windows: tuple[Keyboard, Keyboard], office: Office) -> None:
    operator, handler = windows
    began = timezone.now()
    number = take_the_call(operator, office)
    assert timezone.now() - began < timedelta(minutes=1)
    handle_it(handler, number)
    confirm_it(operator, number)
    # The next call of the same number: where it is, read out without looking anything up.
    operator.go(f"/desk/hotline/?phone={office.phone}")
    operator.takes_the_call()
    operator.press("Alt+q")
    operator.at(number)
    operator.press("Enter")
    operator.sees(f"编号 {number}，现在是“已化解”")
    operator.press("F8")
    operator.sees("的查询已记下")


def take_the_call(desk: Keyboard, office: Office) -> str:
    """The telephone system has opened the page; Enter takes the call, F9 sends it on."""
    desk.go(f"/desk/hotline/?phone={office.phone}")
    desk.at("接听")
    desk.takes_the_call()
    desk.sees("可能是谁")
    desk.sees("北山纺织厂工会")
    desk.write(SAID)
    desk.sees("因为说到")
    desk.sees("还要问")
    desk.sees("何维权")
    desk.press("Alt+p")
    desk.press("Alt+j")
    desk.sees("已选")
    desk.tab_to("asker_name")
    desk.write("林小燕")
    desk.tab_to("claimed_fen")
    desk.write("1.2万")
    desk.picture("来电")
    assert faults(desk.page) == []
    desk.press("F9")
    desk.sees("已登记，派给云岭县总工会 · 何维权")
    number = re.search(r"SQ\d{8}-\d+", desk.page.locator("#toasts").inner_text())  # it goes by itself after a while
    assert number
    expect(desk.page.locator("#phone")).to_be_focused()
    return number[0]


def handle_it(desk: Keyboard, number: str) -> None:
    """The one to whom it went takes it in and answers, from the inbox on."""
    desk.go("/desk/demands/inbox/")
    desk.sees("三个月没有发工资")
    desk.press("j", "Enter")
    expect(desk.page.locator("#drawer-body")).to_contain_text(number)
    desk.press("a")
    expect(desk.page.locator("#drawer-body textarea")).to_be_focused()
    desk.write("属于工会维权范围，已受理。")
    desk.send("受理")
    expect(desk.page.locator("#drawer-body")).to_contain_text("属于工会维权范围")
    desk.press("f")
    expect(desk.page.locator("#drawer-body textarea")).to_be_focused()
    desk.write("已联系厂方，欠薪 12,000 元已于今日补发到账。")
    desk.send("答复")
    desk.sees("已答复，等待回访。")


def confirm_it(desk: Keyboard, number: str) -> None:
    """The operator rings back: reached, satisfied, five points."""
    desk.go("/desk/demands/call-backs/")
    desk.sees(number)
    desk.press("j", "Enter")
    desk.sees("欠薪 12,000 元已于今日补发到账")
    desk.press("F4")
    expect(desk.page.locator("#number")).to_contain_text(desk.office.phone)
    desk.press("Alt+y")
    desk.press("Tab", "Space")
    desk.tab_to("text")
    desk.write("工资到账了，谢谢工会。")
    desk.picture("回访")
    assert faults(desk.page) == []
    desk.press("F8")
    desk.sees(f"{number} 已化解")


def test_nothing_typed_is_lost(operator: Keyboard, office: Office) -> None:
    operator.go("/desk/hotline/")
    operator.press("F2")
    operator.write("0575-8512 3456 转 801")
    operator.takes_the_call()
    operator.sees("057585123456")
    operator.write(SAID)
    operator.tab_to("employer_name")
    operator.write("北山纺织厂（老厂区）")
    operator.press("Enter")  # goes on, and sends nothing
    expect(operator.page.locator("#id_body")).to_have_value(SAID)
    operator.page.reload()
    expect(operator.page.locator("#id_body")).to_have_value(SAID)
    operator.sees("因为说到")  # and what was offered for it
    expect(operator.page.locator("[name=employer_name]")).to_have_value("北山纺织厂（老厂区）")
    # Looked something up, and back.
    operator.press("F2")
    operator.sees("还没有结束的来电")
    operator.press("F4")
    expect(operator.page.locator("#id_body")).to_have_value(SAID)
    # A refusal keeps it as well.
    operator.press("F8")
    operator.sees("请写下怎么答复的")
    expect(operator.page.locator("#id_body")).to_have_value(SAID)
    expect(operator.page.locator("[name=employer_name]")).to_have_value("北山纺织厂（老厂区）")
    # Once it is recorded, nothing of it stays in the window.
    operator.tab_to("answer")
    operator.write("可以向劳动监察大队投诉，电话 12333。")
    operator.press("F8")
    operator.sees("已当场解答并记下")
    until(operator.page, "!Object.keys(sessionStorage).some(key => key.startsWith('draft:'))")


def test_what_callers_say_stays_text(operator: Keyboard) -> None:
    alerts: list[str] = []
    operator.page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    operator.go("/desk/hotline/")
    operator.takes_the_call()
    operator.sees("没有显示号码")
    operator.write(f"{ODD} 三个月没有发工资")
    operator.sees("因为说到")
    for name in ("asker_name", "employer_name"):
        operator.tab_to(name)
        operator.write(ODD)
    operator.press("F9")
    operator.sees("已登记")
    operator.go("/desk/hotline/")
    operator.takes_the_call()
    operator.sees("没有显示号码")
    operator.write(f"{ODD} 三个月没有发工资")
    operator.sees("是不是这一件")
    operator.sees("<script>alert(2)</script>")
    settled(operator.page)
    operator.press("Alt+m")
    operator.at("记下并入这一件")
    with operator.page.expect_response(re.compile("/assist/")):  # drawn anew, the focus stays
        operator.page.evaluate("document.getElementById('assist').dispatchEvent(new Event('ask'))")
    settled(operator.page)
    operator.at("记下并入这一件")
    operator.press("Enter")
    operator.sees("已并入同一件事")
    assert alerts == []


def test_an_emergency_is_shown_at_once_and_ready_answers_are_put_in(operator: Keyboard) -> None:
    operator.go("/desk/hotline/")
    operator.takes_the_call()
    operator.sees("没有显示号码")
    operator.write("我不想活了，老板三个月没有发工资，")
    operator.sees("紧急情况")
    operator.press("Alt+a")
    operator.press("ArrowDown", "Enter")
    expect(operator.page.locator("#id_answer")).to_be_focused()
    expect(operator.page.locator("#id_answer")).not_to_have_value("")


def test_other_ends_of_a_call(operator: Keyboard, office: Office) -> None:
    operator.go("/desk/hotline/")
    operator.write(office.phone)
    operator.takes_the_call()
    operator.sees("可能是谁")
    operator.press("Alt+/")
    expect(operator.page.get_by_role("dialog").get_by_text("话务台快捷键")).to_be_visible()
    operator.press("Escape")
    operator.press("Alt+x")
    operator.write("反复谩骂")
    operator.press("Enter")
    operator.sees("已标记")
    operator.write(office.phone)
    operator.takes_the_call()
    operator.sees("曾标为骚扰：反复谩骂")
    operator.press("Alt+z", "Enter")
    operator.sees("已记为通话中断")


def test_the_desk_is_accessible(operator: Keyboard, office: Office) -> None:
    actor = actor_of(office.operator.pk, now=timezone.now())
    call = begin_call(phone=office.phone, scope_id=office.tree.county.pk, actor=actor, now=timezone.now())
    for address in (
        f"/desk/hotline/?phone={office.phone}", f"/desk/hotline/{call.pk}/", "/desk/demands/record/?channel=petition",
        "/desk/demands/call-backs/", "/desk/hotline/calls/",
    ):  # fmt: skip
        operator.go(address)
        if operator.page.locator("#id_body").count():
            operator.write(SAID)
            operator.sees("因为说到")
        operator.picture(address.strip("/").replace("/", "-"))
        assert faults_in_any_display(operator.page) == [], address
    for width in (1024, 390):
        operator.page.set_viewport_size({"width": width, "height": 800})
        operator.go(f"/desk/hotline/{call.pk}/")
        operator.picture(str(width))
        assert faults_in_any_display(operator.page) == []
