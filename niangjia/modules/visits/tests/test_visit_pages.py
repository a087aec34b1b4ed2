"""The pages of visits, postings and key employers as they come out of the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.files.actions import store
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits import actions
from niangjia.modules.visits.models import Absence, FollowUp, Group, KeyEmployer, Posting, RecordProposal, SpokenWith
from niangjia.modules.visits.rules import Aspect, Look, ProposalState
from niangjia.modules.visits.testing import NOW, explained, passed_on, visit

WHY = {"reason": "the test's own world"}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Ground:
    tree: Any
    chair: User
    liaison: User
    mill: Any
    now: Any

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    def visit(self, **more: Any) -> Any:
        return visit(self.mill, actor_of(self.liaison.pk, now=self.now), now=self.now, **more)


@pytest.fixture
def ground(db: None) -> Ground:
    tree = small_tree()
    return Ground(
        tree, officer("CHAIR", tree.county, "郑主席"), officer("LIAISON_OFFICER", tree.county, "何走访"),
        firm("北山纺织厂", "530999101"), timezone.now(),
    )  # fmt: skip


def page(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_a_visit_says_what_was_seen_said_and_asked(ground: Ground) -> None:
    photo = store(b"\xff\xd8\xff\xe0" + b"x" * 60, name="车间.jpg", owner_id=ground.liaison.pk, now=ground.now)
    made = ground.visit(
        observations={Aspect.RIGHTS: (Look.POOR, "加班太多")}, spoken_with=[("林小燕", "12480000001", "挡车工")],
        findings=[explained(asker_name="周大勇", asker_phone="12480000002"), passed_on()], file_ids=[photo.pk],
        answers={"headcount": "180"}, device_now=ground.now + timedelta(days=1), at=ground.now + timedelta(hours=23),
        latitude=32.1, longitude=119.1, accuracy_metres=12.0,
    )  # fmt: skip
    url = f"/desk/visits/{made.pk}/"
    said = page(ground.client(ground.chair), url)
    for words in (
        "加班太多", "宿舍热水器坏了一个月没人修。", "已化解", "按规定六月到九月", "挡车工", "手机时间快了 1 天",
        "单位还没有登记位置", "180", "权益保障差：加班太多", "看诉求办理",
    ):  # fmt: skip
        assert words in said, words
    assert "林小燕" not in said
    assert "12480000001" not in said
    assert "林**" in said or "林*" in said
    assert "打印预览" in page(ground.client(ground.chair), f"{url}?print=1")
    drawer = page(ground.client(ground.chair), url, **{"HX-Request": "true", "HX-Target": "drawer-body"})
    assert "<html" not in drawer
    picture = ground.client(ground.liaison).get(f"/desk/visits/photos/{made.photos.get().pk}/")
    assert picture.headers["Content-Type"] == "image/jpeg"


def test_names_are_shown_for_a_reason_that_is_kept(ground: Ground) -> None:
    made = ground.visit(spoken_with=[("林小燕", "12480000001", "")], findings=[explained(asker_name="周大勇")])
    pk = SpokenWith.objects.unscoped(**WHY).get().pk
    client = ground.client(ground.liaison)
    assert client.post(f"/desk/visits/people/{pk}/reveal/", {"reason": " "}).status_code == 409
    told = client.post(f"/desk/visits/people/{pk}/reveal/", {"reason": "回电话"})
    assert told.content.decode() == "林小燕 12480000001"
    asked = client.post(f"/desk/visits/findings/{made.findings.get().pk}/reveal/", {"reason": "回电话"})
    assert asked.content.decode() == "周大勇"
    assert AuditEntry.objects.filter(verb="visits.person.revealed", reason="回电话").count() == 2
    other = officer("LIAISON_OFFICER", ground.tree.county, "旁人")
    assert ground.client(other).post(f"/desk/visits/people/{pk}/reveal/", {"reason": "好奇"}).status_code == 403


def test_a_confidential_finding_is_told_to_few(ground: Ground) -> None:
    made = ground.visit(findings=[passed_on("班长扣着工资卡，不敢声张。", is_confidential=True), explained()])
    other = officer("LIAISON_OFFICER", ground.tree.county, "旁人")
    for url in (f"/desk/visits/{made.pk}/", "/desk/visits/", "/desk/visits/findings/", "/desk/visits/?with=passed"):
        assert "扣着工资卡" not in page(ground.client(other), url), url
    assert "扣着工资卡" in page(ground.client(ground.liaison), f"/desk/visits/{made.pk}/")  # who wrote it down
    assert f"/desk/visits/{made.pk}/" not in page(ground.client(other), "/desk/visits/?with=passed")
    assert "扣着工资卡" not in page(ground.client(other), "/desk/visits/findings/?q=工资卡")


def test_what_was_learnt_is_decided_on_the_page(ground: Ground) -> None:
    at_seven = datetime(2026, 11, 9, 23, tzinfo=UTC)  # in the morning of the tenth, in China
    made = visit(
        ground.mill, actor_of(ground.liaison.pk, now=NOW), at=at_seven, now=NOW,
        answers={"headcount": "180", "women": "90"},
    )  # fmt: skip
    heads, women = RecordProposal.objects.unscoped(**WHY).order_by("pk")
    chair = ground.client(ground.chair)
    chair.post(f"/desk/visits/proposals/{heads.pk}/accept/")
    entry = AuditEntry.objects.get(verb="organisations.employer.edited", subject_id=ground.mill.pk)
    assert entry.reason == "2026-11-10 走访所见"
    drawer = chair.post(
        f"/desk/visits/proposals/{women.pk}/decline/", {"reason": "已核实为 60 人"},
        headers={"HX-Request": "true", "HX-Target": "drawer-body"},
    )  # fmt: skip
    assert drawer.headers["HX-Trigger"] == "list-changed"
    assert "已核实为 60 人" in page(chair, f"/desk/visits/{made.pk}/")
    assert RecordProposal.objects.unscoped(**WHY).filter(state=ProposalState.OPEN).count() == 0
    assert "资料更新建议" in page(chair, "/desk/visits/proposals/")


def test_follow_ups_and_the_summary(ground: Ground) -> None:
    made = ground.visit(observations={Aspect.RIGHTS: (Look.POOR, "加班")})
    row = FollowUp.objects.unscoped(**WHY).get()
    client = ground.client(ground.liaison)
    assert "权益保障差" in page(client, "/desk/visits/follow-ups/?open=1")
    client.post(f"/desk/visits/follow-ups/{row.pk}/drop/", {"reason": "厂已搬走"})
    assert "厂已搬走" in page(client, f"/desk/visits/{made.pk}/")
    url = f"/desk/visits/{made.pk}/edit/"
    assert "更正走访小结" in page(client, url)
    assert client.post(url, {"summary": "补：夜班也去了", "version": "1"}).status_code == 302
    assert client.post(url, {"summary": "又改", "version": "1"}).status_code == 422
    assert "补：夜班也去了" in page(client, f"/desk/visits/{made.pk}/")
    for version in ("²", "9" * 30, ""):
        assert client.post(url, {"summary": "x", "version": version}).status_code == 422


def test_an_employer_shows_who_was_there(ground: Ground) -> None:
    made = ground.visit()
    assert f"/desk/visits/of-employer/{ground.mill.pk}/" in page(
        ground.client(ground.chair), f"/desk/employers/{ground.mill.pk}/"
    )
    assert f"/desk/visits/{made.pk}/" in page(
        ground.client(ground.chair), f"/desk/visits/of-employer/{ground.mill.pk}/"
    )


def test_postings_are_kept_on_their_pages(ground: Ground) -> None:
    client, county = ground.client(ground.chair), ground.tree.county
    said = {
        "user_id": ground.liaison.pk, "from_on": "2026-01-05", "weekly_goal": "2", "group_id": "",
        "township_ids": [ground.tree.north.pk],
    }  # fmt: skip
    assert "安排驻联" in page(client, "/desk/visits/postings/add/")
    assert client.post("/desk/visits/postings/add/", said).status_code == 302
    row = Posting.objects.unscoped(**WHY).get()
    assert "北山镇总工会" in page(client, f"/desk/visits/postings/{row.pk}/")
    assert "北山镇" in page(client, "/desk/visits/postings/")
    assert client.post("/desk/visits/postings/add/", said).status_code == 422
    assert client.post("/desk/visits/postings/add/", said | {"user_id": "²"}).status_code == 422
    absence = {"kind": "leave", "from_on": "2026-02-02", "until_on": "2026-02-09", "note": "探亲"}
    assert client.post(f"/desk/visits/postings/{row.pk}/absence/", absence).status_code == 302
    assert client.post(f"/desk/visits/postings/{row.pk}/absence/", absence).status_code == 422
    assert "探亲" in page(client, f"/desk/visits/postings/{row.pk}/")
    assert client.post(f"/desk/visits/absences/{Absence.objects.unscoped(**WHY).get().pk}/remove/").status_code == 302
    group = {"name": "城区组", "leader_id": ground.liaison.pk}
    assert client.post("/desk/visits/groups/add/", group).status_code == 302
    assert client.post("/desk/visits/groups/add/", group).status_code == 422
    team = Group.objects.unscoped(**WHY).get()
    edited = {"weekly_goal": "1", "group_id": team.pk, "township_ids": [ground.tree.south.pk]}
    assert client.post(f"/desk/visits/postings/{row.pk}/edit/", edited).status_code == 302
    assert "城区组" in page(client, "/desk/visits/groups/")
    assert client.post(f"/desk/visits/groups/{team.pk}/close/").status_code == 409
    assert client.post(f"/desk/visits/postings/{row.pk}/end/", {"on": "9999-12-31", "hand_to": ""}).status_code == 422
    today = timezone.localdate().isoformat()
    assert client.post(f"/desk/visits/postings/{row.pk}/end/", {"on": today, "hand_to": ""}).status_code == 302
    assert "已结束" in page(client, f"/desk/visits/postings/{row.pk}/")
    assert county.pk == row.scope_id


def test_key_employers_are_kept_on_their_pages(ground: Ground) -> None:
    client = ground.client(ground.chair)
    said = {"employer_id": ground.mill.pk, "posting_id": "", "every_days": "60", "from_on": "2026-01-05"}
    assert client.post("/desk/visits/key-employers/add/", said).status_code == 302
    assert client.post("/desk/visits/key-employers/add/", said).status_code == 422
    row = KeyEmployer.objects.unscoped(**WHY).get()
    assert "超期" in page(client, "/desk/visits/key-employers/?turn=late")
    assert "北山纺织厂" in page(client, "/desk/visits/key-employers/?turn=never")
    ground.visit()
    assert "北山纺织厂" not in page(client, "/desk/visits/key-employers/?turn=late").split("<tbody")[-1]
    edited = {"posting_id": "", "every_days": "90"}
    assert client.post(f"/desk/visits/key-employers/{row.pk}/edit/", edited).status_code == 302
    assert "90 天走访一次" in page(client, f"/desk/visits/key-employers/{row.pk}/")
    gone = {"on": timezone.localdate().isoformat(), "reason": "停产"}
    assert client.post(f"/desk/visits/key-employers/{row.pk}/end/", gone).status_code == 302
    assert "已移出" in page(client, f"/desk/visits/key-employers/{row.pk}/")


NONSENSE = (
    "?officer=²", "?employer=99999999999999999999", "?place=0", "?since=9999-12-31", "?township=x", "?group=x", "?mine=²",
    "?sort=x&after=zz", "?visited=yes&until=0001-01-01",
)  # fmt: skip


@pytest.mark.parametrize(
    "name", ["", "findings/", "covered/", "proposals/", "follow-ups/", "postings/", "key-employers/", "weeks/"]
)
def test_nonsense_in_an_address_is_no_error(ground: Ground, name: str) -> None:
    client = ground.client(ground.chair)
    assert [query for query in NONSENSE if client.get(f"/desk/visits/{name}{query}").status_code != 200] == []


def test_lists_ask_as_much_for_many_as_for_few(ground: Ground, django_assert_max_num_queries: Any) -> None:
    client = ground.client(ground.chair)
    posted = actions.add_posting(
        scope_id=ground.tree.county.pk, user_id=ground.liaison.pk, from_on=timezone.localdate(),
        actor=acting_as("CHAIR", ground.tree.county), now=ground.now,
    )  # fmt: skip

    def asked(url: str) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    names = ("", "findings/", "covered/", "proposals/", "follow-ups/", "key-employers/", "postings/")
    urls = [f"/desk/visits/{name}" for name in (*names, f"of-employer/{ground.mill.pk}/")]
    rounds = []
    for number in range(2):
        for one in range(1 + 4 * number):
            employer = firm(f"工厂{number}{one}", "530999101")
            actions.add_key_employer(
                scope_id=ground.tree.county.pk, employer_id=employer.pk, from_on=timezone.localdate(), posting_id=posted.pk,
                actor=acting_as("CHAIR", ground.tree.county), now=ground.now,
            )  # fmt: skip
            visit(
                employer, actor_of(ground.liaison.pk, now=ground.now), now=ground.now,
                observations={Aspect.RIGHTS: (Look.POOR, "加班")}, findings=[explained(), passed_on()],
                answers={"headcount": "10"},
            )  # fmt: skip
            ground.visit(at=ground.now - timedelta(hours=3 + 2 * (one + number)))
        rounds.append([asked(url) for url in urls])
    assert rounds[0] == rounds[1], dict(zip(urls, zip(*rounds, strict=True), strict=True))
