"""年评议 on the desk: put forward, judged by others, published; and an officer's year."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Refused
from niangjia.modules.insight.tests.test_visits import World
from niangjia.modules.organisations.testing import officer
from niangjia.modules.visits.actions.meetings import open_meeting
from niangjia.modules.visits.actions.years import NominationKind, name_judges, open_year_round, put_forward
from niangjia.modules.visits.queries.postings import posting_of
from niangjia.modules.visits.queries.years import findings_to_put_forward, nominations_of
from niangjia.modules.visits.testing import NOW
from niangjia.ui.testing import complaints, faults, log_in, show_as

ADDRESS = "/desk/visits/years/"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def world(db: None) -> World:
    return World()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_from_putting_forward_to_the_published_page(world) -> None:
    chair, liaison = client_of(world.chair), client_of(world.liaison)
    assert "还没有年评议" in chair.get(ADDRESS).content.decode()
    opened = chair.post(f"{ADDRESS}open/", {"scope": world.tree.county.pk, "year": 2026})
    assert opened.status_code == 302
    address = opened.headers["Location"]
    finding = findings_to_put_forward(world.liaison.pk, 2026)[0]
    form = liaison.get(f"{address}put-forward/?finding={finding.pk}").content.decode()
    assert finding.text in form
    said = {
        "kind": "finding",
        "finding": finding.pk,
        "author": world.liaison.pk,
        "title": "高温津贴没发",
        "text": "问了才知道。",
    }
    assert liaison.post(f"{address}put-forward/", said).status_code == 302
    assert liaison.post(f"{address}put-forward/", said).status_code == 422
    judges = [officer("RIGHTS_OFFICER", world.tree.county, f"评委{number}") for number in range(3)]
    chosen = {"judges": [one.pk for one in (*judges, world.liaison)]}
    assert chair.post(f"{address}judges/", {"judges": [judges[0].pk]}).status_code == 422
    assert chair.post(f"{address}judges/", chosen).status_code == 302
    nomination = nominations_of(_round(world))[0]
    points = f"/desk/visits/nominations/{nomination.pk}/judge/"
    assert "您自己的，由别的评委评" in liaison.get(address).content.decode()
    assert liaison.post(points, {"points": 10}).status_code == 403
    assert chair.post(points, {"points": 10}).status_code == 403
    for number, one in enumerate(judges):
        assert "年评议等我打分" in client_of(one).get("/desk/").content.decode()
        assert client_of(one).post(points, {"points": "²"}).status_code == 409
        assert client_of(one).post(points, {"points": 8 + number}).status_code == 302
    assert chair.post(f"{address}publish/").status_code == 302
    page = liaison.get(address).content.decode()
    assert "9.00" in page
    assert "驻联干部的一年" in page
    assert chair.get(f"{address}file/").content.startswith(b"%PDF-")
    word = docx.Document(BytesIO(chair.get(f"{address}file/?format=docx").content))
    assert word.paragraphs[0].text == "2026年度好发现、好建议评议结果"
    assert "高温津贴没发" in word.element.xml


def _round(world: World) -> Any:
    from niangjia.modules.visits.queries.years import rounds_in_sight

    return rounds_in_sight(actor_of(world.chair.pk, now=NOW)).first()


def test_what_became_confidential_is_not_put_forward(world) -> None:
    """Its demand is kept from somebody; whoever wrote it down knows of it still."""
    finding = findings_to_put_forward(world.liaison.pk, 2026)[0]
    finding.case.kept_from_users = [world.chair.pk]
    finding.case.save()
    assert finding.pk not in {one.pk for one in findings_to_put_forward(world.liaison.pk, 2026)}
    who = actor_of(world.liaison.pk, now=NOW)
    row = open_year_round(scope_id=world.tree.county.pk, year=2026, actor=actor_of(world.chair.pk, now=NOW), now=NOW)
    with pytest.raises(Refused, match="不能拿来评议"):
        put_forward(
            row.pk, kind=NominationKind.FINDING, title="好", text="好", finding_id=finding.pk, actor=who, now=NOW
        )


def test_those_below_take_part_and_those_beside_do_not(world) -> None:
    row = open_year_round(scope_id=world.tree.north.pk, year=2026, actor=actor_of(world.chair.pk, now=NOW), now=NOW)
    assert client_of(officer("LIAISON_OFFICER", world.tree.mill)).get(f"{ADDRESS}{row.pk}/").status_code == 200
    beside = client_of(officer("LIAISON_OFFICER", world.tree.south))
    assert beside.get(f"{ADDRESS}{row.pk}/").status_code == 404
    auditor = client_of(officer("AUDITOR", world.tree.north))
    assert auditor.get(f"{ADDRESS}{row.pk}/put-forward/").status_code == 403
    assert auditor.get(f"{ADDRESS}{row.pk}/file/").status_code == 409


def test_an_officers_year(world) -> None:
    row = posting_of(world.liaison.pk, NOW.date())
    answer = client_of(world.liaison).get(f"{ADDRESS}officers/{row.pk}/?year=2026")
    line = answer.context["line"]
    assert (line["visits"], line["explained"], line["passed_on"], line["resolved"]) == (2, 1, 1, 1)
    assert line["weeks_done"] <= line["weeks_due"]
    for strange in ("9999", "0", "²", "x" * 40):
        assert client_of(world.chair).get(f"{ADDRESS}officers/{row.pk}/", {"year": strange}).status_code == 200


def test_more_nominations_ask_no_more(world) -> None:
    who = actor_of(world.chair.pk, now=NOW)
    row = open_year_round(scope_id=world.tree.county.pk, year=2026, actor=who, now=NOW)
    client = client_of(world.chair)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{ADDRESS}{row.pk}/").status_code == 200
        return len(queries)

    put_forward(row.pk, kind=NominationKind.SUGGESTION, title="一", text="一", actor=who, now=NOW)
    asked()
    few = asked()
    for number in range(4):
        put_forward(row.pk, kind=NominationKind.FINDING, title=f"第{number}条", text="x", actor=who, now=NOW)
    assert asked() == few


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_pages_of_the_journal_are_accessible(page, phone, live_server) -> None:
    world = World()
    who = actor_of(world.chair.pk, now=NOW)
    row = open_year_round(scope_id=world.tree.county.pk, year=2026, actor=who, now=NOW)
    judges = [officer("RIGHTS_OFFICER", world.tree.county, f"评委{number}").pk for number in range(2)]
    put_forward(
        row.pk, kind=NominationKind.SUGGESTION, title="开夜间窗口", text="夜班工人白天来不了。", author_id=world.liaison.pk,
        actor=who, now=NOW,
    )  # fmt: skip
    name_judges(row.pk, user_ids=[*judges, world.chair.pk], actor=who, now=NOW)
    held = NOW.replace(month=11, day=5)
    meeting = open_meeting(
        scope_id=world.tree.county.pk, group_id=None, month=held.date().replace(month=10, day=1), held_at=held, actor=who,
        now=held,
    )  # fmt: skip
    posting = posting_of(world.liaison.pk, NOW.date())
    for screen, theme, text in ((page, "light", "normal"), (phone, "dark", "large")):
        log_in(screen, live_server, world.chair)
        said = complaints(screen)
        show_as(screen, live_server, theme=theme, text=text)
        for address in (
            f"/desk/visits/meetings/{meeting.pk}/", "/desk/visits/meetings/", "/desk/visits/meetings/open/",
            f"/desk/visits/reports/{world.tree.north.pk}/?quarter=2026-4", "/desk/visits/reports/", f"{ADDRESS}{row.pk}/",
            f"{ADDRESS}officers/{posting.pk}/", f"{ADDRESS}{row.pk}/judges/", "/desk/insight/visits/?since=2025-11-23",
        ):  # fmt: skip
            screen.goto(live_server.url + address)
            assert faults(screen) == said == [], address
