"""Papers that leave the house: numbered by organisation and year, kept with the demand, a line on its timeline."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.actions.stepping import locked
from niangjia.engines.casework.queries.openness import ensure_right
from niangjia.engines.casework.queries.rights import place_of
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.letter_texts import WANTS_ANSWER, number_prefix
from niangjia.modules.demands.models import Letter
from niangjia.modules.demands.rules import LetterKind, tidy_line, tidy_text
from niangjia.modules.organisations.queries.organisations import names_of

LONGEST = 5000
RIGHTS = {LetterKind.SUPERVISE: Verb.URGE}
"""By the right of which act a paper is made; else whoever may speak to the asker."""


def right_for(kind: LetterKind) -> Verb:
    return RIGHTS.get(kind, Verb.REPLY)


def make_letter(
    demand_id: int, *, kind: LetterKind, to: str, body: str, due_on: date | None = None, actor: Actor, now: datetime
) -> Letter:
    """Raises Missing, NotPermitted, Refused. A paper is never changed: a better one gets a number of its own."""
    to, body = tidy_line(to), tidy_text(body)
    if not to:
        raise Refused("letter.to", "请写明发给谁。", "to")
    if not body or len(body) > LONGEST:
        raise Refused("letter.body", f"请写正文，最多 {LONGEST} 字。", "body")
    if due_on is not None and due_on < timezone.localdate(now):
        raise Refused("letter.due_on", "要求回复的日期不能早于今天。", "due_on")
    with transaction.atomic():
        case = locked(demand_id, actor)
        ensure_right(case, right_for(kind), actor)
        path = str(case.scope.path)
        scope_id = place_of(actor, path) or case.scope_id
        letter: Letter = Letter.objects.create(
            demand_id=case.pk, kind=kind.value, number=_next_number(kind, scope_id, now), to=to[:100], body=body,
            due_on=due_on if kind in WANTS_ANSWER else None, made_by_name=actor.name[:50], at=now,
        )  # fmt: skip
        audit.record(
            actor=actor, verb="demands.letter.made", subject=letter, path=path, after=audit.snapshot(letter), now=now
        )
        casework.remark(case.pk, text=f"出具{kind.label}（{letter.number}），致：{letter.to}", actor=actor, now=now)
    return letter


def _next_number(kind: LetterKind, scope_id: int, now: datetime) -> str:
    """Without a gap: a register of papers has none."""
    prefix = number_prefix(kind, names_of([scope_id]).get(scope_id, "工会"), timezone.localdate(now).year)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('demands.letter'), hashtext(%s))", [prefix])
    rows = Letter.objects.unscoped(reason="the next number of a series, whoever made the papers before")
    return f"{prefix}{rows.filter(number__startswith=prefix).count() + 1}号"
