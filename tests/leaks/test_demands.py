"""A demand that is kept from somebody says nothing to him, through whatever door he looks.

Three that must not know: the union of the employer that is complained of, the officer who is complained of,
and everybody who takes no part in a confidential one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.files.actions import store
from niangjia.modules.demands.actions import Facts, record_demand
from niangjia.modules.demands.models import Attachment, Demand
from niangjia.modules.demands.rules import Channel, Nature
from tests.addresses import WORDS, address, routes
from tests.cast import Cast
from tests.leaks.reading import text_of, words_in

PHONE = "12477779371"  # no tail that the number of a case could have
SAID = "车间主任扣了玉米糕和绿豆汤"
SECRETS = {"玉米糕", "绿豆汤", "苦楝", PHONE, PHONE[-4:]}
ROOMS = ("demands:", "casework:", "organisations:", "members:", "ui:", "metrics:", "exports:", "imports:", "exchange:")
OWN_ROOMS = ("demands:", "casework:", "exchange:")
SEARCHED = ("demand_list", "case_options", "search", "board", "inbox", "call_list", "call_backs")
AJAX = {"HX-Request": "true", "HX-Target": "list"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def said(cast: Cast, **more: object) -> Demand:
    """At the county, where nobody is shut out by the place alone."""
    facts = {
        "nature": Nature.COMPLAINT, "channel": Channel.WINDOW, "kind": "0103", "title": "玉米糕被扣", "body": SAID,
        "asker_name": "苦楝", "asker_phone": PHONE, "place": "绿豆汤窗口", **more,
    }  # fmt: skip
    scope = more.pop("at", None) or cast.places["north"].scope
    facts.pop("at", None)
    made = record_demand(Facts(**facts), scope_id=scope.pk, actor=SYSTEM, now=timezone.now(), route=False, tell=False)
    stored = store("绿豆汤".encode(), name="玉米糕.txt", owner_id=None, now=timezone.now())
    Attachment.objects.create(demand=made, file_id=stored.pk, name="玉米糕.txt", at=timezone.now())
    return made


def doors(row: Demand) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every address of the desk with this demand's number in it, and every list and search asked for its words."""
    values = WORDS | {
        "pk": row.pk, "demand_id": row.pk, "attachment_id": row.pk, "organisation_id": row.case.scope_id, "grant_id": 1,
        "employer_id": 1, "urgency": 1,
    }  # fmt: skip
    for name, arguments in sorted(routes().items()):
        if not name.startswith(ROOMS) or not arguments <= values.keys():
            continue
        url = address(name, arguments, values)
        if arguments:
            if name.startswith(OWN_ROOMS):
                yield "GET", url, {}
            continue
        yield "GET", url, {}
        if name.endswith(SEARCHED):
            for text in ("玉米糕", row.case.number, PHONE, "苦楝"):
                yield "GET", f"{url}?q={quote(text)}", AJAX


def told(client: Client, row: Demand) -> list[str]:
    client.raise_request_exception = False
    wrong = []
    for method, url, headers in doors(row):
        response = client.generic(method, url, headers=headers)
        # What was asked for may stand in the field it was typed into.
        text = text_of(response).replace(quote("玉米糕"), "")
        asked = {word for word in SECRETS if quote(word) in url} | ({PHONE[-4:]} if PHONE in url else set())
        found = words_in(text, SECRETS - asked - ({row.case.number} if row.case.number in url else set()))
        if response.status_code >= 500:
            found.append(f"status {response.status_code}")
        if found:
            wrong.append(f"{method} {url}: {found}")
    return wrong


def beside_the_form(client: Client) -> str:
    """What is said while somebody types the same words or is rung by the same number."""
    sent = {"body": SAID, "asker_phone": PHONE, "place": "绿豆汤窗口", "nature": 3, "channel": 2}
    return text_of(client.post(reverse("demands:record_assist"), sent)).replace(SAID, "")


def test_the_doors_are_open_to_others(cast: Cast) -> None:
    """Else the silence below would show nothing."""
    row = said(cast)
    client = cast.client("CHAIR")
    assert "玉米糕" in client.get(reverse("demands:demand", args=[row.pk])).content.decode()
    assert "玉米糕" in client.get(f"{reverse('demands:demand_list')}?q={quote('绿豆汤')}").content.decode()
    assert row.case.number in beside_the_form(client)


def test_the_accused_employers_own_union_learns_nothing(cast: Cast) -> None:
    employer = cast.corners["north_union"].employer
    row = said(cast, employer_id=employer.pk, at=cast.places["north_union"].scope)
    assert row.case.kept_from == [cast.places["north_union"].pk]
    assert row.case.scope_id == cast.places["north"].pk
    client = cast.client("ENTERPRISE_CLERK")
    assert told(client, row) == []
    assert not words_in(beside_the_form(client), SECRETS - {"绿豆汤"} | {row.case.number})


def test_the_officer_complained_of_learns_nothing(cast: Cast) -> None:
    row = said(cast, kind="1701", accused_user_id=cast.officers["CLERK"].pk)
    client = cast.client("CLERK")
    assert told(client, row) == []
    assert not words_in(beside_the_form(client), SECRETS - {"绿豆汤"} | {row.case.number})


@pytest.mark.parametrize("job", ["AUDITOR", "HOTLINE_OPERATOR", "SYSTEM_ADMINISTRATOR"])
def test_nobody_outside_learns_of_a_confidential_one(cast: Cast, job: str) -> None:
    row = said(cast, is_confidential=True, at=cast.places["county"].scope)
    client = cast.client(job)
    assert told(client, row) == []
    if job == "HOTLINE_OPERATOR":
        assert not words_in(beside_the_form(client), SECRETS - {"绿豆汤"} | {row.case.number})
        begun = client.post(reverse("demands:hotline_begin"), {"phone": PHONE}, follow=True)
        assert not words_in(text_of(begun).replace(PHONE, ""), {"玉米糕", "苦楝", row.case.number})


def test_administrators_read_who_looked_and_not_what_was_said(cast: Cast) -> None:
    row = said(cast, at=cast.places["county"].scope)
    cast.client("CHAIR").get(reverse("demands:demand", args=[row.pk]))
    trail = text_of(cast.client("SYSTEM_ADMINISTRATOR").get(reverse("organisations:audit_list")))
    assert "登记诉求" in trail
    assert not words_in(trail, SECRETS)


@pytest.mark.parametrize("job", ["AUDITOR", "CHAIR"])
def test_no_entry_of_the_trail_says_what_is_kept_from_its_reader(cast: Cast, job: str) -> None:
    """Both may read the trail and demands at the place; the one is kept from them all the same."""
    accused = {"accused_user_id": cast.officers[job].pk, "kind": "1701"} if job == "CHAIR" else {}
    row = said(cast, is_confidential=job == "AUDITOR", at=cast.places["county"].scope, **accused)
    client = cast.client(job)
    entries = AuditEntry.objects.filter(subject_id=row.pk)
    assert entries.count() >= 2
    for entry in entries:
        text = text_of(client.get(reverse("organisations:audit_entry", args=[entry.pk])))
        assert not words_in(text, SECRETS), entry.verb
    assert not words_in(text_of(client.get(reverse("organisations:audit_list"))), SECRETS)
