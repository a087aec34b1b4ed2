"""Triage at work: suggestions, choices, learning anew, taking over, the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.pinyin import title_key
from niangjia.modules.demands.actions import edit_facts, facts_of, triage_learning
from niangjia.modules.demands.actions.responsibility import LineFacts, add_line
from niangjia.modules.demands.actions.triage import confirm_triage
from niangjia.modules.demands.actions.triage_learning import begin_learning, learn_anew, learn_if_new
from niangjia.modules.demands.jobs import learn_triage, learn_triage_nightly
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.sensing import firms_named, places_named, similar_past, zones_named
from niangjia.modules.demands.queries.triage import models_in_use, sense_text
from niangjia.modules.demands.queries.triage_choices import weeks
from niangjia.modules.demands.rules import Channel, HowClosed, Nature
from niangjia.modules.demands.testing import NOW, demand
from niangjia.modules.demands.tests.choices import chosen_before
from niangjia.modules.demands.tests.sayings import SAID
from niangjia.modules.demands.triage.models import TriageDecision, TriageModel
from niangjia.modules.demands.triage.rules import CURRENT, Field, State
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, small_tree, zone

pytestmark = pytest.mark.django_db
OURS = "the test looks at its own rows"


@pytest.fixture
def tree(db: None) -> Tree:
    return small_tree()


def seated(job: str, at: Any) -> Actor:
    """An officer with a row of the own, since choices say whose they are."""
    return actor_of(officer(job, at).pk, now=NOW)


def taken(tree: Tree, body: str, **more: Any) -> Demand:
    return demand(tree.county, body, actor=seated("HOTLINE_OPERATOR", tree.county), **more)


def choices(row: Demand) -> dict[str, TriageDecision]:
    found = TriageDecision.objects.unscoped(reason=OURS).filter(demand=row).order_by("id")
    return {one.field: one for one in found}


def models(**more: object) -> list[TriageModel]:
    return list(TriageModel.objects.unscoped(reason=OURS).filter(**more).order_by("field", "number"))


# --- what is suggested ---


def test_the_words_suggest_until_something_was_learnt(tree: Tree) -> None:
    assert models_in_use() == {}
    sensed = sense_text("", "老板拖欠工资三个月了")
    assert sensed.kind.preselected is not None
    assert (sensed.kind.preselected.value, sensed.kind.preselected.words) == ("0101", ("拖欠工资",))
    assert sensed.of(Field.NATURE).offers[0].value == str(Nature.COMPLAINT.value)
    assert sensed.of(Field.URGENCY).offers[0].value == "2"


@pytest.mark.parametrize("text", ["", "😀👷‍♂️🔥", "今天天气不错", "工" * 12_000])
def test_nothing_to_go_by_suggests_nothing(tree: Tree, text: str) -> None:
    assert sense_text(text[:60], text).kind.offers == ()


def test_recording_costs_one_more_query(tree: Tree) -> None:
    clerk = seated("HOTLINE_OPERATOR", tree.county)
    demand(tree.county, actor=clerk)
    with CaptureQueriesContext(connection) as asked:
        demand(tree.county, actor=clerk)
    mine = [query["sql"] for query in asked if "demands_triage" in query["sql"]]
    assert len([sql for sql in mine if sql.startswith("INSERT")]) == 1
    # The stamp of the models is asked together with those of the catalogue and the map.
    assert len(mine) == 2


# --- what officers choose ---


def test_recording_keeps_what_the_officer_chose(tree: Tree) -> None:
    row = taken(tree, "老板拖欠工资三个月了", kind="0102", nature=Nature.HELP)
    kept = choices(row)
    assert (kept["kind"].chosen, kept["kind"].is_correction) == ("0102", True)
    assert kept["kind"].suggested[0][:2] == ["0101", 90]
    assert (kept["nature"].chosen, kept["nature"].is_correction) == ("2", True)
    assert (kept["urgency"].chosen, kept["urgency"].is_correction) == ("2", False)


def test_a_door_without_an_officer_chooses_nothing(tree: Tree) -> None:
    assert choices(taken(tree, "老板拖欠工资三个月了", channel=Channel.SHEET)) == {}
    left_open = taken(tree, "老板拖欠工资三个月了", kind="")
    assert "kind" not in choices(left_open)


def test_a_rule_of_emergency_is_nobodys_choice(tree: Tree) -> None:
    assert "urgency" not in choices(taken(tree, "有人要从楼顶跳下来，十几个工人围着", kind="0101"))


def test_a_later_edit_is_a_correction(tree: Tree) -> None:
    row = taken(tree, "老板拖欠工资三个月了", kind="0101")
    clerk = seated("CLERK", tree.county)
    edit_facts(row.pk, replace(facts_of(row), kind="0104"), actor=clerk, now=NOW)
    assert (choices(row)["kind"].chosen, choices(row)["kind"].is_correction) == ("0104", True)
    edit_facts(row.pk, replace(facts_of(row), kind="0104", people=3), actor=clerk, now=NOW)
    assert TriageDecision.objects.unscoped(reason=OURS).filter(demand=row, field="kind").count() == 2


def test_confirming_by_one_tap(tree: Tree) -> None:
    row = taken(tree, "老板拖欠工资三个月了", kind="", channel=Channel.SHEET)
    clerk = seated("CLERK", tree.county)
    with pytest.raises(Refused):
        confirm_triage(row.pk, kind="", actor=clerk, now=NOW)
    with pytest.raises(NotPermitted):
        confirm_triage(row.pk, kind="0101", actor=acting_as("AUDITOR", tree.county), now=NOW)
    confirm_triage(row.pk, kind="0101", nature=Nature.COMPLAINT, actor=clerk, now=NOW)
    again = Demand.objects.unscoped(reason=OURS).get(pk=row.pk)
    assert again.kind == "0101"
    kept = choices(row)
    assert {name: (one.chosen, one.is_correction) for name, one in kept.items()} == {
        "kind": ("0101", False), "nature": ("3", False), "urgency": ("1", True),
    }  # fmt: skip


# --- learning anew ---


def test_too_few_held_back_choices_change_nothing(tree: Tree) -> None:
    chosen_before(tree.county, 60)
    [model] = [one for one in learn_anew(now=NOW) if one.field == Field.KIND]
    assert (model.state, model.weights) == (State.CANDIDATE, None)
    assert "满 200 条" in model.reason
    assert models_in_use() == {}
    assert not learn_if_new(now=NOW + timedelta(days=1)), "nobody chose anything since"


def test_what_is_better_takes_over_and_what_is_not_does_not(tree: Tree) -> None:
    chosen_before(tree.county, 460)
    assert learn_if_new(now=NOW + timedelta(hours=12))
    [model] = models(field="kind")
    assert (model.state, model.labels >= 90) == (CURRENT, True)
    assert model.held_back >= 200
    assert model.figures["accuracy"] > model.figures["before"]["accuracy"]
    used = models_in_use()[Field.KIND]
    assert used.number == 1
    found = sense_text("", "我一个老乡在老街口，操作冲床时手指被压断，住院费自己垫的").kind
    assert (found.by, found.offers[0].value) == (1, "0501")
    assert found.offers[0].words

    # The same rows again: no better, so the first one stays.
    learn_anew(now=NOW + timedelta(days=1))
    assert [one.state for one in models(field="kind")] == [CURRENT, State.CANDIDATE]
    assert "不换" in models(field="kind")[1].reason

    # Officers now call it something else: what learnt that takes over, and the old weights are let go.
    chosen_before(tree.county, 700, seed=2, kinds={"0501": "0502"})
    learn_anew(now=NOW + timedelta(days=2))
    assert [one.state for one in models(field="kind")] == [State.RETIRED, State.CANDIDATE, CURRENT]
    assert models(field="kind")[0].weights is None
    assert models_in_use()[Field.KIND].number == 3


def test_a_broken_model_leaves_it_to_the_words(tree: Tree, caplog: pytest.LogCaptureFixture) -> None:
    TriageModel.objects.create(
        field="kind", number=1, state=CURRENT, made_at=NOW, learnt_from=1, held_back=1, parts_held=1, labels=1,
        reason="", weights=b"niangjia-triage\x01\x00half", digest="d" * 64,
    )  # fmt: skip
    assert sense_text("", "老板拖欠工资三个月了").kind.by == 0
    assert "不完整" in caplog.text


def test_a_retired_kind_is_not_suggested(tree: Tree) -> None:
    chosen_before(tree.county, 20, kinds=dict.fromkeys(SAID, "9999"))
    taken(tree, "老板拖欠工资三个月了", kind="")
    made_now = learn_anew(now=NOW)
    assert [one.field for one in made_now] == ["nature", "urgency"]


def test_without_the_learner_the_words_go_on(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(triage_learning, "can_learn", lambda: False)
    learn_triage_nightly(0)
    assert "没有安装学习组件" in caplog.text
    with pytest.raises(Refused, match="requirements"):
        begin_learning(actor=acting_as("CHAIR", tree.county), now=NOW)
    task = BackgroundTask.objects.create(user_id=officer("CHAIR", tree.county).pk, title="重新学习分类", created_at=NOW)
    learn_triage(task.pk)
    task.refresh_from_db()
    assert (task.state, "标志词" in task.result) == ("FAILED", True)


def test_whoever_keeps_the_catalogue_may_have_it_learn(tree: Tree) -> None:
    with pytest.raises(NotPermitted):
        begin_learning(actor=acting_as("CLERK", tree.county), now=NOW)
    task = BackgroundTask.objects.get(pk=begin_learning(actor=seated("CHAIR", tree.county), now=NOW))
    learn_triage(task.pk)
    task.refresh_from_db()
    assert (task.state, task.result) == ("DONE", "还没有核对记录可学，先在登记和受理时确认分类。")


# --- what else is sensed ---


def test_places_and_firms_that_are_named(tree: Tree) -> None:
    ground = [("1", "北山镇"), ("2", "南湖街道"), ("3", "云岭县")]
    assert places_named("我在南湖街道上班，家在北山", ground) == [("2", "南湖街道"), ("1", "北山镇")]
    assert places_named("", ground) == []
    taste = firm("好味餐饮有限公司", tree.north.division_id)
    taste.name_key = title_key(taste.name)
    taste.save()
    actor = acting_as("CLERK", tree.county)
    for said in ("我在好味餐饮有限公司干活", "我们是好味餐饮公司的", "好味餐饮没发工资"):
        assert firms_named(said, actor) == [(taste.pk, "好味餐饮有限公司")], said
    assert firms_named("外地的好滋味公司", actor) == []
    with CaptureQueriesContext(connection) as asked:
        firms_named("公司" * 2_000, actor)
    assert len(asked) <= 4


def test_zones_in_sight_are_named_by_one_question(tree: Tree) -> None:
    east, _ = zone(tree.north, "北山东片区"), zone(tree.south, "南湖西片区")
    closed = zone(tree.north, "北山旧片区")
    closed.closed_on = NOW.date()
    closed.save()
    said = "北山东片区、南湖西片区、北山旧片区都有"
    assert [one.name for one in zones_named(said, acting_as("CLERK", tree.county))] == ["北山东片区", "南湖西片区"]
    north = acting_as("CLERK", tree.north)
    assert [one.id for one in zones_named(said, north)] == [east.pk]
    assert zones_named(said, north, division=tree.south.division_id) == []
    with CaptureQueriesContext(connection) as asked:
        zones_named(f"\x00²{said}" * 99, north)
    assert len(asked) == 1


def test_a_zone_that_is_taken_over_says_where_it_goes(tree: Tree, client: Client) -> None:
    east, far = zone(tree.north, "北山东片区"), zone(tree.south, "南湖西片区")
    worker = officer("RIGHTS_OFFICER", tree.north, "片区的李某")
    add_line(
        tree.county.pk, facts=LineFacts(to_scope_id=tree.north.pk, zone_id=east.pk, user_id=worker.pk),
        actor=acting_as("DEPARTMENT_HEAD", tree.county), now=NOW,
    )  # fmt: skip
    clerk = officer("CLERK", tree.county)
    client.force_login(clerk, backend="allauth.account.auth_backends.AuthenticationBackend")
    said = {"body": "在北山东片区送货，没有发工资", "nature": "3", "people": "1", "party": "1", "act": "route"}
    offered = client.post(reverse("demands:record_assist"), said).content.decode()
    assert f'data-zone="{east.pk}"' in offered
    assert "片区的李某" not in offered
    taken_over = client.post(reverse("demands:record_assist"), said | {"zone": east.pk}).content.decode()
    assert "片区的李某" in taken_over
    assert "data-zone" not in taken_over
    elsewhere = client.post(reverse("demands:record_assist"), said | {"division": tree.south.division_id})
    assert "data-zone" not in elsewhere.content.decode()
    client.post(reverse("demands:record"), said | {"zone": east.pk})
    row = Demand.objects.unscoped(reason=OURS).select_related("case").get()
    assert (row.zone_id, row.division_id, row.case.lead_id) == (east.pk, tree.north.division_id, worker.pk)
    for odd in (2**70, "²", -1, far.pk + 10_000):
        answer = client.post(reverse("demands:record"), said | {"zone": odd})
        assert answer.status_code == 422, odd
        assert client.post(reverse("demands:record_assist"), said | {"zone": odd}).status_code == 200
    north = Client()
    north.force_login(officer("CLERK", tree.north), backend="allauth.account.auth_backends.AuthenticationBackend")
    refused = north.post(reverse("demands:record"), said | {"zone": far.pk}).content.decode()
    assert "没有找到这个片区" in refused
    assert "南湖西片区" not in refused
    options = north.get(reverse("organisations:zone_options"), {"q": "片区"}).content.decode()
    assert ("北山东片区" in options, "南湖西片区" in options) == (True, False)


def test_how_the_like_ended(tree: Tree) -> None:
    clerk = acting_as("CLERK", tree.county)
    done = demand(tree.county, "三个月工资没有发，老板说没钱，请工会协调", close_at_once="已联系老板，答应下周发。")
    Demand.objects.unscoped(reason=OURS).filter(pk=done.pk).update(how_closed=HowClosed.COORDINATED)
    demand(tree.county, "三个月工资没有发，还在等")
    [one] = similar_past("工资三个月没有发了，请工会帮忙", ["0101"], clerk)
    assert (one.demand.pk, one.ended) == (done.pk, "协调解决 · 已化解")
    assert similar_past("工资三个月没有发了", ["0101"], acting_as("CLERK", tree.north)) == []


# --- pages ---


def test_the_page_of_numbers_and_what_is_confused(tree: Tree, client: Client) -> None:
    client.force_login(officer("CHAIR", tree.county))
    assert "还没有学习过" in client.get("/desk/demands/triage/").content.decode()
    chosen_before(tree.county, 60)
    learn_anew(now=timezone.now())
    page = client.get("/desk/demands/triage/?field=kind").content.decode()
    for text in ("没有换上", "满 200 条", "每次学习", "现在重新学习"):
        assert text in page
    [model] = models(field="kind")
    taken, right, _, ids = (*model.confusions[0],) if model.confusions else ("0101", "0301", 0, [])
    shown = client.get(f"/desk/demands/triage/confusion/?run={model.pk}&taken={taken}&right={right}").content.decode()
    assert shown.count("data-row") == len(ids)
    for strange in ("²", "9" * 30, ""):
        assert client.get("/desk/demands/triage/confusion/", {"run": strange}).status_code == 200
    for strange in ("nothing", "²", ""):
        assert client.get("/desk/demands/triage/", {"field": strange}).status_code == 200


def test_weeks_count_what_was_confirmed_and_corrected(tree: Tree) -> None:
    taken(tree, "老板拖欠工资三个月了", kind="0101")
    taken(tree, "老板拖欠工资两个月了", kind="0102")
    taken(tree, "今天没有什么可说的", kind="0102")
    [week] = weeks(acting_as("CHAIR", tree.county), Field.KIND, now=NOW)
    assert (week.confirmed, week.corrected, week.share) == (1, 1, 50)


def test_the_officer_who_accepts_confirms_on_the_page(tree: Tree, client: Client) -> None:
    row = demand(tree.county, "老板拖欠工资三个月了", kind="", channel=Channel.SHEET)
    client.force_login(officer("CLERK", tree.county))
    page = client.get(f"/desk/demands/{row.pk}/").content.decode()
    assert "分类还没有人核对" in page
    assert "确认分类" in page
    done = client.post(f"/desk/demands/{row.pk}/triage/", {"kind": "0101", "nature": "3"})
    assert done.status_code == 302
    assert "分类还没有人核对" not in client.get(f"/desk/demands/{row.pk}/").content.decode()
    for kind in ("", "9999", "01"):
        assert client.post(f"/desk/demands/{row.pk}/triage/", {"kind": kind, "nature": "²"}).status_code == 302
    assert Demand.objects.unscoped(reason=OURS).get(pk=row.pk).kind == "0101"


def test_the_assist_offers_two_when_it_is_not_sure(tree: Tree, client: Client) -> None:
    client.force_login(officer("CLERK", tree.county))

    def assist(body: str, **more: str) -> str:
        return client.post("/desk/demands/record/assist/", {"body": body, **more}).content.decode()

    sure = assist("老板拖欠工资三个月了")
    assert "将按此登记" in sure
    assert '把握 <span class="num">90%</span>' in sure
    torn = assist("说是罚款，又要加班费")
    assert "将按此登记" not in torn
    assert torn.count("data-kind=") == 2
    assert "拿不准" in torn
    assert assist("😀" * 500)
    assert assist("工" * 5_000)
