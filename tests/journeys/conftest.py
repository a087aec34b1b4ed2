"""The demonstration's county in small, served to a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.kernel.access.models import Grant, User
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.seed import PASSWORD
from niangjia.ui.testing import complaints, when_ready
from tests.browsers import desk_window
from tests.journeys.story import Visit, seat_of


@dataclass
class County:
    """Where the officers sit, and what they type to come in."""

    url: str
    root: Organisation
    township: Organisation
    other_township: Organisation
    union: Organisation
    password: str = PASSWORD

    def user(self, username: str) -> User:
        return User.objects.get(username=username)


@pytest.fixture
def county(small_register: None, transactional_db: None, live_server: LiveServer) -> County:
    rows = Organisation.objects.unscoped(reason="the test's own world").select_related("scope")

    def seat(username: str) -> Organisation:
        return rows.get(pk=Grant.objects.unscoped(reason="the test's own world").get(user__username=username).scope_id)

    root, township, union = seat("zhuxi"), seat("jingban"), seat("zhuangan")
    other = rows.filter(scope__parent=root.scope, kind="TOWNSHIP_UNION").exclude(pk=township.pk).first()
    return County(live_server.url, root, township, other, union)


@dataclass
class Desk:
    """One officer's window."""

    page: Page
    county: County
    said: list[str]

    def log_in(self, username: str, password: str = PASSWORD) -> Desk:
        """The answer is waited for: who goes on before it has not come in, nor been counted as refused."""
        self.page.goto(self.county.url + "/desk/")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(password)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="登录").click()
        return self

    def go(self, address: str) -> Desk:
        self.page.goto(self.county.url + address)
        return self

    def pick(self, name: str, text: str) -> None:
        """One of many by typing, with the keyboard alone."""
        field = self.page.locator(f"[data-source]:has(input[name='{name}']) input[role=combobox]")
        when_ready(field).fill(text)
        option = self.page.locator("[role=listbox]:visible [data-value]").first
        expect(option).to_contain_text(text)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(f"input[name='{name}']")).not_to_have_value("")

    def press(self, name: str) -> None:
        when_ready(self.page.get_by_role("main").get_by_role("button", name=name, exact=True).first).click()

    def follow(self, name: str) -> None:
        when_ready(self.page.get_by_role("main").get_by_role("link", name=name).first).click()

    def sees(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def sees_not(self, text: str) -> None:
        expect(self.page.locator("body")).not_to_contain_text(text)


@pytest.fixture
def desk(county: County, browser: Browser) -> Iterator[Callable[..., Desk]]:
    """Opens a window of its own for each officer; at the end none may have heard a complaint of its console."""
    with ExitStack() as windows:
        opened: list[Desk] = []

        def open_desk(username: str = "", **size: Any) -> Desk:
            window = windows.enter_context(desk_window(browser, **({"width": 1440, "height": 900} | size)))
            page = window.new_page()
            opened.append(Desk(page, county, complaints(page)))
            return opened[-1].log_in(username) if username else opened[-1]

        yield open_desk
    # A page that is refused on purpose is told to the console too.
    assert [line for one in opened for line in one.said if "Failed to load resource" not in line] == []


@pytest.fixture
def visit(live_server: LiveServer, browser: Browser) -> Visit:
    """`with visit(user) as seat`: one officer comes to the desk, and goes."""
    return lambda user: seat_of(user, live_server, browser)
