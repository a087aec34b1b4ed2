"""Setting the clock of a case after a step."""

from __future__ import annotations

from datetime import datetime

from niangjia.engines.casework.clock import Span, timing
from niangjia.engines.casework.models import Case, Pause
from niangjia.engines.casework.queries.clocks import ended_pauses, runs_now
from niangjia.engines.casework.queries.grading import table_of
from niangjia.engines.casework.rules import ENDED, graded, limits_of
from niangjia.kernel.worktime.queries import clock_of

CLOCK_FIELDS = (
    "accept_due_at", "answer_due_at", "close_due_at", "due_at", "climb_at", "climb_step", "is_provisional", "was_late",
)  # fmt: skip


def mark_late(case: Case, *, now: datetime) -> None:
    """Whoever acts after the limit was late, whether or not the clock's job has come by."""
    if case.due_at is not None and now > case.due_at:
        case.was_late = True


def set_clock(case: Case, *, now: datetime, ran: tuple[str, datetime | None] | None = None) -> None:
    """Sets the fields of the clock; the caller saves them. `ran` is what ran before the step (`runs_now`)."""
    if case.stage in ENDED:
        case.due_at = case.climb_at = None
        return
    if ran is not None and ran != runs_now(case):
        case.climb_step = 0
    stopped: tuple[Span, ...] = ended_pauses(case)
    found = timing(case, clock_of(case.scope.path), stopped=stopped, now=now)
    case.accept_due_at, case.answer_due_at, case.close_due_at = (
        found.accept_due_at, found.answer_due_at, found.close_due_at,
    )  # fmt: skip
    case.due_at, case.climb_at, case.climb_step = found.due_at, found.climb_at, found.climb_step
    case.is_provisional = found.is_provisional


def mark_spent(case: Case, *, now: datetime) -> None:
    """How much working time it took, whatever its limits are counted in; after a pause was ended."""
    clock = clock_of(case.scope.path)
    stood = sum(clock.working_minutes(begun, ended) for begun, ended in ended_pauses(case))
    case.spent_minutes = max(0, clock.working_minutes(case.received_at, now) - stood)


def start_pause(case: Case, *, reason: str, text: str = "", now: datetime) -> None:
    Pause.objects.create(case=case, reason=reason, text=text, from_at=now)
    case.paused_at = now


def copy_pauses(of: Case, to: Case, *, until: datetime | None = None) -> None:
    """The clock of one case stands still for another's pauses too; `until` ends one that is still open."""
    Pause.objects.unscoped(reason="pauses of a case go with what comes out of it").bulk_create(
        Pause(case=to, reason=one.reason, text=one.text, from_at=one.from_at, until_at=one.until_at or until)
        for one in of.pauses.order_by("from_at")
    )


def grade(case: Case, urgency: int, *, is_major: bool) -> None:
    """The limits of a grade count from the same moments as before; what its room had set holds again while it may."""
    case.urgency, case.is_major = urgency, is_major
    table = table_of(case.kind, graded(urgency, is_major=is_major))
    case.limits = limits_of(table, case.limits.get("fixed", {}), urgency=urgency, is_major=is_major)


def end_pause(case: Case, *, now: datetime) -> None:
    if case.paused_at is None:
        return
    case.pauses.filter(until_at=None).update(until_at=now)
    case.paused_at = None
