"""Whatever somebody types into an address or a form, no page breaks."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from tests.addresses import address, routes, things
from tests.architecture.test_rights import table
from tests.cast import Cast

NAMES = (
    "q", "after", "before", "view", "sort", "week", "on", "organisation", "parent", "since", "until", "who", "state",
    "status", "category", "place", "unread", "username", "page",
)  # fmt: skip
KEYS = tuple(base64.urlsafe_b64encode(text.encode()).decode() for text in ('["x",1]', '["a\\u0000",1]'))
BAD = ("a\x00b", "²", "9" * 5000, "0001-01-01", "9999-12-31", "𠮷\u202e<script>[%\\", *KEYS)
TYPED = ("a\x00b", "²", "9" * 30, "9999-12-31", "𠮷\u202e<b>", "x" * 10_000)
PARTS = 4  # of the addresses: so that those who test side by side share them
SHELL: tuple[dict[str, str], ...] = ({}, *[{"HX-Request": "true", "HX-Target": "drawer-body"}] * 3)
"""The menu around a page reads no more of an address than any other page's: drawn one time in four, with each text."""
FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*?\bname="([^"]+)"')
NO_TYPING = {"csrfmiddlewaretoken", "_once"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def pages(cast: Cast) -> tuple[Any, list[str]]:
    """A chair's browser, and all that it may open."""
    known, client = routes(), cast.client("CHAIR")
    client.raise_request_exception = False
    lines = [line for line in table() if line.method == "GET" and line.expected["CHAIR"] == "ok"]
    addresses = {address(one.route, known[one.route], things(one.kind, cast, "CHAIR", one.whose)) for one in lines}
    return client, sorted(addresses)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_address_breaks_a_page(pages, part: int) -> None:
    client, addresses = pages
    broken = [
        f"{url} {bad[:20]!r}"
        for number, url in enumerate(addresses[part::PARTS])
        for turn, bad in enumerate(BAD, start=number)
        if client.get(url, dict.fromkeys(NAMES, bad), headers=SHELL[turn % len(SHELL)]).status_code >= 500
    ]
    assert not broken, "\n".join(broken)


def test_no_made_up_header_breaks_a_page(pages) -> None:
    client, addresses = pages
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    client.logout()
    broken = [url for url in addresses if client.get(url, headers=headers).status_code >= 500]
    assert not broken


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_typed_into_a_form_breaks_it(pages, part: int) -> None:
    client, addresses = pages
    broken = []
    for url in addresses[part::PARTS]:
        page = client.get(url)
        is_page = page.headers["Content-Type"].startswith("text/html")
        names = set(FIELD.findall(page.content.decode())) - NO_TYPING if is_page else set()
        for bad in TYPED if names else ():
            with transaction.atomic():
                answer = client.post(url, dict.fromkeys(names, bad))
                connection.check_constraints()
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                broken.append(f"{url} {bad[:20]!r}")
    assert not broken, "\n".join(broken)
