"""What lists, inbox, board and the supervising page show, to whom, and with how many questions to the database."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.queries import finding
from niangjia.modules.demands.queries.lanes import LANES
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.demands.testing import demand
from niangjia.modules.demands.tests.ground import Desk, staffed
from niangjia.modules.demands.web import lists
from niangjia.modules.demands.web.lists import DEMANDS
from niangjia.modules.organisations.testing import small_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return staffed(small_tree())


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def acting(user: User) -> Any:
    return actor_of(user.pk, now=timezone.now())


def recorded(desk: Desk, at: Any, title: str, **more: Any) -> Any:
    """Taken down by the county's clerk, an hour ago."""
    now = more.pop("now", timezone.now() - timedelta(hours=1))
    return demand(at, f"{title}，请工会帮忙。", actor=acting(desk.chair), now=now, route=False, title=title, **more)


def in_hand(row: Any, lead: User, *, at: Any, by: User) -> Any:
    casework.assign_case(row.pk, scope_id=at.pk, user_id=lead.pk, actor=acting(by), now=timezone.now())
    return row


def titles(client: Client, address: str, **params: str) -> set[str]:
    page = client.get(address, params)
    assert page.status_code == 200, page.content[:500]
    return {row.row.case.title for row in page.context["listing"].rows}


def lane(user: User, key: str) -> set[str]:
    return titles(client_of(user), reverse("demands:inbox_lane", args=[key]))


def change(row: Any, **facts: Any) -> None:
    Case.objects.unscoped(reason="the test moves time").filter(pk=row.pk).update(**facts)


# --- 收件箱 ---


def test_each_lane_holds_what_waits_for_this_officer(desk) -> None:
    tree = desk.tree
    recorded(desk, tree.county, "等受理的")
    in_hand(recorded(desk, tree.county, "我的"), desk.clerk, at=tree.county, by=desk.chair)
    in_hand(recorded(desk, tree.county, "同事的"), desk.rights, at=tree.county, by=desk.chair)
    late = in_hand(recorded(desk, tree.county, "超时的"), desk.clerk, at=tree.county, by=desk.chair)
    change(late, due_at=timezone.now() - timedelta(hours=2))
    answered = in_hand(recorded(desk, tree.county, "答复了的"), desk.clerk, at=tree.county, by=desk.chair)
    casework.answer_case(answered.pk, text="已经说明。", actor=acting(desk.clerk), now=timezone.now())
    again = in_hand(recorded(desk, tree.county, "重办的"), desk.rights, at=tree.county, by=desk.chair)
    change(again, reopened=1)
    helped = in_hand(recorded(desk, tree.south, "协办的"), desk.neighbour, at=tree.south, by=desk.chair)
    casework.invite(
        helped.pk, scope_id=tree.county.pk, user_id=desk.rights.pk, text="请查一查参保情况。", actor=acting(desk.neighbour),
        now=timezone.now(),
    )  # fmt: skip
    assert lane(desk.clerk, "mine") == {"我的", "超时的", "答复了的"}
    assert lane(desk.clerk, "acceptance") == {"等受理的"}
    assert lane(desk.clerk, "overdue") == {"超时的"}
    assert lane(desk.clerk, "call_back") == {"答复了的"}
    assert lane(desk.clerk, "reopened") == {"重办的"}
    assert lane(desk.rights, "tasks") == {"协办的"}
    assert lane(desk.clerk, "tasks") == set()
    assert lane(desk.clerk, "team") == {"等受理的", "我的", "同事的", "超时的", "答复了的", "重办的"}
    assert lane(desk.neighbour, "team") == {"协办的"}


