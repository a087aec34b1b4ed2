"""From the door to the asker's word: the acts one by one, and what they leave behind."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from niangjia.engines.casework import actions, queries
from niangjia.engines.casework.actions import ASKER
from niangjia.engines.casework.models import Case, Entry, Role
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.engines.casework.tests.world import NOW, ZONE, World, again, later
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused


def verbs(case) -> list[str]:
    rows = Entry.objects.unscoped(reason="a test looks").filter(case=case).order_by("id")
    return [entry.verb for entry in rows]


def test_numbers_are_of_the_day_and_never_the_same(world: World) -> None:
    numbers = [world.open().number for _ in range(3)] + [world.open(now=later(days=1)).number]
    assert numbers == ["SX20261123-0001", "SX20261123-0002", "SX20261123-0003", "SX20261124-0001"]


def test_a_case_goes_round(world: World) -> None:
    case = world.open(text="三个月没发工资")
    assert case.due_at == datetime(2026, 11, 24, 17, 30, tzinfo=ZONE)
    case = actions.accept_case(case.pk, text="属于受理范围", actor=world.actor("clerk"), now=later(hours=1))
    assert (case.stage, case.accepted_at) == (Stage.ACCEPTED, later(hours=1))
    assert case.due_at == case.answer_due_at == datetime(2026, 11, 30, 17, 30, tzinfo=ZONE)
    case = actions.assign_case(
        case.pk, scope_id=world.at("north"), user_id=world.user("north_rights"), actor=world.actor("clerk"), now=later(hours=2)
    )  # fmt: skip
    assert (case.stage, case.lead_id, case.scope_id) == (Stage.IN_HAND, world.user("north_rights"), world.at("north"))
    assert world.told("north_rights") == [f"事项 {case.number} 请您办理"]
    case = actions.answer_case(case.pk, text="已补发三个月工资。", actor=world.actor("north_rights"), now=later(days=1))
    assert (case.stage, case.due_at) == (Stage.ANSWERED, case.close_due_at)
    case = actions.call_back(
        case.pk, is_reached=True, is_satisfied=True, rating=5, text="谢谢", actor=world.actor("clerk"), now=later(days=2)
    )  # fmt: skip
    assert (case.stage, case.rating, case.is_satisfied, case.due_at, case.climb_at) == (
        Stage.RESOLVED,
        5,
        True,
        None,
        None,
    )
    assert (case.ended_at, case.was_late) == (later(days=2), False)
    assert verbs(case) == ["record", "accept", "assign", "answer", "call_back"]
    trail = AuditEntry.objects.filter(subject_kind="casework.case", subject_id=case.pk).order_by("id")
    assert [entry.verb for entry in trail] == [f"casework.case.{verb}" for verb in verbs(case)]
    assert trail[1].after["stage"] == Stage.ACCEPTED


def test_refused_with_a_reason_and_where_to_go(world: World) -> None:
    case = world.open()
    with pytest.raises(Refused):
        actions.refuse_case(case.pk, reason=" ", actor=world.actor("clerk"), now=NOW)
    case = actions.refuse_case(
        case.pk, reason="属于劳动监察", elsewhere="拨打 12333", actor=world.actor("clerk"), now=NOW
    )
    assert (case.stage, case.due_at) == (Stage.REFUSED, None)
    last = queries.timeline_for_asker(case)[0]
    assert (last.text, last.data["elsewhere"]) == ("属于劳动监察", "拨打 12333")


def test_waiting_for_facts_stops_the_clock(world: World) -> None:
    case = world.open(urgency=2)  # four working hours: from 9:00 to 15:00, noon not counted
    assert case.due_at == datetime(2026, 11, 23, 15, 0, tzinfo=ZONE)
    case = actions.ask_facts(case.pk, text="请补充合同", actor=world.actor("clerk"), now=later(hours=1))
    assert (case.stage, case.due_at) == (Stage.FACTS_ASKED, None)
    case = actions.give_facts(case.pk, text="已上传", actor=ASKER, by_name="陈**", now=later(hours=26))
    assert case.stage == Stage.RECEIVED
    # One hour was used on Monday; three are left from Tuesday 11:00.
    assert case.due_at == datetime(2026, 11, 24, 16, 0, tzinfo=ZONE)
    assert "有补充材料" in world.told("clerk")[-1]


def test_explained_at_once(world: World) -> None:
    case = actions.close_at_once(world.open().pk, text="产假 158 天", actor=world.actor("clerk"), now=NOW)
    assert (case.stage, case.accepted_at, case.first_answered_at, case.ended_at) == (Stage.RESOLVED, NOW, NOW, NOW)
    assert (case.lead_id, case.is_satisfied) == (world.user("clerk"), None)


def test_not_satisfied_is_back_in_hand(world: World) -> None:
    case = world.answered()
    case = actions.rate_case(case.pk, rating=1, is_satisfied=False, text="没收到", actor=ASKER, now=later(days=1))
    assert (case.stage, case.is_satisfied, case.rating) == (Stage.IN_HAND, False, 1)
    assert case.due_at == case.close_due_at  # answered once: what runs is the closing
    assert "不满意" in world.told("north_rights")[-1]
    case = actions.answer_case(case.pk, text="已到账", actor=world.actor("north_rights"), now=later(days=1, hours=2))
    assert case.first_answered_at == NOW
    case = actions.rate_case(case.pk, rating=4, is_satisfied=True, actor=ASKER, now=later(days=2))
    assert (case.stage, case.rating) == (Stage.RESOLVED, 4)
    with pytest.raises(Refused, match="已经评价"):
        actions.rate_case(case.pk, rating=5, is_satisfied=True, actor=ASKER, now=later(days=2))


def test_three_tries_half_an_hour_apart_close_it_unresolved(world: World) -> None:
    case = world.answered()
    call = {"is_reached": False, "actor": world.actor("clerk")}
    actions.call_back(case.pk, **call, now=later(hours=1))
    with pytest.raises(Refused, match="至少间隔 30 分钟"):
        actions.call_back(case.pk, **call, now=later(hours=1, minutes=29))
    actions.call_back(case.pk, **call, now=later(hours=1, minutes=30))
    assert again(case).stage == Stage.ANSWERED
    case = actions.call_back(case.pk, **call, now=later(days=1))
    assert (case.stage, case.tries, case.is_satisfied) == (Stage.CLOSED, 3, None)


def test_reopened_within_fourteen_days_runs_anew(world: World) -> None:
    case = world.resolved()
    with pytest.raises(Refused, match="超过 14 天"):
        actions.reopen_case(case.pk, reason="又拖欠", actor=ASKER, now=later(days=14, seconds=1))
    case = actions.reopen_case(case.pk, reason="又拖欠", actor=ASKER, now=later(days=14))
    assert (case.stage, case.reopened, case.ended_at) == (Stage.IN_HAND, 1, None)
    assert case.lead_id == world.user("north_rights")
    assert case.due_at == case.answer_due_at == datetime(2026, 12, 14, 17, 30, tzinfo=ZONE)
    assert not case.was_late


def test_withdrawn_by_the_asker_drops_what_was_open(world: World) -> None:
    case = world.in_hand()
    task = actions.invite(
        case.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), text="查考勤", actor=world.actor("north_rights"), now=NOW
    )  # fmt: skip
    case = actions.withdraw_case(case.pk, reason="已经发了", actor=ASKER, now=later(hours=1))
    task.refresh_from_db()
    assert (case.stage, task.dropped_at) == (Stage.WITHDRAWN, later(hours=1))


def test_the_desk_takes(world: World) -> None:
    case = world.accepted(place="north", who="north_clerk")
    case = actions.take_case(case.pk, actor=world.actor("north_liaison"), now=NOW)
    assert (case.stage, case.lead_id) == (Stage.IN_HAND, world.user("north_liaison"))
    with pytest.raises(NotPermitted):
        actions.take_case(case.pk, actor=world.actor("north_rights"), now=NOW)


def test_whoever_answers_where_nobody_leads_leads(world: World) -> None:
    case = world.accepted(place="north", who="north_clerk")
    case = actions.answer_case(case.pk, text="已办", actor=world.actor("north_liaison"), now=NOW)
    assert case.lead_id == world.user("north_liaison")


def test_several_departments_one_answer(world: World) -> None:
    case, lead = world.in_hand(), world.actor("north_rights")
    task = actions.invite(
        case.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), text="查考勤", actor=lead, now=NOW
    )  # fmt: skip
    assert queries.case_in_sight(case.pk, world.actor("south_clerk")).pk == case.pk
    letter = actions.send_out(case.pk, office="人社局", text="查社保", due_on=NOW.date(), actor=lead, now=NOW)
    meeting = actions.call_consultation(
        case.pk, held_at=later(days=1), place="二楼会议室", purpose="定责任", actor=lead, now=NOW,
        participants=[{"name": "南湖", "user_id": world.user("south_chair")}, "人社局 王某"],
    )  # fmt: skip
    actions.close_consultation(
        meeting.pk, minutes="先行垫付", decisions=[("垫付", world.at("south"), world.user("south_clerk"), None)],
        actor=lead, now=later(days=1),
    )  # fmt: skip
    with pytest.raises(Refused, match="还有 3 项"):
        actions.answer_case(case.pk, text="已办", actor=lead, now=NOW)
    with pytest.raises(NotPermitted):
        actions.finish_task(task.pk, answer="无异常", actor=world.actor("south_chair"), now=NOW)
    actions.finish_task(task.pk, answer="考勤无异常", actor=world.actor("south_clerk"), now=NOW)
    with pytest.raises(Refused, match="已经完成"):
        actions.finish_task(task.pk, answer="再填一次", actor=lead, now=NOW)
    actions.record_outside_answer(letter.pk, answer="已缴", actor=lead, now=NOW)
    decided = case.tasks.get(of="CONSULTATION")
    actions.drop_task(decided.pk, reason="已发放", actor=lead, now=NOW)
    assert actions.answer_case(case.pk, text="已办结", actor=lead, now=NOW).stage == Stage.ANSWERED


def test_internal_lines_are_not_the_askers(world: World) -> None:
    case = world.in_hand()
    lead = world.actor("north_rights")
    actions.remark(case.pk, text="企业态度强硬", actor=lead, now=NOW)
    actions.reply(case.pk, text="正在核实", actor=lead, now=NOW)
    actions.urge_case(case.pk, text="请快些", actor=ASKER, now=NOW)
    actions.instruct_case(case.pk, text="三日内办结", actor=world.actor("leader"), now=NOW)
    read = [entry.text for entry in queries.timeline_for_asker(case)]
    assert {"正在核实", "请快些"} <= set(read)
    assert not {"企业态度强硬", "三日内办结"} & set(read)
    assert again(case).urged == 1
    assert [title.split(" ", 2)[2] for title in world.told("north_rights")] == ["请您办理", "催办", "leader批示"]


def test_a_partners_number_is_taken_once(world: World) -> None:
    world.open(partner="12345", partner_number="A1")
    with pytest.raises(Refused, match="已经接收"):
        world.open(partner="12345", partner_number="A1")


def test_out_of_sight_and_without_the_right(world: World) -> None:
    case = world.open(place="north", who="north_clerk")
    with pytest.raises(Missing):
        actions.accept_case(case.pk, actor=world.actor("south_clerk"), now=NOW)
    with pytest.raises(NotPermitted):
        actions.accept_case(case.pk, actor=world.actor("auditor"), now=NOW)
    with pytest.raises(NotPermitted):
        actions.accept_case(case.pk, actor=ASKER, now=NOW)


def test_who_acts_on_what_has_moved_on_reads_who_was_faster(world: World) -> None:
    case = world.open()
    actions.accept_case(case.pk, actor=world.actor("clerk"), now=NOW)
    with pytest.raises(Refused, match="已由clerk受理，现在是“已受理”") as refusal:
        actions.accept_case(case.pk, actor=world.actor("head"), now=NOW)
    assert refusal.value.code == "case.accept"
    actions.refuse_case(world.open().pk, reason="不属于工会", actor=world.actor("clerk"), now=NOW)
    refused = Case.objects.unscoped(reason="a test looks").get(stage=Stage.REFUSED)
    with pytest.raises(Refused, match=r"^已不予受理，现在是"):
        actions.withdraw_case(refused.pk, reason="不用了", actor=ASKER, now=NOW)


def test_load_and_participants(world: World) -> None:
    case = world.in_hand()
    actions.hand_over(
        case.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), reason="属地", actor=world.actor("north_rights"), now=NOW
    )  # fmt: skip
    assert queries.load_of([world.user("north_rights"), world.user("south_clerk")]) == {
        world.user("north_rights"): 0, world.user("south_clerk"): 1,
    }  # fmt: skip
    parts = case.participants.filter(role=Role.LEAD).order_by("id").values_list("user_id", "until_at")
    assert list(parts) == [(world.user("north_rights"), NOW), (world.user("south_clerk"), None)]


def test_only_who_was_asked_before_sees_after_it_has_gone(world: World) -> None:
    """The recorder keeps his sight of what he wrote down; the former lead's ends with his part."""
    case = world.in_hand(who="north_rights", place="north")
    actions.hand_over(case.pk, scope_id=world.at("south"), reason="属地", actor=world.actor("north_rights"), now=NOW)
    assert queries.case_in_sight(case.pk, world.actor("clerk")).pk == case.pk
    with pytest.raises(Missing):
        queries.case_in_sight(case.pk, world.actor("north_rights"))


def test_urging_is_a_verb_of_those_above(world: World) -> None:
    case = world.in_hand()
    assert Verb.URGE in queries.verbs_open_to(case, world.actor("head"), now=NOW)
    assert Verb.URGE not in queries.verbs_open_to(case, world.actor("north_clerk"), now=NOW)
    assert timedelta(0) < case.due_at - NOW
