"""月交流: a group meets, looks at the facts, decides; a decision is somebody's task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.acting import adding, changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.visits.journal_rules import Decision, ensure_decisions, ensure_month_may_be_met_over
from niangjia.modules.visits.models import Attendance, Group, Meeting, MeetingTask
from niangjia.modules.visits.queries.meetings import lead_with, mark_of, meeting_in_sight, open_tasks_before
from niangjia.modules.visits.rules import Presence

__all__ = [
    "Decision", "Presence", "Present", "close_meeting", "finish_meeting_task", "move_meeting", "note_meeting", "open_meeting",
]  # fmt: skip

TASKS_ADDRESS = "/desk/visits/tasks/"
LONGEST = 300


@dataclass(frozen=True)
class Present:
    """Somebody of the group, or a guest of another department by the name alone."""

    user_id: int | None
    name: str
    presence: Presence = Presence.PRESENT


def open_meeting(
    *, scope_id: int, group_id: int | None, month: date, held_at: datetime, place: str = "", actor: Actor, now: datetime
) -> Meeting:
    """One a group and month; `month` is the one whose facts are looked at, by its first day."""
    scope = Scope.objects.filter(pk=scope_id).first()
    group = Group.objects.visible_to(actor).filter(pk=group_id, scope=scope_id).first() if group_id else None
    if scope is None or (group_id and group is None):
        raise Missing("没有找到这个小组，可能已经撤销。")
    ensure_month_may_be_met_over(month, timezone.localdate(held_at))
    with adding(
        actor=actor, permission=lead_with(group, actor), scope=scope, verb="visits.meeting.opened", now=now
    ) as recorded:
        meeting: Meeting
        meeting, is_new = Meeting.objects.unscoped(reason="one a group and month").get_or_create(
            scope=scope, group=group, month=month, defaults={"held_at": held_at, "place": place.strip()[:60]}
        )
        if not is_new:
            raise Refused("meeting.exists", "这个小组这个月的交流会已经有了，请打开原来的那次。", field="month")
        recorded(meeting)
    return meeting


def move_meeting(pk: int, *, held_at: datetime, place: str, actor: Actor, now: datetime) -> Meeting:
    with _leading(pk, "visits.meeting.moved", actor, now) as meeting:
        ensure_month_may_be_met_over(meeting.month, timezone.localdate(held_at))
        meeting.held_at, meeting.place = held_at, place.strip()[:60]
        meeting.save(update_fields=["held_at", "place"])
    return meeting


def note_meeting(
    pk: int, *, minutes: str, presences: Sequence[Present], decisions: Sequence[Decision], seen: str | None = None,
    actor: Actor, now: datetime,
) -> Meeting:  # fmt: skip
    """What was written so far; nobody has a task of it before the meeting is closed.

    Raises Refused if somebody wrote since `seen` (`queries.meetings.mark_of`); None writes over whatever is there.
    """
    with _leading(pk, "visits.meeting.noted", actor, now) as meeting:
        _ensure_seen(meeting, seen)
        _write(meeting, minutes, presences, decisions)
    return meeting


def close_meeting(
    pk: int, *, minutes: str, presences: Sequence[Present], decisions: Sequence[Decision], facts: Mapping[str, Any],
    carried: Mapping[int, date] | None = None, seen: str | None = None, actor: Actor, now: datetime,
) -> Meeting:  # fmt: skip
    """Minutes and facts stand as they are from now on; `carried`: tasks of before that go on, with their new day."""
    with _leading(pk, "visits.meeting.closed", actor, now) as meeting:
        _ensure_seen(meeting, seen)
        if not minutes.strip():
            raise Refused("meeting.minutes", "请先写会议记录，再结束会议。", field="minutes")
        tasks = _write(meeting, minutes, presences, decisions)
        tasks += _carry(meeting, carried or {})
        meeting.facts = dict(facts)
        meeting.closed_at, meeting.closed_by_name = now, actor.name
        meeting.save(update_fields=["facts", "closed_at", "closed_by_name"])
        for user_id in sorted({task.user_id for task in tasks}):
            own = [task for task in tasks if task.user_id == user_id]
            title = own[0].text if len(own) == 1 else f"{own[0].text} 等 {len(own)} 项"
            notify(
                [user_id],
                title=f"月交流交给您的任务：{title}"[:100],
                body=f"{min(task.due_on for task in own):%m月%d日}前完成。",
                url=TASKS_ADDRESS,
                now=now,
            )
    return meeting


def finish_meeting_task(pk: int, *, result: str, actor: Actor, now: datetime) -> MeetingTask:
    """By whose task it is, wherever he works, or by who leads the meeting."""
    said = result.strip()
    if not said:
        raise Refused("meeting_task.result", "请写一句结果：做了什么，现在怎么样。", field="result")
    with transaction.atomic():
        rows = MeetingTask.objects.visible_to(actor).filter(pk=pk, meeting__closed_at__isnull=False)
        rows = rows.select_for_update(of=("self",)).select_related("meeting__group", "meeting__scope")
        task: MeetingTask | None = rows.first()
        if task is None:
            raise Missing("没有找到这项任务。")
        path = task.meeting.scope.path
        if task.user_id != actor.user_id and not actor.may(lead_with(task.meeting.group, actor), path):
            raise NotPermitted("任务由承办人或主持会议的人填结果。")
        if task.done_at is not None:
            raise Refused("meeting_task.done", "这项任务已经完成了。")
        if task.carried_to_id is not None:
            raise Refused("meeting_task.carried", "这项任务已转到后来的会议，请在那一条上填结果。")
        before = audit.snapshot(task)
        task.done_at, task.result = now, said[:LONGEST]
        task.save(update_fields=["done_at", "result"])
        audit.record(
            actor=actor, verb="visits.meeting_task.finished", subject=task, path=path, before=before,
            after=audit.snapshot(task), now=now,
        )  # fmt: skip
    return task


@contextmanager
def _leading(pk: int, verb: str, actor: Actor, now: datetime) -> Iterator[Meeting]:
    group = meeting_in_sight(pk, actor).group
    with changing(Meeting, pk, actor=actor, permission=lead_with(group, actor), verb=verb, now=now) as meeting:
        if meeting.closed_at is not None:
            raise Refused("meeting.closed", "这次会议已经结束，记录不能再改。")
        yield meeting


def _ensure_seen(meeting: Meeting, seen: str | None) -> None:
    if seen is not None and seen != mark_of(meeting):
        raise Refused(
            "meeting.changed", "您写的时候，另一位主持人存过记录，在下面“已经存着的记录”里。您写的还在，合到一起再存。"
        )


def _write(
    meeting: Meeting, minutes: str, presences: Sequence[Present], decisions: Sequence[Decision]
) -> list[MeetingTask]:
    """Until the meeting is closed its rows are written anew each time."""
    ensure_decisions(decisions, timezone.localdate(meeting.held_at))
    known = {
        *User.objects.filter(pk__in={one.user_id for one in decisions}, is_active=True).values_list("pk", flat=True)
    }
    for number, decision in enumerate(decisions, start=1):
        if decision.user_id not in known:
            raise Refused("decision.user", f"第 {number} 条任务的承办人已离任，请另选一位。")
    meeting.minutes = minutes.strip()
    meeting.save(update_fields=["minutes"])
    meeting.attendance.all().delete()
    meeting.tasks.all().delete()
    Attendance.objects.none().bulk_create(
        Attendance(meeting=meeting, user_id=one.user_id, name=one.name.strip()[:50], presence=one.presence)
        for one in presences
        if one.name.strip()
    )
    return MeetingTask.objects.none().bulk_create(
        MeetingTask(meeting=meeting, text=one.text.strip()[:LONGEST], user_id=one.user_id, due_on=one.due_on)
        for one in decisions
    )


def _carry(meeting: Meeting, carried: Mapping[int, date]) -> list[MeetingTask]:
    """Tasks of earlier meetings of the same group go on as tasks of this one."""
    held_on, made = timezone.localdate(meeting.held_at), []
    waiting = {task.pk: task for task in open_tasks_before(meeting).select_for_update(of=("self",))}
    for pk, due_on in sorted(carried.items()):
        task = waiting.get(pk)
        if task is None:
            raise Refused("meeting_task.gone", "有一项要转的任务刚刚完成了，请刷新后再结束会议。")
        if due_on < held_on:
            raise Refused("decision.due", f"任务“{task.text[:20]}”的新期限早于开会的日期，请改晚一些。")
        following = MeetingTask.objects.create(meeting=meeting, text=task.text, user_id=task.user_id, due_on=due_on)
        task.carried_to = following
        task.save(update_fields=["carried_to"])
        made.append(following)
    return made