def test_the_tabs_count_what_their_lanes_hold(desk) -> None:
    for n in range(3):
        in_hand(recorded(desk, desk.tree.county, f"我的{n}"), desk.clerk, at=desk.tree.county, by=desk.chair)
    recorded(desk, desk.tree.county, "等受理的")
    page = client_of(desk.clerk).get(reverse("demands:inbox"))
    counts = {tab["label"]: tab["count"] for tab in page.context["tabs"]}
    for one in LANES:
        if one.label in counts:
            assert counts[one.label] == str(len(lane(desk.clerk, one.key))), one.key


def test_who_only_looks_on_is_offered_no_lane_of_work(desk) -> None:
    page = client_of(desk.auditor).get(reverse("demands:inbox"))
    assert {tab["label"] for tab in page.context["tabs"]} == {"今天到期", "已超时", "重新办理", "本单位"}
    assert client_of(desk.auditor).get(reverse("demands:inbox_lane", args=["mine"])).status_code == 404


# --- 诉求台账 ---


def test_an_id_in_the_address_is_named_only_where_a_row_in_sight_bears_it(desk) -> None:
    tree, address = desk.tree, reverse("demands:demand_list")
    in_hand(recorded(desk, tree.north, "北山的"), desk.clerk, at=tree.north, by=desk.chair)
    recorded(desk, tree.south, "南湖的")

    def chips(user: User, **params: str) -> list[str]:
        page = client_of(user).get(address, params)
        return [one.chosen_label for one in page.context["listing"].chips]

    place, lead = {"place": str(tree.north.pk)}, {"lead": str(desk.clerk.pk)}
    assert chips(desk.chair, **place) == [tree.north.name]
    assert chips(desk.chair, **lead) == [desk.clerk.name]
    assert chips(desk.neighbour, place=str(tree.south.pk)) == [tree.south.name]
    for params in (place, lead, {"zone": "1"}, {"employer": "1"}, {"place": "nonsense"}):
        assert chips(desk.neighbour, **params) == ["已选定"], params


def test_filters_cut_what_they_say(desk) -> None:
    tree, today = desk.tree, timezone.localdate().isoformat()
    received = timezone.localdate(timezone.now() - timedelta(hours=1)).isoformat()
    recorded(desk, tree.county, "咨询的", nature=Nature.ENQUIRY, channel=Channel.WINDOW, kind="0201")
    great = recorded(desk, tree.south, "重大的", is_major=True, urgency=4)
    change(great, due_at=timezone.now() + timedelta(days=1))
    old = recorded(desk, tree.county, "去年的", now=timezone.now() - timedelta(days=400))
    change(old, due_at=timezone.now() - timedelta(days=300))
    done = in_hand(recorded(desk, tree.north, "办完的"), desk.clerk, at=tree.north, by=desk.chair)
    change(done, stage=Stage.RESOLVED, ended_at=timezone.now(), is_satisfied=True, due_at=None)
    client, address = client_of(desk.chair), reverse("demands:demand_list")

    def found(**params: str) -> set[str]:
        return titles(client, address, **params)

    everything = found(all="1")
    assert everything == {"咨询的", "重大的", "去年的", "办完的"}
    assert found(nature=str(Nature.ENQUIRY.value)) == found(channel=str(Channel.WINDOW.value)) == {"咨询的"}
    assert found(kind="02") == found(kind="0201") == {"咨询的"}
    assert found(urgency="4") == found(major="1") == {"重大的"}
    half_a_year_ago = (timezone.localdate() - timedelta(days=180)).isoformat()
    assert found(until=half_a_year_ago) == found(overdue="1") == {"去年的"}
    assert found(since=received) == everything - {"去年的"}
    assert found(stage="open") == everything - {"办完的"}
    assert (
        found(stage="ended") == found(satisfied="yes") == found(on_time="1") == found(ended_since=today) == {"办完的"}
    )
    assert found(place=str(tree.south.pk)) == {"重大的"}
    assert found(lead=str(desk.clerk.pk)) == {"办完的"}
    assert found(lead="nonsense") == set()
    assert found(sort="due", stage="open") == everything - {"办完的"}
    within = reverse("demands:organisation_demands", args=[tree.south.pk])
    assert titles(client, within) == {"重大的"}


