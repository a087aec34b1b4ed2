"""Saved views belong to their owner; a count too long to wait for comes by message, with the rights of that moment."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from niangjia.kernel.access.actor import NOBODY
from niangjia.kernel.access.models import Grant
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.jobs.models import BackgroundTask, TaskState
from niangjia.kernel.lists import actions
from niangjia.kernel.lists.models import SavedView
from niangjia.kernel.notify.queries import inbox
from niangjia.modules.members.testing import member
from niangjia.modules.organisations.testing import officer, small_tree

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
LIST = "members.member"


@pytest.fixture
def tree():
    return small_tree()


def counted(user, tree, query, within=None) -> BackgroundTask:
    from niangjia.kernel.lists.jobs import count_rows

    actor = actor_of(user.pk, now=NOW)
    task = actions.count_exactly(LIST, query=query, within=within, actor=actor, now=NOW)
    count_rows(task.pk, LIST, query, within, user.pk)
    task.refresh_from_db()
    return task


def test_the_number_comes_with_its_conditions(tree) -> None:
    for categories in ([2], [2], [6]):
        member(tree.mill, categories=categories)
    member(tree.harbour, categories=[2])
    chief, clerk = officer("CLERK", tree.county), officer("ENTERPRISE_CLERK", tree.harbour)
    task = counted(chief, tree, "category=2&after=x&q=")
    assert (task.state, task.result) == (TaskState.DONE, "会员 · 所属群体：快递员：共 3 条。")
    assert inbox(chief.pk).get().body == task.result
    assert "共 2 条" in counted(chief, tree, "category=2", tree.north.scope.path).result
    assert "共 1 条" in counted(clerk, tree, "category=2").result
    assert "搜索“林小”：共 4 条" in counted(chief, tree, "q=林小").result
    assert counted(chief, tree, "q=1").state == TaskState.FAILED


def test_rights_that_ended_meanwhile_count_nothing(tree) -> None:
    from niangjia.kernel.lists.jobs import count_rows

    member(tree.mill)
    user = officer("CLERK", tree.county)
    task = actions.count_exactly(LIST, query="", within=None, actor=actor_of(user.pk, now=NOW), now=NOW)
    Grant.objects.unscoped(reason="the job ends meanwhile").filter(user=user).update(ended_at=NOW)
    count_rows(task.pk, LIST, "", None, user.pk)
    task.refresh_from_db()
    assert (task.state, "1" in task.result) == (TaskState.FAILED, False)


def test_who_may_not_see_a_list_may_not_have_it_counted(tree) -> None:
    for actor in (NOBODY, actor_of(officer("SYSTEM_ADMINISTRATOR", tree.county).pk, now=NOW)):
        with pytest.raises(NotPermitted):
            actions.count_exactly(LIST, query="", within=None, actor=actor, now=NOW)
    with pytest.raises(Missing):
        actions.count_exactly("members.nothing", query="", within=None, actor=NOBODY, now=NOW)
    assert not BackgroundTask.objects.exists()


def test_asking_from_the_page(tree, client, monkeypatch) -> None:
    member(tree.mill)
    client.force_login(officer("CLERK", tree.county), backend="allauth.account.auth_backends.AuthenticationBackend")
    sent = client.post(reverse("ui:count_exactly"), {"list": LIST, "query": "since=2020-01-01", "within": "1; drop"})
    task = BackgroundTask.objects.get()
    assert sent["Location"] == reverse("ui:task", args=[task.pk])
    monkeypatch.setattr("niangjia.ui.listing.EXACT_COUNT_MS", 1)
    monkeypatch.setattr(
        "niangjia.modules.members.web.lists.MemberList.rows",
        lambda self, actor: __import__("niangjia.modules.members.models", fromlist=["Membership"])
        .Membership.objects.visible_to(actor).extra(where=["pg_sleep(0.05) is not null"]),
    )  # fmt: skip
    offered = client.get(reverse("members:member_list"), {"since": "2020-01-01", "count": "1"})
    assert "在后台数" in offered.content.decode()


# --- saved views


def test_a_view_is_its_owners_alone() -> None:
    mine = actions.save_view(1, LIST, name=" 我的 骑手 ", query="category=6", columns=["name"])
    assert mine.name == "我的 骑手"
    for act in (actions.delete_view, actions.make_default, actions.end_default):
        with pytest.raises(Missing):
            act(mine.pk, user_id=2)
    with pytest.raises(Missing):
        actions.rename_view(mine.pk, user_id=2, name="别的")
    with pytest.raises(Refused):
        actions.save_view(1, LIST, name="  ", query="")


def test_saving_anew_renaming_and_the_one_default() -> None:
    first = actions.save_view(1, LIST, name="骑手", query="category=6", is_default=True)
    second = actions.save_view(1, LIST, name="货车", query="category=1", is_default=True)
    assert actions.save_view(1, LIST, name="骑手", query="category=6&status=2").pk == first.pk
    assert list(SavedView.objects.filter(is_default=True)) == [second]
    with pytest.raises(Refused):
        actions.rename_view(first.pk, user_id=1, name="货车")
    assert actions.rename_view(first.pk, user_id=1, name="送餐").name == "送餐"
    actions.end_default(second.pk, user_id=1)
    actions.delete_view(first.pk, user_id=1)
    assert list(SavedView.objects.values_list("name", "is_default")) == [("货车", False)]
