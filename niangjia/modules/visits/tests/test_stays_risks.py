"""Stays with what came of them; risks from a screening to the day they are over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions.risks import add_risk, close_risk, edit_risk, open_risk_of, report_risk
from niangjia.modules.visits.actions.stays import (
    StayFacts,
    add_stay,
    add_stay_result,
    edit_stay,
    end_stay,
    remove_stay_result,
)
from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.models import Risk, Stay, Visit
from niangjia.modules.visits.queries.stays import open_risks_before, told_of
from niangjia.modules.visits.rules import RiskLevel
from niangjia.modules.visits.testing import NOW

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SCREENING = DELIVERED["screening"]


class Ground:
    def __init__(self) -> None:
        self.tree: Tree = small_tree()
        self.leader, self.member = (officer("LIAISON_OFFICER", self.tree.county, name) for name in ("王芳", "李强"))
        self.head = officer("CHAIR", self.tree.county, "郑主席")
        self.clerk = officer("CLERK", self.tree.north, "钱经办")
        self.mill = firm("北山纺织厂", "530999101")

    def actor(self, user: User) -> Actor:
        return actor_of(user.pk, now=NOW)

    def facts(self, **more: Any) -> StayFacts:
        said = {"title": "开发区蹲点", "place": "东园工地", "leader_id": self.leader.pk, "from_on": TODAY,
                "last_on": TODAY + timedelta(days=4), "team": [self.member.pk]}  # fmt: skip
        return StayFacts(**(said | more))

    def stay(self, **more: Any) -> Stay:
        return add_stay(self.facts(**more), scope_id=self.tree.county.pk, actor=self.actor(self.head), now=NOW)

    def visit(self, **more: Any) -> Visit:
        made: Visit = Visit.objects.create(
            scope=self.tree.north.scope, employer=self.mill, user=self.member, kind="screening", draft=uuid4(),
            arrived_at=NOW, handed_in_at=NOW, **more,
        )  # fmt: skip
        return made


@pytest.fixture
def ground() -> Ground:
    return Ground()


# --- stays ---


def test_a_stay_from_its_plan_to_its_report(ground: Ground) -> None:
    stay = ground.stay(employer_id=ground.mill.pk, team=[ground.leader.pk, ground.member.pk])
    assert (stay.team, stay.until_on) == ([ground.member.pk], TODAY + timedelta(days=5))
    leader, member = ground.actor(ground.leader), ground.actor(ground.member)
    add_stay_result(stay.pk, on=TODAY, what=" 帮助建会\x00一家 ", unions=1, members=35, actor=member, now=NOW)
    wrong = add_stay_result(stay.pk, on=TODAY, what="写错了", unions=9, actor=leader, now=NOW)
    remove_stay_result(wrong.pk, actor=leader, now=NOW)
    ground.visit(stay=stay)
    told = told_of(stay)
    assert (told.unions, told.members, told.visits, told.team) == (1, 35, 1, ["李强"])
    assert told.results[0].what == "帮助建会一家"
    with pytest.raises(NotPermitted):
        end_stay(stay.pk, report="组员不能代交。", actor=member, now=NOW)
    with pytest.raises(Refused, match="请写蹲点报告"):
        end_stay(stay.pk, report=" ", actor=leader, now=NOW)
    ended = end_stay(stay.pk, report="看到、办了、建议。", actor=leader, now=NOW)
    assert (ended.until_on, ended.ended_at) == (TODAY + timedelta(days=1), NOW)
    for again in (
        lambda: end_stay(stay.pk, report="再交。", actor=leader, now=NOW),
        lambda: add_stay_result(stay.pk, on=TODAY, what="补", actor=leader, now=NOW),
        lambda: edit_stay(stay.pk, ground.facts(), actor=ground.actor(ground.head), now=NOW),
    ):
        with pytest.raises(Refused, match="已经结束"):
            again()


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"title": ""}, "请写蹲点的名称"),
        ({"place": "长" * 101}, "在哪里蹲点"),
        ({"last_on": TODAY - timedelta(days=1)}, "不能早于第一天"),
        ({"last_on": TODAY + timedelta(days=366)}, "最长一年"),
        ({"leader_id": 10**12}, "当组长"),
        ({"team": [10**12]}, "组员要是"),
    ],
)
def test_what_may_not_be_planned(ground: Ground, said: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        ground.stay(**said)


def test_who_may_plan_a_stay_and_write_results(ground: Ground) -> None:
    with pytest.raises(NotPermitted):
        add_stay(ground.facts(), scope_id=ground.tree.county.pk, actor=ground.actor(ground.leader), now=NOW)
    stay = ground.stay(team=[])
    with pytest.raises(NotPermitted):
        add_stay_result(stay.pk, on=TODAY, what="不是组员", actor=ground.actor(ground.member), now=NOW)
    with pytest.raises(Missing):
        add_stay_result(stay.pk, on=TODAY, what="看不到", actor=ground.actor(ground.clerk), now=NOW)
    for on in (TODAY - timedelta(days=1), TODAY + timedelta(days=1), date(9999, 12, 31)):
        with pytest.raises(Refused, match="蹲点期间"):
            add_stay_result(stay.pk, on=on, what="日期不对", actor=ground.actor(ground.leader), now=NOW)


# --- risks ---


def test_a_screening_opens_a_risk_and_raises_the_one_that_is_open(ground: Ground) -> None:
    member = ground.actor(ground.member)
    visit = ground.visit()
    assert open_risk_of(visit, SCREENING, {"arrears": "没有", "mood": "平稳"}, actor=member, now=NOW) is None
    risk = open_risk_of(visit, SCREENING, {"insurance": True}, actor=member, now=NOW)
    assert risk is not None
    assert (risk.level, risk.owner_id, risk.due_on) == (RiskLevel.MEDIUM, ground.member.pk, TODAY + timedelta(days=30))
    again = open_risk_of(visit, SCREENING, {"arrears": "拖欠三个月以上"}, actor=member, now=NOW)
    assert again is not None
    assert (again.pk, again.level, again.due_on) == (risk.pk, RiskLevel.HIGH, TODAY + timedelta(days=7))
    assert again.what == "有没有拖欠工资：拖欠三个月以上（此前：社会保险有没有断缴：是）"
    milder = open_risk_of(visit, SCREENING, {"layoffs": "已经通知"}, actor=member, now=NOW)
    assert milder is not None
    assert milder.level == RiskLevel.HIGH


def test_by_hand_passed_on_reported_and_closed(ground: Ground) -> None:
    member, clerk = ground.actor(ground.member), ground.actor(ground.clerk)
    said = {"employer_id": ground.mill.pk, "level": RiskLevel.HIGH, "what": "三十人被欠薪两个月", "due_on": None}
    risk = add_risk(owner_id=ground.leader.pk, actor=member, now=NOW, **said)
    assert (risk.scope_id, risk.due_on) == (ground.tree.north.pk, TODAY + timedelta(days=7))
    assert Message.objects.get(user_id=ground.leader.pk).title == "请您跟进稳定风险：北山纺织厂"
    with pytest.raises(Refused, match="负责"):
        add_risk(owner_id=officer("CLERK", ground.tree.south).pk, actor=member, now=NOW, **said)
    for wrong, says in (
        ({"level": 9}, "等级"), ({"what": " "}, "什么风险"), ({"due_on": TODAY - timedelta(days=1)}, "早于今天"),
        ({"due_on": date(9999, 12, 31)}, "一年以内"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=says):
            add_risk(owner_id=ground.leader.pk, actor=member, now=NOW, **(said | wrong))
    edit_risk(risk.pk, level=2, what="剩十人", owner_id=ground.clerk.pk, due_on=TODAY, actor=member, now=NOW)
    assert open_risks_before(ground.clerk.pk, TODAY) == 1
    reported = report_risk(risk.pk, actor=clerk, now=NOW)
    assert reported.reported_to_id == ground.tree.county.pk
    assert Message.objects.get(user_id=ground.head.pk).title == "稳定风险报告（中）：北山纺织厂"
    with pytest.raises(Refused, match="已经报告过"):
        report_risk(risk.pk, actor=clerk, now=NOW)
    with pytest.raises(Refused, match="怎样化解"):
        close_risk(risk.pk, because=" ", actor=clerk, now=NOW)
    close_risk(risk.pk, because="工资已全部发放", actor=clerk, now=NOW)
    with pytest.raises(Refused, match="已经销号"):
        edit_risk(risk.pk, level=1, what="改", owner_id=ground.clerk.pk, due_on=None, actor=clerk, now=NOW)
    fresh = open_risk_of(ground.visit(), SCREENING, {"insurance": True}, actor=member, now=NOW)
    assert fresh is not None
    assert fresh.pk != risk.pk


def test_nobody_above_to_report_to(ground: Ground) -> None:
    visit = ground.visit()
    Visit.objects.unscoped(reason="lies at the county itself").update(scope=ground.tree.county.scope)
    visit.refresh_from_db()
    risk = open_risk_of(visit, SCREENING, {"insurance": True}, actor=acting_as("CHAIR", ground.tree.county), now=NOW)
    assert risk is not None
    with pytest.raises(Refused, match="上级还没有人负责"):
        report_risk(risk.pk, actor=acting_as("CHAIR", ground.tree.county), now=NOW)


# --- pages ---


def test_pages_of_a_stay(ground: Ground, client: Client) -> None:
    client.force_login(ground.head, backend=BACKEND)
    today = timezone.localdate()
    made = client.post(
        reverse("visits:stay_add"),
        {"title": "开发区蹲点", "place": "东园工地", "leader": ground.head.pk, "team": [ground.member.pk],
         "from_on": today, "last_on": today + timedelta(days=4), "goals": "清欠薪"}, follow=True,
    )  # fmt: skip
    assert "蹲点已安排" in made.content.decode()
    stay = Stay.objects.unscoped(reason="the one just made").get()
    add = reverse("visits:stay_result_add", args=[stay.pk])
    assert client.post(add, {"on": today, "what": "", "unions": 0, "members": 0}).status_code == 422
    page = client.post(add, {"on": today, "what": "建会一家", "unions": 1, "members": 20}, follow=True)
    assert "建会一家" in page.content.decode()
    assert client.get(reverse("visits:stay_edit", args=[stay.pk])).status_code == 200
    listed = client.get(reverse("visits:stay_list") + f"?since={today}&until={today}&state=going")
    assert "开发区蹲点" in listed.content.decode()
    assert client.post(reverse("visits:stay_end", args=[stay.pk]), {"report": ""}).status_code == 422
    ended = client.post(reverse("visits:stay_end", args=[stay.pk]), {"report": "办成了三件事。"}, follow=True)
    assert "办成了三件事。" in ended.content.decode()


def test_pages_of_a_risk(ground: Ground, client: Client) -> None:
    client.force_login(ground.leader, backend=BACKEND)
    form = {"employer": ground.mill.pk, "level": 3, "what": "三十人欠薪", "owner": ground.leader.pk, "due_on": ""}
    assert client.post(reverse("visits:risk_add"), form | {"employer": "²"}).status_code == 422
    page = client.post(reverse("visits:risk_add"), form, follow=True)
    assert "三十人欠薪" in page.content.decode()
    risk = Risk.objects.unscoped(reason="the one just made").get()
    edited = client.post(
        reverse("visits:risk_edit", args=[risk.pk]),
        {"level": 1, "what": "十人欠薪", "owner": ground.leader.pk},
        follow=True,
    )
    assert "十人欠薪" in edited.content.decode()
    assert "北山纺织厂" in client.get(reverse("visits:risk_list") + "?state=open&level=1").content.decode()
    home = client.get("/desk/")
    assert home.status_code == 200
    reported = client.post(reverse("visits:risk_report", args=[risk.pk]), follow=True)
    assert reported.status_code in {200, 409}
    closed = client.post(reverse("visits:risk_close", args=[risk.pk]), {"reason": "发了"}, follow=True)
    assert "已销号" in closed.content.decode()


def test_sight_of_a_neighbour(ground: Ground, client: Client) -> None:
    risk = open_risk_of(ground.visit(), SCREENING, {"insurance": True}, actor=ground.actor(ground.member), now=NOW)
    assert risk is not None
    client.force_login(officer("CHAIR", ground.tree.south), backend=BACKEND)
    assert client.get(reverse("visits:risk", args=[risk.pk])).status_code == 404
    assert client.get(reverse("visits:risk", args=[2**63])).status_code == 404


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("visits:risk_add", "employer"), ("visits:planned_add", "employer"), ("visits:stay_add", "employer"),
        ("visits:key_employer_add", "employer_id"),
    ],
)  # fmt: skip
def test_a_typed_number_gives_no_name_of_elsewhere(page: str, field: str) -> None:
    ground = Ground()
    far = firm("南湖港务公司", "530999002")
    client = Client()
    client.force_login(officer("CHAIR", ground.tree.north, "赵镇主席"), backend=BACKEND)
    for pk, is_named in ((ground.mill.pk, True), (far.pk, False)):
        sent = client.post(reverse(page), {field: pk})
        asked = client.get(reverse(page), {field: pk})
        assert (sent.status_code, asked.status_code) == (422, 200)
        assert ("北山纺织厂" in sent.content.decode()) is is_named
        assert "南湖港务公司" not in sent.content.decode() + asked.content.decode()
