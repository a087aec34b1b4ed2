"""The week's plan as it is proposed: who is gone to, on which half-day, and why. Pure, and the same for the same facts.

1. What is due to be looked at again by the end of the week, whatever the goal.
2. Key employers that are overdue, the longest first. While more are overdue than the goal, one more than the goal.
3. Up to the goal: key employers whose turn comes next, then other employers of the officer's ground, those beside
   somebody who is gone to anyway before the rest.

Each day begins with the strongest that is left and takes what lies near it: in the same zone or township first, then by
distance. Weekends that are made working days come last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import asin, cos, radians, sin, sqrt

from niangjia.modules.visits.rules import PlanReason

PER_HALF_DAY = 2
NEAR_KILOMETRES = 5.0
REST_DAYS = 14
"""Nobody is gone to again so soon without a reason."""
LONGEST_BECAUSE = 100
SATURDAY = 5
EARTH_KILOMETRES = 6371.0
_FAR = 1e6


@dataclass(frozen=True)
class Site:
    """An employer as the planner knows it. `grounds`: its zone, then its township; `point`: WGS-84 degrees."""

    employer_id: int
    name: str
    township: str = ""
    township_name: str = ""
    zone_id: int | None = None
    point: tuple[float, float] | None = None
    last_on: date | None = None


@dataclass(frozen=True)
class Key:
    """A key employer and its turn."""

    site: Site
    every_days: int
    from_on: date

    @property
    def due_on(self) -> date:
        return (self.site.last_on or self.from_on) + timedelta(days=self.every_days)


@dataclass(frozen=True)
class Due:
    """Something to be looked at again."""

    follow_up_id: int
    site: Site
    what: str
    due_on: date


@dataclass(frozen=True)
class Fixed:
    """What stands in the week by hand, or is done: it takes its place and is never moved."""

    site: Site
    on: date
    is_morning: bool


@dataclass(frozen=True)
class Officer:
    """`days`: those on which the officer could go, in order."""

    user_id: int
    goal: int
    days: Sequence[date]
    keys: Sequence[Key] = ()
    dues: Sequence[Due] = ()
    others: Sequence[Site] = ()
    fixed: Sequence[Fixed] = ()
    skipped: frozenset[int] = frozenset()
    """Employers that were taken out of this week by hand."""


@dataclass(frozen=True)
class Proposed:
    employer_id: int
    on: date
    is_morning: bool
    order: int
    reason: PlanReason
    because: str
    follow_up_id: int | None = None


@dataclass
class _Wish:
    site: Site
    reason: PlanReason
    because: str
    by: date | None = None  # a day in this week by which one should have been there
    follow_up_id: int | None = None


def days_to_go(
    monday: date, absences: Iterable[tuple[date, date]], working: Collection[date], span: tuple[date, date | None]
) -> list[date]:
    """The days of a week on which an officer may be sent somewhere: on post, at work, not away. Spans are half-open."""
    away = list(absences)
    from_on, until_on = span
    days = [
        day
        for day in (monday + timedelta(days=number) for number in range(7))
        if day in working
        and day >= from_on
        and (until_on is None or day < until_on)
        and not any(begin <= day < end for begin, end in away)
    ]
    return sorted(days, key=lambda day: (day.weekday() >= SATURDAY, day))


def propose_all(
    officers: Iterable[Officer], monday: date, taken: Mapping[int, int] | None = None
) -> dict[int, list[Proposed]]:
    """By officer, in their order. `taken`: who is already going to an employer this week.

    Nobody else is sent there then, unless something is to be looked at again.
    """
    going = dict(taken or {})
    weeks: dict[int, list[Proposed]] = {}
    for officer in officers:
        weeks[officer.user_id] = week = propose(officer, monday, going)
        for one in week:
            going.setdefault(one.employer_id, officer.user_id)
    return weeks


def propose(officer: Officer, monday: date, taken: Mapping[int, int] | None = None) -> list[Proposed]:
    """One officer's week, in the order of the days; nothing for whoever is away."""
    room = _room(officer)
    if not room:
        return []
    taken = taken or {}
    wishes = _wishes(officer, monday, {pk for pk, user in taken.items() if user != officer.user_id})
    return _laid_out(wishes[: sum(room.values())], officer, room)


# --- which ---


