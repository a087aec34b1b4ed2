"""To whom a demand goes and why: the map, the one at work there with the least on the desk, whoever is on duty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.ltree import is_under
from niangjia.kernel.worktime.queries import clock_of
from niangjia.modules.demands import routing_rules
from niangjia.modules.demands.models import Responsibility
from niangjia.modules.demands.queries.catalogue import catalogue
from niangjia.modules.demands.queries.responsibility import job_label, lines_for, what_of
from niangjia.modules.demands.queries.takers import Candidate, Takers
from niangjia.modules.demands.routing_rules import HEADS, Line, Matter
from niangjia.modules.demands.rules import Facts
from niangjia.modules.organisations.queries.divisions import line_of_division
from niangjia.modules.organisations.queries.organisations import Known, known_of

LONGEST_REASON = 200


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
    lead: Actor | None = None
    asked_at: str = ""  # the name of the place where it came in


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


def find_route(asked: Asked, scope: Scope, *, now: datetime) -> Route:
    """The first line of the map behind which somebody stands; without one the head of the place, or of one above."""
    search = _Search(asked, scope, now)
    for line, why in search.lines:
        found = search.at(line.to_scope_id, str(line.to_scope.path), why, user_id=line.user_id, job=line.job)
        if found is not None:
            return replace(found, line_id=line.pk)
    for place, path in reversed(search.above):
        if search.allows(path):
            why = "没有对应的责任分工" if place == scope.pk else "没有对应的责任分工，本级无人可办，报上级"
            found = search.at(place, path, why)
            if found is not None:
                return found
    name = search.name(scope.pk)
    return Route(scope.pk, None, f"没有找到能办的人，请{name}主席指定主办。"[:LONGEST_REASON], name, asked_at=name)


class _Search:
    """One question, and what is read for it: each table once, however many places come into question."""

    def __init__(self, asked: Asked, scope: Scope, now: datetime) -> None:
        self.asked, self.scope, self.now = asked, scope, now
        kept = Scope.objects.filter(pk__in=asked.kept_from).values_list("path", flat=True) if asked.kept_from else []
        self.kept_paths = [str(path) for path in kept]
        self.catalogue = catalogue()
        kind, group = self.catalogue.get(asked.kind), self.catalogue.get(asked.kind[:2])
        self.usual_job = (kind.job if kind else "") or (group.job if group else "")
        labels = str(scope.path).split(".")
        self.above = [(int(label), ".".join(labels[: n + 1])) for n, label in enumerate(labels)]
        self.known: dict[int, Known] = {}
        self.lines = self._lines()
        self.takers = Takers(
            {place for place, _ in self.above} | {line.to_scope_id for line, _ in self.lines},
            [*(line.job for line, _ in self.lines if line.job), self.usual_job, *HEADS],
            [line.user_id for line, _ in self.lines if line.user_id],
            kept_paths=self.kept_paths, kept_users=asked.kept_from_users, now=now,
        )  # fmt: skip

    # --- the map ---

    def _lines(self) -> list[tuple[Responsibility, str]]:
        """What the maps say, the best first, each with its reason; a place that has a map of its own says it finer."""
        matter = Matter(
            self.asked.kind, line_of_division(self.asked.division), self.asked.zone_id, self.asked.employer_id
        )
        rows = self._ranked(lines_for([place for place, _ in self.above], matter), matter)
        sends = [row for row in rows if _sends_below(row)]
        own = self._ranked(lines_for([row.to_scope_id for row in sends], matter), matter) if sends else []
        finest: dict[int, Responsibility] = {}
        for line in own:
            if not line.is_fallback:
                finest.setdefault(line.scope_id, line)
        found = []
        for row in rows:
            why = ("兜底：" if row.is_fallback else "责任分工：") + what_of(row, self.catalogue)
            finer = finest.get(row.to_scope_id) if _sends_below(row) else None
            if finer is not None:
                found.append((finer, f"{why} → {self.name(row.to_scope_id)}：{what_of(finer, self.catalogue)}"))
            found.append((row, why))
        return found

    def _ranked(self, rows: list[Responsibility], matter: Matter) -> list[Responsibility]:
        unknown = ({row.to_scope_id for row in rows} | {place for place, _ in self.above}) - self.known.keys()
        self.known |= known_of(unknown) if unknown else {}
        by_id = {row.pk: row for row in rows if not self._is_closed(row) and self.allows(str(row.to_scope.path))}
        return [by_id[line.id] for line in routing_rules.ranked(map(as_line, by_id.values()), matter)]

    def _is_closed(self, row: Responsibility) -> bool:
        return row.to_scope_id in self.known and self.known[row.to_scope_id].is_closed

    def allows(self, path: str) -> bool:
        return not any(is_under(path, kept) for kept in self.kept_paths)

    def name(self, scope_id: int) -> str:
        return self.known[scope_id].name if scope_id in self.known else ""

    # --- the people there ---

    def at(self, place: int, path: str, why: str, *, user_id: int | None = None, job: str = "") -> Route | None:
        """Who takes it at a place; None when nobody there can."""
        takers = self.takers
        ways = [self._on_duty(path), takers.named(user_id, path)]
        jobs = dict.fromkeys(one for one in (job, self.usual_job, *HEADS) if one)
        ways += [takers.holding(path, one, job_label(one)) for one in jobs]
        for way in ways:
            found = list(way)
            if found:
                return self._route(place, f"{why} → {self.name(place)}", found)
        return None

    def _route(self, place: int, there: str, found: list[Candidate]) -> Route:
        chosen, *others = found
        least = f"（在办 {chosen.open_cases} 件{'，最少' if others else ''}）"
        instead = f"；{chosen.for_name}不在岗，由{chosen.name}代理" if chosen.for_name else ""
        because = f"{there}，{chosen.why} {chosen.name}{least}{instead}"
        return Route(
            place, chosen.user_id, because[:LONGEST_REASON], self.name(place), chosen.name, None, tuple(others),
            self.takers.people[chosen.user_id], self.name(self.scope.pk),
        )  # fmt: skip

    def _on_duty(self, path: str) -> Iterator[Candidate]:
        is_open = clock_of(path).is_open(self.now)
        if routing_rules.goes_to_duty(urgency=self.asked.urgency, is_major=self.asked.is_major, is_open=is_open):
            yield from self.takers.on_duty(path, "紧急，值班人员" if is_open else "非工作时间，值班人员")


def _sends_below(row: Responsibility) -> bool:
    """To a place under the one whose map it is, and to no certain person there: that place's own map says it finer."""
    chooses = bool(row.user_id or row.job or row.is_fallback)
    return not chooses and row.to_scope_id != row.scope_id and is_under(str(row.to_scope.path), str(row.scope.path))


def as_line(row: Any) -> Line:
    return Line(
        row.pk, row.scope.path.count("."), row.kind, row.division_id or "", row.zone_id, row.employer_id,
        row.is_fallback,
    )  # fmt: skip
