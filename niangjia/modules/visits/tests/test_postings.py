"""Who is posted where, key employers, leave, and what passes on when somebody goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.officers import leave_office
from niangjia.modules.organisations.testing import acting_as, firm, found_township, officer, small_tree
from niangjia.modules.visits import actions
from niangjia.modules.visits.models import FollowUp, KeyEmployer, PlannedVisit, Posting, RecordProposal, Risk
from niangjia.modules.visits.queries.postings import employers_of_posting, posting_of, townships_of
from niangjia.modules.visits.rules import Aspect, Look, PlanState, ProposalState
from niangjia.modules.visits.testing import NOW, key_employer, posting, visit

WHY = {"reason": "the test's own world"}
TODAY = date(2026, 11, 20)


@dataclass
class Ground:
    tree: Any
    one: User
    other: User
    mill: Any
    harbour: Any

    @property
    def chair(self) -> Actor:
        return acting_as("CHAIR", self.tree.county)

    def by(self, **more: Any) -> dict[str, Any]:
        return {"actor": self.chair, "now": NOW, **more}


@pytest.fixture
def ground(db: None) -> Ground:
    tree = small_tree()
    one, other = (officer("LIAISON_OFFICER", tree.county, name) for name in ("何走访", "马接手"))
    return Ground(tree, one, other, firm("北山纺织厂", "530999101"), firm("南湖港务公司", "530999002"))


def again(row: Any) -> Any:
    return type(row).objects.unscoped(**WHY).get(pk=row.pk)


def test_an_officer_has_his_townships_and_key_employers(ground: Ground) -> None:
    made = posting(ground.tree.county, ground.one, township_ids=[ground.tree.north.pk], weekly_goal=2)
    assert [row.pk for row in employers_of_posting(made)] == [ground.mill.pk]
    key_employer(ground.tree.county, ground.harbour, posting_id=made.pk)
    assert {row.pk for row in employers_of_posting(made)} == {ground.mill.pk, ground.harbour.pk}
    assert posting_of(ground.one.pk, TODAY) == made
    assert posting_of(ground.one.pk, date(2025, 12, 31)) is None
    changed = actions.edit_posting(
        made.pk, weekly_goal=3, township_ids=[ground.tree.south.pk], group_id=None, **ground.by()
    )
    assert (changed.weekly_goal, [row.pk for row in townships_of(changed)]) == (3, [ground.tree.south.pk])


def test_a_posting_that_cannot_be_is_refused(ground: Ground) -> None:
    posting(ground.tree.county, ground.one)
    stranger = officer("FINANCE", ground.tree.county, "财务")
    beside = found_township(ground.tree.county, "东山镇总工会", "530999103")
    for user, more, code in (
        (ground.one, {}, "posting.twice"), (stranger, {}, "posting.user"),
        (ground.other, {"weekly_goal": 0}, "posting.goal"), (ground.other, {"weekly_goal": 99}, "posting.goal"),
        (ground.other, {"from_on": date(9999, 12, 31)}, "posting.day"), (ground.other, {"group_id": 2**62}, "posting.group"),
    ):  # fmt: skip
        with pytest.raises(Refused) as told:
            posting(ground.tree.county, user, **more)
        assert told.value.code == code
    north = officer("LIAISON_OFFICER", ground.tree.north, "北联络")
    with pytest.raises(Refused) as told:
        posting(ground.tree.north, north, township_ids=[beside.pk])
    assert told.value.code == "posting.townships"
    with pytest.raises(NotPermitted):
        actions.add_posting(
            scope_id=ground.tree.county.pk, user_id=ground.other.pk, from_on=TODAY,
            actor=acting_as("LIAISON_OFFICER", ground.tree.county), now=NOW,
        )  # fmt: skip


def in_the_middle(ground: Ground) -> Posting:
    """A posting with a key employer, a planned visit, something to come again for, and a risk."""
    made = posting(ground.tree.county, ground.one, township_ids=[ground.tree.north.pk])
    key_employer(ground.tree.county, ground.mill, posting_id=made.pk)
    PlannedVisit.objects.create(
        scope=ground.tree.north.scope, user=ground.one, employer=ground.mill, on=TODAY + timedelta(days=3),
        reason="turn", changed_at=NOW,
    )  # fmt: skip
    seen = visit(ground.mill, actor_of(ground.one.pk, now=NOW), observations={Aspect.RIGHTS: (Look.POOR, "加班")})
    Risk.objects.create(scope=ground.tree.north.scope, employer=ground.mill, visit=seen, level=2, what="欠薪", owner=ground.one)  # fmt: skip
    return made


def test_an_ending_hands_everything_over(ground: Ground) -> None:
    made = in_the_middle(ground)
    with pytest.raises(Refused) as told:
        actions.end_posting(made.pk, on=TODAY, **ground.by())
    assert told.value.code == "posting.risks"
    heir = posting(ground.tree.county, ground.other)
    ended = actions.end_posting(made.pk, on=TODAY, hand_to=heir.pk, **ground.by())
    assert (ended.until_on, ended.handed_to_id) == (TODAY, heir.pk)
    assert [row.pk for row in townships_of(heir)] == [ground.tree.north.pk]
    assert KeyEmployer.objects.unscoped(**WHY).get().posting_id == heir.pk
    plan = PlannedVisit.objects.unscoped(**WHY).get()
    assert (plan.user_id, plan.version, plan.changed_by_name) == (ground.other.pk, 2, "测试人员")
    assert Risk.objects.unscoped(**WHY).get().owner_id == ground.other.pk
    with pytest.raises(Refused):
        actions.end_posting(made.pk, on=TODAY, **ground.by())
    assert posting_of(ground.one.pk, TODAY) is None
    assert posting(ground.tree.county, ground.one, from_on=TODAY).pk  # and comes back


def test_an_ending_without_a_successor_leaves_nothing_hanging(ground: Ground) -> None:
    made = posting(ground.tree.county, ground.one, township_ids=[ground.tree.north.pk])
    row = key_employer(ground.tree.county, ground.mill, posting_id=made.pk)
    plan = PlannedVisit.objects.create(
        scope=ground.tree.north.scope, user=ground.one, employer=ground.mill, on=TODAY, reason="turn", changed_at=NOW
    )
    for on in (date(2026, 1, 1), date(9999, 12, 31)):
        with pytest.raises(Refused):
            actions.end_posting(made.pk, on=on, **ground.by())
    actions.end_posting(made.pk, on=TODAY, **ground.by())
    assert (again(row).posting_id, again(plan).state) == (None, PlanState.DROPPED)


def test_who_leaves_the_office_hands_over_what_is_posted(ground: Ground) -> None:
    in_the_middle(ground)
    group = actions.add_group(scope_id=ground.tree.county.pk, name="第一组", leader_id=ground.one.pk, **ground.by())
    chair = actor_of(officer("CHAIR", ground.tree.county).pk, now=NOW)
    leave = {"organisation_id": ground.tree.county.pk, "on": TODAY, "actor": chair, "now": NOW}
    with pytest.raises(Refused, match="1 条驻联安排"):
        leave_office(ground.one.pk, **leave)
    left = leave_office(ground.one.pk, **leave, successor_id=ground.other.pk)
    assert ("条驻联安排", 1) in left.moved
    heir = posting_of(ground.other.pk, TODAY)
    assert heir is not None
    assert [row.pk for row in townships_of(heir)] == [ground.tree.north.pk]
    assert again(group).leader_id == ground.other.pk
    assert Risk.objects.unscoped(**WHY).get().owner_id == ground.other.pk


def test_key_employers_in_turn(ground: Ground) -> None:
    made = posting(ground.tree.county, ground.one)
    row = key_employer(ground.tree.county, ground.mill)
    with pytest.raises(Refused, match="已经是重点企业"):
        key_employer(ground.tree.county, ground.mill)
    with pytest.raises(Refused, match="管辖范围"):
        key_employer(ground.tree.north, ground.harbour)
    with pytest.raises(Refused, match="走访周期"):
        key_employer(ground.tree.county, ground.harbour, every_days=1)
    actions.assign_key_employer(row.pk, posting_id=made.pk, every_days=60, **ground.by())
    assert (again(row).posting_id, again(row).every_days) == (made.pk, 60)
    with pytest.raises(Refused):
        actions.end_key_employer(row.pk, on=TODAY + timedelta(days=9), **ground.by())
    actions.end_key_employer(row.pk, on=TODAY, **ground.by())
    with pytest.raises(Refused):
        actions.assign_key_employer(row.pk, posting_id=None, **ground.by())
    assert key_employer(ground.tree.county, ground.mill, from_on=TODAY).pk
    for place, refusal in (
        (ground.tree.north, NotPermitted),
        (ground.tree.south, Missing),
    ):  # on its ground, and beside
        with pytest.raises(refusal):
            actions.end_key_employer(row.pk, on=TODAY, actor=acting_as("CHAIR", place), now=NOW)


def test_leave(ground: Ground) -> None:
    made = posting(ground.tree.county, ground.one)
    days = {"kind": "leave", "from_on": date(2026, 11, 9), "until_on": date(2026, 11, 16)}
    row = actions.add_absence(made.pk, **days, **ground.by())
    for change in (
        {}, {"kind": "holiday"}, {"until_on": date(2026, 11, 9)}, {"until_on": date(2028, 1, 1)},
        {"from_on": date(2025, 11, 9), "until_on": date(2025, 11, 16)},
    ):  # fmt: skip
        with pytest.raises(Refused):
            actions.add_absence(made.pk, **(days | change), **ground.by())
    with pytest.raises(NotPermitted):
        actions.remove_absence(row.pk, actor=actor_of(ground.one.pk, now=NOW), now=NOW)
    actions.remove_absence(row.pk, **ground.by())
    assert actions.add_absence(made.pk, **days, **ground.by()).pk


def test_groups(ground: Ground) -> None:
    group = actions.add_group(scope_id=ground.tree.county.pk, name="第一组", leader_id=ground.one.pk, **ground.by())
    with pytest.raises(Refused, match="同名"):
        actions.add_group(scope_id=ground.tree.county.pk, name="第一组", leader_id=ground.one.pk, **ground.by())
    made = posting(ground.tree.county, ground.other)
    actions.set_group(made.pk, group.pk, **ground.by())
    with pytest.raises(Refused, match="还有驻联干部"):
        actions.close_group(group.pk, **ground.by())
    actions.set_group(made.pk, None, **ground.by())
    actions.edit_group(group.pk, name="城区组", leader_id=ground.other.pk, **ground.by())
    assert again(actions.close_group(group.pk, **ground.by())).closed_on == TODAY


# --- what a visit leaves to decide ---


def learnt(ground: Ground, **answers: str) -> list[RecordProposal]:
    visit(ground.mill, actor_of(ground.one.pk, now=NOW), answers=answers)
    return list(RecordProposal.objects.unscoped(**WHY).order_by("pk"))


def test_what_was_learnt_is_written_when_somebody_says_so(ground: Ground) -> None:
    heads, women = learnt(ground, headcount="180", women="70")
    actions.accept_proposal(heads.pk, **ground.by())
    assert (again(ground.mill).headcount, again(heads).state, again(heads).decided_by_name) == (180, 2, "测试人员")
    with pytest.raises(Refused):
        actions.accept_proposal(heads.pk, **ground.by())
    with pytest.raises(Refused):
        actions.decline_proposal(women.pk, answer=" ", **ground.by())
    actions.decline_proposal(women.pk, answer="花名册上是 60 人，已电话核实", **ground.by())
    assert again(women).state == ProposalState.DECLINED
    with pytest.raises(NotPermitted):
        actions.accept_proposal(women.pk, actor=acting_as("AUDITOR", ground.tree.county), now=NOW)
    with pytest.raises(Missing):
        actions.accept_proposal(women.pk, actor=acting_as("CHAIR", ground.tree.south), now=NOW)


def test_what_cannot_be_true_is_not_written(ground: Ground) -> None:
    (women,) = learnt(ground, women="70")  # of no heads at all
    with pytest.raises(Refused):
        actions.accept_proposal(women.pk, **ground.by())
    assert again(women).state == ProposalState.OPEN


def test_the_state_of_a_union_is_settled_at_the_employer(ground: Ground) -> None:
    (state,) = learnt(ground, union_state="已单独建会")
    with pytest.raises(Refused, match="关联工会"):
        actions.accept_proposal(state.pk, **ground.by())
    ground.mill.union_state = "OWN"
    ground.mill.save()
    assert actions.accept_proposal(state.pk, **ground.by()).state == ProposalState.ACCEPTED


def test_the_same_is_proposed_once(ground: Ground) -> None:
    learnt(ground, headcount="180")
    visit(ground.mill, actor_of(ground.one.pk, now=NOW), at=NOW - timedelta(days=2), answers={"headcount": "180"})
    assert RecordProposal.objects.unscoped(**WHY).count() == 1


def test_follow_ups_by_hand(ground: Ground) -> None:
    poor = {Aspect.RIGHTS: (Look.POOR, "加班"), Aspect.UNION: (Look.POOR, "不活动")}
    own = actor_of(ground.one.pk, now=NOW)
    visit(ground.mill, own, at=NOW - timedelta(days=3), observations=poor)
    later = visit(ground.mill, own)
    first, second = FollowUp.objects.unscoped(**WHY).order_by("pk")
    actions.done_follow_up(first.pk, visit_id=later.pk, actor=own, now=NOW)
    with pytest.raises(Refused):
        actions.drop_follow_up(first.pk, reason="已看", actor=own, now=NOW)
    with pytest.raises(NotPermitted):
        actions.drop_follow_up(second.pk, reason="不用", actor=actor_of(ground.other.pk, now=NOW), now=NOW)
    actions.drop_follow_up(second.pk, reason="单位已搬走", **ground.by())
    assert again(second).dropped_because == "单位已搬走"
