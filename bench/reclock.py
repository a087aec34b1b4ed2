"""`niangjia bench reclock`: the table of a year comes, and an office moves its closing time, with many cases open.

The first touches what reaches into the year, the second everything. Afterwards the clock of each case is
counted alone, as when somebody acts on it, and compared.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import connection
from psycopg.types.json import Jsonb

from bench.figures import tell
from niangjia.engines.casework.actions.clocks import CLOCK_FIELDS, set_clock
from niangjia.engines.casework.models import Case, Pause
from niangjia.engines.casework.reclocking import reclock_open
from niangjia.engines.casework.rules import OPEN, Stage
from niangjia.kernel.access.actor import Actor, Held
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.bulk import advance_ids, copy_rows, take_ids, vacuum
from niangjia.kernel.worktime.actions import Season, publish_calendar_year, set_office_hours
from niangjia.kernel.worktime.clock import ZONE

BOUND = 30.0
FIRST, NOW = datetime(2026, 11, 2, tzinfo=ZONE), datetime(2026, 12, 28, 9, tzinfo=ZONE)
NOTICE = """元旦：1月1日至3日放假。
春节：2月5日至12日放假。1月31日、2月20日上班。
劳动节：5月1日至5日放假。
国庆节：10月1日至7日放假。"""
LIMITS = (
    {"accept": [2, "working_days"], "answer": [10, "working_days"], "close": [15, "working_days"]},
    {"accept": [240, "working_minutes"], "answer": [5, "working_days"], "close": [10, "working_days"]},
    {"accept": [60, "working_minutes"], "answer": [420, "working_minutes"], "close": [3, "working_days"]},
    {"accept": [15, "minutes"], "answer": [24 * 60, "minutes"], "close": [60, "natural_days"]},
)
CASE = (
    "id", "kind", "number", "title", "scope_id", "received_scope_id", "stage", "urgency", "is_major",
    "is_confidential", "kept_from", "kept_from_users", "lead_id", "received_at", "accepted_at", "runs_from",
    "answered_at", "touched_at", "limits", "extra_days", "own_due_at", "climb_step", "is_provisional", "paused_at",
    "was_late", "hand_backs", "tries", "reopened", "urged", "partner", "partner_number",
)  # fmt: skip


def cases(first: int, count: int, places: list[int], leads: list[int]) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(4)
    stages = sorted(OPEN)
    span = int((NOW - FIRST).total_seconds())
    for pk in range(first, first + count):
        stage = chance.choice(stages)
        received = FIRST + timedelta(seconds=chance.randrange(span))
        accepted = received + timedelta(hours=chance.randrange(1, 40)) if stage >= Stage.ACCEPTED else None
        answered = accepted + timedelta(hours=30) if accepted and stage == Stage.ANSWERED else None
        own = received + timedelta(days=chance.randrange(3, 30)) if chance.random() < 0.1 else None
        paused = (accepted or received) + timedelta(hours=9) if chance.random() < 0.05 else None
        place = chance.choice(places)
        yield (
            pk, "demands.demand", f"BENCH-{pk}", "量一量", place, place, stage, 1, False, False, [], [],
            chance.choice(leads) if accepted else None, received, accepted, accepted, answered, received,
            Jsonb(chance.choice(LIMITS)), chance.choice((0, 0, 0, 5)) if accepted else 0, own, 0, False, paused,
            False, 0, 0, 0, 0, "", "",
        )  # fmt: skip


def pauses(first: int, count: int) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(5)
    for pk in range(first, first + count, 8):
        from_at = FIRST + timedelta(hours=chance.randrange(60 * 24))
        yield pk, "FACTS", "", from_at, from_at + timedelta(hours=chance.randrange(1, 90))


def fill(count: int) -> None:
    places = list(Scope.objects.order_by("pk").values_list("pk", flat=True)[:700])
    leads = list(User.objects.order_by("pk").values_list("pk", flat=True)[:200])
    first = take_ids(Case, count)
    copy_rows(Case, CASE, cases(first, count, places, leads))
    copy_rows(Pause, ("case_id", "reason", "text", "from_at", "until_at"), pauses(first, count))
    advance_ids(Case, Pause)
    vacuum(Case, Pause)


def spent_on(what: str, act: Callable[[], int]) -> float:
    began = time.perf_counter()
    changed = act()
    spent = time.perf_counter() - began
    print(f"{what:<44} {changed:>9,} clocks changed in {spent:6.1f} s", flush=True)
    return spent


def differences() -> tuple[int, int]:
    """Each case counted alone, as by an action."""
    seen = wrong = 0
    rows = Case.objects.unscoped(reason="the bench compares all of them").filter(stage__in=sorted(OPEN))
    for case in rows.select_related("scope").order_by("pk").iterator(chunk_size=2_000):
        had = [getattr(case, name) for name in CLOCK_FIELDS]
        set_clock(case, now=NOW)
        seen += 1
        wrong += had != [getattr(case, name) for name in CLOCK_FIELDS]
    return seen, wrong


def main(count: int) -> int:
    top = Scope.objects.filter(parent=None).order_by("pk")[0]
    chair = Actor(user_id=None, name="主席", held=(Held("CHAIR", str(top.path)),))
    fill(count)
    spent_on("set for the first time", lambda: reclock_open(now=NOW))
    publish_calendar_year(2027, source="通知", text=NOTICE, actor=chair, now=NOW)
    published = spent_on("the table of 2027 comes", lambda: reclock_open(now=NOW, years=[2027]))
    for number, scope in enumerate(Scope.objects.filter(path__under=top.path)[:40]):
        closing = "18:00" if scope == top else f"17:{10 + number}"
        set_office_hours(
            scope.pk, [Season([("08:30", "12:00"), ("13:30", closing)])],
            from_on=FIRST.date(), actor=chair, now=FIRST,
        )  # fmt: skip
    moved = spent_on("office hours change at 40 places", lambda: reclock_open(now=NOW, path=str(top.path)))
    with connection.cursor() as cursor:
        cursor.execute("show server_version")
        (version,) = cursor.fetchone() or ("",)
    compared, wrong = differences()
    print(f"{compared:,} counted alone: {wrong} differences (PostgreSQL {version})")
    worst = max(published, moved)
    tell("reclock", worst, "s", BOUND, open=count, compared=compared, differences=wrong)
    return 1 if wrong or worst > BOUND else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
