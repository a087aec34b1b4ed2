"""What the rooms above hear, in the transaction of the step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.actor import Actor


@dataclass(frozen=True)
class CaseStepped:
    """Somebody did something with a case, or its clock did (`Verb.CLIMB`). Opening one is told by who opens it."""

    case_id: int
    kind: str
    verb: Verb
    stage_before: Stage
    stage_after: Stage
    entry_id: int
    actor: Actor
    now: datetime


@dataclass(frozen=True)
class CaseSplit:
    """The new cases have no facts of their room yet: it copies those of the asker."""

    case_id: int
    kind: str
    new_ids: tuple[int, ...]
    actor: Actor
    now: datetime
