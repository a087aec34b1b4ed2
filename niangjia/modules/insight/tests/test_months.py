"""月交流 on the desk: what is prepared, what is written, whose task it becomes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import docx
import pytest
from django.test import Client

from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.testing import demand
from niangjia.modules.insight.queries.demand_facts import demand_totals
from niangjia.modules.organisations.testing import acting_as, officer, small_tree
from niangjia.modules.visits.actions import add_group, set_group
from niangjia.modules.visits.actions.meetings import Decision, close_meeting, open_meeting
from niangjia.modules.visits.queries.meetings import meetings_in_sight, open_own_tasks
from niangjia.modules.visits.testing import posting

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOV = datetime(2026, 11, 5, 6, tzinfo=UTC)
ADDRESS = "/desk/visits/meetings/"


class World:
    def __init__(self) -> None:
        self.tree = small_tree()
        county = self.tree.county
        self.head = acting_as("CHAIR", county)
        self.leader, self.visitor = (officer("LIAISON_OFFICER", county, name) for name in ("马组长", "何走访"))
        self.chair, self.auditor = officer("CHAIR", county, "郑主席"), officer("AUDITOR", county, "李经审")
        self.group = add_group(scope_id=county.pk, name="第一组", leader_id=self.leader.pk, actor=self.head, now=NOV)
        for user, township in ((self.leader, self.tree.north), (self.visitor, self.tree.south)):
            row = posting(county, user, township_ids=(township.pk,))
            set_group(row.pk, group_id=self.group.pk, actor=self.head, now=NOV)

    def client(self, user: Any) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    def meeting(self, month: int = 10, *decisions: Decision, closed: bool = False) -> Any:
        held = datetime(2026, month + 1, 5, 6, tzinfo=UTC)
        who = actor_of(self.leader.pk, now=held)
        row = open_meeting(
            scope_id=self.tree.county.pk,
            group_id=self.group.pk,
            month=date(2026, month, 1),
            held_at=held,
            actor=who,
            now=held,
        )
        if closed:
            close_meeting(row.pk, minutes="略", presences=[], decisions=decisions, facts={}, actor=who, now=held)
        return row

    def filled(self, **more: str) -> dict[str, str]:
        return {
            "minutes": "各人报了一月的走访，商量了站点扣款的事。", "guests": "县人社局、何律师",
            f"presence_{self.leader.pk}": "1", f"presence_{self.visitor.pk}": "2", **more,
        }  # fmt: skip


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_the_leader_calls_a_meeting(world) -> None:
    client = world.client(world.leader)
    page = client.get(f"{ADDRESS}open/")
    assert "第一组" in page.content.decode()
    assert "全体驻联干部" not in page.content.decode()
    said = {"who": f"g{world.group.pk}", "month": "2026-10", "held_at": "2026-11-05T14:00", "place": "三楼"}
    assert client.post(f"{ADDRESS}open/", said).status_code == 302
    again = client.post(f"{ADDRESS}open/", said)
    assert again.status_code == 422
    assert "已经有了" in again.content.decode()
    for wrong in ("", "2026-13", "²026-10", "9999-12", "0001-01"):
        assert client.post(f"{ADDRESS}open/", said | {"month": wrong}).status_code == 422
    assert world.client(world.visitor).get(f"{ADDRESS}open/").status_code == 403
    assert "全体驻联干部" in world.client(world.chair).get(f"{ADDRESS}open/").content.decode()
    for written, shown in (("2026-10-20", True), ("20261020", True), ("2026-W01", True), ("2026-11-01", False)):
        page = client.get(ADDRESS, {"since": written})
        assert (page.status_code, "2026年10月" in page.content.decode()) == (200, shown), written


def test_the_page_begins_with_last_months_tasks_and_shows_what_lies_there(world) -> None:
    world.meeting(9, Decision("到站点走一趟", world.visitor.pk, date(2026, 10, 20)), closed=True)
    demand(world.tree.north, "站点按单扣款", now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False)
    secret = demand(world.tree.north, "举报站长收钱", now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False)
    secret.case.is_confidential = True
    secret.case.save()
    row = world.meeting(10)
    page = world.client(world.leader).get(f"{ADDRESS}{row.pk}/").content.decode()
    parts = [
        page.index(words)
        for words in ("上次会上定的任务", "二、走访", "三、诉求", "四、热点", "五、稳定风险", "七、会议记录")
    ]
    assert parts == sorted(parts)
    assert "到站点走一趟" in page
    assert "已超期" in page
    assert "站点按单扣款" in page
    assert "举报站长" not in page
    assert "马组长" in page


def test_places_further_down_count_as_well(world) -> None:
    demand(world.tree.mill, "厂里的", now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False)
    demand(world.tree.north, "镇上的", now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False)
    county, north, mill = (at.scope.path for at in (world.tree.county, world.tree.north, world.tree.mill))
    span = (date(2026, 10, 1), date(2026, 10, 31))
    found = [
        demand_totals(world.head, county, paths, *span)["recorded"] for paths in ([county], [north], [north, mill], [])
    ]
    assert found == [2, 2, 2, 0]


def test_minutes_are_kept_then_closed_and_stand(world) -> None:
    client, row = world.client(world.leader), world.meeting(10)
    address = f"{ADDRESS}{row.pk}/"
    half = client.post(address, world.filled(text_0="到三个站点走一趟", act="note"))
    assert half.status_code == 422
    assert "请选择谁办" in half.content.decode()
    task = {"text_0": "到三个站点走一趟", "user_0": str(world.visitor.pk), "due_0": "2026-11-30"}
    assert client.post(address, world.filled(**task, act="note")).status_code == 302
    assert "到三个站点走一趟" in client.get(address).content.decode()
    assert not open_own_tasks(world.visitor.pk).exists()
    assert client.post(address, world.filled(**task, act="close")).status_code == 302
    page = client.get(address).content.decode()
    assert "会议结束时的，不再变" in page
    assert {"何走访（请假）", "县人社局", "何律师"} <= set(re.findall(r"[^、<>\s]+", page))
    assert client.post(address, world.filled(**task, act="close")).status_code == 409
    assert open_own_tasks(world.visitor.pk).get().text == "到三个站点走一趟"
    before = page.count("站点按单扣款")
    demand(world.tree.north, "站点按单扣款", now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False)
    assert client.get(address).content.decode().count("站点按单扣款") == before


def test_two_who_write_at_once_lose_nothing(world) -> None:
    row, leader, chair = world.meeting(10), world.client(world.leader), world.client(world.chair)
    address = f"{ADDRESS}{row.pk}/"

    def seen(answer: Any) -> str:
        found = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
        assert found
        return found[1]

    mark = seen(leader.get(address))
    first = world.filled(minutes="组长记的", act="note", seen=mark)
    assert leader.post(address, first).status_code == 302
    second = world.filled(minutes="主席记的", act="note", seen=mark)
    told = chair.post(address, second)
    assert told.status_code == 422
    assert all(words in told.content.decode() for words in ("另一位主持人", "组长记的", "主席记的"))
    assert "主席记的" not in leader.get(address).content.decode()
    assert chair.post(address, second | {"minutes": "两人记的", "seen": seen(told)}).status_code == 302
    assert "两人记的" in leader.get(address).content.decode()


def test_a_task_is_carried_to_the_next_meeting(world) -> None:
    world.meeting(9, Decision("到站点走一趟", world.visitor.pk, date(2026, 10, 20)), closed=True)
    task, row = open_own_tasks(world.visitor.pk).get(), world.meeting(10)
    client = world.client(world.leader)
    without = client.post(f"{ADDRESS}{row.pk}/", world.filled(act="close", **{f"carry_{task.pk}": "on"}))
    assert "请填新的期限" in without.content.decode()
    carried = {f"carry_{task.pk}": "on", f"carry_due_{task.pk}": "2026-11-30"}
    assert client.post(f"{ADDRESS}{row.pk}/", world.filled(act="close", **carried)).status_code == 302
    assert open_own_tasks(world.visitor.pk).get().due_on == date(2026, 11, 30)


def test_who_does_not_lead_only_reads(world) -> None:
    row = world.meeting(10)
    for user in (world.visitor, world.auditor):
        client = world.client(user)
        assert client.get(f"{ADDRESS}{row.pk}/").status_code == 200
        assert "结束会议" not in client.get(f"{ADDRESS}{row.pk}/").content.decode()
        assert client.post(f"{ADDRESS}{row.pk}/", world.filled(act="close")).status_code == 403
        assert client.get(f"{ADDRESS}{row.pk}/move/").status_code == 403
    below = world.client(officer("CHAIR", world.tree.north))
    assert below.get(f"{ADDRESS}{row.pk}/").status_code == 404


def test_a_task_is_seen_and_finished_by_its_owner(world) -> None:
    world.meeting(9, Decision("到站点走一趟", world.visitor.pk, date(2026, 10, 20)), closed=True)
    client, task = world.client(world.visitor), open_own_tasks(world.visitor.pk).get()
    assert "会议任务已超期" in client.get("/desk/").content.decode()
    assert "到站点走一趟" in client.get("/desk/visits/tasks/").content.decode()
    finish = f"/desk/visits/tasks/{task.pk}/finish/"
    assert client.post(finish, {"result": ""}).status_code == 422
    assert world.client(world.auditor).get(finish).status_code == 403
    assert client.post(finish, {"result": "走了三个站点，两个已改。"}).status_code == 302
    assert "走了三个站点" in client.get("/desk/visits/tasks/").content.decode()
    row = world.meeting(10)
    assert "走了三个站点" in client.get(f"{ADDRESS}{row.pk}/").content.decode()


def test_what_stands_for_good_is_told_to_nobody_whom_it_is_kept_from(world) -> None:
    for body, more in (("组长收了好处", {"accused_user_id": world.visitor.pk}), ("食堂太贵", {})):
        demand(world.tree.north, body, now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False, **more)
    row = world.meeting(10)
    assert world.client(world.leader).post(f"{ADDRESS}{row.pk}/", world.filled(act="close")).status_code == 302
    for user, is_told in ((world.leader, True), (world.visitor, False)):
        client = world.client(user)
        page = client.get(f"{ADDRESS}{row.pk}/").content.decode()
        word = docx.Document(BytesIO(client.get(f"{ADDRESS}{row.pk}/file/?format=docx").content))
        cells = " ".join(cell.text for table in word.tables for line in table.rows for cell in line.cells)
        assert all("食堂太贵" in text and ("收了好处" in text) is is_told for text in (page, cells))


@pytest.mark.parametrize("closed", [False, True])
def test_a_meeting_is_taken_along_as_pdf_and_word(world, closed) -> None:
    row = world.meeting(10)
    client = world.client(world.leader)
    if closed:
        client.post(f"{ADDRESS}{row.pk}/", world.filled(act="close"))
    assert client.get(f"{ADDRESS}{row.pk}/file/").content.startswith(b"%PDF-")
    word = docx.Document(BytesIO(client.get(f"{ADDRESS}{row.pk}/file/?format=docx").content))
    text = "\n".join(line.text for line in word.paragraphs)
    assert "2026年10月月交流会议" in text
    assert ("商量了站点扣款" in text) is closed


def test_a_bigger_group_asks_no_more(world, django_assert_max_num_queries) -> None:
    row, client = world.meeting(10), world.client(world.leader)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{ADDRESS}{row.pk}/").status_code == 200
        return len(queries)

    asked()
    few = asked()
    for number in range(4):
        user = officer("LIAISON_OFFICER", world.tree.county, f"新干部{number}")
        made = posting(world.tree.county, user, township_ids=(world.tree.north.pk,))
        set_group(made.pk, group_id=world.group.pk, actor=world.head, now=NOV)
        demand(world.tree.north, f"第{number}件：食堂太贵", now=datetime(2026, 10, 9, 2, tzinfo=UTC), route=False)
    assert asked() == few
    assert meetings_in_sight(actor_of(world.leader.pk, now=NOV)).count() == 1
