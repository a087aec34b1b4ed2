"""The same act on many demands: each in a transaction of its own, each with its own result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from niangjia.engines.casework import actions as casework
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.demands.models import Demand

MOST_ROWS = 200
GONE = "没有找到这件诉求，可能刚被移走。"
NOT_YOURS = "您没有办理这件诉求的权限。"


@dataclass(frozen=True)
class Result:
    """What became of one demand; `problem` is empty when it was done."""

    pk: int
    number: str
    title: str
    problem: str = ""


def accept_many(pks: Iterable[int], *, actor: Actor, now: datetime) -> list[Result]:
    return each(pks, lambda pk: casework.accept_case(pk, actor=actor, now=now), actor)


def assign_many(
    pks: Iterable[int], *, scope_id: int, user_id: int | None, text: str = "", actor: Actor, now: datetime
) -> list[Result]:
    def act(pk: int) -> object:
        return casework.assign_case(pk, scope_id=scope_id, user_id=user_id, text=text, actor=actor, now=now)

    return each(pks, act, actor)


def urge_many(pks: Iterable[int], *, text: str, actor: Actor, now: datetime) -> list[Result]:
    """Raises Refused when nothing is said: an urge without a word helps nobody."""
    if not text.strip():
        raise Refused("bulk.reason", "请写一句催办的话，主办人会看到。", "reason")
    return each(pks, lambda pk: casework.urge_case(pk, text=text.strip(), actor=actor, now=now), actor)


def each(pks: Iterable[int], act: Callable[[int], object], actor: Actor) -> list[Result]:
    """In the order in which they came in. What a rule refuses is told row by row; what is done stays done."""
    wanted = set(pks)
    if not wanted:
        raise Refused("bulk.no_rows", "请先勾选诉求。")
    if len(wanted) > MOST_ROWS:
        raise Refused("bulk.many_rows", f"一次最多办理 {MOST_ROWS} 件，请分批勾选。")
    seen = Demand.objects.visible_to(actor).filter(pk__in=wanted).order_by("pk")
    named = {pk: (number, title) for pk, number, title in seen.values_list("pk", "case__number", "case__title")}
    results = []
    for pk, (number, title) in named.items():
        try:
            act(pk)
        except NotPermitted as problem:
            results.append(Result(pk, number, title, problem.message or NOT_YOURS))
        except (Refused, Missing) as problem:
            results.append(Result(pk, number, title, problem.message))
        else:
            results.append(Result(pk, number, title))
    gone = (Result(pk, "", "", GONE) for pk in sorted(wanted - named.keys()))
    return [*results, *gone]