def _wishes(officer: Officer, monday: date, elsewhere: set[int]) -> list[_Wish]:
    """The strongest first, each employer once."""
    sunday = monday + timedelta(days=6)
    standing = {one.site.employer_id for one in officer.fixed}
    settled = standing | officer.skipped
    wanted: dict[int, _Wish] = {}
    for due in sorted(officer.dues, key=lambda one: (one.due_on, one.follow_up_id)):
        pk = due.site.employer_id
        if due.due_on <= sunday and pk not in settled and pk not in wanted:
            wanted[pk] = _Wish(due.site, PlanReason.FOLLOW_UP, _again(due, monday), due.due_on, due.follow_up_id)
    free = [key for key in officer.keys if key.site.employer_id not in settled | elsewhere | wanted.keys()]
    free.sort(key=lambda key: (key.due_on, key.site.name, key.site.employer_id))
    overdue = [key for key in free if key.due_on < monday]
    behind = sum(key.due_on < monday for key in officer.keys)
    most = officer.goal + (1 if behind > officer.goal else 0) - len(standing)
    for key in overdue[: max(0, most - len(wanted))]:
        wanted[key.site.employer_id] = _Wish(key.site, PlanReason.OVERDUE, _overdue(key, monday))
    for key in free:
        if len(wanted) + len(standing) >= officer.goal:
            break
        if key.site.employer_id not in wanted and _rested(key.site, monday):
            wanted[key.site.employer_id] = _Wish(key.site, PlanReason.TURN, _turn(key, monday))
    _fill_up(wanted, officer, monday, settled | elsewhere)
    return list(wanted.values())


def _fill_up(wanted: dict[int, _Wish], officer: Officer, monday: date, not_these: set[int]) -> None:
    """Other employers until the goal: beside somebody first, then those that nobody has gone to for longest."""
    missing = officer.goal - len(wanted) - len({one.site.employer_id for one in officer.fixed})
    keys = {key.site.employer_id for key in officer.keys}
    if missing <= 0:
        return
    free = [
        site
        for site in officer.others
        if site.employer_id not in not_these and site.employer_id not in keys | wanted.keys() and _rested(site, monday)
    ]
    free.sort(key=lambda site: (site.last_on or date.min, site.name, site.employer_id))
    anchors = [wish.site for wish in wanted.values()] + [one.site for one in officer.fixed]
    beside: list[tuple[Site, Site]] = []
    for site in free:
        anchor = next((anchor for anchor in anchors if _near(anchor, site)), None)
        if anchor is not None:
            beside.append((site, anchor))
        if len(beside) == missing:
            break
    for site, anchor in beside:
        wanted[site.employer_id] = _Wish(site, PlanReason.NEAR, _beside(anchor, site, monday))
    rest = [site for site in free if site.employer_id not in wanted]
    for site in rest[: missing - len(beside)]:
        because = f"凑足每周 {officer.goal} 次，{_last(site, monday)}"
        wanted[site.employer_id] = _Wish(site, PlanReason.TURN, because)


def _rested(site: Site, monday: date) -> bool:
    return site.last_on is None or monday - site.last_on > timedelta(days=REST_DAYS)


# --- when ---


Half = tuple[date, bool]


def _room(officer: Officer) -> dict[Half, int]:
    """How many more can be gone to on each half-day, in the order in which days are used."""
    room = {(day, is_morning): PER_HALF_DAY for day in officer.days for is_morning in (True, False)}
    for one in officer.fixed:
        half = (one.on, one.is_morning)
        if half in room:
            room[half] -= 1
    return {half: number for half, number in room.items() if number > 0}


@dataclass
class _Day:
    on: date
    room: int
    sites: list[Site] = field(default_factory=list)
    wishes: list[_Wish] = field(default_factory=list)

    def take(self, wish: _Wish) -> None:
        self.room -= 1
        self.sites.append(wish.site)
        self.wishes.append(wish)


def _laid_out(wishes: list[_Wish], officer: Officer, room: dict[Half, int]) -> list[Proposed]:
    days = {on: _Day(on, 0) for on in officer.days}
    for (on, _), number in room.items():
        days[on].room += number
    for one in officer.fixed:
        if one.on in days:
            days[one.on].sites.append(one.site)
    left = sorted(wishes, key=lambda wish: wish.by or date.max)  # stable: of equal ones the stronger stays first
    for day in days.values():
        if day.sites:  # somebody is there anyway
            _gather(day, left)
    for day in days.values():
        if left and day.room > 0 and not day.sites:
            day.take(left.pop(0))
            _gather(day, left)
    for day in days.values():  # the rest wherever there is room
        while left and day.room > 0:
            day.take(left.pop(0))
    return [one for day in sorted(days.values(), key=lambda day: day.on) for one in _in_order(day, room)]


