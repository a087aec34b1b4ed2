"""Nobody is left unheard: a silent asker, a bad word about what has ended, a merged asker, work that was taken away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from niangjia.engines.casework import actions, queries
from niangjia.engines.casework.actions import ASKER
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.queries.clocks import facts_due
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.engines.casework.tests.world import NOW, World, again, later
from niangjia.kernel.errors import Refused


def lines(case: Case, verb: Verb) -> list[str]:
    rows = Entry.objects.unscoped(reason="a test looks").filter(case=case, verb=verb.value)
    return list(rows.order_by("id").values_list("text", flat=True))


# --- an asker who says nothing ---


def test_whoever_was_asked_for_facts_and_is_silent_may_be_refused(world: World, settings) -> None:
    clerk = world.actor("clerk")
    case = actions.ask_facts(world.open().pk, text="请补充合同", actor=clerk, now=NOW)
    until = facts_due(case)
    assert until is not None
    assert until - NOW > timedelta(days=settings.FACTS_DAYS)  # working days
    assert Verb.REFUSE not in queries.verbs_open_to(case, clerk, now=until - timedelta(minutes=1))
    with pytest.raises(Refused, match="诉求人可以补充到"):
        actions.refuse_case(case.pk, reason="没有补充", actor=clerk, now=until - timedelta(minutes=1))
    assert actions.tell_of_silence(now=until - timedelta(minutes=1)) == 0
    assert actions.tell_of_silence(now=until) == 1
    assert actions.tell_of_silence(now=until + timedelta(hours=1)) == 0  # once
    assert "一直没有补充" in world.told("clerk")[-1]
    assert "10 个工作日没有补充" in lines(case, Verb.REMARK)[0]
    assert Verb.REFUSE in queries.verbs_open_to(again(case), clerk, now=until)
    case = actions.refuse_case(case.pk, reason="多次联系没有补充", actor=clerk, now=until)
    assert (case.stage, case.paused_at) == (Stage.REFUSED, None)


def test_who_answers_in_time_is_waited_for_anew_the_next_time(world: World) -> None:
    clerk = world.actor("clerk")
    case = actions.ask_facts(world.open().pk, text="请补充合同", actor=clerk, now=NOW)
    actions.give_facts(case.pk, text="在路上", actor=ASKER, now=later(days=9))
    actions.ask_facts(case.pk, text="还缺工资条", actor=clerk, now=later(days=9, hours=1))
    assert actions.tell_of_silence(now=later(days=15)) == 0
    assert actions.tell_of_silence(now=later(days=30)) == 1


# --- a bad word about what has ended ---


@pytest.mark.parametrize(("rating", "is_told"), [(1, True), (2, True), (3, False)])
def test_few_stars_for_what_is_resolved_are_heard(world: World, rating: int, is_told: bool) -> None:
    case = world.answered()
    before = len(world.told("north_rights"))
    actions.rate_case(case.pk, rating=rating, is_satisfied=True, actor=ASKER, now=later(days=1))
    case = again(case)
    assert (case.stage, case.rating) == (Stage.RESOLVED, rating)
    assert (len(world.told("north_rights")) > before) == is_told
    if is_told:
        assert f"评价不满意（{rating} 分）" in world.told("north_rights")[-1]
        assert any("评价不满意" in title for who in ("north_chair", "head") for title in world.told(who))


# --- an asker whose matter was merged ---


def together(world: World) -> tuple[Case, Case]:
    main, other = world.in_hand(), world.open(title="也拖欠工资")
    actions.merge_cases([other.pk], into_id=main.pk, reason="同一单位", actor=world.actor("clerk"), now=NOW)
    return again(main), again(other)


def test_the_asker_of_a_merged_one_adds_facts(world: World) -> None:
    main, other = together(world)
    assert Verb.GIVE_FACTS in queries.verbs_open_to(other, ASKER, now=NOW)
    assert Verb.GIVE_FACTS not in queries.verbs_open_to(other, world.actor("clerk"), now=NOW)
    actions.give_facts(other.pk, text="我有考勤表", actor=ASKER, now=later(hours=1))
    assert again(other).stage == Stage.MERGED
    assert lines(other, Verb.GIVE_FACTS) == ["我有考勤表"]
    assert lines(main, Verb.REMARK) == [f"并入的 {other.number} 补充：我有考勤表"]
    assert not any("考勤表" in entry.text for entry in queries.timeline_for_asker(main))  # another's words
    assert f"并入的 {other.number} 有补充材料" in world.told("north_rights")[-1]


def test_the_asker_of_a_merged_one_withdraws_the_own_one_alone(world: World) -> None:
    main, other = together(world)
    actions.withdraw_case(other.pk, reason="自己解决了", actor=ASKER, now=later(hours=1))
    other = again(other)
    assert (other.stage, other.merged_into_id, other.ended_at) == (Stage.WITHDRAWN, None, later(hours=1))
    assert again(main).stage == Stage.IN_HAND
    assert "诉求人已撤回" in world.told("north_rights")[-1]
    actions.answer_case(main.pk, text="已补发", actor=world.actor("north_rights"), now=later(hours=2))
    assert lines(other, Verb.REPLY) == []


def test_nothing_more_is_said_once_the_main_one_has_ended(world: World) -> None:
    main, other = together(world)
    actions.withdraw_case(main.pk, reason="撤", actor=ASKER, now=later(hours=1))
    heir = again(other)
    assert heir.stage == Stage.IN_HAND  # it goes on by itself
    third = world.open()
    actions.merge_cases([third.pk], into_id=heir.pk, reason="同", actor=world.actor("clerk"), now=later(hours=2))
    actions.answer_case(heir.pk, text="好", actor=world.actor("north_rights"), now=later(hours=3))
    actions.rate_case(heir.pk, rating=5, is_satisfied=True, actor=ASKER, now=later(hours=4))
    with pytest.raises(Refused, match="已并入"):
        actions.give_facts(third.pk, text="还有", actor=ASKER, now=later(hours=5))


# --- work that was taken away ---


def test_a_task_of_somebody_who_must_not_know_leaves_a_line(world: World) -> None:
    main = world.in_hand()
    actions.invite(
        main.pk, scope_id=world.at("north"), user_id=world.user("mill_clerk"), text="核对名册",
        actor=world.actor("north_rights"), now=NOW,
    )  # fmt: skip
    other = world.open(kept_from=[world.at("mill")])
    actions.merge_cases([other.pk], into_id=main.pk, reason="同一单位", actor=world.actor("clerk"), now=later(hours=1))
    assert lines(main, Verb.DROP_TASK) == ["按回避规定取消：核对名册"]
