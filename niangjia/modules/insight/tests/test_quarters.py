"""季分析: the facts beside the officer's words, finished for good, taken along as Word and PDF."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.testing import demand
from niangjia.modules.insight.tests.test_visits import World
from niangjia.modules.organisations.testing import firm, officer
from niangjia.modules.visits.testing import NOW, visit

ADDRESS = "/desk/visits/reports/"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def world(db: None) -> World:
    return World()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_every_township_stands_in_the_list(world) -> None:
    page = client_of(world.chair).get(ADDRESS, {"quarter": "2026-4"}).content.decode()
    assert "北山镇总工会" in page
    assert "南湖街道总工会" in page
    assert "还没写" in page
    for strange in ("2026-5", "²026-4", "9999-4", "0001-1", "x", ""):
        assert client_of(world.chair).get(ADDRESS, {"quarter": strange}).status_code == 200


def test_three_quarters_stand_side_by_side(world) -> None:
    for year, month, count in ((2026, 11, 3), (2026, 8, 2), (2025, 11, 1)):
        for number in range(count):
            demand(
                world.tree.north, f"{year}{month}第{number}件", now=datetime(year, month, 9, 2, tzinfo=UTC), route=False
            )
    answer = client_of(world.chair).get(f"{ADDRESS}{world.tree.north.pk}/", {"quarter": "2026-4"})
    columns = dict(answer.context["columns"])
    explained_too = 1  # on the visit
    assert columns["登记（件）"] == [3 + explained_too, 2, 1]
    assert columns["走访（家次）"] == [1, 0, 0]
    assert answer.context["facts"]["looks"][0]["good"] == 1
    assert "纺织厂" not in answer.content.decode()


def test_a_report_is_written_finished_and_stands(world) -> None:
    client, address = client_of(world.liaison), f"{ADDRESS}{world.tree.north.pk}/?quarter=2026-4"
    assert client.post(address, {"text": "", "act": "finish"}).status_code == 422
    assert client.post(address, {"text": "欠薪多了三件。", "act": "write"}).status_code == 302
    assert "草稿" in client.get(address).content.decode()
    assert client.post(address, {"text": "欠薪多了三件。\n下季度再走一遍。", "act": "finish"}).status_code == 302
    demand(world.tree.north, "定稿以后的", now=NOW, route=False)
    page = client.get(address)
    assert dict(page.context["columns"])["登记（件）"][0] == 1
    assert "已定稿" in page.content.decode()
    assert client.post(address, {"text": "改", "act": "write"}).status_code == 422
    reopen = f"{ADDRESS}{world.tree.north.pk}/reopen/?quarter=2026-4"
    assert client.post(reopen, {"reason": "笔误"}).status_code == 403
    assert client_of(world.chair).post(reopen, {"reason": ""}).status_code == 409
    assert client_of(world.chair).post(reopen, {"reason": "笔误"}).status_code == 302
    assert dict(client.get(address).context["columns"])["登记（件）"][0] == 2


def test_it_is_taken_along_in_official_form(world) -> None:
    address = f"{ADDRESS}{world.tree.north.pk}/file/"
    client = client_of(world.chair)
    assert client.get(address, {"quarter": "2026-4"}).content.startswith(b"%PDF-")
    word = docx.Document(BytesIO(client.get(address, {"quarter": "2026-4", "format": "docx"}).content))
    text = "\n".join(line.text for line in word.paragraphs)
    assert word.paragraphs[0].text == "北山镇2026年第四季度走访和诉求分析"
    assert "与上季度比多 1，与去年同期比多 1" in text
    assert len(word.tables) >= 3
    assert word.inline_shapes


def test_a_neighbour_reads_none_of_it(world) -> None:
    below = client_of(officer("LIAISON_OFFICER", world.tree.south, "南湖李联"))
    assert below.get(f"{ADDRESS}{world.tree.north.pk}/").status_code == 404
    assert below.get(f"{ADDRESS}{world.tree.north.pk}/file/").status_code == 404
    assert "北山镇" not in below.get(ADDRESS).content.decode()
    auditor = client_of(officer("AUDITOR", world.tree.county, "李经审"))
    assert auditor.get(f"{ADDRESS}{world.tree.north.pk}/").status_code == 200
    assert auditor.post(f"{ADDRESS}{world.tree.north.pk}/", {"text": "x"}).status_code == 403


def test_more_of_everything_asks_no_more(world) -> None:
    client, address = client_of(world.chair), f"{ADDRESS}{world.tree.north.pk}/?quarter=2026-4"

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    asked()
    few = asked()
    who = actor_of(world.liaison.pk, now=NOW)
    for number in range(3):
        demand(world.tree.north, f"第{number}件：食堂太贵", now=NOW, route=False)
        visit(firm(f"新厂{number}", "530999101"), who, at=NOW - timedelta(days=2 + number), now=NOW)
    assert asked() == few