def test_every_filter_and_sort_is_understood_by_the_database(desk) -> None:
    recorded(desk, desk.tree.county, "一件")
    client, actor = client_of(desk.chair), acting(desk.chair)
    samples = {"date": timezone.localdate().isoformat(), "flag": "1", "text": "7"}
    for one in DEMANDS.spec.filters:
        values = [code for code, _ in one.options(actor)] if one.kind == "choice" else [samples[one.kind]]
        for value in values[:12]:
            assert client.get(reverse("demands:demand_list"), {one.key: value}).status_code == 200, (one.key, value)
    for sort in DEMANDS.spec.sorts:
        assert client.get(reverse("demands:demand_list"), {"sort": sort.key}).status_code == 200


def test_pages_go_on_where_they_ended(desk) -> None:
    for n in range(7):
        recorded(desk, desk.tree.county, f"第 {n} 件")
    client = client_of(desk.chair)
    for sort in ("received_at", "due", "number"):
        seen: list[str] = []
        params = {"sort": sort}
        spec = type(DEMANDS.spec)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(spec, "page_size", 3)
            while True:
                page = client.get(reverse("demands:demand_list"), params).context["listing"]
                seen += [row.row.case.title for row in page.rows]
                if not page.page.next:
                    break
                params["after"] = page.page.next
        assert sorted(seen) == sorted(f"第 {n} 件" for n in range(7)), sort


def test_a_common_word_is_looked_for_in_the_few_in_sight(desk, monkeypatch) -> None:
    """Other roads, same rows: by the index, or one by one where many demands hold the word."""
    shown, other = recorded(desk, desk.tree.county, "怀孕被调岗"), recorded(desk, desk.tree.county, "拖欠工资")
    client, address = client_of(desk.chair), reverse("demands:demand_list")
    with connection.cursor() as cursor:
        cursor.execute("analyze demands_demand")
    finding._frequent.cache_clear()
    assert finding.is_common("请工会帮忙")  # in both, as the database counted
    assert not finding.is_common("金秋助学")
    assert titles(client, address, q="请工会帮忙") == {shown.case.title, other.case.title}
    for most in (0, lists.LOOKED_INTO):
        monkeypatch.setattr(lists, "is_common", lambda _: True)
        monkeypatch.setattr(lists, "LOOKED_INTO", most)
        assert titles(client, address, q="怀孕") == {shown.case.title}
        assert titles(client, address, q="工会") == {shown.case.title, other.case.title}
    finding._frequent.cache_clear()


def test_search_finds_number_words_name_and_phone(desk) -> None:
    row = recorded(desk, desk.tree.county, "怀孕后被调岗", asker_name="欧阳秀英", asker_phone="12480000077")
    secret = recorded(desk, desk.tree.county, "不说是谁的", asker_phone="12480000088", is_anonymous=True)
    client, address = client_of(desk.chair), reverse("demands:demand_list")
    for text in (row.case.number, "怀孕 调岗", "欧阳秀英", "12480000077", "0077"):
        assert row.case.title in titles(client, address, q=text), text
    for text in ("12480000088", "0088"):
        assert secret.case.title not in titles(client, address, q=text)
    assert titles(client, address, q="退休金") == set()
    hits = client.get(reverse("ui:search"), {"q": "怀孕 调岗"}).content.decode()
    assert row.case.title in hits


# --- who sees what ---


