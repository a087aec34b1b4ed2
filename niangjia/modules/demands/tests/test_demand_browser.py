"""The demand's page in a browser: what axe says, keyboard, drawer; LOOK=folder takes pictures of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.utils import timezone

from niangjia.modules.demands.tests.ground import in_the_middle, staffed
from niangjia.modules.organisations.testing import small_tree
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, show_as

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = os.environ.get("LOOK", "")


def look(page, name: str, *, full: bool = True) -> None:
    if LOOK:
        page.screenshot(path=str(Path(LOOK) / f"{name}.png"), full_page=full)


@pytest.fixture
def desk():
    return staffed(small_tree())


@pytest.fixture
def row(desk):
    return in_the_middle(desk, now=timezone.now())


def test_the_page_is_accessible_in_all_displays(page, live_server, desk, row) -> None:
    log_in(page, live_server, desk.rights)
    said = complaints(page)
    for display in DISPLAYS:
        show_as(page, live_server, **{"theme": "light", "text": "normal", **display})
        page.goto(f"{live_server.url}/desk/demands/{row.pk}/")
        assert faults(page) == said == []
        look(page, "demand-" + "-".join(display.values() or ["desk"]))


def test_it_fits_a_phone(phone, live_server, desk, row) -> None:
    log_in(phone, live_server, desk.rights)
    phone.goto(f"{live_server.url}/desk/demands/{row.pk}/")
    look(phone, "demand-phone")
    assert faults(phone) == []
