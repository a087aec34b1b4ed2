"""When a case is due, from its facts alone: no database, so that a hundred thousand are re-clocked in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from niangjia.engines.casework.rules import CLIMB, Stage
from niangjia.kernel.worktime.clock import Clock
from niangjia.kernel.worktime.limits import Limit, Unit

Span = tuple[datetime, datetime]


class Facts(Protocol):
    """What of a case decides its clock; a `Case` is such, so is any row with these columns."""

    stage: int
    limits: Mapping[str, Any]
    extra_days: int
    climb_step: int
    received_at: datetime
    accepted_at: datetime | None
    runs_from: datetime | None
    answered_at: datetime | None
    own_due_at: datetime | None
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class Timing:
    """`due_at` is what runs now and `limit` which one it is; both empty while paused or once ended."""

    accept_due_at: datetime | None
    answer_due_at: datetime | None
    close_due_at: datetime | None
    due_at: datetime | None
    limit: str  # 'accept' · 'answer' · 'close' · 'own' · ''
    climb_at: datetime | None
    climb_step: int
    is_provisional: bool


@lru_cache(maxsize=512)
def _limit(amount: int, unit: str) -> Limit:
    return Limit.read([amount, unit])


def limit_named(facts: Facts, name: str) -> Limit:
    amount, unit = facts.limits[name]
    return _limit(amount, unit)


def start_of(facts: Facts, name: str) -> datetime:
    """From when a limit counts."""
    return facts.received_at if name in ("accept", "own") or facts.runs_from is None else facts.runs_from


def unit_of(facts: Facts, name: str) -> Unit:
    return Unit.MINUTES if name == "own" else limit_named(facts, name).unit


def timing(facts: Facts, clock: Clock, *, stopped: tuple[Span, ...] = (), now: datetime) -> Timing:
    """`stopped` are the pauses that have ended; the open one stands in `paused_at`.

    Accepting counts from the receipt, answering and closing from acceptance or the latest reopening.
    A step that was told stays told while its moment lies in the past; a limit that moved away tells it again.
    """
    stage = facts.stage
    before = stopped if facts.accepted_at is None else tuple(span for span in stopped if span[0] < facts.accepted_at)
    accept_due = clock.deadline(facts.received_at, limit_named(facts, "accept"), stopped=before)
    answer_due = close_due = None
    if facts.runs_from is not None:
        answer_due, close_due = (
            clock.deadline(facts.runs_from, limit_named(facts, name), stopped=stopped, extra_days=facts.extra_days)
            for name in ("answer", "close")
        )
    due, limit = _running(stage, facts, accept_due, answer_due, close_due)
    if due is None or facts.paused_at is not None:
        return Timing(accept_due, answer_due, close_due, None, "", None, facts.climb_step, False)
    start = start_of(facts, limit)
    climb_at, step = _next_climb(facts, clock, limit, start, due, stopped, now)
    return Timing(accept_due, answer_due, close_due, due, limit, climb_at, step, clock.is_provisional(start, due))


def _running(
    stage: int, facts: Facts, accept_due: datetime, answer_due: datetime | None, close_due: datetime | None
) -> tuple[datetime | None, str]:
    """The earliest of what runs in a stage. The limit of another system was for the first time it was solved."""
    due: datetime | None = None
    name = ""
    if stage in (Stage.RECEIVED, Stage.FACTS_ASKED):
        due, name = accept_due, "accept"
    elif stage in (Stage.ACCEPTED, Stage.IN_HAND):
        due, name = close_due, "close"
        answered = (
            facts.answered_at is not None and facts.runs_from is not None and facts.answered_at >= facts.runs_from
        )
        if answer_due is not None and not answered and (due is None or answer_due <= due):
            due, name = answer_due, "answer"
    elif stage == Stage.ANSWERED:
        due, name = close_due, "close"
    else:
        return None, ""
    is_reopened = facts.runs_from is not None and facts.runs_from != facts.accepted_at
    if facts.own_due_at is not None and not is_reopened and (due is None or facts.own_due_at < due):
        return facts.own_due_at, "own"
    return due, name


def _next_climb(  # noqa: PLR0917
    facts: Facts, clock: Clock, limit: str, start: datetime, due: datetime, stopped: tuple[Span, ...], now: datetime
) -> tuple[datetime | None, int]:
    unit = unit_of(facts, limit)

    def moment(step: int) -> datetime:
        return clock.at_percent(start, due, CLIMB[step - 1].percent, unit, stopped=stopped)

    step = min(facts.climb_step, len(CLIMB))
    while step and moment(step) > now:
        step -= 1
    return (moment(step + 1) if step < len(CLIMB) else None), step


def steps_due(
    facts: Facts, clock: Clock, limit: str, due: datetime, *, stopped: tuple[Span, ...] = (), now: datetime
) -> int:
    """How many steps have come by now."""
    start, unit = start_of(facts, limit), unit_of(facts, limit)
    return sum(clock.at_percent(start, due, step.percent, unit, stopped=stopped) <= now for step in CLIMB)
