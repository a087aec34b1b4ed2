"""Surveys: a form as a link, answered without a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions import hand_in_visit, hand_in_visits
from niangjia.modules.visits.actions.kinds import declare_kind, publish_form
from niangjia.modules.visits.actions.surveys import (
    ANSWERS_A_DAY,
    AnswersRefused,
    answer_survey,
    close_survey,
    count_visits,
    extend_survey,
    forget_senders,
    make_survey,
)
from niangjia.modules.visits.drafts import Conflict
from niangjia.modules.visits.models import Survey, SurveyAnswer, Visit
from niangjia.modules.visits.queries.surveys import (
    SurveyState,
    Way,
    form_of_survey,
    results_of,
    rows_of,
    state_of,
    survey_of_visit,
    ways_of,
)
from niangjia.modules.visits.questions import Question, Type
from niangjia.modules.visits.testing import NOW, draft, visit

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TODAY = date(2026, 11, 20)
GOOD = {"work": "配送、驾驶", "hours": "10 至 12 小时", "wages": "按时", "insurance": "没有缴", "union": "不知道",
        "wishes": ["困难帮扶", "歇脚的地方"]}  # fmt: skip


@pytest.fixture
def tree() -> Tree:
    return small_tree()


def made(place: Any, *, kind: str = "survey", now: Any = NOW, **more: Any) -> Survey:
    on = timezone.localdate(now)
    said = {"title": "骑手问卷", "from_on": on, "until_on": on + timedelta(days=10)} | more
    return make_survey(scope_id=place.pk, kind=kind, actor=acting_as("CHAIR", place), now=now, **said)


def answer(survey: Survey, address: str = "203.0.113.7", now: Any = NOW, **more: Any) -> SurveyAnswer:
    return answer_survey(survey.token, GOOD | more, address=address, now=now)


@pytest.mark.parametrize(
    ("on", "closed", "state"),
    [
        (TODAY - timedelta(days=1), False, SurveyState.COMING),
        (TODAY, False, SurveyState.OPEN),
        (TODAY + timedelta(days=10), False, SurveyState.OPEN),
        (TODAY + timedelta(days=11), False, SurveyState.ENDED),
        (TODAY, True, SurveyState.CLOSED),
    ],
)
def test_when_it_is_open(on: date, closed: bool, state: SurveyState) -> None:
    row = Survey(from_on=TODAY, until_on=TODAY + timedelta(days=10), closed_at=NOW if closed else None)
    assert state_of(row, on) is state


def test_made_and_bounded(tree: Tree) -> None:
    first, second = made(tree.county), made(tree.county)
    assert first.token != second.token
    assert len(first.token) == 16
    for wrong, says in (
        ({"title": " "}, "写标题"),
        ({"until_on": TODAY - timedelta(days=1)}, "开始日期之后"),
        ({"from_on": TODAY - timedelta(days=9), "until_on": TODAY - timedelta(days=2)}, "早于今天"),
        ({"until_on": date(9999, 12, 31)}, "一年以后"),
    ):
        with pytest.raises(Refused, match=says):
            made(tree.county, **wrong)
    own = declare_kind(scope_id=tree.county.pk, name="空表", actor=acting_as("CHAIR", tree.county), now=NOW)
    with pytest.raises(Refused, match="还没有问题"):
        made(tree.county, kind=own.code)
    with pytest.raises(NotPermitted):
        make_survey(
            scope_id=tree.north.pk, title="甲", kind="survey", from_on=TODAY, until_on=TODAY,
            actor=acting_as("CLERK", tree.north), now=NOW,
        )  # fmt: skip


def test_answered_by_nobody_in_particular_and_not_too_often(tree: Tree) -> None:
    survey = made(tree.county)
    for _ in range(ANSWERS_A_DAY):
        reply = answer(survey)
    assert reply.answers == GOOD
    assert "203" not in str(bytes(reply.sender_digest))
    with pytest.raises(Refused, match="已经交了 5 份"):
        answer(survey)
    with pytest.raises(Refused, match="已经交了 5 份"):
        answer(survey, "::ffff:203.0.113.7")
    answer(survey, "198.51.100.1")
    answer(made(tree.county))  # another one is counted by itself
    assert forget_senders(now=NOW + timedelta(hours=23)) == 0
    later = NOW + timedelta(days=1)
    answer(survey, now=later)
    assert forget_senders(now=later) == ANSWERS_A_DAY + 2
    rows = SurveyAnswer.objects.unscoped(reason="what is kept of senders").filter(survey=survey)
    assert rows.exclude(sender_digest=None).count() == 1  # forgotten after a day
    assert rows.count() == ANSWERS_A_DAY + 2


def test_what_is_refused(tree: Tree) -> None:
    survey = made(tree.county)
    with pytest.raises(AnswersRefused) as said:
        answer(survey, work="", hours="25 小时")
    assert set(said.value.problems) == {"work", "hours"}
    with pytest.raises(Missing):
        answer_survey("unheard-of", GOOD, address="", now=NOW)
    with pytest.raises(Refused, match="不收集"):
        answer(survey, now=NOW + timedelta(days=30))
    chair = acting_as("CHAIR", tree.county)
    close_survey(survey.pk, actor=chair, now=NOW)
    with pytest.raises(Refused, match="不收集"):
        answer(survey)
    extend_survey(survey.pk, until_on=TODAY + timedelta(days=60), actor=chair, now=NOW + timedelta(days=30))
    answer(survey, now=NOW + timedelta(days=30))


def test_a_form_that_changes_leaves_the_survey_as_it_was(tree: Tree) -> None:
    chair = acting_as("CHAIR", tree.county)
    asked = (Question("n", "几个人", Type.NUMBER), Question("t", "说说", Type.TEXT), Question("y", "好吗", Type.YES_NO))
    publish_form(tree.county.pk, "survey", asked, seen_number=0, actor=chair, now=NOW)
    survey = made(tree.county)
    publish_form(tree.county.pk, "survey", asked[:1], seen_number=1, actor=chair, now=NOW)
    assert form_of_survey(survey).questions == asked
    for number, said in ((2, "热"), (4, "水"), (12, "")):
        answer_survey(survey.token, {"n": number, "t": said, "y": "yes"}, address=str(number), now=NOW)
    number, results = results_of(survey)
    assert number == 3
    assert results[0].figures == [("平均", "6"), ("中位数", "4"), ("最小", "2"), ("最大", "12")]
    assert (results[1].answered, results[1].texts) == (2, ["水", "热"])
    assert results[2].counts == [("是", 3), ("否", 0)]


# --- answered on a visit ---


@pytest.fixture
def mill(tree: Tree) -> Any:
    return firm("北山纺织厂", "530999101")


def asked(mill: Any, who: Actor, *, kind: str = "survey", **more: Any) -> Visit:
    return visit(mill, who, kind=kind, **({"answers": GOOD} | more))


def counted(survey: Survey) -> dict[str, int]:
    return {way.value: number for way, number in ways_of(survey).items()}


def test_what_is_answered_on_a_visit_counts_with_the_link(tree: Tree, mill: Any) -> None:
    who = actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    survey, elsewhere = made(tree.county), made(tree.south)
    answer(survey, wages="经常拖")
    made_there = asked(mill, who)
    assert counted(survey) == {"link": 1, "visit": 1}
    assert counted(elsewhere) == {"link": 0, "visit": 0}
    wages = next(result.counts for result in results_of(survey)[1] if result.question.key == "wages")
    assert {option: number for option, number in wages if number} == {"按时": 1, "经常拖": 1}
    assert results_of(survey, Way.VISIT)[0] == 1
    assert [row[1] for row in rows_of(survey)] == ["链接", "走访"]
    chair = acting_as("CHAIR", tree.county)
    assert survey_of_visit(made_there.pk, chair) == survey
    assert survey_of_visit(made_there.pk, acting_as("CHAIR", tree.north)) is None
    near = made(tree.north)
    asked(mill, who, at=NOW - timedelta(minutes=30))
    assert (counted(survey)["visit"], counted(near)["visit"]) == (1, 1)  # once, with the nearest


@pytest.mark.parametrize(
    ("more", "change", "number"),
    [
        ({}, {}, 1),
        ({"kind": "daily", "answers": {}}, {}, 0),
        ({"answers": GOOD | {"wish": "\x00"}}, {}, 1),
        ({"at": NOW - timedelta(days=1)}, {}, 0),  # before it began
        ({}, {"closed_at": NOW - timedelta(hours=2)}, 0),
        ({}, {"closed_at": NOW - timedelta(minutes=1)}, 1),  # closed after it was answered, handed in later
        ({}, {"until_on": TODAY - timedelta(days=1), "from_on": TODAY - timedelta(days=3)}, 0),
    ],
)
def test_which_visits_count(tree: Tree, mill: Any, more: dict[str, Any], change: dict[str, Any], number: int) -> None:
    survey = made(tree.county)
    Survey.objects.unscoped(reason="the test's own world").filter(pk=survey.pk).update(**change)
    asked(mill, actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW), **more)
    assert counted(survey)["visit"] == number


def test_another_form_of_the_kind_is_another_question(tree: Tree, mill: Any) -> None:
    survey, who = made(tree.county), actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    questions = (Question("work", "做什么", Type.TEXT),)
    publish_form(tree.county.pk, "survey", questions, seen_number=0, actor=acting_as("CHAIR", tree.county), now=NOW)
    asked(mill, who, form_number=1, answers={"work": "配送"})
    assert counted(survey)["visit"] == 0
    kept = {"form": {"mark": "1", "kept": "mine"}}
    asked(mill, who, chosen_over=kept)  # a phone that was offline still has the first
    assert counted(survey)["visit"] == 1


def test_a_visit_that_is_put_right_is_followed_by_its_answer(tree: Tree, mill: Any) -> None:
    survey, who = made(tree.county), actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    first = draft(mill, kind="survey", answers=GOOD)
    assert hand_in_visit(first, actor=who, now=NOW) == hand_in_visit(first, actor=who, now=NOW)
    close_survey(survey.pk, actor=acting_as("CHAIR", tree.county), now=NOW)
    second = replace(first, answers=GOOD | {"wages": "经常拖"})
    with pytest.raises(Conflict) as told:
        hand_in_visit(second, actor=who, now=NOW)
    assert "按时" in told.value.theirs["visit"]["走访表单"]
    assert "经常拖" in told.value.mine["visit"]["走访表单"]
    chosen = {"visit": {"mark": told.value.differences["visit"].mark, "kept": "mine"}}
    with pytest.raises(Refused, match="不在选项里"):
        hand_in_visit(replace(second, answers=GOOD | {"wages": "没有"}, chosen_over=chosen), actor=who, now=NOW)
    hand_in_visit(replace(second, chosen_over=chosen), actor=who, now=NOW)
    reply = SurveyAnswer.objects.unscoped(reason="the test's own world").get()
    assert reply.answers == reply.visit.answers == GOOD | {"wages": "经常拖"}


def test_one_visit_has_one_answer(tree: Tree, mill: Any) -> None:
    survey = made(tree.county)
    row = asked(mill, actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW))
    with pytest.raises(IntegrityError, match="survey_answer_of_visit"), transaction.atomic():
        count_visits([(row, survey)])


def test_many_visits_ask_once_for_their_surveys(tree: Tree, mill: Any) -> None:
    made(tree.county)
    who = actor_of(officer("LIAISON_OFFICER", tree.county).pk, now=NOW)
    drafts = [
        (draft(mill, kind="survey", answers=GOOD, at=NOW - timedelta(hours=number)), who, NOW) for number in range(1, 5)
    ]
    with CaptureQueriesContext(connection) as asked_for:
        hand_in_visits(drafts)
    surveys = [one for one in asked_for if "visits_survey" in one["sql"]]
    assert len(surveys) == 2  # looked up, written


# --- pages ---


def test_on_a_phone_without_an_account(tree: Tree, client: Client) -> None:
    survey = made(tree.county, now=timezone.now())
    url = reverse("survey:survey", args=[survey.token])
    assert "不记姓名" in client.get(url).content.decode()
    wrong = client.post(url, {"q_work": "配送、驾驶", "q_wish": "想要个歇脚的地方"})
    assert wrong.status_code == 422
    assert "想要个歇脚的地方" in wrong.content.decode()
    assert "请选择“您平均每天工作多久”" in wrong.content.decode()
    done = client.post(url, {f"q_{key}": value for key, value in GOOD.items()}, follow=True)
    assert "谢谢，已经收到" in done.content.decode()
    for _ in range(4):
        client.post(url, {f"q_{key}": value for key, value in GOOD.items()})
    sixth = client.post(url, {f"q_{key}": value for key, value in GOOD.items()})
    assert "改用手机流量" in sixth.content.decode()


def test_what_a_link_says_that_is_over(tree: Tree, client: Client) -> None:
    now = timezone.now()
    survey, today = made(tree.county, now=now), timezone.localdate(now)
    url = reverse("survey:survey", args=[survey.token])
    rows = Survey.objects.unscoped(reason="moved in time").filter(pk=survey.pk)
    rows.update(from_on=today + timedelta(days=2))
    assert "还没有开始" in client.get(url).content.decode()
    rows.update(from_on=today - timedelta(days=9), until_on=today - timedelta(days=2))
    ended = client.get(url)
    assert (ended.status_code, "已经截止" in ended.content.decode()) == (410, True)
    rows.update(closed_at=now)
    assert "停止收集" in client.post(url, {}).content.decode()
    assert client.get(reverse("survey:survey", args=["unheard-of"])).status_code == 404


def test_results_and_the_sheet(tree: Tree, mill: Any, client: Client) -> None:
    client.force_login(officer("CHAIR", tree.county), backend=BACKEND)
    page = client.post(
        reverse("visits:survey_add"),
        {"title": "=骑手/问卷", "kind": "survey", "from_on": timezone.localdate(), "until_on": timezone.localdate()},
        follow=True,
    )
    survey = Survey.objects.unscoped(reason="the one just made").get()
    assert survey.token in page.content.decode()
    assert "还没有人填" in page.content.decode()
    answer(survey, now=timezone.now(), wish="=1+1")
    page = client.get(reverse("visits:survey", args=[survey.pk]))
    assert "=1+1" in page.content.decode()
    assert client.get(reverse("visits:survey", args=[survey.pk]) + "?print=1").status_code == 200
    sheet = client.get(reverse("visits:survey_export", args=[survey.pk]))
    rows = list(openpyxl.load_workbook(BytesIO(sheet.content)).active.values)
    assert rows[0][1:3] == ("方式", "您做什么工作")
    assert rows[1][1:3] == ("链接", "配送、驾驶")
    assert "困难帮扶、歇脚的地方" in rows[1]
    extended = client.post(reverse("visits:survey_extend", args=[survey.pk]), {"until_on": "很久"}, follow=True)
    assert extended.status_code == 200
    assert "按方式看" not in page.content.decode()
    who = officer("LIAISON_OFFICER", tree.county)
    now = timezone.now()
    on_visit = asked(mill, actor_of(who.pk, now=now), now=now, at=now, answers=GOOD | {"wish": "装电扇"})
    shown = {
        way: client.get(page.request["PATH_INFO"], {"way": way}).content.decode() for way in ("", "link", "visit", "²")
    }
    assert ["装电扇" in shown[way] for way in shown] == [True, False, True, True]
    assert ["=1+1" in shown[way] for way in shown] == [True, True, False, True]
    assert "=骑手/问卷" in client.get(reverse("visits:visit", args=[on_visit.pk])).content.decode()
    client.post(reverse("visits:survey_close", args=[survey.pk]))
    assert "已停止" in client.get(reverse("visits:survey_list")).content.decode()
