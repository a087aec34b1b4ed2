"""What the demonstration's story is: who asked what, where, when, and how it went. Pure, the same for the same seed and day.

The demonstration county's demands are two years' with the figures of an account: 925 recorded, 876 resolved. Nothing
there is refused, merged or withdrawn; that happens in the smaller county beside it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum, auto
from itertools import accumulate
from typing import NamedTuple

from niangjia.kernel.synthetic import name_of, phone_number
from niangjia.modules.demands.rules import Channel, Nature, Party
from niangjia.modules.demands.seed.sayings import ENQUIRIES, MATTERS, Line

DAYS = 730
FIRST_PHONE = 60_000_000
SEASON = 3.0


class Fate(StrEnum):
    """Where one stands today."""

    AT_ONCE = auto()  # explained in the call or at the window: resolved
    RESOLVED = auto()
    UNREACHED = auto()  # closed, not resolved
    RECEIVED = auto()
    FACTS_ASKED = auto()
    ACCEPTED = auto()  # on a desk without a lead
    IN_HAND = auto()
    ANSWERED = auto()  # waits for the call-back
    REOPENED = auto()
    REFUSED = auto()
    MERGED = auto()  # into the one told before it
    WITHDRAWN = auto()


ENDED = frozenset({
    Fate.AT_ONCE, Fate.RESOLVED, Fate.UNREACHED, Fate.REFUSED, Fate.MERGED, Fate.WITHDRAWN,
})  # fmt: skip


class Turn(StrEnum):
    """What happened on the way; at most one to a demand."""

    NONE = auto()
    RATED = auto()  # the asker answers by the phone and no call-back is needed
    GRUDGING = auto()  # solved, but not to the asker's liking
    IN_VAIN = auto()  # reached at the second try
    NOT_SATISFIED = auto()
    REOPENED = auto()
    HELPED = auto()  # two others have a task each
    OUTSIDE = auto()
    CONSULTED = auto()
    PAUSED = auto()
    EXTENDED = auto()
    LATE = auto()  # climbs
    VERY_LATE = auto()  # climbs to the level above
    HANDED_BACK = auto()
    BACK_THRICE = auto()
    URGED = auto()
    INSTRUCTED = auto()
    LETTER = auto()
    REPLIED = auto()
    FACTS = auto()  # had to be asked for
    ANONYMOUS = auto()
    CONFIDENTIAL = auto()
    EMERGENCY = auto()
    WAGES = auto()  # 126,000 yuan
    MAIN = auto()  # others were merged into it


Counts = Mapping[Fate, int]
Turns = Mapping[Turn, int]
COUNTY: Counts = {
    Fate.AT_ONCE: 300, Fate.RESOLVED: 576, Fate.UNREACHED: 11, Fate.RECEIVED: 7, Fate.FACTS_ASKED: 2, Fate.ACCEPTED: 3,
    Fate.IN_HAND: 15, Fate.ANSWERED: 9, Fate.REOPENED: 2,
}  # fmt: skip
COUNTY_TURNS: Turns = {
    Turn.RATED: 130, Turn.GRUDGING: 14, Turn.REPLIED: 50, Turn.IN_VAIN: 24, Turn.LATE: 22, Turn.HELPED: 20, Turn.PAUSED: 20, Turn.LETTER: 20,
    Turn.ANONYMOUS: 25, Turn.URGED: 16, Turn.OUTSIDE: 16, Turn.NOT_SATISFIED: 12, Turn.REOPENED: 10, Turn.FACTS: 10,
    Turn.CONSULTED: 8, Turn.CONFIDENTIAL: 3, Turn.HANDED_BACK: 6, Turn.INSTRUCTED: 6, Turn.EXTENDED: 4, Turn.EMERGENCY: 3,
    Turn.VERY_LATE: 2, Turn.BACK_THRICE: 1, Turn.WAGES: 1,
}  # fmt: skip
BESIDE: Counts = {
    Fate.AT_ONCE: 14, Fate.RESOLVED: 32, Fate.UNREACHED: 2, Fate.RECEIVED: 1, Fate.IN_HAND: 2, Fate.REFUSED: 4,
    Fate.MERGED: 3, Fate.WITHDRAWN: 2,
}  # fmt: skip
BESIDE_TURNS: Turns = {Turn.RATED: 8, Turn.GRUDGING: 1, Turn.IN_VAIN: 2, Turn.REPLIED: 3, Turn.LATE: 1}
SMALL: Counts = {
    Fate.AT_ONCE: 4, Fate.RESOLVED: 24, Fate.UNREACHED: 1, Fate.RECEIVED: 2, Fate.FACTS_ASKED: 1, Fate.ACCEPTED: 1,
    Fate.IN_HAND: 5, Fate.ANSWERED: 1, Fate.REOPENED: 1,
}  # fmt: skip
SMALL_TURNS: Turns = {
    Turn.WAGES: 1, Turn.RATED: 1, Turn.IN_VAIN: 1, Turn.LATE: 1, Turn.HELPED: 1, Turn.EXTENDED: 1, Turn.NOT_SATISFIED: 1,
    Turn.REOPENED: 1, Turn.HANDED_BACK: 1, Turn.CONFIDENTIAL: 1,
}  # fmt: skip
SMALL_BESIDE: Counts = {
    Fate.AT_ONCE: 1, Fate.RESOLVED: 3, Fate.RECEIVED: 1, Fate.REFUSED: 1, Fate.MERGED: 1, Fate.WITHDRAWN: 1,
}  # fmt: skip

RIDERS = 12
WAGES_FEN = 12_600_000
WAGES_SHARES = (
    1_480_000, 1_320_000, 1_250_000, 1_180_000, 1_060_000, 960_000, 930_000, 880_000, 860_000, 790_000, 760_000, 1_130_000,
)  # fmt: skip
"""What each of the twelve is owed; together 126,000 yuan."""


class Firm(NamedTuple):
    id: int
    name: str
    is_platform: bool  # of couriers or riders


class Township(NamedTuple):
    scope_id: int
    division: str
    name: str
    firms: tuple[Firm, ...]
    zones: tuple[int, ...]
    weight: float


class Ground(NamedTuple):
    """Where the story plays. `demo` is the township of those who log in, `own` the firm's union whose clerk does."""

    county: int
    townships: tuple[Township, ...]
    demo: int
    own: int
    own_firm: Firm | None


