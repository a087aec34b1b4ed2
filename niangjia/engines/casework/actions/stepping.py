"""How every act on a case begins and ends: in sight, the right, the stage under lock; then line, clock, trail, event.

Like `kernel.acting.changing`, which asks the right at a place only: here whoever takes part has rights as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from niangjia.engines.casework.actions.clocks import end_pause, mark_late, mark_spent, set_clock
from niangjia.engines.casework.actions.telling import tell
from niangjia.engines.casework.events import CaseStepped
from niangjia.engines.casework.kinds import ASKER
from niangjia.engines.casework.models import Case, Entry, Participant, Role
from niangjia.engines.casework.queries.clocks import runs_now
from niangjia.engines.casework.queries.openness import ensure_possible, ensure_right, ensure_stage
from niangjia.engines.casework.queries.rights import place_of
from niangjia.engines.casework.rules import ENDED, FOR_ASKER, Stage, Verb
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing
from niangjia.kernel.events import publish

WHILE_OPEN = (Role.RECORDER, Role.CO_HANDLER, Role.CONSULTED)
"""They take part until the end. The lead stays, who may have it again, and so do named looks."""

_OURS = "the room above has proved who acts, or the product acts itself"


@dataclass
class Step:
    """One act under way; the block changes `case`, says what the line says, and whom to tell."""

    case: Case
    actor: Actor
    now: datetime
    stage_before: Stage
    text: str = ""
    by_name: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    file_ids: Sequence[int] = ()
    for_asker: bool = False
    told: list[int] = field(default_factory=list)
    title: str = ""
    entry: Entry | None = None

    @property
    def name(self) -> str:
        return self.by_name or self.actor.name

    def tell(self, user_ids: Iterable[int | None], title: str) -> None:
        """A message when all is done; nobody is told of an own act."""
        self.told = [pk for pk in user_ids if pk is not None and pk != self.actor.user_id]
        self.title = title


@contextmanager
def stepping(
    case_id: int,
    verb: Verb,
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    by_name: str = "",
    file_ids: Sequence[int] = (),
    reason: str = "",
) -> Iterator[Step]:
    """Raises Missing out of sight, NotPermitted without right or part, Refused where the stage has moved on.

    Everything the block changes on `step.case` is saved.
    """
    with transaction.atomic():
        case = locked(case_id, actor)
        ensure_right(case, verb, actor)
        ensure_stage(case, verb, actor)
        ensure_possible(case, verb, actor, now=now)
        with writing(
            case, verb, actor=actor, now=now, text=text, by_name=by_name, file_ids=file_ids, reason=reason
        ) as step:
            yield step


@contextmanager
def writing(
    case: Case,
    verb: Verb,
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    by_name: str = "",
    file_ids: Sequence[int] = (),
    reason: str = "",
) -> Iterator[Step]:
    """The second half, for a case that is already locked and allowed."""
    before, ran = audit.snapshot(case), runs_now(case)
    step = Step(case, actor, now, case.stage_now, text.strip(), by_name, file_ids=file_ids, for_asker=verb in FOR_ASKER)
    mark_late(case, now=now)
    yield step
    case.touched_at = now
    set_clock(case, now=now, ran=ran)
    case.save()
    step.entry = write_entry(step, verb)
    audit.record(
        actor=actor if not step.by_name else Actor(None, step.by_name[:50]), verb=f"casework.case.{verb.value}",
        subject=case, path=case.scope.path, before=before, after=audit.snapshot(case), reason=reason, now=now,
    )  # fmt: skip
    if step.told:
        tell(case, step.told, step.title, text=step.text, now=now)
    publish(CaseStepped(case.pk, case.kind, verb, step.stage_before, case.stage_now, step.entry.pk, actor, now))


def write_entry(step: Step, verb: Verb) -> Entry:
    entry = entry_of(step, verb)
    entry.save(force_insert=True)
    return entry


def entry_of(step: Step, verb: Verb) -> Entry:
    """The line of a step, not written yet."""
    case = step.case
    moved = {} if case.stage == step.stage_before else {"from": int(step.stage_before), "to": int(case.stage)}
    return Entry(
        case=case, verb=verb.value, at=step.now, user_id=step.actor.user_id, user_name=step.name[:50],
        scope_id=place_of(step.actor, case.scope.path), text=step.text, data=step.data | moved,
        for_asker=step.for_asker, file_ids=list(step.file_ids),
    )  # fmt: skip


def locked(case_id: int, actor: Actor) -> Case:
    """The row under lock. Raises Missing."""
    cases = Case.objects
    row = cases.unscoped(reason=_OURS).filter(pk=case_id) if is_ours(actor) else cases.one_visible_to(case_id, actor)
    case: Case | None = row.select_for_update(of=("self",)).select_related("scope").first()
    if case is None:
        raise Missing
    return case


def is_ours(actor: Actor) -> bool:
    return actor in (ASKER, SYSTEM)


# --- who takes part ---


def take_part(case: Case, user_id: int | None, role: str, *, now: datetime) -> None:
    """Once, however often it is said. Whom the case is kept from never takes part."""
    if user_id is None or user_id in case.kept_from_users:
        return
    if not case.participants.filter(user=user_id, role=role, until_at=None).exists():
        Participant.objects.create(case=case, user_id=user_id, role=role, from_at=now)


def leave_part(case: Case, role: str, *, now: datetime, user_id: int | None = None) -> None:
    rows = case.participants.filter(role=role, until_at=None)
    (rows if user_id is None else rows.filter(user=user_id)).update(until_at=now)


def set_lead(case: Case, user_id: int | None, *, now: datetime) -> None:
    """One lead: who was it before takes part no more."""
    if case.lead_id == user_id:
        take_part(case, user_id, "LEAD", now=now)
        return
    leave_part(case, "LEAD", now=now)
    case.lead_id = user_id
    take_part(case, user_id, "LEAD", now=now)


def end(case: Case, stage: Stage, *, now: datetime) -> None:
    """Closes what was still open around it."""
    assert stage in ENDED
    case.stage, case.ended_at = stage, now
    end_pause(case, now=now)
    mark_spent(case, now=now)
    case.participants.filter(until_at=None, role__in=WHILE_OPEN).update(until_at=now)
    case.tasks.filter(done_at=None, dropped_at=None).update(dropped_at=now)
