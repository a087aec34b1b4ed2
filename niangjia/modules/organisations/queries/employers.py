"""Reading employers, the blank spots (组建空白点) among them, and what was tried there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Value, When

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.lists.counting import capped_count
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import (
    WIDE_GROUND,
    Division,
    Employer,
    EmployerUnion,
    Organisation,
    OrganisingAttempt,
    ZoneEmployer,
    ground_under,
)
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.rules import Coverage, SizeBand

WITHOUT_UNION = (Coverage.NONE, Coverage.FOUNDING)
DUE_WITHIN = timedelta(days=7)
SHORTEST_TEXT, SHORTEST_CODE = 2, 4


def employer_in_sight(pk: int, actor: Actor) -> Employer:
    """Raises Missing."""
    found: Employer | None = Employer.objects.visible_to(actor).select_related("division__parent").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这个单位，可能不在您的管辖范围内。")
    return found


def found_employers(rows: ScopedQuerySet[Employer], text: str) -> ScopedQuerySet[Employer]:
    """By a part of the name or the beginning of the credit code. Raises Refused for less than two characters."""
    name, code = rules.tidy_name(text), rules.tidy_credit_code(text)
    if len(name) < SHORTEST_TEXT:
        raise Refused("employer.search_short", "请至少输入两个字，或信用代码的前几位。", "q")
    wanted = Q(name__contains=name)
    if code.isascii() and len(code) >= SHORTEST_CODE:
        wanted |= Q(credit_code__startswith=code)
    return rows.filter(wanted)


def employer_options(actor: Actor, text: str) -> list[Employer]:
    """The first open employers in sight that a text means."""
    rows = Employer.objects.visible_to(actor).filter(closed_on=None)
    return list(found_employers(rows, text).select_related("division")[:20]) if text else []


def grounds_to_filter(actor: Actor) -> list[tuple[str, str]]:
    """What the filter by place offers: the townships in sight, or the counties when there are too many."""
    return [(place.pk, place.name) for place in _places(ground_under(actor.paths(Permission.EMPLOYER_VIEW)))]


def _places(ground: Sequence[str]) -> list[Division]:
    """Leaves of the ground, or what is above them when there are many."""
    rows = Division.objects.filter(pk__in=ground).select_related("parent").order_by("code")
    above = {row.parent_id for row in rows}
    leaves = [row for row in rows if row.pk not in above]
    if len(leaves) <= WIDE_GROUND:
        return leaves
    return sorted({row.parent for row in leaves if row.parent is not None}, key=lambda row: row.pk)


def at_place(rows: Any, code: str) -> Any:
    """Only the employers of a township, or of a county's townships."""
    return rows.filter(
        division__in=list(Division.objects.filter(Q(pk=code) | Q(parent=code)).values_list("pk", flat=True))
    )


def answers_for_ground(actor: Actor) -> bool:
    """Whether there is a township in which the actor may register employers."""
    return bool(ground_under(actor.paths(Permission.EMPLOYER_EDIT)))


def townships_to_choose(actor: Actor) -> list[Division]:
    """Where the actor may register an employer, each with the county above it."""
    ground = ground_under(actor.paths(Permission.EMPLOYER_EDIT))
    rows = Division.objects.filter(pk__in=ground).select_related("parent").order_by("code")
    above = {row.parent_id for row in rows}
    return [row for row in rows if row.pk not in above]


def of_size(rows: Any, band: SizeBand) -> Any:
    least, greatest = rules.size_band_bounds(band)
    rows = rows.filter(headcount__gte=least)
    return rows if greatest is None else rows.filter(headcount__lte=greatest)


def in_zone(rows: Any, zone_id: int) -> Any:
    inside = ZoneEmployer.objects.unscoped(reason="narrows rows in sight").filter(zone=zone_id, until_on=None)
    return rows.filter(pk__in=inside.values("employer_id"))


# --- unions ---


@dataclass(frozen=True)
class Link:
    """`union` is None where the actor doesn't see it: then only that there is one is told."""

    row: EmployerUnion
    union: Organisation | None
    may_end: bool


