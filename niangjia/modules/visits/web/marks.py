"""How the journal's words look: one tone for one meaning, on lists and pages alike."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from niangjia.modules.visits.rules import Aspect, Look, Outcome, PlaceState, ProposalState
from niangjia.ui.listing import Mark

PLACE_TONES = {
    PlaceState.THERE: "success", PlaceState.FAR: "warning", PlaceState.IMPLAUSIBLE: "error",
    PlaceState.UNKNOWN: "neutral", PlaceState.UNCHECKED: "neutral",
}  # fmt: skip
LOOK_TONES = {Look.GOOD: "success", Look.FAIR: "warning", Look.POOR: "error"}
OUTCOME_TONES = {Outcome.EXPLAINED: "success", Outcome.PASSED_ON: "info", Outcome.NOTED: "neutral"}
PROPOSAL_TONES = {ProposalState.OPEN: "warning", ProposalState.ACCEPTED: "success", ProposalState.DECLINED: "neutral"}
SOON = timedelta(days=7)


def place_mark(state: str) -> Mark:
    known = PlaceState(state)
    return Mark(known.label, PLACE_TONES[known], "map-pin")


def outcome_mark(outcome: int) -> Mark:
    known = Outcome(outcome)
    return Mark(known.label, OUTCOME_TONES[known])


def proposal_mark(state: int) -> Mark:
    known = ProposalState(state)
    return Mark(known.label, PROPOSAL_TONES[known])


def looks_mark(looks: Iterable[int]) -> Mark | str:
    """The five things in one: what was worst."""
    found = list(looks)
    if not found:
        return ""
    poor, fair = found.count(Look.POOR), found.count(Look.FAIR)
    if poor:
        return Mark(f"{poor} 项差", "error")
    return Mark(f"{fair} 项一般", "warning") if fair else Mark("都好", "success")


def looks_shown(observations: Iterable[Any]) -> list[tuple[str, Mark, str]]:
    """All five in their order, with the word beside."""
    found = {row.aspect: row for row in observations}
    return [
        (aspect.label, _look(found.get(aspect)), found[aspect].word if aspect in found else "") for aspect in Aspect
    ]


def _look(row: Any) -> Mark:
    return Mark(Look(row.look).label, LOOK_TONES[Look(row.look)]) if row else Mark("未看")


def due_mark(last: date | None, every_days: int, from_on: date, today: date) -> Mark:
    """Whether a key employer's turn has come."""
    due_on = (last or from_on) + timedelta(days=every_days)
    if due_on < today:
        return Mark(f"超期 {(today - due_on).days} 天", "error")
    if due_on <= today + SOON:
        return Mark(f"{(due_on - today).days} 天内到期" if due_on > today else "今天到期", "warning")
    return Mark(f"{(due_on - today).days} 天后", "success")


def ago(days: int | None) -> str:
    """How long nobody was there."""
    if days is None:
        return "从未走访"
    return f"{days} 天" if days else "今天"


def follow_up_mark(row: Any, today: date) -> Mark:
    if row.done_by_id:
        return Mark("已回看", "success")
    if row.dropped_at:
        return Mark("不用回看")
    if row.due_on < today:
        return Mark(f"超期 {(today - row.due_on).days} 天", "error")
    return Mark(
        "今天到期" if row.due_on == today else f"{(row.due_on - today).days} 天后",
        "warning" if row.due_on <= today + SOON else "neutral",
    )
