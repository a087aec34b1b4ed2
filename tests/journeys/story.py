"""For stories that take days: a clock that the test moves, and a window for each who comes to the desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.engines.casework.models import Case
from niangjia.kernel.access.models import User
from niangjia.kernel.notify.models import Message
from niangjia.ui.testing import complaints, faults, log_in, settled, when_ready
from tests.browsers import desk_window

CHINA = ZoneInfo("Asia/Shanghai")
OURS = {"reason": "the test's own world"}


class Clock:
    """What the product takes for now: pages and jobs of this process read it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, start: datetime) -> None:
        self.now = start
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def set(self, to: datetime) -> datetime:
        assert to >= self.now, "time only passes"
        self.now = to
        return to


@dataclass
class Seat:
    """One officer before the desk; what is looked at is a page without a fault."""

    page: Page
    url: str
    said: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        self.page.goto(self.url + address)

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def is_sound(self) -> None:
        assert faults(self.page) == []

    def act(self, label: str, *, menu: bool = False) -> None:
        """An act of the case's page; what is done less often stands under 更多."""
        settled(self.page)
        main = self.page.get_by_role("main")
        if menu:
            main.get_by_role("button", name="更多").click()
        main.get_by_role("link", name=re.compile(f"^{label}")).first.click()
        self.page.locator("#drawer-body form").wait_for()

    @property
    def drawer(self) -> Locator:
        return self.page.locator("#drawer-body")

    def pick(self, name: str, text: str) -> None:
        """One of many, by typing."""
        when_ready(self.drawer.locator(f"[data-source]:has(input[name='{name}']) input[role=combobox]")).fill(text)
        option = self.page.locator("[role=listbox]:visible [data-value]").first
        expect(option).to_contain_text(text)
        self.page.keyboard.press("Enter")
        expect(self.drawer.locator(f"input[name='{name}']")).not_to_have_value("")

    def fill(self, name: str, text: str) -> None:
        self.drawer.locator(f"[name='{name}']").fill(text)

    def press(self, *keys: str) -> None:
        """Keys that come before the page's scripts are heard by nobody."""
        self.page.wait_for_load_state()
        for key in keys:
            self.page.keyboard.press(key)

    def takes_the_call(self) -> None:
        """The telephone system has opened the page; Enter takes the call."""
        expect(self.page.get_by_role("button", name="接听")).to_be_focused()
        self.press("Enter")
        expect(self.page.locator("#id_body")).to_be_focused()

    def send(self, label: str, said: str) -> None:
        """Sent, said so, and drawn anew: the page, or what is behind the drawer."""
        button = self.drawer.get_by_role("button", name=label, exact=True)
        button.click()
        expect(button).to_have_count(0)  # answered; the same may have been said before
        expect(self.page.locator("#toasts")).to_contain_text(said)
        settled(self.page)


Visit = Callable[[User], AbstractContextManager[Seat]]


@contextmanager
def seat_of(user: User, server: LiveServer, browser: Browser) -> Iterator[Seat]:
    """A window, logged in, closed afterwards; its console may have said nothing."""
    with desk_window(browser, width=1440, height=900) as window:
        page = window.new_page()
        log_in(page, server, user)
        seat = Seat(page, server.url, complaints(page))
        yield seat
        assert [line for line in seat.said if "Failed to load resource" not in line] == []


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Of November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


def the_case() -> Case:
    case: Case = Case.objects.unscoped(**OURS).select_related("scope", "lead").get()
    return case


def told(user: User, words: str) -> list[str]:
    """The titles of messages that say so."""
    return [one.title for one in Message.objects.filter(user_id=user.pk).order_by("id") if words in one.title]
