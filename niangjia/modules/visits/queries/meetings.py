"""Meetings of the month and the tasks that came of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.errors import Missing
from niangjia.modules.visits.journal_rules import TaskState, task_state
from niangjia.modules.visits.models import Group, Meeting, MeetingTask, Posting, PostingTownship, Risk
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.narrowing import midnight
from niangjia.modules.visits.rules import RiskLevel


def lead_with(group: Group | None, actor: Actor) -> str:
    """The right that leading a meeting takes: the group's own leader needs no further one."""
    is_leader = group is not None and actor.user_id is not None and group.leader_id == actor.user_id
    return Permission.VISIT_VIEW if is_leader else Permission.MEETING_LEAD


def may_lead(meeting: Meeting, actor: Actor) -> bool:
    return actor.may(lead_with(meeting.group, actor), meeting.scope.path)


def meetings_in_sight(actor: Actor) -> QuerySet[Any]:
    rows = Meeting.objects.visible_to(actor).select_related("group__leader", "scope")
    return rows.order_by("-month", "-held_at", "-pk")


def with_tasks_counted(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each with `all_tasks` and `open_tasks`."""
    is_open = Q(tasks__done_at=None, tasks__carried_to=None)
    counted: QuerySet[Any] = rows.annotate(all_tasks=Count("tasks"), open_tasks=Count("tasks", filter=is_open))
    return counted


def meeting_in_sight(pk: int, actor: Actor) -> Meeting:
    """Raises Missing."""
    found: Meeting | None = meetings_in_sight(actor).filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这次会议，可能不在您的管辖范围内。")
    return found


def groups_to_meet(actor: Actor) -> list[Group]:
    """For which of the groups in sight the actor may open a meeting."""
    rows = Group.objects.visible_to(actor).filter(closed_on=None).select_related("scope", "leader").order_by("name")
    return [group for group in rows if actor.may(lead_with(group, actor), group.scope.path)]


def places_to_meet(actor: Actor) -> list[int]:
    """Where the actor may call all officers together: places with anybody on post."""
    paths = [held.path for held in actor.held if Permission.MEETING_LEAD in held.permissions]
    scopes = Scope.objects.filter(path__under_any=paths) if paths else Scope.objects.none()
    rows = Posting.objects.unscoped(reason="places where the reader may lead meetings").filter(scope__in=scopes)
    return sorted(set(rows.filter(until_on=None).values_list("scope_id", flat=True)))


def postings_of_meeting(meeting: Meeting) -> list[Posting]:
    """Of the group, or of all at the place, who were on post in the month or are on the day of the meeting."""
    until = max(month_after(meeting.month), timezone.localdate(meeting.held_at) + timedelta(days=1))
    rows = Posting.objects.unscoped(reason="the postings of a meeting in sight").filter(
        Q(until_on=None) | Q(until_on__gt=meeting.month), scope=meeting.scope_id, from_on__lt=until
    )
    if meeting.group_id is not None:
        rows = rows.filter(group=meeting.group_id)
    return list(rows.select_related("user").order_by("user__name", "pk"))


def mark_of(meeting: Meeting) -> str:
    """Of what is written so far: two who lead may have the page open at once."""
    there = [(one.user_id or one.name, one.presence) for one in meeting.attendance.order_by("pk")]
    tasks = [(one.text, one.user_id, str(one.due_on)) for one in meeting.tasks.order_by("pk")]
    return hashlib.sha256(repr((meeting.minutes, there, tasks)).encode()).hexdigest()[:16]


def townships_of(postings: Iterable[Posting]) -> list[str]:
    """The paths of the townships that these postings answer for."""
    rows = PostingTownship.objects.unscoped(reason="the townships of a meeting in sight")
    found = rows.filter(posting__in=[posting.pk for posting in postings])
    return sorted({*found.values_list("township__scope__path", flat=True)})


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def last_day_of(month: date) -> date:
    return month_after(month) - timedelta(days=1)


# --- tasks ---


def tasks_at(meeting: Meeting) -> QuerySet[Any]:
    """What the meeting begins with: the tasks of the one before, and older ones that were open then still or ended since."""
    rows = _earlier(meeting)
    before = rows.order_by("-meeting__month", "-meeting__held_at").values_list("meeting_id", flat=True).first()
    still = (
        Q(done_at=None, carried_to=None) | Q(done_at__gt=midnight(meeting.month)) | Q(carried_to__meeting=meeting.pk)
    )
    return rows.filter(Q(meeting=before) | still).select_related("user", "meeting").order_by("due_on", "pk")


def open_tasks_before(meeting: Meeting) -> QuerySet[Any]:
    return _earlier(meeting).filter(done_at=None, carried_to=None).order_by("due_on", "pk")


def _earlier(meeting: Meeting) -> QuerySet[Any]:
    return MeetingTask.objects.unscoped(reason="the tasks of the same group, which a meeting in sight begins with").filter(
        meeting__scope=meeting.scope_id, meeting__group=meeting.group_id, meeting__closed_at__isnull=False,
        meeting__month__lt=meeting.month,
    )  # fmt: skip


def own_tasks(user_id: int) -> QuerySet[Any]:
    """Of closed meetings; those that were carried on are done with."""
    rows = MeetingTask.objects.unscoped(reason="one's own tasks").filter(
        user=user_id, meeting__closed_at__isnull=False, carried_to=None
    )
    return rows.select_related("meeting__group", "user").order_by("due_on", "pk")


def open_own_tasks(user_id: int) -> QuerySet[Any]:
    return own_tasks(user_id).filter(done_at=None)


def tasks_in_sight(actor: Actor) -> QuerySet[Any]:
    """Of everybody, still open: for those who lead."""
    rows = MeetingTask.objects.visible_to(actor).filter(meeting__closed_at__isnull=False, carried_to=None)
    return rows.select_related("meeting__group__leader", "meeting__scope", "user").order_by("due_on", "pk")


def task_in_sight(pk: int, actor: Actor) -> MeetingTask:
    """Raises Missing."""
    rows = MeetingTask.objects.visible_to(actor).filter(pk=pk, meeting__closed_at__isnull=False)
    found: MeetingTask | None = rows.select_related("user", "meeting__group", "meeting__scope").first()
    if found is None:
        raise Missing("没有找到这项任务，可能不在您的管辖范围内。")
    return found


def state_of_task(task: MeetingTask, today: date) -> TaskState:
    return task_state(
        due_on=task.due_on, done_on=timezone.localdate(task.done_at) if task.done_at else None,
        is_carried=task.carried_to_id is not None, today=today,
    )  # fmt: skip


TONES = {
    TaskState.DONE: "success", TaskState.LATE_DONE: "warning", TaskState.CARRIED: "neutral", TaskState.OVERDUE: "error",
    TaskState.OPEN: "info",
}  # fmt: skip


def task_line(task: MeetingTask, today: date) -> dict[str, Any]:
    """As plain values, for a page or for the minutes."""
    state = state_of_task(task, today)
    return {
        "pk": task.pk, "text": task.text, "owner": task.user.name, "due": task.due_on.isoformat(), "result": task.result,
        "done": timezone.localdate(task.done_at).isoformat() if task.done_at else "", "state": state.value,
        "label": state.label, "tone": TONES[state], "is_open": state in (TaskState.OPEN, TaskState.OVERDUE),
    }  # fmt: skip


def people_for_tasks(meeting: Meeting, postings: Iterable[Posting], actor: Actor) -> list[tuple[int, str]]:
    """Who may be given a task: those of the meeting, its leader, and who leads it now."""
    found = {posting.user_id: posting.user.name for posting in postings if posting.user.is_active}
    if meeting.group is not None:
        found.setdefault(meeting.group.leader_id, meeting.group.leader.name)
    if actor.user_id is not None:
        found.setdefault(actor.user_id, actor.name)
    owners = MeetingTask.objects.unscoped(reason="owners of the tasks of a meeting in sight").filter(meeting=meeting.pk)
    found.update(dict(User.objects.filter(pk__in=owners.values("user")).values_list("pk", "name")))
    return sorted(found.items(), key=lambda pair: (pair[1], pair[0]))


# --- risks, for the page that a group looks at ---

MOST_RISKS = 12


def open_risks_under(paths: Iterable[str]) -> list[dict[str, Any]]:
    """The worst first; as plain values."""
    scopes = Scope.objects.filter(path__under_any=list(paths)).values("pk")
    rows = Risk.objects.unscoped(reason="risks of a meeting's townships, the right at whose place was asked").filter(
        scope__in=scopes, closed_at=None
    )
    return [
        {
            "pk": row.pk, "employer": row.employer.name, "what": row.what, "level": RiskLevel(row.level).label,
            "is_high": row.level == RiskLevel.HIGH, "owner": row.owner.name,
            "due": row.due_on.isoformat() if row.due_on else "", "is_reported": row.reported_at is not None,
        }
        for row in rows.select_related("employer", "owner").order_by("-level", "due_on", "pk")[:MOST_RISKS]
    ]  # fmt: skip
