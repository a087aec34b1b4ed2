"""What the demonstration's journal is: who was posted where, and every visit of two years. Pure, the same for the same seed and day.

The figures are those of an account: 23 liaison officers, 17 townships, 87 key employers, at least one visit a week each,
one officer who sets herself four, 1,833 visits. Where a demand came out of a visit, the visit stands at that moment.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from niangjia.kernel.synthetic import name_of, phone_number
from niangjia.modules.visits.rules import TOGETHER, AbsenceKind, Aspect, Look, VisitKindCode
from niangjia.modules.visits.seed import words

DAYS = 730
FIRST_PHONE = 71_000_000
KEEPS_HER_WEEK = 0.95
OWN_UNION = "已单独建会"
SPOKEN_BY_NAME = 0.6


class Size(NamedTuple):
    officers: int
    key_employers: int
    visits: int
    stays: int


COUNTY = Size(23, 87, 1_833, 6)
SMALL = Size(3, 6, 60, 1)
HELPED_IN_STAYS = {COUNTY: (34, 2_137), SMALL: (3, 120)}
"""Unions and members helped in while somebody stayed with them."""


class Firm(NamedTuple):
    id: int
    name: str
    workers: int
    coverage: str  # 建会情况 in words
    place: tuple[float, float]


class Township(NamedTuple):
    scope_id: int
    division: str
    name: str
    firms: tuple[Firm, ...]


class Away(NamedTuple):
    kind: AbsenceKind
    from_on: date
    until_on: date
    note: str


@dataclass(frozen=True)
class Posted:
    """One officer's posting; `townships` and `firms` are indices of the ground and ids of key employers."""

    number: int
    name: str
    townships: tuple[int, ...]
    key_firms: tuple[int, ...]
    from_on: date
    until_on: date | None
    goal: int
    away: tuple[Away, ...]

    def is_on_post(self, day: date) -> bool:
        return (
            self.from_on <= day
            and (self.until_on is None or day < self.until_on)
            and not any(each.from_on <= day < each.until_on for each in self.away)
        )


class Asked(NamedTuple):
    """A demand that came out of a visit: when somebody asked (which is when the officer came), in which township, at which employer if that is known."""

    at: datetime
    township: int
    firm: int | None


@dataclass(frozen=True)
class Trip:
    """One visit as it will be told. `asked` is the moment of the demand that it brought."""

    number: int
    officer: int
    township: int
    firm: Firm
    kind: VisitKindCode
    arrived_at: datetime
    left_at: datetime
    asked: datetime | None
    looks: tuple[tuple[Aspect, Look, str], ...]
    spoken: tuple[tuple[str, str, str], ...]
    spoken_count: int
    summary: str
    point: tuple[float, float, float] | None  # latitude, longitude, metres
    chance: int


def plan_postings(towns: Sequence[Township], size: Size, *, seed: str, today: date) -> list[Posted]:
    """Everybody has a township or two, the key employers are shared out; one in three is there nearly from the beginning."""
    chance = random.Random(f"postings:{seed}")
    begin = _monday(today - timedelta(days=DAYS))
    keys = key_firms(towns, size)
    posted = []
    for number in range(size.officers):
        mine = tuple(sorted({number % len(towns), *((number + 7) % len(towns),) * (number % 5 == 0)}))
        later = chance.randrange(2, 12) if number % 3 == 0 else chance.randrange(22, 60)
        later = 0 if number <= HERSELF else later
        from_on = begin + timedelta(weeks=later)
        firms = tuple(firm for n, (_, firm) in enumerate(keys) if n % size.officers == number)
        away = tuple(_absences(chance, from_on, today))
        name = name_of(chance, chance.randrange(2), chance.randint(1975, 1995))
        posted.append(Posted(number, name, mine, firms, from_on, None, 4 if number == HERSELF else 1, away))
    return posted


HERSELF = 1
"""She who sets herself four visits a week."""


def key_firms(towns: Sequence[Township], size: Size) -> list[tuple[int, int]]:
    """(township, employer) of the key employers: the largest of every township in turn."""
    ordered = [sorted(town.firms, key=lambda firm: (-firm.workers, firm.id)) for town in towns]
    found: list[tuple[int, int]] = []
    for rank in range(max(map(len, ordered), default=0)):
        for town, firms in enumerate(ordered):
            if rank < len(firms) and len(found) < size.key_employers:
                found.append((town, firms[rank].id))
    return found