def _gather(day: _Day, left: list[_Wish]) -> None:
    """Takes what lies near the day's places, the nearest first."""
    while day.room > 0:
        near = [wish for wish in left if any(_near(site, wish.site) for site in day.sites)]
        if not near:
            return
        nearest = min(near, key=lambda wish: min(_apart(site, wish.site) for site in day.sites))
        left.remove(nearest)
        day.take(nearest)


def _in_order(day: _Day, room: dict[Half, int]) -> list[Proposed]:
    """From one to the next that is nearest; the morning is filled first."""
    halves = [is_morning for is_morning in (True, False) for _ in range(room.get((day.on, is_morning), 0))]
    left, placed = list(day.wishes), list[Proposed]()
    here: Site | None = None
    for number, is_morning in enumerate(halves):
        if not left:
            break
        wish = _nearest(here, left) if here else left[0]
        left.remove(wish)
        here = wish.site
        placed.append(
            Proposed(
                wish.site.employer_id, day.on, is_morning, number, wish.reason, _cut(wish.because), wish.follow_up_id
            )
        )
    return placed


def _nearest(here: Site, wishes: list[_Wish]) -> _Wish:
    return min(wishes, key=lambda one: _apart(here, one.site))


# --- how far ---


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Over the ground between two points of latitude and longitude."""
    north, east = radians(other[0] - one[0]), radians(other[1] - one[1])
    half = sin(north / 2) ** 2 + cos(radians(one[0])) * cos(radians(other[0])) * sin(east / 2) ** 2
    return 2 * EARTH_KILOMETRES * asin(min(1.0, sqrt(half)))


def _near(one: Site, other: Site) -> bool:
    if one.zone_id is not None and one.zone_id == other.zone_id:
        return True
    if one.point and other.point:
        return kilometres(one.point, other.point) <= NEAR_KILOMETRES
    return bool(one.township) and one.township == other.township


def _apart(one: Site, other: Site) -> float:
    """For comparing: zone, then township, then kilometres where both are known."""
    ground = 0.0 if one.zone_id is not None and one.zone_id == other.zone_id else 1.0
    ground += 0.0 if one.township == other.township else 2.0
    distance = kilometres(one.point, other.point) if one.point and other.point else NEAR_KILOMETRES
    return ground * _FAR + distance


# --- in words ---


def _day(on: date, monday: date) -> str:
    year = "" if on.year == monday.year else f"{on.year} 年 "
    return f"{year}{on.month} 月 {on.day} 日"


def _last(site: Site, monday: date) -> str:
    return "还没有走访过" if site.last_on is None else f"上次走访 {_day(site.last_on, monday)}"


def _overdue(key: Key, monday: date) -> str:
    return f"{_last(key.site, monday)}，已超 {(monday - key.due_on).days} 天"


def _turn(key: Key, monday: date) -> str:
    days = (key.due_on - monday).days
    when = f"本周满 {key.every_days} 天" if days <= 6 else f"再过 {days} 天满 {key.every_days} 天"  # noqa: PLR2004
    return f"{_last(key.site, monday)}，{when}"


def _again(due: Due, monday: date) -> str:
    late = (monday - due.due_on).days
    when = f"已过期 {late} 天" if late > 0 else f"{_day(due.due_on, monday)}到期"
    return f"回看“{due.what[:60]}”，{when}"


def _beside(anchor: Site, site: Site, monday: date) -> str:
    if anchor.point and site.point:
        where = f"离{anchor.name[:30]} {kilometres(anchor.point, site.point):.1f} 公里"
    elif anchor.zone_id is not None and anchor.zone_id == site.zone_id:
        where = f"和{anchor.name[:30]}同一片区"
    else:
        where = f"和{anchor.name[:30]}同在{site.township_name or '一个镇街'}"
    return f"{where}，{_last(site, monday)}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BECAUSE else f"{text[: LONGEST_BECAUSE - 1]}…"
