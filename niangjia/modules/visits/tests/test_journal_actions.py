"""Meetings, reports and the year's choice, by their actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions.meetings import (
    Present,
    close_meeting,
    finish_meeting_task,
    note_meeting,
    open_meeting,
)
from niangjia.modules.visits.actions.township_reports import (
    finish_township_report,
    reopen_township_report,
    write_township_report,
)
from niangjia.modules.visits.actions.years import (
    judge,
    name_judges,
    open_year_round,
    publish_round,
    put_forward,
    withdraw_nomination,
)
from niangjia.modules.visits.journal_rules import Decision
from niangjia.modules.visits.models import Finding, Group, MeetingTask, Posting, TownshipReport, Visit
from niangjia.modules.visits.queries.meetings import open_own_tasks, postings_of_meeting, tasks_at
from niangjia.modules.visits.queries.years import results_of
from niangjia.modules.visits.rules import NominationKind, Outcome, Presence, RoundState

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
OCT, NOV = date(2026, 10, 1), date(2026, 11, 1)
WHY = {"reason": "the test's own world"}


@dataclass
class Ground:
    tree: Any
    leader: User
    visitor: User
    elsewhere: User
    group: Group

    def actor(self, user: User) -> Actor:
        return actor_of(user.pk, now=NOW)

    @property
    def head(self) -> Actor:
        return acting_as("CHAIR", self.tree.county)


@pytest.fixture
def ground(db: None) -> Ground:
    tree = small_tree()
    leader, visitor = (officer("LIAISON_OFFICER", tree.county, name) for name in ("马组长", "何走访"))
    elsewhere = officer("LIAISON_OFFICER", tree.north, "北镇李联")
    group = Group.objects.create(scope=tree.county.scope, name="第一组", leader=leader)
    for user in (leader, visitor):
        Posting.objects.create(scope=tree.county.scope, user=user, group=group, from_on=date(2025, 1, 1))
    return Ground(tree, leader, visitor, elsewhere, group)


def meeting(ground: Ground, month: date = OCT, held: datetime | None = None) -> Any:
    held = held or datetime(month.year, month.month + 1, 5, 6, tzinfo=UTC)
    return open_meeting(
        scope_id=ground.tree.county.pk, group_id=ground.group.pk, month=month, held_at=held, place="三楼会议室",
        actor=ground.actor(ground.leader), now=held,
    )  # fmt: skip


def closed(ground: Ground, row: Any, *decisions: Decision, **more: Any) -> Any:
    return close_meeting(
        row.pk, minutes="各人报了一月的走访。", presences=[Present(ground.leader.pk, "马组长"), Present(None, "县人社局")],
        decisions=decisions, facts={"visits": 3}, actor=ground.actor(ground.leader), now=row.held_at, **more,
    )  # fmt: skip


# --- the month ---


def test_the_groups_own_leader_leads_without_a_further_right(ground) -> None:
    row = meeting(ground)
    with pytest.raises(NotPermitted):
        note_meeting(row.pk, minutes="x", presences=[], decisions=[], actor=ground.actor(ground.visitor), now=NOW)
    with pytest.raises(Missing):
        note_meeting(row.pk, minutes="x", presences=[], decisions=[], actor=ground.actor(ground.elsewhere), now=NOW)
    note_meeting(row.pk, minutes="x", presences=[], decisions=[], actor=ground.head, now=NOW)


def test_one_meeting_a_group_and_month(ground) -> None:
    meeting(ground)
    with pytest.raises(Refused, match="已经有了"):
        meeting(ground)
    assert len(postings_of_meeting(meeting(ground, month=date(2026, 9, 1)))) == 2


def test_what_is_written_down_is_nobodys_task_before_the_end(ground) -> None:
    row = meeting(ground)
    decision = Decision("到三个站点走一趟", ground.visitor.pk, NOV.replace(day=30))
    note_meeting(
        row.pk, minutes="草稿", presences=[Present(ground.visitor.pk, "何走访", Presence.EXCUSED)], decisions=[decision],
        actor=ground.actor(ground.leader), now=NOW,
    )  # fmt: skip
    assert not open_own_tasks(ground.visitor.pk).exists()
    task = MeetingTask.objects.unscoped(**WHY).get()
    with pytest.raises(Missing):
        finish_meeting_task(task.pk, result="好了", actor=ground.actor(ground.visitor), now=NOW)
    closed(ground, row, decision)
    assert open_own_tasks(ground.visitor.pk).count() == 1
    assert "月交流交给您的任务" in Message.objects.get(user_id=ground.visitor.pk).title
    with pytest.raises(Refused, match="不能再改"):
        closed(ground, row)
    row.refresh_from_db()
    assert row.facts == {"visits": 3}
    assert sorted(row.attendance.values_list("name", flat=True)) == sorted(["马组长", "县人社局"])


def test_who_works_below_finishes_a_task_of_the_countys_meeting(ground) -> None:
    row = meeting(ground)
    closed(ground, row, Decision("把名单报上来", ground.elsewhere.pk, NOV.replace(day=30)))
    task = open_own_tasks(ground.elsewhere.pk).get()
    with pytest.raises(Refused, match="结果"):
        finish_meeting_task(task.pk, result=" ", actor=ground.actor(ground.elsewhere), now=NOW)
    with pytest.raises(NotPermitted):
        finish_meeting_task(task.pk, result="我替他", actor=ground.actor(ground.visitor), now=NOW)
    finish_meeting_task(task.pk, result="已报 12 家", actor=ground.actor(ground.elsewhere), now=NOW)
    assert not open_own_tasks(ground.elsewhere.pk).exists()
    with pytest.raises(Refused, match="已经完成"):
        finish_meeting_task(task.pk, result="再来", actor=ground.actor(ground.elsewhere), now=NOW)


def test_the_next_meeting_begins_with_what_is_left(ground) -> None:
    first = meeting(ground, date(2026, 9, 1))
    due = date(2026, 10, 20)
    closed(ground, first, *(Decision(text, ground.visitor.pk, due) for text in ("做完的", "转下去的", "还在办的")))
    tasks = {task.text: task for task in open_own_tasks(ground.visitor.pk)}
    finish_meeting_task(tasks["做完的"].pk, result="好", actor=ground.actor(ground.visitor), now=first.held_at)
    second = meeting(ground)
    assert [task.text for task in tasks_at(second)] == ["做完的", "转下去的", "还在办的"]
    with pytest.raises(Refused, match="期限早于"):
        closed(ground, second, carried={tasks["转下去的"].pk: date(2026, 10, 1)})
    closed(ground, second, carried={tasks["转下去的"].pk: date(2026, 11, 30)})
    left = list(open_own_tasks(ground.visitor.pk).values_list("text", "due_on"))
    assert left == [("还在办的", due), ("转下去的", date(2026, 11, 30))]
    third = meeting(ground, NOV, held=datetime(2026, 12, 3, 6, tzinfo=UTC))
    assert [task.text for task in tasks_at(third)] == ["还在办的", "转下去的"]
    with pytest.raises(Refused, match="转到后来"):
        finish_meeting_task(tasks["转下去的"].pk, result="好", actor=ground.actor(ground.visitor), now=NOW)


# --- the quarter ---


def test_a_finished_report_stands_as_it_is(ground) -> None:
    north, quarter = ground.tree.north.pk, date(2026, 10, 1)
    who = ground.actor(ground.elsewhere)
    write_township_report(north, quarter, text="欠薪多了。", actor=who, now=NOW)
    with pytest.raises(Refused, match="先写"):
        finish_township_report(north, quarter, text=" ", facts={}, actor=who, now=NOW)
    done = finish_township_report(north, quarter, text="欠薪多了三件。", facts={"visits": 9}, actor=who, now=NOW)
    with pytest.raises(Refused, match="已经定稿"):
        write_township_report(north, quarter, text="改", actor=who, now=NOW)
    with pytest.raises(NotPermitted):
        reopen_township_report(done.pk, reason="笔误", actor=who, now=NOW)
    reopen_township_report(done.pk, reason="笔误", actor=ground.head, now=NOW)
    write_township_report(north, quarter, text="改", actor=who, now=NOW)
    assert TownshipReport.objects.unscoped(**WHY).get().text == "改"


def test_a_report_belongs_to_ones_own_ground(ground) -> None:
    who, quarter = ground.actor(ground.elsewhere), date(2026, 10, 1)
    with pytest.raises(Missing):
        write_township_report(ground.tree.south.pk, quarter, text="x", actor=who, now=NOW)
    with pytest.raises(NotPermitted):
        write_township_report(
            ground.tree.south.pk, quarter, text="x", actor=acting_as("AUDITOR", ground.tree.south), now=NOW
        )
    with pytest.raises(Refused, match="季度"):
        write_township_report(ground.tree.north.pk, NOV, text="x", actor=who, now=NOW)


# --- the year ---


def test_a_year_from_what_is_put_forward_to_what_is_published(ground) -> None:
    county, visitor = ground.tree.county, ground.actor(ground.visitor)
    judges = [officer("LIAISON_OFFICER", county, f"评委{number}") for number in range(3)]
    row = open_year_round(scope_id=county.pk, year=2026, actor=ground.head, now=NOW)
    finding = _finding(ground, along=[judges[0].pk])
    first = put_forward(
        row.pk, kind=NominationKind.FINDING, title="站点扣款", text="按单扣款没有依据。", finding_id=finding.pk,
        actor=ground.actor(ground.elsewhere), now=NOW,
    )  # fmt: skip
    assert first.author == ground.visitor
    second = put_forward(
        row.pk, kind=NominationKind.SUGGESTION, title="开夜间窗口", text="夜班工人白天来不了。", actor=visitor, now=NOW
    )
    with pytest.raises(Refused, match="已经有人推荐"):
        put_forward(
            row.pk, kind=NominationKind.FINDING, title="又一次", text="x", finding_id=finding.pk, actor=visitor, now=NOW
        )
    with pytest.raises(Refused, match="评委不够"):
        name_judges(row.pk, user_ids=[one.pk for one in judges], actor=ground.head, now=NOW)
    judges.append(officer("RIGHTS_OFFICER", county, "评委四"))
    judges.append(ground.visitor)
    with pytest.raises(NotPermitted):
        name_judges(row.pk, user_ids=[one.pk for one in judges], actor=visitor, now=NOW)
    name_judges(row.pk, user_ids=[one.pk for one in judges], actor=ground.head, now=NOW)
    with pytest.raises(Refused, match="已经截止"):
        put_forward(row.pk, kind=NominationKind.SUGGESTION, title="迟到", text="x", actor=visitor, now=NOW)
    with pytest.raises(Refused, match="不能再撤回"):
        withdraw_nomination(second.pk, actor=visitor, now=NOW)
    for own, who in ((second, ground.visitor), (first, judges[0])):
        with pytest.raises(NotPermitted, match="您自己的"):
            judge(own.pk, points=10, actor=ground.actor(who), now=NOW)
    with pytest.raises(NotPermitted, match="请来的评委"):
        judge(first.pk, points=10, actor=ground.actor(ground.leader), now=NOW)
    for points in (0, 11):
        with pytest.raises(Refused, match="1 到 10"):
            judge(first.pk, points=points, actor=ground.actor(judges[1]), now=NOW)
    for one, points in zip(judges[1:4], (8, 9, 10), strict=True):
        judge(first.pk, points=points, actor=ground.actor(one), now=NOW)
    with pytest.raises(Refused, match="不到 3 位"):
        publish_round(row.pk, facts=lambda _: {}, actor=ground.head, now=NOW)
    for one in judges[:3]:
        judge(second.pk, points=6, actor=ground.actor(one), now=NOW)
    judge(second.pk, points=9, actor=ground.actor(judges[2]), now=NOW)
    done = publish_round(row.pk, facts=lambda _: {"officers": []}, actor=ground.head, now=NOW)
    found = results_of(done)
    assert (found[first.pk].mean, found[first.pk].rank, found[second.pk].mean) == (9.0, 1, 7.0)
    assert done.state == RoundState.PUBLISHED
    with pytest.raises(Refused, match="不能再改"):
        judge(second.pk, points=1, actor=ground.actor(judges[1]), now=NOW)


def test_a_judge_who_judged_stays_and_a_secret_is_not_put_forward(ground) -> None:
    row = open_year_round(scope_id=ground.tree.county.pk, year=2026, actor=ground.head, now=NOW)
    secret = _finding(ground, is_confidential=True)
    visitor = ground.actor(ground.visitor)
    with pytest.raises(Refused, match="保密"):
        put_forward(
            row.pk, kind=NominationKind.FINDING, title="x", text="x", finding_id=secret.pk, actor=visitor, now=NOW
        )
    one = put_forward(row.pk, kind=NominationKind.SUGGESTION, title="x", text="x", actor=visitor, now=NOW)
    with pytest.raises(NotPermitted):
        withdraw_nomination(one.pk, actor=ground.actor(ground.elsewhere), now=NOW)
    judges = [officer("LIAISON_OFFICER", ground.tree.county, f"评委{number}") for number in range(4)]
    name_judges(row.pk, user_ids=[one.pk for one in judges], actor=ground.head, now=NOW)
    judge(one.pk, points=5, actor=ground.actor(judges[0]), now=NOW)
    with pytest.raises(Refused, match="不能换下"):
        name_judges(row.pk, user_ids=[one.pk for one in judges[1:]], actor=ground.head, now=NOW)


def test_a_year_to_come_and_a_second_round_are_refused(ground) -> None:
    with pytest.raises(Refused, match="已经到来"):
        open_year_round(scope_id=ground.tree.county.pk, year=2027, actor=ground.head, now=NOW)
    open_year_round(scope_id=ground.tree.county.pk, year=2026, actor=ground.head, now=NOW)
    with pytest.raises(Refused, match="已经开始"):
        open_year_round(scope_id=ground.tree.county.pk, year=2026, actor=ground.head, now=NOW)


def _finding(ground: Ground, along: Any = (), **more: Any) -> Finding:
    visit = Visit.objects.create(
        scope=ground.tree.north.scope, employer=firm("好味站点", "530999101"), user=ground.visitor, companions=list(along),
        kind="daily", draft=uuid4(), arrived_at=NOW, handed_in_at=NOW,
    )  # fmt: skip
    return Finding.objects.create(visit=visit, number=1, text="按单扣款", outcome=Outcome.NOTED, **more)
