"""Opening a case, and its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from niangjia.engines.casework.actions.clocks import mark_late, set_clock
from niangjia.engines.casework.actions.keeping import keep_from
from niangjia.engines.casework.actions.looking import let_heads_look
from niangjia.engines.casework.actions.passing import receivers
from niangjia.engines.casework.actions.stepping import Step, entry_of, locked, writing
from niangjia.engines.casework.actions.telling import tell
from niangjia.engines.casework.events import CaseStepped
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Entry, Participant, Role
from niangjia.engines.casework.queries.grading import table_of
from niangjia.engines.casework.rules import Stage, Urgency, Verb, Written, graded, limits_of
from niangjia.kernel.access.actor import SYSTEM, Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import publish

TITLE_LENGTH = 100


@dataclass(frozen=True)
class Desk:
    """Where a case lies from the first and why, as if it were routed there right away.

    Whoever chose it has made sure that the place may know of the case, and that the lead may handle it there.
    """

    scope: Scope
    lead: Actor | None
    because: str
    from_name: str = ""  # of the place where it came in
    to_name: str = ""


@transaction.atomic
def open_case(*, kind: str, scope_id: int, **facts: Any) -> Case:
    """As `opening`, for a case without a row of a room above. Raises Refused for an unknown place too."""
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Refused("case.scope", "请选择接收单位。", "scope")
    with opening(kind=kind, scope=scope, **facts) as case:
        pass
    return case


@contextmanager
def opening(
    *,
    kind: str,
    title: str,
    scope: Scope,
    urgency: int = Urgency.NORMAL,
    is_major: bool = False,
    is_confidential: bool = False,
    kept_from: Iterable[int] = (),
    kept_from_users: Iterable[int] = (),
    received_at: datetime | None = None,
    limits: Mapping[str, Written] | None = None,
    partner: str = "",
    partner_number: str = "",
    own_due_at: datetime | None = None,
    text: str = "",
    actor: Actor,
    now: datetime,
    recorder_sees: bool = True,
    desk: Desk | None = None,
) -> Iterator[Case]:
    """A new case with its number and clock; the block writes the row of the room above.

    That room has asked its own right, has a transaction, and publishes its own event afterwards. `limits` override
    those of the grading while it is no emergency. Raises Refused for a partner's number that is known already.
    """
    if not title.strip():
        raise Refused("case.title", "请填写标题。", "title")
    case = Case(
        kind=kind, title=title.strip()[:TITLE_LENGTH], scope=scope, received_scope=scope, stage=Stage.RECEIVED,
        urgency=urgency, is_major=is_major, is_confidential=is_confidential, kept_from=sorted(set(kept_from)),
        kept_from_users=sorted(set(kept_from_users)), received_at=received_at or now, touched_at=now,
        limits=limits_of(table_of(kind, graded(urgency, is_major=is_major)), limits or {}, urgency=urgency, is_major=is_major),
        partner=partner, partner_number=partner_number, own_due_at=own_due_at,
    )  # fmt: skip
    case.number = next_number(kind_named(kind).prefix, now=now)
    set_clock(case, now=now)
    came_in = audit.snapshot(case)
    steps = [Step(case, actor, now, Stage.RECEIVED, text.strip(), for_asker=True)]
    entries = [entry_of(steps[0], Verb.RECORD)]
    if desk is not None:
        steps.append(_laid_on(desk, case, now))
        entries.append(entry_of(steps[1], Verb.ROUTE))
    _insert(case)
    audit.record(actor=actor, verb="casework.case.record", subject=case, path=scope.path, after=came_in, now=now)
    yield case
    Entry.objects.unscoped(reason="lines of a case that is being opened").bulk_create(entries)
    _let_in(case, actor if recorder_sees else None, now)
    for step, entry in zip(steps[1:], entries[1:], strict=True):
        audit.record(
            actor=step.actor, verb="casework.case.route", subject=case, path=case.scope.path, before=came_in,
            after=audit.snapshot(case), now=now,
        )  # fmt: skip
        tell(case, step.told, step.title, text=step.text, now=now)
        publish(CaseStepped(case.pk, kind, Verb.ROUTE, Stage.RECEIVED, Stage.RECEIVED, entry.pk, step.actor, now))


def _laid_on(desk: Desk, case: Case, now: datetime) -> Step:
    """The step that puts a new case onto a desk; what `route_case` does to one that was there before."""
    step = Step(case, SYSTEM, now, Stage.RECEIVED, desk.because)
    lead = desk.lead
    step.data = {
        "from_scope": case.scope_id, "to_scope": desk.scope.pk, "from_user": None,
        "to_user": lead.user_id if lead else None, "from_name": desk.from_name, "to_name": desk.to_name,
        "user_name": lead.name if lead else "",
    }  # fmt: skip
    mark_late(case, now=now)
    if desk.scope != case.scope:
        case.scope = desk.scope
        set_clock(case, now=now)  # office hours differ from place to place
    if lead is not None:
        case.lead_id = lead.user_id
    step.tell(receivers(case, lead, now=now), "请受理")
    return step


def _insert(case: Case) -> None:
    try:
        case.save(force_insert=True)
    except IntegrityError as error:
        if "case_partner_number_once" not in str(error):
            raise
        raise Refused("case.partner_number", f"编号 {case.partner_number} 已经接收过。", "partner_number") from error


def _let_in(case: Case, recorder: Actor | None, now: datetime) -> None:
    """Whoever took it down and who leads it take part; the heads where a confidential one would be seen by nobody."""
    parts = [(recorder.user_id if recorder else None, Role.RECORDER), (case.lead_id, Role.LEAD)]
    Participant.objects.unscoped(reason="who takes part in a case that is being opened").bulk_create(
        Participant(case=case, user_id=user_id, role=role, from_at=now)
        for user_id, role in parts
        if user_id is not None and user_id not in case.kept_from_users
    )
    if case.is_confidential:
        let_heads_look(case, now=now)


def next_number(prefix: str, *, now: datetime) -> str:
    """SQ20261122-0001. Nobody waits for another one's transaction, but for the first of the day; gaps are no fault."""
    series = f"{prefix}{timezone.localtime(now):%Y%m%d}"
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(
                "select nextval('casework_number') - begins_after from casework_numberseries where prefix = %s",
                [series],
            )
            row = cursor.fetchone()
            if row is not None:
                return f"{series}-{row[0]:04d}"
            cursor.execute(
                "insert into casework_numberseries (prefix, begins_after) values (%s, nextval('casework_number'))"
                " on conflict (prefix) do nothing",
                [series],
            )
    raise RuntimeError("a series of numbers that was begun is not there")


def edit_case(
    case_id: int,
    *,
    title: str | None = None,
    is_confidential: bool | None = None,
    kept_from: tuple[Iterable[int], Iterable[int]] | None = None,
    text: str = "",
    data: Mapping[str, object] | None = None,
    actor: Actor,
    now: datetime,
) -> Case:
    """The room above changed facts of its own: `text` says which in the timeline. It has asked the right.

    `kept_from`: the places and the users that must not see it from now on.
    """
    with transaction.atomic():
        case = locked(case_id, actor)
        with writing(case, Verb.EDIT, actor=actor, now=now, text=text) as step:
            step.data = dict(data or {})
            if title is not None:
                case.title = title.strip()[:TITLE_LENGTH] or case.title
            if is_confidential is not None:
                case.is_confidential = is_confidential
                if is_confidential and case.lead_id is None:
                    let_heads_look(case, now=now)
            if kept_from is not None:
                keep_from(step, places=kept_from[0], users=kept_from[1])
    return case
