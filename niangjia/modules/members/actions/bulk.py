"""The same act on many memberships, in one transaction: what a rule refuses is told row by row, the rest is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.members.actions.facts import check_categories, tidy_categories
from niangjia.modules.members.actions.memberships import changed, ensure_target, retagged, transferred
from niangjia.modules.members.actions.tally import TallySheet, one_sheet
from niangjia.modules.members.models import Membership
from niangjia.modules.members.rules import Change

MOST_ROWS = 500


@dataclass(frozen=True)
class RowResult:
    """What became of one row; `problem` is empty when it was done."""

    pk: int
    name: str
    problem: str = ""


def change_members(
    pks: Iterable[int], *, change: Change, on: date, actor: Actor, now: datetime, reason: str = ""
) -> list[RowResult]:
    """`change_membership` on many."""

    def act(pk: int, sheet: TallySheet) -> None:
        changed(pk, change=change, on=on, actor=actor, now=now, reason=reason, sheet=sheet)

    return _each(pks, act, actor)


def transfer_members(
    pks: Iterable[int], *, to: int, on: date, actor: Actor, now: datetime, reason: str = ""
) -> list[RowResult]:
    """`transfer_member` on many. Raises Refused at once when the target itself won't do."""
    with one_sheet():
        ensure_target(to, actor)

        def act(pk: int, sheet: TallySheet) -> None:
            transferred(pk, to=to, on=on, actor=actor, now=now, reason=reason, employer=None, sheet=sheet)

        return _each(pks, act, actor)


def tag_members(
    pks: Iterable[int], *, actor: Actor, now: datetime, add: Iterable[int] = (), remove: Iterable[int] = ()
) -> list[RowResult]:
    """Puts categories on memberships or takes them off. Raises Refused for an unknown one or none at all."""
    added, removed = tidy_categories(add), tidy_categories(remove)
    problem = check_categories((*added, *removed)) or ("" if added or removed else "请选择所属群体。")
    if problem:
        raise Refused("member.categories", problem, "categories")

    def act(pk: int, sheet: TallySheet) -> None:
        retagged(pk, add=added, remove=removed, actor=actor, now=now, sheet=sheet)

    return _each(pks, act, actor)


def each_alone(
    pks: Iterable[int], act: Callable[[int], object], seen: QuerySet[Any], *, name: str = "name"
) -> list[RowResult]:
    """The same act on many papers, each in a transaction of its own, so that what is done stays done.

    `seen` are those in sight, in the order in which they are worked off.
    """
    wanted = set(pks)
    if not wanted:
        raise Refused("bulk.no_rows", "请先勾选申请。")
    if len(wanted) > MOST_ROWS:
        raise Refused("bulk.many_rows", f"一次最多办理 {MOST_ROWS} 份，请分批勾选。")
    names: dict[int, str] = dict(seen.filter(pk__in=wanted).values_list("pk", name))
    results = []
    for pk in (*names, *sorted(wanted - names.keys())):
        try:
            act(pk)
        except (Refused, NotPermitted, Missing) as problem:
            results.append(RowResult(pk, names.get(pk, ""), problem.message))
        else:
            results.append(RowResult(pk, names[pk]))
    return results


def _each(pks: Iterable[int], act: Callable[[int, TallySheet], None], actor: Actor) -> list[RowResult]:
    """Rows in the order of their ids, so that two bulk acts never wait for each other in a ring."""
    wanted = sorted(set(pks))
    if not wanted:
        raise Refused("member.no_rows", "请先勾选会员。")
    if len(wanted) > MOST_ROWS:
        raise Refused("member.many_rows", f"一次最多办理 {MOST_ROWS} 人，请分批勾选。")
    names = dict(Membership.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", "name"))
    results = []
    with one_sheet() as sheet:
        for pk in wanted:
            try:
                act(pk, sheet)
            except (Refused, NotPermitted, Missing) as problem:
                results.append(RowResult(pk, names.get(pk, ""), problem.message))
            else:
                results.append(RowResult(pk, names.get(pk, "")))
    return results
