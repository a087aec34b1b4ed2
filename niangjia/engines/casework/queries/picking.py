"""Whom and what a form offers: places and officers in reach of the actor, cases, offices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from niangjia.engines.casework.kinds import CaseKind
from niangjia.engines.casework.models import Case, Office
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.rights import jobs

MOST = 20


@dataclass(frozen=True)
class Handler:
    user_id: int
    name: str
    scope_id: int
    job: str


def near(actor: Actor) -> list[int]:
    """The places above the actor's own and those beside it: to them one hands over, beside what lies below."""
    above = {int(label) for path in actor.paths() for label in path.split(".")}
    parents = {int(path.split(".")[-2]) for path in actor.paths() if "." in path}
    beside = Scope.objects.filter(parent__in=parents).values_list("pk", flat=True)
    return [*above, *beside]


def handlers(actor: Actor, kinds: Iterable[CaseKind], text: str, *, today: date) -> list[Handler]:
    """Officers below, beside and above the actor who may handle such a case, one line each."""
    able = [code for code, job in jobs().items() if any(kind.handle in job.permissions for kind in kinds)]
    reach = Q(scope__in=near(actor))
    if actor.paths():
        reach |= Q(scope__in=Scope.objects.filter(path__under_any=list(actor.paths())).values("id"))
    rows = (
        Grant.objects.unscoped(reason="to whom a case may be given: names and jobs, nothing else")
        .filter(reach, Q(until_on=None) | Q(until_on__gt=today), ended_at=None, from_on__lte=today)
        .filter(user__is_active=True, job__in=able, user__name__contains=text)
        .order_by("user__name", "user_id", "id")
        .values_list("user_id", "user__name", "scope_id", "job")
    )
    first: dict[int, Handler] = {}
    for user_id, name, scope_id, job in rows[:100]:
        first.setdefault(user_id, Handler(user_id, name, scope_id, jobs()[job].label))
    return list(first.values())[:MOST]


def name_of_user(user_id: int) -> str:
    return User.objects.filter(pk=user_id).values_list("name", flat=True).first() or ""


def place_of(user_id: int, *, today: date) -> int | None:
    """Where somebody works: the place of the first job held today."""
    return (
        Grant.objects.unscoped(reason="where somebody who was chosen works")
        .filter(Q(until_on=None) | Q(until_on__gt=today), user=user_id, ended_at=None, from_on__lte=today)
        .order_by("id")
        .values_list("scope_id", flat=True)
        .first()
    )


def cases_named(actor: Actor, text: str) -> list[Case]:
    """Open cases in sight by number or title, the newest first."""
    rows = Case.objects.visible_to(actor).filter(stage__in=sorted(OPEN))
    if text:
        rows = rows.filter(Q(number__icontains=text) | Q(title__icontains=text))
    return list(rows.only("id", "number", "title", "stage").order_by("-received_at", "-id")[:MOST])


def title_of_case(case_id: int, actor: Actor) -> str:
    row = Case.objects.visible_to(actor).filter(pk=case_id).only("number", "title").first()
    return f"{row.number} {row.title}" if row else ""


def offices() -> list[str]:
    return list(Office.objects.filter(is_used=True).order_by("name").values_list("name", flat=True))