@dataclass(frozen=True)
class Told:
    """One demand as it will be told. `at` is its receipt, and no two have the same: by it one knows what was told."""

    at: datetime
    fate: Fate
    turn: Turn
    line: Line
    channel: Channel
    place: int | None  # of the townships; None: somewhere in the county
    title: str
    body: str
    firm: Firm | None
    spot: str
    zone: int | None
    name: str
    phone: str
    people: int
    claimed_fen: int | None
    chance: int  # a seed for whoever tells it
    lead: str = ""  # user name of who has it in hand, where that isn't left to routing
    special: str = ""  # what the one who tells does beside

    @property
    def party(self) -> Party:
        return Party.EMPLOYER if self.line.is_by_employer else Party.WORKER


CHANNELS = (
    (Channel.HOTLINE, 44), (Channel.PHONE_PAGE, 17), (Channel.WINDOW, 14), (Channel.PARTNER, 9), (Channel.ON_BEHALF, 6),
    (Channel.STATION, 4), (Channel.LETTER, 2), (Channel.PETITION, 1),
)  # fmt: skip
AT_ONCE_BY = ((Channel.HOTLINE, 75), (Channel.WINDOW, 25))
ON_VISITS = 900
"""In the county whose officers go there, nine of ten that are asked by day are brought from a visit."""
VISITED_FROM, VISITED_UNTIL = time(9, 10), time(17, 40)
QUICK_DAYS, SLOW_DAYS, URGENT_AGE = 16, 75, 120
SLOW = frozenset({
    Turn.LATE, Turn.VERY_LATE, Turn.PAUSED, Turn.EXTENDED, Turn.OUTSIDE, Turn.CONSULTED, Turn.REOPENED, Turn.NOT_SATISFIED,
    Turn.HANDED_BACK, Turn.BACK_THRICE, Turn.HELPED, Turn.FACTS, Turn.EMERGENCY, Turn.INSTRUCTED, Turn.IN_VAIN,
})  # fmt: skip
ANYWHERE, SHARE_ANYWHERE = frozenset({Turn.NONE, Turn.RATED, Turn.REPLIED}), 0.14
"""Of these some lie in no township: where the firm is, nobody said."""
UNNAMED = ("一家装修公司", "一家电商公司", "一家外贸厂", "一家养老院", "一家培训机构")
BY_HOTLINE = frozenset({Turn.CONFIDENTIAL, Turn.HANDED_BACK, Turn.BACK_THRICE, Turn.EMERGENCY})
"""Taken down at the county: it sends them, and of a confidential one nobody else knows."""
GROUPS_OF = {
    Turn.EXTENDED: ("01", "04", "05"),
    Turn.CONSULTED: ("01", "04", "05"),
    Turn.OUTSIDE: ("01", "03", "05"),
    Turn.CONFIDENTIAL: ("07", "06"),
}


