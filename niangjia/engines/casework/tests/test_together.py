"""Merged and split: no asker's word, no limit, no piece of work gets lost, and nobody learns what he must not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from niangjia.engines.casework import actions
from niangjia.engines.casework.actions import ASKER
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage, Urgency, Verb
from niangjia.engines.casework.tests.world import NOW, World, again, later
from niangjia.kernel.errors import Refused


def merged(world: World, case: Case, main: Case, **when: Any) -> Case:
    facts = {"reason": "同一件事", "actor": world.actor("head"), "now": NOW} | when
    actions.merge_cases([case.pk], into_id=main.pk, **facts)
    return again(main)


def lines(case: Case, verb: Verb) -> list[str]:
    return list(case.entries.filter(verb=verb).order_by("id").values_list("text", flat=True))


def test_the_merged_ones_of_a_refused_one_are_refused_with_it(world: World) -> None:
    main, other = world.open(), world.open()
    merged(world, other, main)
    actions.refuse_case(
        main.pk, reason="不属于工会", elsewhere="县人社局", actor=world.actor("clerk"), now=later(hours=1)
    )
    other = again(other)
    assert (other.stage, other.merged_into_id, other.ended_at) == (Stage.REFUSED, None, later(hours=1))
    assert lines(other, Verb.REFUSE) == ["不属于工会"]


def test_what_was_explained_at_once_is_told_to_the_merged_ones(world: World) -> None:
    main, other = world.open(), world.open()
    merged(world, other, main)
    actions.close_at_once(main.pk, text="已当场说明", actor=world.actor("clerk"), now=later(hours=1))
    other = again(other)
    assert lines(other, Verb.REPLY) == ["已当场说明"]
    assert other.answered_at == later(hours=1)


def test_who_must_not_know_the_merged_one_loses_sight_of_the_main_one(world: World) -> None:
    main = world.in_hand()
    actions.invite(
        main.pk, scope_id=world.at("north"), user_id=world.user("mill_clerk"), text="核对名册",
        actor=world.actor("north_rights"), now=NOW,
    )  # fmt: skip
    assert Case.objects.visible_to(world.actor("mill_clerk")).filter(pk=main.pk).exists()
    main = merged(world, world.open(kept_from=[world.at("mill")]), main)
    assert not Case.objects.visible_to(world.actor("mill_clerk")).filter(pk=main.pk).exists()
    assert not main.tasks.filter(done_at=None, dropped_at=None).exists()


def test_a_lead_who_must_not_know_the_merged_one_is_replaced_first(world: World) -> None:
    main = world.in_hand()
    world.grant("north_rights", "ENTERPRISE_CLERK", "mill")
    with pytest.raises(Refused, match="请先转办"):
        merged(world, world.open(kept_from=[world.at("mill")]), main)


def test_the_most_pressing_limits_count_for_all(world: World) -> None:
    main, due = world.in_hand(), later(hours=5)
    main = merged(world, world.open(urgency=Urgency.URGENT, own_due_at=due, partner="city", partner_number="7"), main)
    assert (main.urgency, main.own_due_at, main.due_at) == (Urgency.URGENT, due, due)
    assert main.limits["close"] == [3, "working_days"]


def test_open_tasks_go_along(world: World) -> None:
    main, other = world.in_hand(), world.in_hand("north_chair")
    task = actions.invite(
        other.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), text="核对工资",
        actor=world.actor("north_chair"), now=NOW,
    )  # fmt: skip
    main = merged(world, other, main)
    actions.finish_task(task.pk, answer="已核对", actor=world.actor("south_clerk"), now=later(hours=1))
    task.refresh_from_db()
    assert (task.case_id, task.answer) == (main.pk, "已核对")
    task = actions.invite(
        main.pk, scope_id=world.at("south"), user_id=world.user("south_clerk"), text="再核对",
        actor=world.actor("north_rights"), now=later(hours=2),
    )  # fmt: skip
    actions.withdraw_case(main.pk, reason="不用了", actor=ASKER, now=later(hours=3))
    task.refresh_from_db()
    assert (task.case_id, task.dropped_at) == (other.pk, None)


def test_an_heir_has_the_pauses_of_the_one_before(world: World) -> None:
    main, other = world.in_hand(), world.open()
    merged(world, other, main)
    actions.pause_clock(main.pk, reason="PROCEEDINGS", actor=world.actor("north_rights"), now=later(hours=1))
    actions.resume_clock(main.pk, actor=world.actor("north_rights"), now=later(days=7, hours=1))
    due = again(main).due_at
    actions.withdraw_case(main.pk, reason="不用了", actor=ASKER, now=later(days=7, hours=2))
    assert again(other).due_at == due


def test_a_dissatisfied_merged_asker_is_heard(world: World) -> None:
    main, other = world.in_hand(), world.open()
    merged(world, other, main)
    actions.answer_case(main.pk, text="已补发", actor=world.actor("north_rights"), now=later(hours=1))
    actions.rate_case(other.pk, rating=1, is_satisfied=False, text="我的没发", actor=ASKER, now=later(hours=2))
    assert world.told("north_rights")[-1] == f"事项 {main.number} 并入的 {other.number} 诉求人不满意"


def test_a_part_keeps_the_clock_of_the_whole(world: World) -> None:
    whole = world.in_hand()
    actions.pause_clock(whole.pk, reason="PROCEEDINGS", actor=world.actor("north_rights"), now=later(hours=1))
    actions.resume_clock(whole.pk, actor=world.actor("north_rights"), now=later(days=10, hours=1))
    [part] = actions.split_case(whole.pk, parts=["社保"], actor=world.actor("head"), now=later(days=10, hours=2))
    assert (part.due_at, part.was_late) == (again(whole).due_at, False)
    actions.pause_clock(whole.pk, reason="PROCEEDINGS", actor=world.actor("north_rights"), now=later(days=10, hours=3))
    [still] = actions.split_case(whole.pk, parts=["赔偿"], actor=world.actor("head"), now=later(days=10, hours=4))
    assert (still.due_at, still.climb_at) == (None, None)
    actions.resume_clock(whole.pk, actor=world.actor("north_rights"), now=later(days=12))
    actions.resume_clock(still.pk, actor=world.actor("head"), now=later(days=12))
    assert again(still).due_at == again(whole).due_at


def test_a_part_of_a_reopened_one_is_not_late_at_once(world: World) -> None:
    whole = world.resolved()
    when = later(days=10)
    actions.reopen_case(whole.pk, reason="又欠了", actor=ASKER, now=when)
    [part] = actions.split_case(whole.pk, parts=["社保"], actor=world.actor("head"), now=when + timedelta(hours=1))
    assert part.due_at == again(whole).due_at > when


def test_the_limit_of_another_system_was_for_the_first_time(world: World) -> None:
    case = world.resolved(own_due_at=later(days=2))
    case = actions.reopen_case(case.pk, reason="又欠了", actor=ASKER, now=later(days=10))
    assert case.due_at == case.answer_due_at > later(days=10)
