"""走访计划 as its page: proposed, moved, dropped, taken back; another officer's for whoever directs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.modules.organisations.testing import Tree, firm, officer, small_tree
from niangjia.modules.visits.actions.kinds import stop_kind
from niangjia.modules.visits.jobs import propose_weeks_on_monday
from niangjia.modules.visits.models import PlannedVisit
from niangjia.modules.visits.rules import PlanState, monday_of
from niangjia.modules.visits.testing import key_employer, posting

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Desk:
    tree: Tree
    user: User
    head: User
    mills: list[Any]
    client: Client
    monday: date

    def page(self, **query: Any) -> str:
        response = self.client.get(reverse("visits:plan"), {"week": self.monday, **query})
        assert response.status_code == 200
        return response.content.decode()

    def sent(self, name: str, row: PlannedVisit, **said: Any) -> str:
        url = reverse(f"visits:{name}", args=[row.pk])
        return self.client.post(url, {"version": row.version, **said}, follow=True).content.decode()

    def propose(self, **query: Any) -> str:
        url = reverse("visits:plan_propose")
        named = "&".join(f"{key}={value}" for key, value in {"week": self.monday, **query}.items())
        return self.client.post(f"{url}?{named}", follow=True).content.decode()

    def rows(self) -> list[PlannedVisit]:
        return list(PlannedVisit.objects.unscoped(reason="the test's own rows").order_by("on", "order"))


@pytest.fixture
def desk(client: Client) -> Desk:
    tree = small_tree()
    user, head = officer("LIAISON_OFFICER", tree.county, "王芳"), officer("CHAIR", tree.county, "郑主席")
    posted = posting(tree.county, user, township_ids=[tree.north.pk], weekly_goal=2)
    mills = [firm(f"{name}纺织厂", "530999101") for name in "一二三"]
    for mill in mills:
        key_employer(tree.county, mill, posting_id=posted.pk)
    client.force_login(user, backend=BACKEND)
    return Desk(tree, user, head, mills, client, monday_of(timezone.localdate()) + timedelta(days=7))


def test_a_week_from_empty_to_changed(desk: Desk) -> None:
    assert "这一周还没有计划" in desk.page()
    assert "建议走访 3 家" in desk.propose()  # two a week, and one more because three are behind
    page = desk.page()
    assert "超期未走访" in page
    assert "还没有走访过，已超" in page
    first, second, _ = desk.rows()
    thursday = desk.monday + timedelta(days=3)
    assert f"已挪到 {thursday.month} 月 {thursday.day} 日下午" in desk.sent("planned_move", first, to=f"{thursday} pm")
    assert "已经改过" in desk.sent("planned_move", first, to=f"{thursday} am")  # the page was older
    assert "这一周不会再排它" in desk.sent("planned_drop", second, reason="停产")
    assert "建议走访 1 家" in desk.propose()
    assert "停产" in desk.page()
    second.refresh_from_db()
    assert "已放回计划" in desk.sent("planned_back", second)
    second.refresh_from_db()
    assert "还没有到这家单位的走访记录" in desk.sent("planned_done", second)
    assert "为什么去" in desk.page(print=1)
    assert "过去的日子" in desk.sent("planned_move", second, to="²")


def test_added_by_hand(desk: Desk) -> None:
    url = f"{reverse('visits:planned_add')}?officer={desk.user.pk}&on={desk.monday}&employer={desk.mills[0].pk}"
    assert "一纺织厂" in desk.client.get(url).content.decode()
    form = {"employer": desk.mills[0].pk, "on": desk.monday, "half": "pm", "kind": "coolness", "note": "带药品"}
    assert desk.client.post(url, form | {"on": "9999-12-31"}).status_code == 422
    assert desk.client.post(url, form | {"employer": "²"}).status_code == 422
    assert desk.client.post(url, form | {"kind": "unheard_of"}).status_code == 422
    page = desk.client.post(url, form, follow=True).content.decode()
    assert "带药品" in page
    assert "送清凉" in page
    assert "已经安排了" in desk.client.post(url, form).content.decode()
    stop_kind(desk.tree.county.pk, "coolness", actor=_actor(desk.head), now=timezone.now())
    assert "送清凉" not in desk.client.get(url).content.decode()


def test_another_officers_week(desk: Desk) -> None:
    assert desk.client.get(reverse("visits:plan"), {"officer": desk.head.pk}).status_code == 404
    assert desk.client.get(reverse("visits:plan"), {"officer": "9" * 40}).status_code == 404
    desk.client.force_login(desk.head, backend=BACKEND)
    assert "王芳 · 每周 2 次" in desk.page()  # on no post: the first of those whom one directs
    assert "建议走访 3 家" in desk.propose(officer=desk.user.pk)
    assert all(row.user_id == desk.user.pk for row in desk.rows())
    own = desk.page(officer=desk.head.pk)
    assert "您这一周没有驻联安排" in own
    assert "没有驻联安排，排不出计划" in desk.propose(officer=desk.head.pk)


def test_proposed_by_itself_on_monday(desk: Desk) -> None:
    propose_weeks_on_monday(0)
    assert {row.state for row in desk.rows()} <= {PlanState.PLANNED}
    days = {row.on for row in desk.rows()}
    assert all(day >= timezone.localdate() for day in days)


def test_the_page_asks_as_much_for_three_as_for_one(desk: Desk, django_assert_max_num_queries: Any) -> None:
    desk.propose()
    with django_assert_max_num_queries(36):
        desk.page()


def _actor(user: User) -> Any:
    from niangjia.kernel.access.queries import actor_of

    return actor_of(user.pk, now=timezone.now())
