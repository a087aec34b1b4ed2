"""The sheet of officers: who is meant, what may be given, how links leave, and the way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from niangjia.engines.imports.sheet import Outcome
from niangjia.kernel.access.actions import accept_invitation
from niangjia.kernel.access.models import Grant, Invitation, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.notify.models import Dispatch, Message
from niangjia.modules.organisations.actions.officers import appoint_officer, change_job_end
from niangjia.modules.organisations.actions.terms import start_term
from niangjia.modules.organisations.models import Post
from niangjia.modules.organisations.rules import ChosenBy
from niangjia.modules.organisations.sheets.officers import COLUMNS, OfficerSheet
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree
from niangjia.modules.organisations.tests.importing import Import

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
PHONE, OTHER = "12400000013", "12400000027"


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def chair(tree):
    return officer("CHAIR", tree.north, "王芳")


def bring(tree, *rows, actor=None, at=None):
    at = at or tree.north
    return Import(OfficerSheet(), list(rows), actor=actor or acting_as("CHAIR", at), at=at)


def grants():
    return Grant.objects.unscoped(reason="test").select_related("user", "scope")


ZHOU = {"姓名": "周敏", "手机": PHONE, "所在工会": "北山镇总工会", "岗位": "经办", "开始日期": "2026-11-01"}


@pytest.fixture
def sent(monkeypatch):
    told = []
    monkeypatch.setattr(
        "niangjia.modules.organisations.actions.officers.tell_once", lambda **notice: told.append(notice)
    )
    return told


def test_a_new_officer_gets_an_account_without_a_password_a_job_and_a_link(tree, sent):
    batch = bring(tree, ZHOU)
    assert batch.outcomes == {Outcome.NEW: 1}, batch.problems()
    assert not User.objects.filter(username="zhoumin").exists()
    assert batch.commit() == {"accounts": 1, "invited": 1}
    user = User.objects.get(username="zhoumin")
    assert (user.name, user.phone, user.has_usable_password()) == ("周敏", PHONE, False)
    grant = grants().get(user=user)
    assert (grant.job, grant.scope_id, grant.from_on, grant.until_on) == (
        "CLERK",
        tree.north.pk,
        date(2026, 11, 1),
        None,
    )
    (notice,) = sent
    assert (notice["name"], notice["phone"]) == ("周敏", PHONE)
    token = notice["url"].rstrip("/").rpartition("/")[2]
    assert accept_invitation(token, password="qingshan-lvshui-2026", now=NOW) == user


def test_the_link_is_kept_nowhere(tree, sent):
    batch = bring(tree, ZHOU)
    batch.commit()
    token = sent[0]["url"].rstrip("/").rpartition("/")[2]
    kept = [batch.kept(), str(list(Message.objects.values())), str(list(Dispatch.objects.values()))]
    kept.append(str(list(AuditEntry.objects.values())))
    assert not any(token in text for text in kept)
    for private in (PHONE, "周敏", "zhoumin"):
        assert private not in batch.kept()


def test_the_staging_table_holds_no_telephone(tree):
    from django.db import connection

    batch = bring(tree, ZHOU)
    with connection.cursor() as cursor:
        cursor.execute(f"select said, label, differs from {batch.batch.staging}")
        assert PHONE not in str(cursor.fetchall())


def test_the_same_sheet_again_changes_nothing(tree, sent):
    bring(tree, ZHOU).commit()
    again = bring(tree, ZHOU)
    assert again.outcomes == {Outcome.UNCHANGED: 1}, again.problems()
    again.commit()
    assert len(sent) == 1


def test_without_a_telephone_no_link_leaves(tree, sent):
    batch = bring(tree, {"姓名": "周敏", "岗位": "经办"})
    assert batch.commit() == {"accounts": 1, "invited": 0}
    assert not sent
    assert not Invitation.objects.exists()


def test_several_jobs_of_one_newcomer_make_one_account_and_one_link(tree, sent):
    batch = bring(
        tree,
        ZHOU,
        ZHOU | {"岗位": "组建专员"},
        ZHOU | {"所在工会": "北山纺织厂工会", "岗位": "企业工会专干", "手机": PHONE},
    )
    assert batch.outcomes == {Outcome.NEW: 3}
    assert batch.commit() == {"accounts": 1, "invited": 1}
    assert grants().filter(user__username="zhoumin").count() == 3
    assert Invitation.objects.filter(expires_at__gt=NOW).count() == len(sent) == 1


def test_user_names_are_made_of_the_name_and_free(tree):
    User.objects.create(username="zhoumin", name="周旻", created_at=NOW)
    batch = bring(tree, ZHOU, {"姓名": "周民", "手机": OTHER, "岗位": "经办"}, {"姓名": "鄂", "岗位": "经办"})
    batch.commit()
    made = grants().order_by("user_id").values_list("user__name", "user__username")
    assert list(made) == [("周敏", "zhoumin2"), ("周民", "zhoumin3"), ("鄂", "gbe")] or len(made) == 3
    assert len({username for _, username in made}) == 3


def test_all_that_is_wrong_with_a_row_is_said_at_once(tree):
    batch = bring(
        tree,
        {
            "姓名": "", "用户名": "周敏", "手机": "123", "所在工会": "没有的工会", "岗位": "大总管", "开始日期": "05/06/2024",
            "截止日期": "明年", "职务": "会长",
        },
    )  # fmt: skip
    assert batch.columns() == {"name", "username", "phone", "union", "job", "from_on", "until_on", "post"}


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({"岗位": "经办员"}, "officer.job", "经办"),
        ({"所在工会": "北山纺织厂"}, "union.unknown", "北山纺织厂工会"),
        ({"所在工会": "南湖街道总工会"}, "union.unknown", "范围"),
        ({"截止日期": "2026-10-01"}, "span", "晚于开始日期"),
        ({"用户名": "周敏"}, "username_unfit", "小写字母"),
        ({"手机": "1240000001"}, "phone", "11 位"),
        ({"职务": "主席"}, "post.no_term", "先登记届次"),
        ({"职务": "工委主任"}, "post.wrong_kind", "没有“工委主任”"),
    ],
)
def test_why_a_row_is_refused(tree, row, code, words):
    start_term(
        tree.mill.pk, number=1, from_on=date(2024, 5, 6), until_on=date(2029, 5, 6), elected_by=ChosenBy.CONGRESS,
        actor=acting_as("CHAIR", tree.north), now=NOW,
    )  # fmt: skip
    at = {"所在工会": "北山纺织厂工会"} if code == "post.wrong_kind" else {}
    batch = bring(tree, ZHOU | at | row)
    assert batch.outcome() is Outcome.REFUSED
    assert words in batch.problems()[code]


def test_nobody_gives_more_than_he_may(tree, settings):
    clerk = bring(tree, ZHOU, actor=acting_as("CLERK", tree.north))
    assert clerk.problems() == {"not_permitted": "您不能在这个单位任命岗位。"}
    settings.JOBS = "niangjia.modules.organisations.tests.test_officers.RICHER_AND_POORER"
    poor = bring(tree, ZHOU | {"岗位": jobs()["RICH"].label}, actor=acting_as("POOR", tree.north))
    assert "超出了您自己持有的权限" in poor.problems()["not_permitted"]


def test_nobody_appoints_himself(tree, chair):
    me = actor_of(chair.pk, now=NOW)
    batch = bring(tree, {"姓名": "王芳", "用户名": chair.username, "岗位": "经办"}, actor=me)
    assert "oneself" in batch.problems()
    held = bring(tree, {"姓名": "王芳", "岗位": "主席", "截止日期": "2027-01-01"}, actor=me)
    assert "oneself" in held.problems()


def test_twice_in_the_file(tree):
    batch = bring(tree, ZHOU, ZHOU)
    assert batch.problems(3) == {"sheet.twice": "与第 2 行重复，请只留一行。"}
    unclear = bring(
        tree, {"姓名": "周敏", "岗位": "经办"}, {"姓名": "周敏", "岗位": "经办", "所在工会": "北山纺织厂工会"}
    )
    assert "第 2 行" in unclear.problems(3)["officer.ambiguous"]
    taken = bring(tree, ZHOU | {"用户名": "zhou.min"}, {"姓名": "陈明", "用户名": "zhou.min", "岗位": "经办"})
    assert "username_taken" in taken.problems(3)


def test_one_more_job_for_an_officer_in_sight(tree, chair, sent):
    batch = bring(tree, {"姓名": "王芳", "岗位": "组建专员"})
    assert batch.outcome() is Outcome.UPDATED
    assert [(one.label, one.old, one.new) for one in batch.changes()] == [("岗位", "主席", "主席、组建专员")]
    batch.commit()
    assert grants().filter(user=chair).count() == 2
    assert User.objects.filter(name="王芳").count() == 1
    assert not sent


def test_one_out_of_sight_is_only_said_to_be_registered(tree):
    stranger = officer("CHAIR", tree.south, "周敏")
    stranger.phone = PHONE
    stranger.save()
    batch = bring(tree, ZHOU)
    assert batch.problems() == {"officer.registered": "已登记，请填写本人的用户名再任命，或联系上级。"}
    named = bring(tree, ZHOU | {"用户名": stranger.username})
    assert named.outcome() is Outcome.UPDATED
    other = bring(tree, ZHOU | {"姓名": "陈明", "用户名": stranger.username})
    assert "username_taken" in other.problems()
    assert "周敏" not in str(other.problems())
    assert bring(tree, ZHOU | {"手机": OTHER}).outcome() is Outcome.NEW


def test_a_namesake_in_sight_has_to_be_told_apart(tree):
    officer("CLERK", tree.mill, "周敏")
    assert "officer.ambiguous" in bring(tree, {"姓名": "周敏", "岗位": "经办"}).problems()
    assert bring(tree, ZHOU).outcome() is Outcome.NEW


def test_another_telephone_or_user_name_for_somebody_known(tree, chair):
    chair.phone = PHONE
    chair.save()
    assert (
        "officer.phone"
        in bring(tree, {"姓名": "王芳", "用户名": chair.username, "手机": OTHER, "岗位": "主席"}).problems()
    )
    told = bring(tree, {"姓名": "王芳", "用户名": "wang.fang", "手机": PHONE, "岗位": "主席"}).problems()
    assert chair.username in told["officer.other_username"]


def test_a_workers_account_takes_no_job(tree):
    User.objects.create(username="wabc123", name="周敏", phone=PHONE, phone_digest=b"1" * 32, created_at=NOW)
    assert "username_taken" in bring(tree, ZHOU | {"用户名": "wabc123"}).problems()
    assert bring(tree, ZHOU).outcome() is Outcome.NEW


def test_a_closed_account(tree, chair):
    User.objects.filter(pk=chair.pk).update(is_active=False)
    assert "user_closed" in bring(tree, {"姓名": "王芳", "用户名": chair.username, "岗位": "经办"}).problems()


def test_the_end_of_a_job_is_moved_and_an_empty_cell_erases_nothing(tree):
    user = officer("CLERK", tree.north, "周敏")
    batch = bring(tree, {"姓名": "周敏", "岗位": "经办", "截止日期": "2027-05-01"})
    assert [(one.label, one.old, one.new) for one in batch.changes()] == [("截止日期", "", "2027-05-01")]
    batch.commit()
    assert grants().get(user=user).until_on == date(2027, 5, 1)
    assert bring(tree, {"姓名": "周敏", "岗位": "经办", "截止日期": ""}).outcome() is Outcome.UNCHANGED
    assert "span" in bring(tree, {"姓名": "周敏", "岗位": "经办", "截止日期": "2026-11-22"}).problems()
    assert "officer.from_on" in bring(tree, {"姓名": "周敏", "岗位": "经办", "开始日期": "2020-01-01"}).problems()
    assert batch.take_back() == []
    assert grants().get(user=user).until_on is None


def test_a_post_on_the_committee(tree, sent):
    who = {"actor": acting_as("CHAIR", tree.north), "now": NOW}
    start_term(
        tree.mill.pk, number=1, from_on=date(2024, 5, 6), until_on=date(2029, 5, 6), elected_by=ChosenBy.CONGRESS, **who
    )
    rows = [
        ZHOU | {"所在工会": "北山纺织厂工会", "职务": "主席"},
        {"姓名": "陈明", "手机": OTHER, "所在工会": "北山纺织厂工会", "岗位": "企业工会专干", "职务": "主席"},
    ]
    batch = bring(tree, *rows)
    assert "由周敏担任" in batch.problems(3)["post.taken"]
    batch.commit()
    post = tree.mill.posts.get()
    assert (post.kind, post.name, post.user.username) == ("CHAIR", "周敏", "zhoumin")
    assert bring(tree, rows[0]).outcome() is Outcome.UNCHANGED
    assert batch.take_back() == []
    assert not Post.objects.unscoped(reason="test").exists()


def test_who_may_appoint_but_not_seat(tree):
    start_term(
        tree.mill.pk, number=1, from_on=date(2024, 5, 6), until_on=date(2029, 5, 6), elected_by=ChosenBy.CONGRESS,
        actor=acting_as("CHAIR", tree.north), now=NOW,
    )  # fmt: skip
    row = ZHOU | {"所在工会": "北山纺织厂工会", "职务": "主席"}
    batch = bring(tree, row, actor=acting_as("SYSTEM_ADMINISTRATOR", tree.north))
    assert batch.columns() == {"post"}


def test_taking_back_deletes_accounts_that_nobody_used(tree, chair, sent):
    batch = bring(tree, ZHOU, ZHOU | {"岗位": "组建专员"}, {"姓名": "王芳", "岗位": "组建专员"})
    batch.commit()
    assert batch.take_back() == []
    assert not User.objects.filter(username="zhoumin").exists()
    assert not Invitation.objects.exists()
    assert [grant.job for grant in grants().filter(user=chair, ended_at=None)] == ["CHAIR"]
    again = bring(tree, ZHOU, {"姓名": "王芳", "岗位": "组建专员"})
    assert again.outcomes == {Outcome.NEW: 1, Outcome.UPDATED: 1}


def test_taking_back_ends_the_jobs_of_an_account_in_use(tree, sent):
    batch = bring(tree, ZHOU, {"姓名": "陈明", "手机": OTHER, "岗位": "经办"})
    batch.commit()
    token = sent[0]["url"].rstrip("/").rpartition("/")[2]
    accept_invitation(token, password="qingshan-lvshui-2026", now=NOW)
    other = User.objects.get(name="陈明")
    later = NOW + timedelta(hours=1)
    change_job_end(
        grants().get(user=other).pk, until_on=date(2027, 1, 1), actor=acting_as("CHAIR", tree.north), now=later
    )
    assert batch.take_back() == [
        "周敏的经办：账号已启用，保留账号，岗位已免去。",
        "陈明的经办：导入后调整过，保留。",
    ]
    assert grants().get(user__name="周敏").ended_at is not None
    assert grants().get(user=other).ended_at is None


def test_a_job_given_by_hand_since_keeps_the_account(tree, sent):
    batch = bring(tree, ZHOU)
    batch.commit()
    appoint_officer(
        username="zhoumin", job="ORGANISER", organisation_id=tree.mill.pk, from_on=TODAY,
        actor=acting_as("CHAIR", tree.north), now=NOW,
    )  # fmt: skip
    batch.take_back()
    assert [grant.job for grant in grants().filter(user__username="zhoumin", ended_at=None)] == ["ORGANISER"]


def test_links_begin_with_the_house_address(tree, sent, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://gonghui.example"]
    bring(tree, ZHOU).commit()
    assert sent[0]["url"].startswith("https://gonghui.example/")


def test_headings_and_aliases_mean_one_column_each():
    words = [word for column in COLUMNS for word in (column.heading, *column.aliases)]
    assert len(words) == len(set(words))
