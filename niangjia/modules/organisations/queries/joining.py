"""What anybody may know who wants to join: the names of open unions, of employers, and of the ground they stand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.ltree import is_under
from niangjia.kernel.pinyin import title_key
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import (
    Division,
    Employer,
    EmployerUnion,
    Organisation,
    answering,
    answering_for,
)
from niangjia.modules.organisations.queries.membership import MEMBER_KINDS
from niangjia.modules.organisations.rules import OrganisationKind as Kind

TRADE = (Kind.TRADE_JOINT_UNION.value,)
COMMUNITY = (
    Kind.VILLAGE_JOINT_UNION.value, Kind.PARK_JOINT_UNION.value, Kind.REGIONAL_JOINT_UNION.value, Kind.JOINT_UNION.value,
)  # fmt: skip
MOST_SUGGESTED, MOST_TRADES, MOST_COMMUNITIES = 8, 3, 60
_REASON = "names of unions that a worker may join"


@dataclass(frozen=True)
class Union:
    """As a worker sees one before joining."""

    id: int
    name: str
    kind: Kind
    path: str
    is_open: bool
    takes_members: bool
    telephone: str = ""
    address: str = ""

    @property
    def is_township(self) -> bool:
        return self.kind is Kind.TOWNSHIP_UNION


def _seen(row: Organisation) -> Union:
    return Union(
        id=row.pk, name=row.name, kind=Kind(row.kind), path=row.scope.path, is_open=row.is_open,
        takes_members=row.is_open and row.kind in MEMBER_KINDS, telephone=row.telephone, address=row.address,
    )  # fmt: skip


def _open() -> ScopedQuerySet[Organisation]:
    return Organisation.objects.unscoped(reason=_REASON).filter(closed_on=None).select_related("scope")


def union_shown(pk: int) -> Union | None:
    row = Organisation.objects.unscoped(reason=_REASON).select_related("scope").filter(pk=pk).first()
    return _seen(row) if row else None


def heir_of(pk: int) -> Union | None:
    """Where the members of a merged union are now."""
    for _ in range(10):
        row = Organisation.objects.unscoped(reason=_REASON).select_related("scope").filter(pk=pk).first()
        if row is None or row.is_open:
            return _seen(row) if row else None
        if row.merged_into_id is None:
            return None
        pk = row.merged_into_id
    return None


def above(union: Union) -> list[Union]:
    """The open organisations over a union, the nearest first."""
    ids = [int(label) for label in union.path.split(".")[:-1]]
    found = {row.pk: _seen(row) for row in _open().filter(pk__in=ids)}
    return [found[pk] for pk in reversed(ids) if pk in found]


def unions_below(path: str) -> list[Union]:
    """The joint unions directly or further under a place, those nearest the place first."""
    rows = _open().filter(scope__path__under=path, kind__in=(*COMMUNITY, *TRADE)).order_by("name_key")
    return sorted((_seen(row) for row in rows[:MOST_COMMUNITIES]), key=lambda union: union.path.count("."))


# --- employers ---


def employers_like(text: str) -> list[tuple[str, str]]:
    """Open employers whose name has the text in it: name and township."""
    name = rules.tidy_name(text)
    if len(name) < 2:  # noqa: PLR2004 - one character means half the register
        return []
    rows = Employer.objects.unscoped(reason="names of employers, for somebody who joins").filter(
        closed_on=None, name__contains=name
    )
    return list(rows.order_by("name_key").values_list("name", "division__name")[:MOST_SUGGESTED])


def employer_named(text: str) -> int | None:
    """The one open employer of exactly this name; None where there is none, or two."""
    name = rules.tidy_name(text)
    # The key has the index.
    rows = Employer.objects.unscoped(reason="the employer that somebody who joins has named").filter(
        closed_on=None, name_key=title_key(name), name=name
    )
    found = list(rows.values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def unions_of_employer(employer_id: int) -> list[Union]:
    links = EmployerUnion.objects.unscoped(reason=_REASON).filter(employer=employer_id, until_on=None)
    rows = _open().filter(pk__in=links.values("organisation_id"), kind__in=MEMBER_KINDS).order_by("name_key")
    return [_seen(row) for row in rows]


# --- ground ---


def townships() -> list[tuple[str, list[tuple[str, str]]]]:
    """Each county with its townships, of those for which a township's union answers."""
    codes = answering().filter(kind=Kind.TOWNSHIP_UNION).values("division_id")
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in Division.objects.filter(pk__in=codes).select_related("parent").order_by("code"):
        groups.setdefault(row.parent.name if row.parent else "", []).append((row.pk, row.name))
    return list(groups.items())


def place_of(division: str) -> str:
    """The path of the organisation that answers for a township; empty where none does."""
    return next(iter(answering_for(division)), "")


def township_union(division: str) -> Union | None:
    row = (
        answering().filter(division=division, kind=Kind.TOWNSHIP_UNION, closed_on=None).select_related("scope").first()
    )
    return _seen(row) if row else None


def community_unions(division: str) -> list[Union]:
    place = place_of(division)
    return [union for union in unions_below(place) if union.kind.value in COMMUNITY] if place else []


def trade_unions(words: Iterable[str], near: Sequence[str]) -> list[Union]:
    """The trade federations whose name has one of the words, those nearest to the places first.

    With places given, only those that share at least a county with one: a rider joins no other town's.
    """
    wanted = Q()
    for word in words:
        wanted |= Q(name__contains=word)
    if not wanted:
        return []
    found = [_seen(row) for row in _open().filter(wanted, kind__in=TRADE)]
    if near:
        counties = _counties(near)
        found = [union for union in found if any(is_under(union.path, county) for county in counties)]
    return sorted(found, key=lambda union: (-_shared(union.path, near), union.id))[:MOST_TRADES]


def _counties(places: Sequence[str]) -> list[str]:
    """The county's path (or the highest there is) over each place."""
    ids = {int(label) for path in places for label in path.split(".")}
    rows = _open().filter(pk__in=ids, kind=Kind.COUNTY_FEDERATION)
    found = [row.scope.path for row in rows]
    return found or [path.split(".")[0] for path in places]


def _shared(path: str, places: Sequence[str]) -> int:
    """How many steps of the tree a union has in common with the nearest of the places."""
    most = 0
    for place in places:
        steps = 0
        for one, other in zip(path.split("."), place.split("."), strict=False):
            if one != other:
                break
            steps += 1
        most = max(most, steps)
    return most


def unions_like(text: str) -> list[Union]:
    """Open unions with members of their own whose name has the text in it."""
    name = rules.tidy_name(text)
    if len(name) < 2:  # noqa: PLR2004
        return []
    rows = _open().filter(kind__in=MEMBER_KINDS, name__contains=name).order_by("name_key")
    return [_seen(row) for row in rows[:MOST_SUGGESTED]]
