"""Whom a case is kept from: places whose officers never see it, and single officers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from niangjia.engines.casework.actions.helping import names_in
from niangjia.engines.casework.actions.passing import move
from niangjia.engines.casework.actions.stepping import Step, write_entry
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.queries.people import kept_out
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope


def keep_from(step: Step, *, places: Iterable[int], users: Iterable[int]) -> None:
    """From now on. Whoever is named, or works there, takes part no more; a case that lies there goes up."""
    case = step.case
    case.kept_from, case.kept_from_users = sorted(set(places)), sorted(set(users))
    gone = shut_out(case, actor=step.actor, now=step.now)
    outside = nearest_outside(case.scope, case.kept_from)
    if outside != case.scope or case.lead_id in gone:
        move(step, outside, None)


def shut_out(case: Case, *, actor: Actor, now: datetime) -> set[int]:
    """Whoever must not know it takes part no more, and has nothing left to do in it. Returns who that is."""
    gone = kept_out(case, now=now)
    for task in case.tasks.filter(user__in=gone, done_at=None, dropped_at=None).select_related("user").order_by("pk"):
        task.dropped_at = now
        task.save(update_fields=["dropped_at"])
        # Its own line: whoever leads has to give that work to somebody else.
        step = Step(case, actor, now, case.stage_now, f"按回避规定取消：{task.text}", data=names_in(task))
        write_entry(step, Verb.DROP_TASK)
    case.participants.filter(user__in=gone, until_at=None).update(until_at=now)
    return gone


def nearest_outside(scope: Scope, kept_from: Iterable[int]) -> Scope:
    """The scope itself, or the nearest above it that neither is one of these nor lies under one."""
    kept, above = set(kept_from), list[int]()
    for label in map(int, str(scope.path).split(".")):
        if label in kept:
            break
        above.append(label)
    return scope if not above or above[-1] == scope.pk else Scope.objects.get(pk=above[-1])