class _Teller:
    """Draws one demand after the other from one source of chance."""

    def __init__(self, ground: Ground, *, seed: str, now: datetime, goes_there: bool) -> None:
        self.ground, self.now, self.goes_there = ground, now, goes_there
        self.chance = random.Random(f"story:{seed}")
        self.lines = {True: ENQUIRIES, False: MATTERS}
        self.reach = list(accumulate(township.weight for township in ground.townships))
        self.days = self._days()
        self.phones = FIRST_PHONE + self.chance.randrange(1_000) * 10_000
        self.used: set[datetime] = set()

    def _days(self) -> list[tuple[datetime, float]]:
        """Every day of two years with its weight: more from year to year, few on weekends, many before Spring Festival."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        found = []
        for back in range(DAYS, -1, -1):
            day = midnight - timedelta(days=back)
            weight = (0.8 + 0.4 * (DAYS - back) / DAYS) * (1.0 if day.weekday() < 5 else 0.3)
            found.append((day, weight * {1: 1.5, 12: 1.25, 2: 0.6, 7: 1.3, 8: 1.35, 10: 0.9}.get(day.month, 1.0)))
        return found

    def moment(self, *, oldest: int = DAYS, youngest: int = 0) -> datetime:
        """Some time of those days, by day and seldom in the evening; never the same twice, never to come."""
        days = self.days[DAYS - oldest : DAYS - youngest + 1]
        while True:
            day = self.chance.choices([one for one, _ in days], [weight for _, weight in days])[0]
            peak = self.chance.choice((9.6, 10.3, 14.8, 15.7))
            hour = self.chance.gauss(peak, 1.0) if self.chance.random() < 0.88 else self.chance.uniform(7.2, 22.4)
            if not 6 < hour < 23:
                continue
            at = self.fresh(day + timedelta(seconds=int(hour * 3600)))
            if at < self.now - timedelta(minutes=20):
                return at

    def fresh(self, at: datetime) -> datetime:
        while at in self.used:
            at += timedelta(seconds=7)
        self.used.add(at)
        return at

    def township(self) -> int:
        return self.chance.choices(range(len(self.ground.townships)), cum_weights=self.reach)[0]

    def line(
        self, at: datetime, *, is_enquiry: bool, groups: Sequence[str] = (), natures: Sequence[Nature] = ()
    ) -> Line:
        fitting = [
            line
            for line in self.lines[is_enquiry]
            if (not groups or line.kind[:2] in groups) and (not natures or line.nature in natures)
        ]
        weights = [line.weight * (SEASON if at.month in line.months else 1.0) for line in fitting]
        return self.chance.choices(fitting, weights)[0]

    def channel(self, fate: Fate, turn: Turn, at: datetime) -> Channel:
        doors = AT_ONCE_BY if fate is Fate.AT_ONCE else CHANNELS
        by_day = at.weekday() < 5 and VISITED_FROM < at.time() < VISITED_UNTIL
        if self.goes_there and by_day and turn is not Turn.ANONYMOUS and fate is not Fate.ACCEPTED:
            doors = (*doors, (Channel.VISIT, ON_VISITS))
        return self.chance.choices([door for door, _ in doors], [weight for _, weight in doors])[0]

    def told(
        self, fate: Fate, turn: Turn = Turn.NONE, *, at: datetime | None = None, line: Line | None = None,
        channel: Channel | None = None, place: int | None = None,
    ) -> Told:  # fmt: skip
        chance = self.chance
        if at is None:
            at = self.moment(youngest=0 if fate is Fate.AT_ONCE else SLOW_DAYS if turn in SLOW else QUICK_DAYS)
        line = line or self.line(at, is_enquiry=fate is Fate.AT_ONCE, groups=GROUPS_OF.get(turn, ()))
        if channel is None:
            channel = self.channel(fate, turn, at)
        if turn in BY_HOTLINE:
            channel = Channel.HOTLINE
        if place is None:
            anywhere = fate is Fate.RESOLVED and turn in ANYWHERE and chance.random() < SHARE_ANYWHERE
            place = None if anywhere and channel is not Channel.VISIT else self.township()
        elif place < 0:
            place = None
        town = self.ground.townships[place if place is not None else self.ground.demo]
        of_platforms = line.kind[:2] == "08"
        firms = [firm for firm in town.firms if firm.is_platform == of_platforms] or town.firms
        firm = chance.choice(firms) if firms and place is not None else None
        spot = f"{town.name}{chance.choice(('东', '南', '西', '北', '中心'))}站点" if of_platforms else ""
        words = {
            "firm": firm.name if firm else chance.choice(UNNAMED),
            "place": spot or town.name,
            "month": str((at.month - 2) % 12 + 1),
        }
        zones = town.zones if place is not None else ()
        self.phones += 1
        return Told(
            at, fate, turn, line, channel, place, line.title.format(**words), line.body.format(**words),
            firm if place is not None and "{firm}" in line.title + line.body else None, spot,
            chance.choice(zones) if zones and chance.random() < 0.8 else None,
            name_of(chance, chance.randrange(2), chance.randint(1966, 2003)), phone_number(self.phones),
            chance.randint(2, line.people) if line.people > 1 else 1,
            chance.randrange(line.most_fen // 10, line.most_fen, 1000) if line.most_fen else None,
            chance.randrange(1 << 30),
        )  # fmt: skip


def plan_county(ground: Ground, counts: Counts, turns: Turns, *, seed: str, now: datetime) -> list[Told]:
    """The demands of the demonstration county, the oldest first; as many of each fate as `counts` says."""
    teller = _Teller(ground, seed=seed, now=now, goes_there=True)
    told: list[Told] = list(_riders(teller))
    made = {Turn.WAGES: _wages, Turn.EMERGENCY: _emergency}
    for turn, count in turns.items():
        told += [made[turn](teller) if turn in made else teller.told(Fate.RESOLVED, turn) for _ in range(count)]
    told += [teller.told(Fate.RESOLVED) for _ in range(counts[Fate.RESOLVED] - len(told))]
    told += [teller.told(Fate.AT_ONCE) for _ in range(counts[Fate.AT_ONCE])]
    told += [
        teller.told(Fate.UNREACHED, at=teller.moment(oldest=600, youngest=SLOW_DAYS))
        for _ in range(counts[Fate.UNREACHED])
    ]
    told += _open_ones(teller, counts)
    return sorted(told, key=lambda one: one.at)


def brought_by_visits(told: Sequence[Told]) -> list[tuple[datetime, int, int | None]]:
    """(moment, township, employer if it was named) of those that came out of a visit."""
    return [
        (one.at, one.place, one.firm.id if one.firm else None)
        for one in told
        if one.channel is Channel.VISIT and one.place is not None
    ]


def plan_beside(ground: Ground, counts: Counts, turns: Turns, *, seed: str, now: datetime) -> list[Told]:
    """The smaller county: here some were refused, merged into another, or withdrawn."""
    teller = _Teller(ground, seed=seed, now=now, goes_there=False)
    told = [teller.told(Fate.RESOLVED, turn) for turn, count in turns.items() for _ in range(count)]
    told += [teller.told(Fate.RESOLVED) for _ in range(counts[Fate.RESOLVED] - len(told) - 1)]
    main = teller.told(
        Fate.RESOLVED, Turn.MAIN, at=teller.moment(oldest=200, youngest=SLOW_DAYS), line=_line("0802"), place=0
    )
    told.append(main)
    told += [
        teller.told(
            Fate.MERGED, at=teller.fresh(main.at + timedelta(minutes=9 * (n + 1))), line=main.line, place=0,
            channel=Channel.PHONE_PAGE,
        )
        for n in range(counts[Fate.MERGED])
    ]  # fmt: skip
    for fate in (Fate.AT_ONCE, Fate.UNREACHED, Fate.REFUSED, Fate.WITHDRAWN):
        told += [
            teller.told(fate, at=None if fate is Fate.AT_ONCE else teller.moment(oldest=500, youngest=SLOW_DAYS))
            for _ in range(counts.get(fate, 0))
        ]
    told += [
        teller.told(fate, at=teller.moment(oldest=3, youngest=0), place=-1)
        for fate in (Fate.RECEIVED, Fate.IN_HAND)
        for _ in range(counts.get(fate, 0))
    ]
    return sorted(told, key=lambda one: one.at)


# --- what people will remember ---


def _line(kind: str) -> Line:
    return next(line for line in MATTERS if line.kind == kind)


def _riders(teller: _Teller) -> Iterator[Told]:
    """Twelve riders of one delivery site within two hours: the deductions of one week. Late enough to be a hot spot still."""
    begun = teller.moment(oldest=13, youngest=11).replace(hour=10, minute=5, second=0)
    ground, said = teller.ground, teller.line(begun, is_enquiry=False, groups=("08",), natures=(Nature.COMPLAINT,))
    said = Line("0801", 1, said.nature, "站点这一周的配送费少算了", said.body)
    bodies = (
        "这一周的配送费少算了一百多，站长说系统改了规则，没有人通知过。",
        "周结的单子对不上，少了二十几单的钱，问站长让我们等。",
        "站点里好几个人这周都少发了，我少了八十六元。",
        "改了计价规则也不说一声，同样的单子比上周少拿一截。",
    )
    first = replace(teller.told(Fate.RESOLVED, at=begun, line=said, channel=Channel.PHONE_PAGE, place=ground.demo))
    spot = f"{ground.townships[ground.demo].name}万达骑手站点"
    for n in range(RIDERS):
        at = teller.fresh(begun + timedelta(minutes=9 * n, seconds=teller.chance.randrange(300)))
        one = teller.told(
            Fate.RESOLVED, Turn.RATED if n % 3 == 0 else Turn.NONE, at=at, line=said, place=ground.demo,
            channel=Channel.HOTLINE if n % 4 == 3 else Channel.PHONE_PAGE,
        )  # fmt: skip
        claimed = teller.chance.randrange(5_000, 22_000, 100)
        yield replace(
            one, body=f"我在{spot}送餐。{bodies[n % len(bodies)]}", spot=spot, firm=first.firm, zone=first.zone,
            claimed_fen=claimed, special="riders",
        )  # fmt: skip


def _wages(teller: _Teller) -> Told:
    """One case of 126,000 yuan: a night call, people on duty, a consultation, the money back to the last fen."""
    at = teller.moment(oldest=150, youngest=110).replace(hour=19, minute=42, second=13)
    ground = teller.ground
    one = teller.told(
        Fate.RESOLVED, Turn.WAGES, at=teller.fresh(at), line=_line("0102"), channel=Channel.HOTLINE, place=ground.demo
    )
    place = ground.townships[ground.demo].name
    return replace(
        one, title=f"{place}工地 {len(WAGES_SHARES)} 名木工集体讨薪", firm=None, people=len(WAGES_SHARES), claimed_fen=WAGES_FEN,
        body=f"我们 {len(WAGES_SHARES)} 个木工在{place}一个安置房工地干了四个月，工钱一共欠了 12 万 6 千元，包工头的电话已经打不通了。"
        "大家今天都在项目部门口等着要工资，请工会帮帮我们。",
        spot=f"{place}安置房项目部",
    )  # fmt: skip


_EMERGENCIES = (
    (
        "0602",
        "{firm}两名工人高温下晕倒",
        "{firm}车间今天下午太热，有两个人晕倒了，已经叫了救护车，车间还在开工，请快来看一看。",
    ),
    ("0601", "{firm}仓库冒浓烟", "{firm}的仓库在冒浓烟，人都跑出来了，消防车还没有到，老板不让我们离开。"),
    ("0101", "{firm}职工停工要求发工资", "{firm}三个月没有发工资，今天早上一个车间停工了，大家在厂门口不肯走。"),
)


def _emergency(teller: _Teller) -> Told:
    kind, title, body = _EMERGENCIES[teller.chance.randrange(len(_EMERGENCIES))]
    one = teller.told(Fate.RESOLVED, Turn.EMERGENCY, line=_line(kind), channel=Channel.HOTLINE)
    firm = one.firm.name if one.firm else "这家单位"
    return replace(one, title=title.format(firm=firm), body=body.format(firm=firm), claimed_fen=None)


class Desk(NamedTuple):
    """One that waits for somebody today: (fate, who has it, how many days ago it came, what is the matter with it)."""

    fate: Fate
    lead: str
    days: int
    special: str = ""
    kind: str = ""
    channel: Channel | None = None


DESKS = (
    Desk(Fate.IN_HAND, "jingban", 1, "today", channel=Channel.PARTNER),
    Desk(Fate.IN_HAND, "jingban", 14, "overdue", "0101"),
    Desk(Fate.REOPENED, "jingban", 9, kind="0104"),
    Desk(Fate.IN_HAND, "weiquan", 3, "task", "0501"),
    Desk(Fate.RECEIVED, "", 0, "demo"),
    Desk(Fate.IN_HAND, "zujian", 2, "today", "1101", Channel.PARTNER),
    Desk(Fate.ANSWERED, "weiquan", 6, "", "0301"),
    Desk(Fate.IN_HAND, "zhuangan", 2, "own", "1401", Channel.WINDOW),
    Desk(Fate.ACCEPTED, "", 1, "demo"),
    Desk(Fate.RECEIVED, "", 0, "county", "0101"),
    Desk(Fate.FACTS_ASKED, "", 2, "demo", "0302", Channel.PHONE_PAGE),
    # What follows only a county has room for.
    Desk(Fate.IN_HAND, "weiquan", 4, "extension", "0403"),
    Desk(Fate.IN_HAND, "weiquan", 4, "consultation", "0502"),
    Desk(Fate.IN_HAND, "bangfu", 3, "paused", "0902"),
    Desk(Fate.IN_HAND, "bangfu", 1, "today", "0901", Channel.PARTNER),
    Desk(Fate.IN_HAND, "zhenzhuxi", 2, "", "1605"),
    Desk(Fate.IN_HAND, "fuzhuxi", 3, "urged", "0406"),
    Desk(Fate.IN_HAND, "zujian", 12, "overdue", "1104"),
    Desk(Fate.REOPENED, "weiquan", 10, kind="0103"),
    Desk(Fate.ANSWERED, "jingban", 5, "tried", "0202"),
    Desk(Fate.ANSWERED, "zujian", 4, "", "1102"),
    Desk(Fate.RECEIVED, "", 0, "demo", "1406", Channel.PHONE_PAGE),
)  # fmt: skip


AT_COUNTY = frozenset({"weiquan", "bangfu", "zujian", "fuzhuxi"})


def _open_ones(teller: _Teller, counts: Counts) -> list[Told]:
    """First those for the people who log in, then others anywhere, as many as are left."""
    left = {fate: count for fate, count in counts.items() if fate not in ENDED}
    found: list[Told] = []
    for desk in DESKS:
        if not left.get(desk.fate):
            continue
        left[desk.fate] -= 1
        at_county = desk.lead in AT_COUNTY or desk.special == "county"
        one = teller.told(
            desk.fate, at=_ago(teller, desk.days), line=_line(desk.kind) if desk.kind else None,
            channel=desk.channel or Channel.WINDOW, place=-1 if at_county else teller.ground.demo,
        )  # fmt: skip
        found.append(replace(one, lead=desk.lead, special=desk.special))
    for fate, count in left.items():
        ages = (4, 2) if fate is Fate.ANSWERED else (3, 0)
        found += [teller.told(fate, at=teller.moment(oldest=ages[0], youngest=ages[1])) for _ in range(count)]
    return found


def _ago(teller: _Teller, days: int) -> datetime:
    """On that day in office hours; today's in the hours that have been, since yesterday evening."""
    if days == 0:
        return teller.fresh(teller.now - timedelta(minutes=teller.chance.randrange(25, 300)))
    day = (teller.now - timedelta(days=days)).date()
    at = datetime.combine(day, time(9, 5), teller.now.tzinfo) + timedelta(minutes=teller.chance.randrange(120))
    return teller.fresh(min(at, teller.now - timedelta(hours=2)))
