"""The year's choice: what was put forward, who judges, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing
from niangjia.kernel.ltree import is_under
from niangjia.modules.visits.journal_rules import Nominated, Result, results
from niangjia.modules.visits.models import Finding, Judgement, Nomination, Posting, YearRound
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.narrowing import PLAIN, midnight
from niangjia.modules.visits.rules import NominationKind, RoundState


def rounds_in_sight(actor: Actor) -> QuerySet[Any]:
    return YearRound.objects.visible_to(actor).select_related("scope").order_by("-year", "scope__path")


def round_in_sight(pk: int, actor: Actor) -> YearRound:
    """Raises Missing."""
    found: YearRound | None = rounds_in_sight(actor).filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这一年的评议，可能不在您的管辖范围内。")
    return found


def may_put_forward(row: YearRound, actor: Actor) -> bool:
    """Whoever visits at the place, above it or below it."""
    path = str(row.scope.path)
    return any(is_under(path, own) or is_under(own, path) for own in actor.paths(Permission.VISIT_MAKE))


def nominations_of(row: YearRound) -> list[Nomination]:
    rows = Nomination.objects.unscoped(reason="of a round in sight").filter(round=row)
    return list(rows.select_related("author", "finding__visit").order_by("kind", "pk"))


def nomination_in_sight(pk: int, actor: Actor) -> Nomination:
    """Raises Missing."""
    rows = Nomination.objects.visible_to(actor).select_related("round__scope", "author", "finding__visit")
    found: Nomination | None = rows.filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这条推荐，可能已被撤回。")
    return found


def makers_of(nomination: Nomination) -> frozenset[int]:
    """Who wrote it, and who was there when it was found."""
    along = nomination.finding.visit.companions if nomination.finding is not None else ()
    visitor = (nomination.finding.visit.user_id,) if nomination.finding is not None else ()
    return frozenset({nomination.author_id, *visitor, *along})


def nominated(row: YearRound, only: int | None = None) -> list[Nominated]:
    """As the rules know them."""
    return [
        Nominated(one.pk, makers_of(one)) for one in nominations_of(row) if only is None or one.pk == only
    ]  # fmt: skip


def points_of(row: YearRound) -> dict[int, list[int]]:
    """The points by nomination; those without any have an empty list."""
    rows = Nomination.objects.unscoped(reason="of a round in sight").filter(round=row)
    found: dict[int, list[int]] = {pk: [] for pk in rows.values_list("pk", flat=True)}
    given = Judgement.objects.unscoped(reason="counted, without whose they are").filter(nomination__round=row)
    for nomination, points in given.order_by("pk").values_list("nomination", "points"):
        found[nomination].append(points)
    return found


def results_of(row: YearRound) -> dict[int, Result]:
    """By nomination; each kind has ranks of its own."""
    nominations, points, found = nominations_of(row), points_of(row), {}
    for kind in {one.kind for one in nominations}:
        own = {one.pk: points[one.pk] for one in nominations if one.kind == kind}
        found.update({result.id: result for result in results(own)})
    return found


def own_judgements(row: YearRound, user_id: int) -> dict[int, Judgement]:
    rows = Judgement.objects.unscoped(reason="one's own judgements").filter(nomination__round=row, judge=user_id)
    return {one.nomination_id: one for one in rows}


@dataclass(frozen=True)
class JudgeState:
    user_id: int
    name: str
    given: int
    due: int


def judges_of(row: YearRound) -> list[JudgeState]:
    """How far each judge is, without what was given."""
    names = dict(User.objects.filter(pk__in=row.judges).values_list("pk", "name"))
    all_of_it, given = nominated(row), dict[int, int]()
    rows = Judgement.objects.unscoped(reason="how far the judges are").filter(nomination__round=row)
    for judge in rows.values_list("judge_id", flat=True):
        given[judge] = given.get(judge, 0) + 1
    return [
        JudgeState(pk, names.get(pk, ""), given.get(pk, 0), sum(pk not in one.makers for one in all_of_it))
        for pk in sorted(row.judges, key=lambda pk: names.get(pk, ""))
    ]


def waiting_judgements(user_id: int) -> int:
    """How many nominations wait for the points of this judge."""
    rows = YearRound.objects.unscoped(reason="rounds that somebody was asked to judge")
    return sum(
        sum(user_id not in one.makers for one in nominated(row)) - len(own_judgements(row, user_id))
        for row in rows.filter(state=int(RoundState.JUDGING), judges__contains=[user_id])
    )


def findings_to_put_forward(user_id: int, year: int) -> list[Finding]:
    """One's own of the year that everybody may hear of, the latest first."""
    rows = Finding.objects.unscoped(reason="one's own findings").filter(
        PLAIN, visit__user=user_id, visit__arrived_at__year=year
    )
    return list(rows.select_related("visit__employer").order_by("-visit__arrived_at", "number")[:200])


# --- each officer's year ---

KINDS = tuple((kind.value, kind.label) for kind in NominationKind)


def officers_of_year(path: str, since: date, until: date) -> list[int]:
    """Users on post at or under the place on some day of the year; `until` is the last day."""
    rows = Posting.objects.unscoped(reason="officers of a place that the reader has a right at").under(path)
    rows = rows.filter(Q(until_on=None) | Q(until_on__gt=since), from_on__lte=until)
    return list(dict.fromkeys(rows.order_by("user__name", "user_id").values_list("user_id", flat=True)))


def resolved_by_visitor(path: str, since: date, until: date, user_ids: Sequence[int]) -> dict[int, int]:
    """How many of the findings of each officer's visits became demands that were resolved."""
    rows = Finding.objects.unscoped(reason="counted, at a place that the reader has a right at").filter(
        visit__scope__path__under=path, visit__user__in=list(user_ids), case__stage=Stage.RESOLVED,
        visit__arrived_at__gte=midnight(since), visit__arrived_at__lt=midnight(until + timedelta(days=1)),
    )  # fmt: skip
    return dict(rows.values_list("visit__user").annotate(number=Count("pk")).order_by())


def nominations_by_author(path: str, year: int, user_ids: Sequence[int]) -> dict[int, int]:
    rows = Nomination.objects.unscoped(reason="counted, at a place that the reader has a right at").filter(
        round__scope__path__under=path, round__year=year, author__in=list(user_ids)
    )
    return dict(rows.values_list("author").annotate(number=Count("pk")).order_by())


def nominations_of_author(user_id: int, year: int, actor: Actor) -> list[Nomination]:
    rows = Nomination.objects.visible_to(actor).filter(author=user_id, round__year=year)
    return list(rows.select_related("round").order_by("pk"))