def _absences(chance: random.Random, from_on: date, today: date) -> list[Away]:
    found, day = [], from_on + timedelta(weeks=chance.randrange(6, 20))
    while day < today - timedelta(weeks=3):
        kind, weeks, note = chance.choice(words.ABSENCES)
        found.append(Away(kind, _monday(day), _monday(day) + timedelta(weeks=weeks), note))
        day += timedelta(weeks=weeks + chance.randrange(16, 40))
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


class _Weeks:
    """How many visits each officer has in each week."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.made: Counter[tuple[int, date]] = Counter()

    def add(self, officer: int, day: date) -> None:
        self.made[officer, _monday(day)] += 1


def plan_visits(
    towns: Sequence[Township], posted: Sequence[Posted], asked: Sequence[Asked], size: Size, *,
    is_working_day: Callable[[date], bool], seed: str, now: datetime,
) -> list[Trip]:  # fmt: skip
    """Exactly `size.visits`, the oldest first: those that brought a demand at its moment, then the weeks' duty, key employers in turn."""
    drawn = _Drawn(towns, posted, is_working_day, seed=seed, now=now)
    trips = [drawn.with_demand(one) for one in sorted(asked)]
    slots = drawn.duty_left()
    room = size.visits - len(trips)
    while len(slots) < room:
        slots.append(drawn.any_slot())
    drawn.chance.shuffle(slots)
    trips += [drawn.on_turn(officer, monday) for officer, monday in sorted(slots[:room], key=lambda slot: slot[1])]
    trips.sort(key=lambda trip: (trip.arrived_at, trip.officer))
    return [replace(trip, number=number) for number, trip in enumerate(trips)]


