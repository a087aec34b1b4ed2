"""Which limit of a case runs, and why it ends when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from niangjia.engines.casework.clock import Span, limit_named, start_of
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import ENDED, LIMIT_LABELS, Stage
from niangjia.kernel.worktime.explaining import Explanation
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.kernel.worktime.queries import clock_of


@dataclass(frozen=True)
class Running:
    """`limit` None: the date was set by the system it came from."""

    name: str
    label: str
    due_at: datetime
    start: datetime
    limit: Limit | None


def ended_pauses(case: Case) -> tuple[Span, ...]:
    if case.pk is None:
        return ()
    rows = case.pauses.order_by("from_at").values_list("from_at", "until_at")
    return tuple((from_at, until_at) for from_at, until_at in rows if until_at is not None)


def runs_now(case: Case) -> tuple[str, datetime | None]:
    """The limit of the room's own that a case is under, and from when: a change begins its warnings anew."""
    if case.stage in ENDED:
        return "", None
    if case.stage in (Stage.RECEIVED, Stage.FACTS_ASKED):
        return "accept", case.received_at
    return ("close" if _is_answered(case) else "answer"), case.runs_from


def _is_answered(case: Case) -> bool:
    """Since acceptance or the latest reopening."""
    return case.answered_at is not None and case.runs_from is not None and case.answered_at >= case.runs_from


def running_limit(case: Case) -> Running | None:
    """None: paused or ended."""
    if case.due_at is None:
        return None
    name = next((name for name, due in _dues(case) if due == case.due_at), "close")
    limit = None if name == "own" else limit_named(case, name)
    return Running(name, LIMIT_LABELS[name], case.due_at, start_of(case, name), limit)


def _dues(case: Case) -> list[tuple[str, datetime | None]]:
    if case.stage in (Stage.RECEIVED, Stage.FACTS_ASKED):
        return [("accept", case.accept_due_at), ("own", case.own_due_at)]
    answer = [] if _is_answered(case) else [("answer", case.answer_due_at)]
    return [*answer, ("close", case.close_due_at), ("own", case.own_due_at)]


def facts_due(case: Case) -> datetime | None:
    """Until when the asker may take for the facts that were asked; None: none were."""
    if case.stage_now is not Stage.FACTS_ASKED or case.paused_at is None:
        return None
    return clock_of(str(case.scope.path)).deadline(case.paused_at, Limit(settings.FACTS_DAYS, Unit.WORKING_DAYS))


def explanation_of(case: Case, limit: str) -> Explanation:
    """Day by day how 'accept', 'answer' or 'close' was counted."""
    extra = 0 if limit == "accept" else case.extra_days
    return clock_of(case.scope.path).explain(
        start_of(case, limit), limit_named(case, limit), stopped=ended_pauses(case), extra_days=extra
    )