def test_nothing_leaks_of_what_is_kept_from_somebody(desk) -> None:
    """Neither row nor number nor search hit, on any of these pages."""
    tree = desk.tree
    hidden = recorded(desk, tree.north, "保密的事", is_confidential=True)
    kept = recorded(desk, tree.county, "告本单位的")
    change(kept, kept_from=[tree.county.pk])
    accused = recorded(desk, tree.county, "告这位干部的")
    change(accused, kept_from_users=[desk.clerk.pk])
    recorded(desk, tree.south, "邻居的")
    client = client_of(desk.clerk)
    pages = [reverse("demands:demand_list"), reverse("demands:board") + "?whose=all", reverse("demands:board"),
             *(reverse("demands:inbox_lane", args=[one.key]) for one in LANES), reverse("demands:monthly"), "/desk/"]  # fmt: skip
    for address in pages:
        said = client.get(address).content.decode()
        for row in (hidden, kept, accused):
            assert row.case.title not in said, address
            assert row.case.number not in said, address
    assert titles(client, reverse("demands:demand_list")) == {"邻居的"}
    assert client.get(reverse("demands:demand_list")).context["listing"].page.count.number == 1
    neighbour = client_of(desk.neighbour)
    assert titles(neighbour, reverse("demands:demand_list")) == {"邻居的"}
    for row in (hidden, kept, accused):
        assert (
            row.case.get_absolute_url() not in client.get(reverse("ui:search"), {"q": row.case.title}).content.decode()
        )


def test_names_are_masked(desk) -> None:
    recorded(desk, desk.tree.county, "一件", asker_name="欧阳秀英", asker_phone="12480000066")
    said = client_of(desk.chair).get(reverse("demands:demand_list")).content.decode()
    assert "欧阳秀英" not in said
    assert "12480000066" not in said


# --- 看板 and 督办 ---


def test_the_board_has_the_most_pressing_on_top(desk) -> None:
    for hours in (30, 3, 12):
        row = recorded(desk, desk.tree.county, f"{hours} 小时")
        change(row, due_at=timezone.now() + timedelta(hours=hours))
    change(recorded(desk, desk.tree.county, "暂停的"), due_at=None)
    page = client_of(desk.clerk).get(reverse("demands:board"), {"whose": "team"})
    first = page.context["columns"][0][0]
    assert [row.case.title for row in first.rows] == ["3 小时", "12 小时", "30 小时", "暂停的"]
    assert first.count.number == 4