class _Drawn:
    """Draws visit after visit from one source of chance."""

    def __init__(
        self, towns: Sequence[Township], posted: Sequence[Posted], is_working_day: Callable[[date], bool], *,
        seed: str, now: datetime,
    ) -> None:  # fmt: skip
        self.chance = random.Random(f"visits:{seed}")
        self.towns, self.posted, self.now, self.works = towns, posted, now, is_working_day
        self.firms = {firm.id: (town, firm) for town, each in enumerate(towns) for firm in each.firms}
        self.weeks = _Weeks(now)
        self.turns: dict[int, list[int]] = {one.number: list(one.key_firms) for one in posted}
        self.unseen = {firm for one in posted for firm in one.key_firms}
        self.visited: defaultdict[int, list[datetime]] = defaultdict(list)
        self.phones = FIRST_PHONE

    def with_demand(self, one: Asked) -> Trip:
        """By whoever answers for that township and is on post; else by the one who was out least that week."""
        monday = _monday(one.at.date())
        there = [each for each in self.posted if each.is_on_post(one.at.date())] or list(self.posted)
        own = [each for each in there if one.township in each.townships]
        free = [each for each in own if self.weeks.made[each.number, monday] < each.goal]
        officer = min(free or there, key=lambda each: (self.weeks.made[each.number, monday], self.chance.random()))
        known = self.firms.get(one.firm) if one.firm else None
        firm = known[1] if known else self.chance.choice(self.towns[one.township].firms)
        while known is None and self._is_taken(firm.id, one.at):
            firm = self.chance.choice(self.towns[one.township].firms)
        stays = timedelta(minutes=self.chance.randrange(25, 80))
        return self._trip(officer, one.township, firm, one.at, min(one.at + stays, self._latest(one.at)), asked=one.at)

    def duty_left(self) -> list[tuple[int, date]]:
        """The weeks on post in which an officer has made fewer visits than the goal; now and then one is missed."""
        slots = []
        for one in self.posted:
            monday = _monday(one.from_on)
            while monday <= self.now.date():
                days = [monday + timedelta(days=n) for n in range(5)]
                if any(self._is_free(one, day) for day in days):
                    missing = one.goal - self.weeks.made[one.number, monday]
                    slots += [(one.number, monday) for _ in range(missing) if self.chance.random() < KEEPS_HER_WEEK]
                monday += timedelta(weeks=1)
        return slots

    def any_slot(self) -> tuple[int, date]:
        while True:
            one = self.chance.choice(self.posted)
            weeks = max(1, (self.now.date() - one.from_on).days // 7)
            monday = _monday(one.from_on) + timedelta(weeks=self.chance.randrange(weeks))
            if any(self._is_free(one, monday + timedelta(days=n)) for n in range(5)):
                return one.number, monday

    def on_turn(self, officer: int, monday: date) -> Trip:
        one = self.posted[officer]
        days = [day for n in range(5) if self._is_free(one, day := monday + timedelta(days=n))]
        day = self.chance.choice(days)
        turn = self.turns[officer]
        if turn and (set(turn) & self.unseen or self.chance.random() < 0.5):
            pk = next((firm for firm in turn if firm in self.unseen), turn[0])
            turn.remove(pk)
            turn.append(pk)
            town, firm = self.firms[pk]
        else:
            town = self.chance.choice(one.townships)
            firm = self.chance.choice(self.towns[town].firms)
        while self._is_taken(firm.id, datetime.combine(day, time(12), self.now.tzinfo), within=timedelta(hours=12)):
            firm = self.chance.choice(self.towns[town].firms)
        hour = self.chance.choice((9, 9, 10, 14, 14, 15))
        arrived = datetime.combine(day, time(hour, self.chance.randrange(60)), self.now.tzinfo)
        arrived = min(arrived, self.now - timedelta(hours=2, minutes=self.chance.randrange(50)))
        left = arrived + timedelta(minutes=self.chance.randrange(25, 95))
        return self._trip(one, town, firm, arrived, left, asked=None)

    def _latest(self, arrived: datetime) -> datetime:
        """Nobody leaves in times to come."""
        return max(arrived + timedelta(minutes=8), self.now - timedelta(minutes=10))

    def _is_taken(self, firm: int, at: datetime, *, within: timedelta = TOGETHER) -> bool:
        """Somebody is there then: it would be one 家次 with theirs."""
        return any(abs(at - other) <= within for other in self.visited[firm])

    def _is_free(self, one: Posted, day: date) -> bool:
        return one.is_on_post(day) and self.works(day) and day <= (self.now - timedelta(hours=4)).date()

    def _trip(
        self, one: Posted, town: int, firm: Firm, arrived: datetime, left: datetime, *, asked: datetime | None
    ) -> Trip:
        chance = self.chance
        self.weeks.add(one.number, arrived.date())
        self.unseen.discard(firm.id)
        self.visited[firm.id].append(arrived)
        kind = self._kind(firm, arrived)
        looks = tuple((aspect, *self._look(aspect)) for aspect in Aspect)
        count = chance.choice((1, 2, 2, 3, 4, 6, 12))
        self.phones += 3
        spoken = tuple(
            (name_of(chance, chance.randrange(2), chance.randint(1968, 2000)), phone_number(self.phones + n), post)
            for n, post in enumerate(chance.sample(words.POSTS, 2 if count > 1 else 1))
            if chance.random() < SPOKEN_BY_NAME
        )
        near = (chance.gauss(0, 0.0006), chance.gauss(0, 0.0006))
        point = None
        if chance.random() < 0.9:
            point = (firm.place[0] + near[0], firm.place[1] + near[1], float(chance.choice((8, 12, 20, 35))))
        return Trip(
            0, one.number, town, firm, kind, arrived, left, asked, looks, spoken, max(count, len(spoken)),
            chance.choice(words.SUMMARIES[kind]).format(firm=firm.name), point, chance.randrange(1 << 30),
        )  # fmt: skip

    def _kind(self, firm: Firm, at: datetime) -> VisitKindCode:
        kinds = [(VisitKindCode.DAILY, 10.0), (VisitKindCode.LEGAL_CHECK, 1.0), (VisitKindCode.SCREENING, 1.5)]
        kinds.append((VisitKindCode.BARGAINING, 1.0) if firm.coverage == OWN_UNION else (VisitKindCode.FOUNDING, 3.0))
        if at.month in (6, 7, 8, 9):
            kinds.append((VisitKindCode.COOLNESS, 3.0))
        return self.chance.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]

    def _look(self, aspect: Aspect) -> tuple[Look, str]:
        look = self.chance.choices((Look.GOOD, Look.FAIR, Look.POOR), (84, 15.4, 0.6))[0]
        return look, "" if look is Look.GOOD else self.chance.choice(words.REMARKS[aspect][look])
