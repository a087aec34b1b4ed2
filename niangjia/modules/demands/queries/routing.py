"""To whom a demand goes and why: the map, the one at work there with the least on the desk, whoever is on duty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from niangjia.engines.casework.queries.load import load_of
from niangjia.kernel.access.models import Grant, Scope, User
from niangjia.kernel.access.queries import holders
from niangjia.kernel.access.rights import permissions_of
from niangjia.kernel.ltree import is_under
from niangjia.kernel.worktime.queries import clock_of
from niangjia.modules.demands import routing_rules
from niangjia.modules.demands.models import Demand, Responsibility
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.responsibility import job_label, lines_above, what_of
from niangjia.modules.demands.routing_rules import HEADS, Line, Matter
from niangjia.modules.demands.rules import Facts
from niangjia.modules.organisations.queries.divisions import line_of_division
from niangjia.modules.organisations.queries.on_call import acting_for_each, on_call
from niangjia.modules.organisations.queries.organisations import closed_among, names_of

LONGEST_REASON = 200


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take it; `why` is the job, `for_name` the absent one for whom he stands in."""

    user_id: int
    name: str
    why: str
    open_cases: int = 0
    for_name: str = ""


@dataclass(frozen=True)
class Route:
    """Where a demand goes. `alternatives`: who else could have it there, the least laden first."""

    scope_id: int
    user_id: int | None
    because: str
    place: str = ""
    person: str = ""
    line_id: int | None = None
    alternatives: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What routing looks at."""

    kind: str = ""
    urgency: int = 1
    is_major: bool = False
    division: str = ""
    zone_id: int | None = None
    employer_id: int | None = None
    kept_from: tuple[int, ...] = ()
    kept_from_users: tuple[int, ...] = ()


def preview(facts: Facts, scope: Scope, *, now: datetime, kept_from: Iterable[int] = ()) -> Route:
    """Where it would go if it were recorded now."""
    return find_route(
        Asked(
            facts.kind, facts.urgency or 1, facts.is_major, facts.division, facts.zone_id, facts.employer_id,
            tuple(kept_from), (facts.accused_user_id,) if facts.accused_user_id else (),
        ),
        scope, now=now,
    )  # fmt: skip


def route_of(demand: Demand, *, now: datetime) -> Route:
    case = demand.case
    users = {*case.kept_from_users, *([demand.accused_user_id] if demand.accused_user_id else [])}
    asked = Asked(
        demand.kind, case.urgency, case.is_major, demand.division_id or "", demand.zone_id, demand.employer_id,
        tuple(case.kept_from), tuple(sorted(users)),
    )  # fmt: skip
    return find_route(asked, case.scope, now=now)


def find_route(asked: Asked, scope: Scope, *, now: datetime) -> Route:
    """The first line of the map behind which somebody stands; without one the head of the place, or of one above."""
    search = _Search(asked, now)
    for line, why in search.lines(scope):
        found = search.at(line.to_scope, why, user=line.user, job=line.job)
        if found is not None:
            return replace(found, line_id=line.pk)
    for place in reversed(list(Scope.objects.filter(path__above=scope.path).order_by("path"))):
        if search.allows(place):
            why = "没有对应的责任分工" if place.pk == scope.pk else "没有对应的责任分工，本级无人可办，报上级"
            found = search.at(place, why)
            if found is not None:
                return found
    name = names_of([scope.pk]).get(scope.pk, "")
    return Route(scope.pk, None, f"没有找到能办的人，请{name}主席指定主办。"[:LONGEST_REASON], name)


@dataclass
class _Search:
    """One question and what was read for it."""

    asked: Asked
    now: datetime
    kept_paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.asked.kept_from:
            kept = Scope.objects.filter(pk__in=self.asked.kept_from)
            self.kept_paths = list(kept.values_list("path", flat=True))
        self.today = timezone.localdate(self.now)
        self.known = catalogue()
        kind = self.known.get(self.asked.kind)
        group = self.known.get(self.asked.kind[:2])
        self.usual_job = (kind.job if kind else "") or (group.job if group else "")

    # --- the map ---

    def lines(self, scope: Scope) -> Iterator[tuple[Responsibility, str]]:
        """What the maps say, the best first, each with its reason; a place that has a map of its own says it finer."""
        matter = Matter(
            self.asked.kind, line_of_division(self.asked.division), self.asked.zone_id, self.asked.employer_id
        )
        for row in self._ranked(lines_above(scope.path), matter):
            why = ("兜底：" if row.is_fallback else "责任分工：") + what_of(row, self.known)
            finer = None if row.user_id or row.job or row.is_fallback else self._finer(row, matter)
            if finer is not None:
                yield finer, f"{why} → {self.name(row.to_scope_id)}：{what_of(finer, self.known)}"
            yield row, why

    def _ranked(self, rows: list[Responsibility], matter: Matter) -> list[Responsibility]:
        closed = closed_among(row.to_scope_id for row in rows)
        by_id = {row.pk: row for row in rows if row.to_scope_id not in closed and self.allows(row.to_scope)}
        return [by_id[line.id] for line in routing_rules.ranked(map(as_line, by_id.values()), matter)]

    def _finer(self, row: Responsibility, matter: Matter) -> Responsibility | None:
        if not is_under(row.to_scope.path, row.scope.path) or row.to_scope_id == row.scope_id:
            return None
        own = [line for line in lines_above(row.to_scope.path) if line.scope_id == row.to_scope_id]
        return next((line for line in self._ranked(own, matter) if not line.is_fallback), None)

    def allows(self, place: Scope) -> bool:
        return not any(is_under(place.path, path) for path in self.kept_paths)

    def name(self, scope_id: int) -> str:
        return names_of([scope_id]).get(scope_id, "")

    # --- the people there ---

    def at(self, place: Scope, why: str, *, user: User | None = None, job: str = "") -> Route | None:
        """Who takes it at a place; None when nobody there can."""
        there = f"{why} → {self.name(place.pk)}"
        ways = [self._on_duty(place), self._named(place, user)]
        ways += [self._holding(place, one) for one in dict.fromkeys((job, self.usual_job, *HEADS)) if one]
        for way in ways:
            found = list(way)
            if found:
                return self._route(place, there, found)
        return None

    def _route(self, place: Scope, there: str, found: list[Candidate]) -> Route:
        chosen, *others = found
        least = f"（在办 {chosen.open_cases} 件{'，最少' if others else ''}）"
        instead = f"；{chosen.for_name}不在岗，由{chosen.name}代理" if chosen.for_name else ""
        because = f"{there}，{chosen.why} {chosen.name}{least}{instead}"
        return Route(
            place.pk, chosen.user_id, because[:LONGEST_REASON], self.name(place.pk), chosen.name, None, tuple(others)
        )

    def _on_duty(self, place: Scope) -> Iterator[Candidate]:
        is_open = clock_of(place.path).is_open(self.now)
        if not routing_rules.goes_to_duty(urgency=self.asked.urgency, is_major=self.asked.is_major, is_open=is_open):
            return
        users = [called.user for called in on_call(place.pk, at=self.now)]
        why = "紧急，值班人员" if is_open else "非工作时间，值班人员"
        yield from self._able(users, place, why, ranked=False)

    def _named(self, place: Scope, user: User | None) -> Iterator[Candidate]:
        if user is not None and user.is_active:
            yield from self._able([user], place, "专人")

    def _holding(self, place: Scope, job: str) -> Iterator[Candidate]:
        yield from self._able(list(holders(job, [place.pk], on=self.today)), place, job_label(job))

    def _able(self, users: list[User], place: Scope, why: str, *, ranked: bool = True) -> Iterator[Candidate]:
        """Those who may have it, each by the one who acts for him, the least laden first."""
        acting: dict[int, User] = {}
        present_for = acting_for_each([user.pk for user in users], on=self.today)
        for user in users:
            present = present_for[user.pk]
            if present not in acting or present == user.pk:
                acting[present] = user
        names = dict(User.objects.filter(pk__in=acting, is_active=True).values_list("pk", "name"))
        allowed = self._may_handle(acting, place)
        able = [pk for pk in acting if pk in names and pk in allowed]
        load = load_of(able)
        for pk in routing_rules.lightest(able, load) if ranked else able:
            absent = acting[pk]
            yield Candidate(pk, names[pk], why, load.get(pk, 0), absent.name if absent.pk != pk else "")

    def _may_handle(self, user_ids: Iterable[int], place: Scope) -> set[int]:
        """Who may handle a demand at the place, and neither is complained of nor sits where it must not be known."""
        rows = (
            Grant.objects.unscoped(reason="who may be given a demand at a place")
            .filter(Q(until_on=None) | Q(until_on__gt=self.today), ended_at=None, from_on__lte=self.today)
            .filter(user__in=list(user_ids))
            .values_list("user_id", "job", "scope__path")
        )
        held: dict[int, list[tuple[str, str]]] = {}
        for user_id, job, path in rows:
            held.setdefault(user_id, []).append((job, path))
        return {
            user_id
            for user_id, jobs in held.items()
            if user_id not in self.asked.kept_from_users
            and any(
                Permission.DEMAND_HANDLE in permissions_of(job) and is_under(place.path, path) for job, path in jobs
            )
            and not any(is_under(path, kept) for _, path in jobs for kept in self.kept_paths)
        }


def as_line(row: Any) -> Line:
    return Line(
        row.pk, row.scope.path.count("."), row.kind, row.division_id or "", row.zone_id, row.employer_id,
        row.is_fallback,
    )  # fmt: skip