def links_of(employer: Employer, actor: Actor) -> list[Link]:
    """Open ones first, then the latest to end."""
    rows = list(
        EmployerUnion.objects.unscoped(reason="links of a row in sight")
        .filter(employer=employer)
        .select_related("organisation__scope")
        .order_by("-from_on", "-pk")
    )
    rows.sort(key=lambda row: row.until_on is not None)
    return [
        Link(
            row,
            row.organisation if actor.may(Permission.ORGANISATION_VIEW, row.organisation.scope.path) else None,
            row.until_on is None and actor.may(Permission.EMPLOYER_EDIT, row.organisation.scope.path),
        )
        for row in rows
    ]


# --- blank spots ---


def blank_spots(actor: Actor) -> ScopedQuerySet[Employer]:
    """Employers at work without a union, those that prepare one included."""
    return Employer.objects.visible_to(actor).filter(union_state__in=WITHOUT_UNION, closed_on=None)


def follow_ups_due(actor: Actor, *, on: date) -> int:
    """How many blank spots the actor works on are to be gone to again by a day."""
    mine, paths = blank_spots(actor), actor.paths(Permission.EMPLOYER_EDIT)
    if paths != actor.paths(Permission.EMPLOYER_VIEW):
        mine = Employer.narrowed(mine, paths)
    return capped_count(follow_up_due(mine, on=on)).number


def attempts_with(employer: Employer) -> list[OrganisingAttempt]:
    """Newest first."""
    return list(
        OrganisingAttempt.objects.unscoped(reason="attempts with a row in sight")
        .filter(employer=employer)
        .order_by("-on", "-pk")
    )


def last_attempts(employer_ids: Iterable[int]) -> dict[int, OrganisingAttempt]:
    """The latest attempt with each, in one statement."""
    rows = (
        OrganisingAttempt.objects.unscoped(reason="attempts beside rows in sight")
        .filter(employer__in=list(employer_ids))
        .order_by("employer_id", "-on", "-pk")
        .distinct("employer_id")
    )
    return {attempt.employer_id: attempt for attempt in rows}


def never_tried(rows: Any) -> Any:
    tried = OrganisingAttempt.objects.unscoped(reason="narrows rows in sight").filter(employer=OuterRef("pk"))
    return rows.filter(~Exists(tried))


def follow_up_due(rows: Any, *, on: date) -> Any:
    """Where the latest attempt asked for another one by a day."""
    attempts = OrganisingAttempt.objects.unscoped(reason="narrows rows in sight")
    later = attempts.filter(
        Q(on__gt=OuterRef("on")) | Q(on=OuterRef("on"), pk__gt=OuterRef("pk")), employer=OuterRef("employer")
    )
    return rows.filter(pk__in=attempts.filter(~Exists(later), next_on__lte=on).values("employer_id"))


@dataclass(frozen=True)
class BlankRow:
    """A line of the table: how many blank spots of each size at a place."""

    code: str
    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


def blank_spot_table(actor: Actor, *, within: str | None = None) -> list[BlankRow]:
    """By township, or by county where there are many; the first line is the sum. One statement counts."""
    bands = [
        When(headcount__gte=rules.size_band_bounds(band)[0], then=Value(int(band))) for band in reversed(list(SizeBand))
    ]
    rows = blank_spots(actor)
    counted = (
        (rows.under(within) if within else rows)
        .values_list("division_id", Case(*bands, output_field=IntegerField()))
        .annotate(number=Count("pk"))
        .order_by()
    )
    found: dict[str, dict[int, int]] = {}
    for code, band, number in counted:
        found.setdefault(code, {})[band] = number
    divisions = {row.pk: row for row in Division.objects.filter(pk__in=found).select_related("parent")}
    lines: dict[str, tuple[str, dict[int, int]]] = {}
    for code, counts in found.items():
        place = divisions[code]
        if len(found) > WIDE_GROUND and place.parent is not None:
            place = place.parent
        _, line = lines.setdefault(place.pk, (place.name, {}))
        for band, number in counts.items():
            line[band] = line.get(band, 0) + number
    table = [
        BlankRow(code, name, tuple(counts.get(band, 0) for band in SizeBand))
        for code, (name, counts) in sorted(lines.items())
    ]
    if not table:
        return []
    return [BlankRow("", "合计", tuple(map(sum, zip(*(row.counts for row in table), strict=True)))), *table]
