"""Opening a case, and its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.casework.actions.clocks import set_clock
from niangjia.engines.casework.actions.keeping import keep_from
from niangjia.engines.casework.actions.looking import let_heads_look
from niangjia.engines.casework.actions.stepping import Step, locked, take_part, write_entry, writing
from niangjia.engines.casework.kinds import kind_named
from niangjia.engines.casework.models import Case, Role
from niangjia.engines.casework.queries.grading import table_of
from niangjia.engines.casework.rules import Stage, Urgency, Verb, Written, graded, limits_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused

TITLE_LENGTH = 100


@transaction.atomic
def open_case(
    *,
    kind: str,
    title: str,
    scope_id: int,
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
) -> Case:
    """The room that opens it has asked its own right and writes its own row, then its own event.

    `limits` override those of the grading while it is no emergency. Raises Refused for a partner's number that
    is known already.
    """
    scope = Scope.objects.filter(pk=scope_id).first()
    if scope is None:
        raise Refused("case.scope", "请选择接收单位。", "scope")
    if not title.strip():
        raise Refused("case.title", "请填写标题。", "title")
    if partner_number and Case.objects.unscoped(reason="a partner's number is taken once, wherever it lies").filter(
        partner=partner, partner_number=partner_number
    ).exists():  # fmt: skip
        raise Refused("case.partner_number", f"编号 {partner_number} 已经接收过。", "partner_number")
    case = Case(
        kind=kind, title=title.strip()[:TITLE_LENGTH], scope=scope, received_scope=scope, stage=Stage.RECEIVED,
        urgency=urgency, is_major=is_major, is_confidential=is_confidential, kept_from=sorted(set(kept_from)),
        kept_from_users=sorted(set(kept_from_users)), received_at=received_at or now, touched_at=now,
        limits=limits_of(table_of(kind, graded(urgency, is_major=is_major)), limits or {}, urgency=urgency, is_major=is_major),
        partner=partner, partner_number=partner_number, own_due_at=own_due_at,
    )  # fmt: skip
    case.number = next_number(kind_named(kind).prefix, now=now)
    set_clock(case, now=now)
    case.save(force_insert=True)
    if recorder_sees:
        take_part(case, actor.user_id, Role.RECORDER, now=now)
    if is_confidential:
        let_heads_look(case, now=now)
    step = Step(case, actor, now, Stage.RECEIVED, text.strip(), for_asker=True)
    write_entry(step, Verb.RECORD)
    audit.record(
        actor=actor, verb="casework.case.record", subject=case, path=scope.path, after=audit.snapshot(case), now=now
    )
    return case


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
