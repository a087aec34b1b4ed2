"""The hotline's desk: calls, what they become, and the screen on which they are taken."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.demands.actions import calls as acts
from niangjia.modules.demands.models import Call, Demand, Nuisance
from niangjia.modules.demands.queries.calls import caller_of
from niangjia.modules.demands.rules import CallOutcome, Channel, Facts, Nature
from niangjia.modules.members.testing import member
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
BODY = "我在北山纺织厂上班，已经三个月没有发工资了，一共欠我一万多块钱，老板电话也打不通。"


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def operator(tree):
    return officer("HOTLINE_OPERATOR", tree.county, "周话务")


@pytest.fixture
def actor(operator):
    return actor_of(operator.pk, now=timezone.now())


@pytest.fixture
def desk(operator):
    client = Client()
    client.force_login(operator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def facts(body=BODY, **more):
    return Facts(nature=Nature.HELP, channel=Channel.HOTLINE, body=body, **more)


def begin(tree, actor, phone="13800138000", **more):
    return acts.begin_call(phone=phone, scope_id=tree.county.pk, actor=actor, now=timezone.now(), **more)


def every(model):
    return model.objects.unscoped(reason="test")


def posted(**more):
    return {"body": BODY, "nature": "", "people": "1", "act": "route", **more}


# --- calls ---


@pytest.mark.parametrize(
    ("typed", "number", "note"),
    [
        ("138 0013 8000", "13800138000", ""),
        ("+86-13800138000", "13800138000", ""),
        ("0575-8512 3456 转 801", "057585123456", "分机 801"),
        ("(0575)85123456#12", "057585123456", "分机 12"),
        ("１３８００１３８０００", "13800138000", ""),
        ("", None, ""),
        ("anonymous", None, ""),
    ],
)
def test_a_number_is_taken_as_it_is_typed(tree, actor, typed, number, note):
    call = begin(tree, actor, typed)
    assert (call.phone, call.note) == (number, note)


@pytest.mark.parametrize("typed", ["王师傅", "12", "1" * 30, "<script>"])
def test_what_is_no_number_is_refused(tree, actor, typed):
    with pytest.raises(Refused, match="来电号码"):
        begin(tree, actor, typed)


def test_only_operators_answer(tree):
    with pytest.raises(NotPermitted):
        begin(tree, acting_as("CLERK", tree.county))


def test_a_call_becomes_a_demand_once(tree, actor):
    call = begin(tree, actor, recording="rec/1.wav")
    demand = acts.record_from_call(call.pk, facts(asker_phone="13800138000"), actor=actor, now=timezone.now())
    call.refresh_from_db()
    assert (call.outcome, call.demand_id, call.ended_at is not None) == (CallOutcome.DEMAND, demand.pk, True)
    assert (demand.channel, demand.recording) == (Channel.HOTLINE, "rec/1.wav")
    with pytest.raises(Refused, match="已经结束"):
        acts.record_from_call(call.pk, facts(), actor=actor, now=timezone.now())
    assert every(Demand).count() == 1


def test_what_is_refused_leaves_the_call_on(tree, actor):
    call = begin(tree, actor)
    with pytest.raises(Refused):
        acts.record_from_call(call.pk, facts(body="嗯"), actor=actor, now=timezone.now())
    call.refresh_from_db()
    assert call.ended_at is None
    assert not every(Demand).exists()


def test_an_enquiry_is_answered_in_the_call(tree, actor):
    call = begin(tree, actor)
    demand = acts.record_from_call(
        call.pk, facts("请问退休了还能当会员吗"), close_at_once="退休后可以保留会籍。", actor=actor, now=timezone.now()
    )
    call.refresh_from_db()
    demand.case.refresh_from_db()
    assert call.outcome == CallOutcome.EXPLAINED
    assert demand.is_closed_at_once
    assert demand.case.stage == Stage.RESOLVED


def test_the_same_matter_is_joined(tree, actor):
    first = acts.record_from_call(begin(tree, actor).pk, facts(), actor=actor, now=timezone.now())
    call = begin(tree, actor, "13900139000")
    second = acts.record_from_call(
        call.pk, facts(asker_phone="13900139000"), follows_id=first.pk, actor=actor, now=timezone.now()
    )
    second.case.refresh_from_db()
    assert second.case.stage == Stage.MERGED
    assert second.case.merged_into_id == first.pk


def test_a_demand_out_of_sight_is_not_joined(tree):
    county = acting_as("CHAIR", tree.county)
    operator = officer("HOTLINE_OPERATOR", tree.north, "吴话务")
    north = actor_of(operator.pk, now=timezone.now())
    from niangjia.modules.demands.actions import record_demand

    other = record_demand(facts(), scope_id=tree.south.pk, actor=county, now=timezone.now(), route=False)
    call = acts.begin_call(phone="", scope_id=tree.north.pk, actor=north, now=timezone.now())
    with pytest.raises(Missing):
        acts.record_from_call(call.pk, facts(), follows_id=other.pk, actor=north, now=timezone.now())
    assert every(Demand).count() == 1


def test_a_word_on_an_earlier_demand(tree, actor):
    demand = acts.record_from_call(begin(tree, actor).pk, facts(), actor=actor, now=timezone.now())
    call = begin(tree, actor)
    acts.follow_up_by_call(call.pk, demand.pk, text="还是没有消息", is_urged=True, actor=actor, now=timezone.now())
    demand.case.refresh_from_db()
    call.refresh_from_db()
    assert demand.case.urged == 1
    assert (call.outcome, call.demand_id) == (CallOutcome.FOLLOWED, demand.pk)


def test_what_was_asked_for_is_given_by_telephone(tree, actor):
    demand = acts.record_from_call(begin(tree, actor).pk, facts(), actor=actor, now=timezone.now())
    casework.ask_facts(demand.pk, text="请提供欠薪月份", actor=acting_as("CHAIR", tree.county), now=timezone.now())
    acts.follow_up_by_call(begin(tree, actor).pk, demand.pk, text="是七、八、九月", actor=actor, now=timezone.now())
    demand.case.refresh_from_db()
    assert demand.case.stage == Stage.RECEIVED


def test_a_promise_is_kept_or_put_off(tree, actor):
    now = timezone.now()
    call = acts.promise_call_back(begin(tree, actor).pk, at=now + timedelta(hours=1), actor=actor, now=now)
    with pytest.raises(Refused, match="下次"):
        acts.return_call(call.pk, is_reached=False, actor=actor, now=now)
    later = now + timedelta(hours=3)
    acts.return_call(call.pk, is_reached=False, note="关机", next_at=later, actor=actor, now=now)
    call.refresh_from_db()
    assert (call.tries, call.call_back_at) == (1, later)
    acts.return_call(call.pk, is_reached=True, actor=actor, now=later)
    with pytest.raises(Refused, match="已经回过"):
        acts.return_call(call.pk, is_reached=True, actor=actor, now=later)


@pytest.mark.parametrize("hours", [-1, 24 * 31])
def test_a_promise_that_cannot_be_kept(tree, actor, hours):
    call = begin(tree, actor)
    with pytest.raises(Refused, match="回电时间"):
        acts.promise_call_back(call.pk, at=timezone.now() + timedelta(hours=hours), actor=actor, now=timezone.now())


def test_no_promise_without_a_number(tree, actor):
    call = begin(tree, actor, "")
    with pytest.raises(Refused, match="没有号码"):
        acts.promise_call_back(call.pk, at=timezone.now() + timedelta(hours=1), actor=actor, now=timezone.now())


def test_a_nuisance_is_shown_and_still_answered(tree, actor):
    now = timezone.now()
    until = timezone.localdate(now) + timedelta(days=30)
    mark = acts.mark_nuisance(begin(tree, actor).pk, reason="反复谩骂", until_on=until, actor=actor, now=now)
    again = begin(tree, actor, "138-0013-8000")
    assert caller_of(again.phone, actor, now=now).nuisance == mark
    assert caller_of(again.phone, actor, now=now + timedelta(days=31)).nuisance is None
    acts.lift_nuisance(mark.pk, actor=actor, now=now)
    assert caller_of(again.phone, actor, now=now).nuisance is None


def test_a_mark_needs_a_reason_and_an_end(tree, actor):
    call, now = begin(tree, actor), timezone.now()
    today = timezone.localdate(now)
    for reason, until in ((" ", today), ("骂人", today - timedelta(days=1)), ("骂人", today + timedelta(days=400))):
        with pytest.raises(Refused):
            acts.mark_nuisance(call.pk, reason=reason, until_on=until, actor=actor, now=now)
    assert not every(Nuisance).exists()


def test_who_may_be_ringing(tree, actor):
    someone = member(tree.mill)
    caller = caller_of(someone.person.phone, actor, now=timezone.now())
    assert [one.person_id for one in caller.members] == [someone.person_id]
    other = officer("HOTLINE_OPERATOR", tree.south, "吴话务")
    assert not caller_of(someone.person.phone, actor_of(other.pk, now=timezone.now()), now=timezone.now()).members


# --- the screen ---


def test_a_call_is_taken_on_the_screen(desk, tree):
    answer = desk.post(reverse("demands:hotline_begin"), {"phone": "138 0013 8000"})
    call = every(Call).get()
    assert answer.url == reverse("demands:hotline_call", args=[call.pk])
    shown = desk.get(answer.url).content.decode()
    assert "13800138000" in shown
    assert "aria-keyshortcuts" in shown
    answer = desk.post(answer.url, posted(asker_phone="13800138000"))
    assert answer.url == reverse("demands:hotline")
    demand = every(Demand).get()
    assert demand.nature == Nature.HELP
    assert demand.kind
    call.refresh_from_db()
    ended = desk.get(reverse("demands:hotline_call", args=[call.pk])).content.decode()
    assert "13800138000" not in ended
    assert demand.case.number in ended


def test_the_telephone_system_writes_nothing_before_the_call_is_taken(desk):
    shown = desk.get(reverse("demands:hotline"), {"phone": "0575-85123456 转 801", "recording": "rec/2"})
    assert 'value="0575-85123456 转 801"' in shown.content.decode()
    assert not every(Call).exists()


def test_a_wrong_number_comes_back_as_it_was_typed(desk):
    answer = desk.post(reverse("demands:hotline_begin"), {"phone": "王师傅"})
    assert answer.status_code == 422
    assert "王师傅" in answer.content.decode()


def test_a_refused_form_comes_back_filled(desk, tree, actor):
    call = begin(tree, actor)
    answer = desk.post(
        reverse("demands:hotline_call", args=[call.pk]),
        posted(act="close", answer="", employer_name="北山<b>纺织", place="东门", claimed_fen="一万元整吧", nature="3"),
    )
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert BODY in shown
    assert "北山&lt;b&gt;纺织" in shown
    assert 'value="东门"' in shown
    assert "一万元整吧" in shown
    assert "看不懂金额" in shown
    assert not every(Demand).exists()


def test_an_answer_must_say_something(desk, tree, actor):
    call = begin(tree, actor)
    answer = desk.post(reverse("demands:hotline_call", args=[call.pk]), posted(act="close", answer="  "))
    assert answer.status_code == 422
    assert "请写下怎么答复的" in answer.content.decode()


def test_an_enquiry_needs_no_nature(desk, tree, actor):
    call = begin(tree, actor)
    desk.post(reverse("demands:hotline_call", args=[call.pk]), posted(act="close", answer="可以的。"))
    assert every(Demand).get().nature == Nature.ENQUIRY


@pytest.mark.parametrize("number", ["1" * 1000, "138 0013 8000 转 801", "<img src=x onerror=alert(1)>"])
def test_odd_numbers_do_no_harm(desk, number):
    answer = desk.get(reverse("demands:hotline"), {"phone": number})
    assert "<img src=x" not in answer.content.decode()
    assert answer.status_code in (200, 422)


def test_what_is_typed_is_answered_beside_it(desk, tree):
    answer = desk.post(reverse("demands:record_assist"), {"body": BODY, "answer": ""})
    shown = answer.content.decode()
    assert "data-needs=" in shown
    assert "因为说到" in shown
    assert "将派给" in shown
    alarm = desk.post(reverse("demands:record_assist"), {"body": "有工友说要跳楼，快来人"})
    assert "紧急情况" in alarm.content.decode()


def test_what_makes_no_sense_yet_is_no_mistake(desk):
    odd = {
        "body": "x" * 9000,
        "people": "很多",
        "happened_on": "昨天",
        "claimed_fen": "?",
        "kind": "9999",
        "employer": "abc",
    }
    assert desk.post(reverse("demands:record_assist"), odd).status_code == 200
    assert desk.post(reverse("demands:record_assist"), {}).status_code == 200


def test_kinds_are_found_by_name_code_and_word(desk):
    for text in ("欠薪", "01", "工资"):
        assert "data-value" in desk.get(reverse("demands:kind_options"), {"q": text}).content.decode()


def test_where_it_is_is_read_out(desk, tree, actor):
    demand = acts.record_from_call(begin(tree, actor).pk, facts(), actor=actor, now=timezone.now())
    call = begin(tree, actor)
    address = reverse("demands:hotline_follow", args=[call.pk, demand.pk])
    shown = desk.get(address).content.decode()
    assert f"编号 {demand.case.number}" in shown
    assert "待受理" in shown or "办理" in shown
    assert desk.post(address, {"text": "着急", "urge": "1"}).status_code == 302


def test_a_dialog_comes_back_open(desk, tree, actor):
    call = begin(tree, actor)
    answer = desk.post(reverse("demands:hotline_promise", args=[call.pk]), {"promise-at": "2020-01-01T09:00"})
    assert answer.status_code == 422
    assert 'id="promise-box" class="box" aria-labelledby="promise-title" data-shown' in answer.content.decode()


def test_calls_are_listed_and_found_by_the_whole_number(desk, tree, actor):
    acts.drop_call(begin(tree, actor).pk, note="没有声音", actor=actor, now=timezone.now())
    assert "138****8000" in desk.get(reverse("demands:call_list")).content.decode()
    assert "138****8000" in desk.get(reverse("demands:call_list"), {"q": "138 0013 8000"}).content.decode()
    assert "138****8000" not in desk.get(reverse("demands:call_list"), {"q": "13900139000"}).content.decode()
    assert "完整的来电号码" in desk.get(reverse("demands:call_list"), {"q": "王"}).content.decode()
