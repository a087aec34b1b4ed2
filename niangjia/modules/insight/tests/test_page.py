"""诉求分析: whoever opens it sees numbers that lead to their rows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import officer, small_tree
from niangjia.ui.testing import complaints, faults, log_in, show_as

ADDRESS = "/desk/insight/demands/"


@pytest.fixture
def tree(db: None) -> Any:
    tree = small_tree()
    now = timezone.now()
    for number in range(3):
        demand(tree.north, f"第{number}件：食堂太贵", now=now, route=False)
    demand(tree.county, "<script>alert(1)</script>", now=now, route=False)
    return tree


def client_of(job: str, at: Any) -> Client:
    client = Client()
    client.force_login(officer(job, at), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("cut", ["organisation", "kind", "nature", "channel", "zone", "officer", "nonsense"])
def test_each_number_opens_into_as_many_rows(tree, cut) -> None:
    client = client_of("CHAIR", tree.county)
    page = client.get(ADDRESS, {"by": cut}).content.decode()
    found = re.findall(r'<a class="plain-link" href="([^"]+)">(\d+)</a>', page)
    assert len(found) >= 2
    for href, number in found:
        if "with_sums" in href:
            continue
        listed = client.get(href.replace("&amp;", "&")).context["listing"].page
        people = "people" in href
        assert people or listed.count.number == int(number), href


def test_a_year_is_compared_with_the_one_before(tree) -> None:
    client = client_of("CHAIR", tree.county)
    assert "去年同期" in client.get(ADDRESS).content.decode()
    assert "去年同期" not in client.get(ADDRESS, {"since": "2020-01-01"}).content.decode()


def test_an_empty_time_says_what_to_do(tree) -> None:
    page = client_of("CHAIR", tree.county).get(ADDRESS, {"since": "2019-01-01", "until": "2019-02-01"}).content.decode()
    assert "这段时间没有诉求" in page


def test_a_days_nonsense_is_left_out(tree) -> None:
    assert client_of("CHAIR", tree.county).get(ADDRESS, {"since": "昨天", "until": "9999-99-99"}).status_code == 200


def test_a_neighbour_counts_nothing_of_it(tree) -> None:
    page = client_of("CHAIR", tree.south).get(ADDRESS).content.decode()
    assert "食堂" not in page
    assert "这段时间没有诉求" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_is_accessible(page, phone, live_server) -> None:
    tree = small_tree()
    demand(tree.north, "食堂太贵", now=timezone.now(), route=False)
    chair = officer("CHAIR", tree.county)
    for screen in (page, phone):
        log_in(screen, live_server, chair)
        said = complaints(screen)
        for theme, text in (("light", "normal"), ("dark", "large")):
            show_as(screen, live_server, theme=theme, text=text)
            screen.goto(f"{live_server.url}{ADDRESS}?since=2024-11-23")
            assert faults(screen) == said == []
