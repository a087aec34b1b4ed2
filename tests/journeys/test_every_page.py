"""axe (WCAG A and AA), the console and the window's width, over every page of the desk.

The pages are those of `rights.csv` that the chair may read, so that a new page is looked at from its first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from niangjia.engines.casework.actions import answer_case, assign_case, call_back, drop_task, pause_clock
from niangjia.ui.testing import complaints, faults_in_any_display, log_in
from tests.addresses import address, routes, things
from tests.architecture.test_rights import table
from tests.browsers import desk_window
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MENU, EVERY = "#sidebar", 15
"""The menu is the same on every page; it is half of what stands there, and looked at on every fifteenth."""
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PARTS = 2  # of the pages: so that those who test side by side share them


def pages(cast: Cast, client: Client) -> tuple[list[str], list[str]]:
    """All addresses of the chair's that answer with a page, or break, not the parts, files and redirects; and those
    of acts for which the case is too young.
    """
    known = routes()
    offered = [
        address(line.route, known[line.route], things(line.kind, cast, "CHAIR", line.whose))
        for line in table()
        if line.method == "GET"
        and line.route in known
        and line.whose in ("-", "own")
        and line.expected["CHAIR"] == "ok"
        and line.route != "account_logout"
    ]
    answers = {url: client.get(url) for url in dict.fromkeys(offered)}
    found = [url for url, answer in answers.items() if is_page(answer)]
    refused = [url for url, answer in answers.items() if answer.status_code == 409]
    duty = f"/desk/duty/?organisation={cast.places['north'].pk}"
    nothing = [
        f"{url}?q=无此人无此事" for url in found if url in ("/desk/members/", "/desk/employers/", "/desk/officers/")
    ]
    return [*found, refused[0], duty, *nothing, "/desk/members/?print=1", "/desk/organisations/999999/"], refused


def steps(cast: Cast) -> Iterator[None]:
    """The case goes on, and with each step other acts are open."""
    matters, actor = cast.corner("CHAIR", "own").matters, cast.actor("CHAIR")
    act = {"actor": actor, "now": timezone.now()}
    yield assign_case(matters.case.pk, scope_id=matters.case.scope_id, user_id=actor.user_id, **act)
    yield pause_clock(matters.case.pk, reason="ASKER", **act)
    drop_task(matters.case_task.pk, reason="不用了", **act)
    yield answer_case(matters.case.pk, text="已经办好。", **act)
    yield call_back(matters.case.pk, is_reached=True, is_satisfied=True, **act)


def is_page(answer: HttpResponse) -> bool:
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return True
    whole = not answer.streaming and answer.content[:100].lstrip().lower().startswith(b"<!doctype html")
    return answer.status_code == 200 and whole


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_can_be_read_by_everybody(cast: Cast, live_server: LiveServer, browser: Browser, part: int) -> None:
    wrong: list[str] = []
    with desk_window(browser, **DESK) as context:
        page = context.new_page()
        said = complaints(page)
        wrong += faults_of(page, live_server.url, "/accounts/login/")
        log_in(page, live_server, cast.officers["CHAIR"])
        client = cast.client("CHAIR")
        client.raise_request_exception = False
        urls, refused = pages(cast, client)
        assert len(urls) > 150
        for number, url in enumerate(urls[part::PARTS]):
            wrong += faults_of(page, live_server.url, url, without="" if number % EVERY == 0 else MENU)
        for _ in steps(cast):
            opened = [url for url in refused if is_page(client.get(url))]
            refused = [url for url in refused if url not in opened]
            for url in opened[part::PARTS]:
                wrong += faults_of(page, live_server.url, url, without=MENU)
        assert len(refused) < 8, refused  # those that need a task or a request named beside the case
        # The page that is missing and the act that is refused are among them.
        wrong += [line for line in said if "404" not in line and "409" not in line]
    assert not wrong, f"{len(wrong)} faults:\n" + "\n".join(wrong)


def faults_of(page: Page, server: str, url: str, *, without: str = "") -> list[str]:
    """On a phone and, made wide, at a desk: nothing of a page but its layout asks how wide the window is."""
    page.set_viewport_size(PHONE)
    response = page.goto(server + url)
    status = response.status if response else 0
    wrong = [f"{status}"] if status >= HTTPStatus.INTERNAL_SERVER_ERROR else []
    wrong += [f"on a phone {fault}" for fault in faults_in_any_display(page, without=without)]
    page.set_viewport_size(DESK)
    wrong += [f"at a desk {fault}" for fault in faults_in_any_display(page, without=without)]
    return [f"{url}: {fault}" for fault in wrong]
