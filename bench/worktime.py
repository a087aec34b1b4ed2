"""`niangjia bench worktime`: how fast deadlines are counted, and whether a patient walker agrees.

In memory alone. Every deadline in days without a pause is walked day by day; of the others a sample,
minute by minute.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import datetime, timedelta
from typing import NamedTuple

from bench.figures import tell
from niangjia.kernel.worktime.clock import ZONE, Calendar, Clock, Hours
from niangjia.kernel.worktime.holidays import KNOWN, read_notice
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.kernel.worktime.tests.walker import Season, Walker, minute_of

BOUND = 5.0
BY_MINUTES = 5_000
HOURS: list[list[Season]] = [
    [("01-01", "12-31", [("08:30", "12:00"), ("14:00", "17:30")])],
    [
        ("06-15", "09-15", [("08:00", "12:00"), ("15:00", "18:00")]),
        ("11-15", "02-28", [("09:00", "12:00"), ("13:30", "17:00")]),
        ("01-01", "12-31", [("08:30", "12:00"), ("14:00", "17:30")]),
    ],
]
AMOUNTS = {Unit.WORKING_DAYS: 20, Unit.NATURAL_DAYS: 60, Unit.WORKING_MINUTES: 2_400, Unit.MINUTES: 4_320}


class Question(NamedTuple):
    hours: int
    start: datetime
    limit: Limit
    stopped: tuple[tuple[datetime, datetime], ...]
    extra: int

    @property
    def is_for_the_day_walker(self) -> bool:
        return self.limit.unit.is_of_days and not self.stopped


def questions(count: int) -> list[Question]:
    """From 2017 to 2029: the years before 2018 and after 2026 have no table."""
    chance = random.Random(20261122)
    first = datetime(2017, 1, 1, tzinfo=ZONE)
    asked = []
    for _ in range(count):
        start = first + timedelta(minutes=chance.randrange(12 * 365 * 1440))
        unit = chance.choice(list(Unit))
        stopped = []
        after = start
        for _ in range(chance.choice([0, 0, 0, 0, 1, 1, 2])):
            after += timedelta(minutes=chance.randrange(1, 6_000))
            stopped.append((after, after := after + timedelta(minutes=chance.randrange(1, 6_000))))
        limit = Limit(chance.randrange(1, AMOUNTS[unit]), unit)
        asked.append(Question(chance.randrange(2), start, limit, tuple(stopped), chance.choice([0, 0, 0, 0, 5])))
    return asked


def main(count: int) -> int:
    tables = {year: read_notice(year, text) for year, (_, text) in KNOWN.items()}
    asked = questions(count)
    began = time.perf_counter()
    calendar = Calendar(tables)
    clocks = [
        Clock(calendar, [Hours(_spans(spans), from_, until) for from_, until, spans in seasons]) for seasons in HOURS
    ]
    built = time.perf_counter() - began
    print(f"calendar and {len(clocks)} clocks built in {built * 1000:.0f} ms")
    began = time.perf_counter()
    found = [clocks[q.hours].deadline(q.start, q.limit, stopped=q.stopped, extra_days=q.extra) for q in asked]
    spent = time.perf_counter() - began
    print(f"{count:,} deadlines in {spent:.2f} s, {spent / count * 1e6:.1f} µs each")

    walkers = [
        Walker({year: {day.on: day.is_working for day in days} for year, days in tables.items()}, seasons)
        for seasons in HOURS
    ]
    by_days = [i for i, question in enumerate(asked) if question.is_for_the_day_walker]
    by_minutes = [i for i, question in enumerate(asked) if not question.is_for_the_day_walker][:BY_MINUTES]
    wrong = 0
    for i in by_days + by_minutes:
        question = asked[i]
        walked = walkers[question.hours].deadline(
            question.start, question.limit.amount, question.limit.unit.value, question.stopped, question.extra
        )
        if walked != found[i]:
            wrong += 1
            print(f"differs: {question}: clock {found[i]}, walker {walked}")
    print(f"walked {len(by_days):,} by days and {len(by_minutes):,} by minutes: {wrong} differences")
    tell("worktime", spent, "s", BOUND, deadlines=count, compared=len(by_days) + len(by_minutes), differences=wrong)
    return 1 if wrong or spent > BOUND else 0


def _spans(written: list[tuple[str, str]]) -> tuple[tuple[int, int], ...]:
    return tuple((minute_of(opens), minute_of(closes)) for opens, closes in written)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
