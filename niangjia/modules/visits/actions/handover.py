"""What this room passes on when an officer leaves: postings with all that hangs on them, groups led, risks, plans, tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet

from niangjia.kernel.audit import actions as audit
from niangjia.modules.organisations.queries.handover import Leaving, Successor, register_handover
from niangjia.modules.visits.actions.postings import hand_over
from niangjia.modules.visits.models import Group, MeetingTask, PlannedVisit, Posting, Risk
from niangjia.modules.visits.rules import PlanState

REASON = "what somebody who leaves has in hand"
VERB = "access.grant.handed_over"


def register() -> None:
    register_handover("条驻联安排", lambda leaving: _postings(leaving).count(), _move_postings)
    for label, rows, name in (
        ("次已安排的走访", _plans, "user"), ("项未销号风险", _risks, "owner"), ("项会议任务", _tasks, "user"),
        ("个走访小组", _groups, "leader"),
    ):  # fmt: skip
        register_handover(label, _counting(rows), _moving(rows, name))


def _postings(leaving: Leaving) -> QuerySet[Posting]:
    rows: Any = Posting.objects.unscoped(reason=REASON).under(leaving.path)
    return rows.filter(user=leaving.user_id, until_on=None).select_related("scope", "user")  # type: ignore[no-any-return]


def _move_postings(leaving: Leaving, successor: Successor) -> None:
    for row in _postings(leaving).select_for_update(of=("self",)):
        on = max(leaving.on, row.from_on + timedelta(days=1))
        hand_over(row, _heir(row, leaving, successor), on=on, actor=successor.actor, now=successor.now)


def _heir(row: Posting, leaving: Leaving, successor: Successor) -> Posting | None:
    """The successor's own posting there, or one that begins now."""
    if successor.user_id is None:
        return None
    rows = Posting.objects.unscoped(reason=REASON).select_related("user", "scope")
    held: Posting | None = rows.filter(scope=row.scope_id, user=successor.user_id, until_on=None).first()
    if held is not None:
        return held
    made: Posting = Posting.objects.create(
        scope=row.scope, user_id=successor.user_id, group=row.group, from_on=max(leaving.on, row.from_on),
        weekly_goal=row.weekly_goal,
    )  # fmt: skip
    audit.record(
        actor=successor.actor, verb="visits.posting.added", subject=made, path=str(row.scope.path),
        after=audit.snapshot(made), now=successor.now,
    )  # fmt: skip
    return made


def _plans(leaving: Leaving) -> Any:
    rows: Any = PlannedVisit.objects.unscoped(reason=REASON).under(leaving.path)
    return rows.filter(user=leaving.user_id, state=PlanState.PLANNED, on__gte=leaving.on)


def _risks(leaving: Leaving) -> Any:
    rows: Any = Risk.objects.unscoped(reason=REASON).under(leaving.path)
    return rows.filter(owner=leaving.user_id, closed_at=None)


def _tasks(leaving: Leaving) -> Any:
    rows: Any = MeetingTask.objects.unscoped(reason=REASON).under(leaving.path)
    return rows.filter(user=leaving.user_id, done_at=None, carried_to=None)


def _groups(leaving: Leaving) -> Any:
    rows: Any = Group.objects.unscoped(reason=REASON).under(leaving.path)
    return rows.filter(leader=leaving.user_id, closed_on=None)


def _counting(rows: Any) -> Any:
    return lambda leaving: rows(leaving).count()


def _moving(rows: Any, name: str) -> Any:
    def move(leaving: Leaving, successor: Successor) -> None:
        if successor.user_id is None:
            return
        for row in rows(leaving):
            before = audit.snapshot(row)
            setattr(row, f"{name}_id", successor.user_id)
            row.save(update_fields=[name])
            if isinstance(row, PlannedVisit):  # a phone that is offline must hear of it
                PlannedVisit.objects.unscoped(reason=REASON).filter(pk=row.pk).update(
                    version=F("version") + 1, changed_by_name=successor.actor.name, changed_at=successor.now
                )
            audit.record(
                actor=successor.actor, verb=VERB, subject=row, path=str(row.seat.path), before=before,
                after=audit.snapshot(row), now=successor.now,
            )  # fmt: skip

    return move