@pytest.mark.parametrize("by", ["organisation", "officer"])
def test_every_number_of_the_supervising_page_opens_into_its_rows(desk, by) -> None:
    tree = desk.tree
    for n, (at, lead) in enumerate(
        [(tree.county, desk.clerk), (tree.county, desk.rights), (tree.south, desk.neighbour)] * 3
    ):
        row = in_hand(recorded(desk, at, f"第 {n} 件"), lead, at=at, by=desk.chair)
        change(row, due_at=timezone.now() + timedelta(hours=[-5, 10, 90][n // 3]), hand_backs=n % 2)
    stuck = recorded(desk, tree.mill, "停了很久的")
    change(stuck, paused_at=timezone.now() - timedelta(days=20), due_at=None)
    client = client_of(desk.chair)
    page = client.get(reverse("demands:supervising"), {"by": by})
    lines = page.context["lines"]
    assert lines
    for line, links in lines:
        for key, address in links.items():
            found = client.get(address).context["listing"].page.count.number
            expected = getattr(line, key)
            if key == "hand_backs":  # so many times, over so many demands
                assert (found > 0) == (expected > 0)
            else:
                assert found == expected, (line.name, key)
    assert sum(line.overdue for line, _ in lines) == 3


# --- how many questions ---


def asked(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_as_many_queries_for_three_rows_as_for_thirty(desk) -> None:
    pages = [reverse("demands:demand_list") + "?all=1", reverse("demands:board"), reverse("demands:supervising"),
             reverse("demands:monthly"), *(reverse("demands:inbox_lane", args=[one.key]) for one in LANES)]  # fmt: skip

    def more(count: int) -> None:
        for n in range(count):
            row = recorded(desk, desk.tree.county, f"第 {n} 件")
            if n % 3:
                in_hand(row, desk.chair, at=desk.tree.county, by=desk.chair)
            if n % 3 == 2:
                change(row, due_at=timezone.now() - timedelta(hours=1), reopened=1)

    client = client_of(desk.chair)
    more(3)
    few = {address: asked(client, address) for address in pages}
    more(27)
    many = {address: asked(client, address) for address in pages}
    assert few == many
    assert max(many.values()) <= 45, many


# --- many at once ---


def test_what_is_refused_is_told_and_the_rest_is_done(desk) -> None:
    rows = [recorded(desk, desk.tree.county, f"第 {n} 件") for n in range(3)]
    change(rows[1], stage=Stage.WITHDRAWN)
    out_of_sight = recorded(desk, desk.tree.county, "看不见的", is_confidential=True)
    client = client_of(desk.clerk)
    page = client.post(
        reverse("demands:demands_accept"), {"row": [row.pk for row in (*rows, out_of_sight)]}
    ).content.decode()
    assert "2 件没有办成" in page
    assert "已办 2 件" in page
    assert rows[1].case.number in page
    assert "看不见的" not in page
    stages = dict(Case.objects.unscoped(reason="test").values_list("pk", "stage"))
    assert [stages[row.pk] for row in rows] == [Stage.ACCEPTED, Stage.WITHDRAWN, Stage.ACCEPTED]
    assert stages[out_of_sight.pk] == Stage.RECEIVED


def test_many_are_assigned_to_one_and_urged_with_a_word(desk) -> None:
    rows = [recorded(desk, desk.tree.county, f"第 {n} 件") for n in range(2)]
    client, keys = client_of(desk.chair), {"row": [row.pk for row in rows]}
    form = client.post(reverse("demands:demands_assign"), keys)
    assert "分派 2 件诉求" in form.content.decode()
    sent = {**keys, "ready": "1", "scope_id": desk.tree.county.pk, "user_id": desk.clerk.pk, "text": "请今天联系。"}
    once = re.search(r'name="(once[^"]*)" value="([^"]+)"', form.content.decode())
    assert (
        client.post(reverse("demands:demands_assign"), {**sent, **({once[1]: once[2]} if once else {})}).status_code
        == 302
    )
    leads = set(Case.objects.unscoped(reason="test").values_list("lead", "stage"))
    assert leads == {(desk.clerk.pk, Stage.IN_HAND)}
    assert client.post(reverse("demands:demands_urge"), {**keys, "reason": " "}).status_code == 409
    assert client.post(reverse("demands:demands_urge"), {**keys, "reason": "请抓紧。"}).status_code == 302
    assert set(Case.objects.unscoped(reason="test").values_list("urged", flat=True)) == {1}


# --- 月报 ---


def test_the_month_adds_up_and_goes_into_a_workbook(desk, tmp_path) -> None:
    from openpyxl import load_workbook

    for n in range(4):
        row = recorded(desk, desk.tree.south if n % 2 else desk.tree.county, f"第 {n} 件", claimed_fen=100_00)
        if n:
            change(row, stage=Stage.RESOLVED, accepted_at=timezone.now(), ended_at=timezone.now(), is_satisfied=n > 1)
    client, month = client_of(desk.chair), f"{timezone.localdate():%Y-%m}"
    page = client.get(reverse("demands:monthly"), {"month": month, "by": "organisation"})
    said = {label: text for label, text, _ in page.context["headline"]}
    assert (said["登记"], said["化解"], said["办结"]) == ("4", "3", "3")
    answer = client.get(reverse("demands:monthly_file"), {"month": month})
    file = tmp_path / "month.xlsx"
    file.write_bytes(answer.content)
    book = load_workbook(file)
    assert book.sheetnames == ["按单位", "按类别", "按性质", "按来源"]
    for sheet in book:
        rows = list(sheet.iter_rows(min_row=4, values_only=True))
        assert rows[-1][:2] == ("合计", 4)
        assert sum(row[1] for row in rows[:-1]) == 4
        assert rows[-1][5] == 0.75
