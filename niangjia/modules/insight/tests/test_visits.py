"""走访分析 and the journal's report: figures that lead to their rows, and lines that a script finds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.testing import demand
from niangjia.modules.insight.commands import app
from niangjia.modules.insight.journal import as_text, journal_report, whole_time
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits.testing import NOW, explained, key_employer, passed_on, posting, visit

ADDRESS = "/desk/insight/visits/"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TODAY = date(2026, 11, 22)
PERIOD = {"since": "2026-11-01", "until": "2026-11-22"}
__all__ = ["call_command"]


class World:
    def __init__(self) -> None:
        self.tree = small_tree()
        self.chair = officer("CHAIR", self.tree.county)
        self.liaison = officer("LIAISON_OFFICER", self.tree.county, "马组长")
        townships = (self.tree.north.pk, self.tree.south.pk)
        row = posting(self.tree.county, self.liaison, from_on=date(2026, 11, 2), township_ids=townships)
        mill, harbour, shop = (
            firm(name, code)
            for name, code in (("纺织厂", "530999101"), ("港务公司", "530999002"), ("小店", "530999002"))
        )
        for employer in (mill, harbour):
            key_employer(self.tree.county, employer, posting_id=row.pk, from_on=date(2026, 11, 2))
        who = actor_of(self.liaison.pk, now=NOW)
        visit(mill, who, findings=(explained(), passed_on()), at=NOW - timedelta(days=8), now=NOW - timedelta(days=8))
        visit(shop, who, at=NOW - timedelta(days=1), now=NOW)

    def client(self, user: Any) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.parametrize("cut", ["organisation", "officer", "group", "kind", "nonsense"])
def test_each_number_opens_into_as_many_rows(world, cut) -> None:
    client = world.client(world.chair)
    page = client.get(ADDRESS, {**PERIOD, "by": cut})
    assert page.status_code == 200
    found = re.findall(r'<a class="plain-link(?: num)?" href="([^"]+)">([\d,]+)</a>', page.content.decode())
    assert len(found) >= (0 if cut == "group" else 3)
    for href, number in found:
        answer = client.get(href.replace("&amp;", "&"))
        assert answer.status_code == 200, href
        if "listing" in answer.context:
            assert answer.context["listing"].page.count.number == int(number), href
        else:  # the weeks, by officer
            assert answer.context["made" if "done=yes" in href else "due"] == int(number), href


def test_a_year_is_compared_and_nonsense_left_out(world) -> None:
    client = world.client(world.chair)
    assert "去年同期" in client.get(ADDRESS).content.decode()
    assert client.get(ADDRESS, {"since": "昨天", "until": "9999-99-99", "by": "²"}).status_code == 200
    assert "这段时间没有走访" in client.get(ADDRESS, {"since": "2019-01-01", "until": "2019-02-01"}).content.decode()


def test_the_report_says_it_in_lines(world) -> None:
    report = journal_report(world.tree.county.scope.path, date(2026, 11, 1), TODAY, None, today=TODAY)
    said = as_text(report).splitlines()
    for line in (
        "走访 2 家次", "登记诉求 2 件", "化解 1 件", "化解率 50.00 %", "覆盖镇街 2 个", "重点企业 2 家，已走访 1 家",
        "驻联干部 1 名", "现场解释 1 件", "转办 1 件",
    ):  # fmt: skip
        assert line in said, said
    assert [one["label"] for one in report.townships] == ["北山镇总工会", "南湖街道总工会", "云岭县总工会（本级）"]
    assert report.officers[0]["name"] == "马组长"
    demand(world.tree.north, "镇上的", now=NOW, route=False)
    alone = journal_report(world.tree.north.scope.path, date(2026, 11, 1), TODAY, None, today=TODAY)
    assert [(one["label"], one["visits"], one["recorded"]) for one in alone.townships] == [
        ("北山镇总工会（本级）", 1, alone.demands["recorded"])
    ]


def test_a_confidential_one_counts_for_the_product_and_not_for_who_may_not_know(world) -> None:
    path, chair = world.tree.county.scope.path, actor_of(world.chair.pk, now=NOW)
    secret = demand(world.tree.north, "举报站长", now=NOW, route=False)
    secret.case.is_confidential = True
    secret.case.save()
    span = (date(2026, 11, 1), TODAY)
    assert journal_report(path, *span, None, today=TODAY).demands["recorded"] == 3
    assert journal_report(path, *span, chair, today=TODAY).demands["recorded"] == 2


def test_all_its_time_begins_with_the_first_of_anything(world) -> None:
    demand(world.tree.north, "早的", now=datetime(2026, 3, 3, 2, tzinfo=UTC), route=False)
    assert whole_time(world.tree.county.scope.path, None, today=TODAY) == (date(2026, 3, 3), TODAY)
    assert whole_time(world.tree.mill.scope.path, None, today=TODAY) == (TODAY, TODAY)


def test_the_command_prints_and_writes(world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.setup", lambda: None)
    run = CliRunner().invoke
    printed = run(app, ["journal", "--from", "2026-11-01"])
    assert printed.exit_code == 0
    assert "云岭县总工会 走访周记" in printed.output
    assert "走访 2 家次" in printed.output
    for kind, begins in (("docx", b"PK"), ("pdf", b"%PDF-"), ("text", "云岭县".encode())):
        file = tmp_path / f"journal.{kind}"
        assert run(app, ["journal", "--format", kind, "--out", str(file)]).exit_code == 0
        assert file.read_bytes().startswith(begins)
    south = run(app, ["journal", "--org", str(world.tree.south.pk)])
    assert "走访 1 家次" in south.output
    for wrong in (
        ["--org", "99999999"], ["--from", "2999-12-31"], ["--from", "昨天"], ["--format", "xls"],
        ["--org", "9999999999999999999999"], ["--out", str(tmp_path / "no" / "x.txt")],
    ):  # fmt: skip
        assert run(app, ["journal", *wrong]).exit_code != 0, wrong


def test_the_report_is_taken_from_the_page(world) -> None:
    client = world.client(world.chair)
    assert client.get(f"{ADDRESS}file/").content.startswith(b"%PDF-")
    answer = client.get(f"{ADDRESS}file/", {**PERIOD, "format": "docx"})
    word = docx.Document(BytesIO(answer.content))
    text = "\n".join(line.text for line in word.paragraphs)
    assert "云岭县总工会走访周记报告" in text
    assert "化解率 50.00 %" in text
    assert len(word.inline_shapes) >= 2


def test_more_visits_ask_no_more(world) -> None:
    client = world.client(world.chair)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ADDRESS, PERIOD).status_code == 200
        return len(queries)

    asked()
    few = asked()
    who = acting_as("CHAIR", world.tree.county)
    assert who
    for number in range(4):
        other = officer("LIAISON_OFFICER", world.tree.county, f"新干部{number}")
        posting(world.tree.county, other, township_ids=(world.tree.north.pk,))
        visit(firm(f"新厂{number}", "530999101"), actor_of(other.pk, now=NOW), findings=(explained(),))
    assert asked() == few
