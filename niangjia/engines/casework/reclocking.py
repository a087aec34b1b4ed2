"""When the calendar or office hours change, everything open is counted anew.

In batches, each a short transaction. A row that somebody holds or has changed since it was read is left
and read again; what is still left after that, the nightly run finds.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.urls import reverse

from niangjia.engines.casework.clock import Span, Timing, timing
from niangjia.engines.casework.models import Case, Pause
from niangjia.engines.casework.rules import OPEN
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import Refused
from niangjia.kernel.events import subscribe
from niangjia.kernel.notify.actions import notify
from niangjia.kernel.worktime.clock import ZONE
from niangjia.kernel.worktime.events import CalendarChanged, OfficeHoursChanged
from niangjia.kernel.worktime.queries import Clocks, clocks

log = logging.getLogger(__name__)

BATCH = 5_000
ROUNDS = 3
LOCK_TIMEOUT = "3s"
WHY = "the product counts the limits of everything open"

FACTS = (
    "stage", "limits", "extra_days", "climb_step", "received_at", "accepted_at", "runs_from", "answered_at",
    "own_due_at", "paused_at",
)  # fmt: skip
CLOCK = (
    "accept_due_at", "answer_due_at", "close_due_at", "due_at", "climb_at", "climb_step", "is_provisional",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What of a case decides its clock (`clock.Facts`)."""

    stage: int
    limits: Mapping[str, Any]
    extra_days: int
    climb_step: int
    received_at: datetime
    accepted_at: datetime | None
    runs_from: datetime | None
    answered_at: datetime | None
    own_due_at: datetime | None
    paused_at: datetime | None


class Counted(NamedTuple):
    """A case whose clock is no longer what it was; `version` is the row's, as PostgreSQL numbers them."""

    pk: int
    version: str
    clock: tuple[Any, ...]


def reclock_open(*, now: datetime, years: Collection[int] | None = None, path: str | None = None) -> int:
    """Counts every open case anew, at and under a path if given, and says how many clocks were changed.

    `years`: whose table changed; what was received later than that can't be touched by it.
    """
    told: Counter[int] = Counter()
    changed = last = 0
    left: list[int] = []
    while True:
        keys = _keys_after(last, years, path)
        if not keys:
            break
        done, missed = _count(keys, told, now)
        changed, last = changed + done, keys[-1]
        left += missed
    for _ in range(ROUNDS):
        if not left:
            break
        done, left = _count(left, told, now)
        changed += done
    if left:
        log.warning("%s cases were being changed and keep their clock until tonight", len(left))
    _tell_leads(told, now)
    return changed


def _keys_after(last: int, years: Collection[int] | None, path: str | None) -> list[int]:
    rows = Case.objects.unscoped(reason=WHY).filter(stage__in=sorted(OPEN), pk__gt=last)
    if years:
        rows = rows.filter(received_at__lt=datetime(max(years) + 1, 1, 1, tzinfo=ZONE))
    if path:
        rows = rows.filter(scope__in=Scope.objects.filter(path__under=path).values("id"))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _count(keys: list[int], told: Counter[int], now: datetime) -> tuple[int, list[int]]:
    """How many of these were changed, and which could not be."""
    current = clocks()  # asked for each batch: the tables may change once more while this runs
    changed = 0
    left: list[int] = []
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        differing = list(_differing(batch, current, now))
        if not differing:
            continue
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            _copy(cursor, differing)
            cursor.execute(_UPDATE)
            written = cursor.fetchall()
        changed += len(written)
        left += {each.pk for each in differing} - {pk for pk, _, _ in written}
        told.update(lead for _, lead, moved in written if moved and lead is not None)
    return changed, left


def _differing(keys: Collection[int], current: Clocks, now: datetime) -> Iterable[Counted]:
    stops = _ended_pauses(keys)
    rows = (
        Case.objects.unscoped(reason=WHY)
        .filter(pk__in=keys, stage__in=sorted(OPEN))
        .annotate(path=F("scope__path"), version=RawSQL("casework_case.xmin::text", ()))
        .order_by("pk")
        .values_list("pk", "version", "path", *FACTS, *CLOCK)
    )
    for pk, version, path, *values in rows:
        facts, had = Row(*values[: len(FACTS)]), tuple(values[len(FACTS) :])
        try:
            clock = written(timing(facts, current.of(str(path)), stopped=stops.get(pk, ()), now=now))
        except (KeyError, ValueError, Refused):
            log.exception("The limits of case %s can't be counted; it keeps its clock", pk)
            continue
        if clock != had:
            yield Counted(pk, version, clock)


def written(found: Timing) -> tuple[Any, ...]:
    return tuple(getattr(found, name) for name in CLOCK)


def _ended_pauses(keys: Collection[int]) -> dict[int, tuple[Span, ...]]:
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    rows = Pause.objects.unscoped(reason=WHY).filter(case__in=keys).exclude(until_at=None).order_by("from_at")
    for case, from_at, until_at in rows.values_list("case_id", "from_at", "until_at"):
        spans[case].append((from_at, until_at))
    return {case: tuple(each) for case, each in spans.items()}


def _copy(cursor: Any, counted: Iterable[Counted]) -> None:
    cursor.execute(
        "create temp table if not exists reclocked (id bigint, version xid, accept_due_at timestamptz, answer_due_at timestamptz,"
        " close_due_at timestamptz, due_at timestamptz, climb_at timestamptz, climb_step int2, is_provisional bool)"
        " on commit drop"
    )
    cursor.execute("truncate reclocked")  # in tests many batches share one transaction
    with cursor.copy("copy reclocked from stdin") as copy:
        for each in counted:
            copy.write_row((each.pk, each.version, *each.clock))


_SET = ", ".join(f"{name} = new.{name}" for name in CLOCK)
_UPDATE = f"""
with untouched as materialized (
    select c.id, c.due_at
      from casework_case c join reclocked new on new.id = c.id and new.version = c.xmin
     order by c.id
       for no key update of c skip locked
)
update casework_case c set {_SET}
  from untouched, reclocked new
 where c.id = untouched.id and new.id = untouched.id
returning c.id, c.lead_id, untouched.due_at is distinct from c.due_at
"""


def _tell_leads(told: Mapping[int, int], now: datetime) -> None:
    """Once each, with how many; a message for every case would bury what is urgent."""
    by_count: defaultdict[int, list[int]] = defaultdict(list)
    for lead, count in told.items():
        by_count[count].append(lead)
    for count, leads in sorted(by_count.items()):
        notify(
            sorted(leads),
            title=f"您主办的 {count} 件工单的期限已重新计算",
            body="工作日历或办公时间有变化，到期时间随之调整，请查看新的期限。",
            url=reverse("ui:home"),
            now=now,
        )


# A moment later, in the background: who publishes a table doesn't wait for a hundred thousand cases.


@subscribe(CalendarChanged)
def when_the_calendar_changes(event: CalendarChanged) -> None:
    from niangjia.engines.casework.jobs import reclock

    reclock.defer(years=list(event.years), path="")


@subscribe(OfficeHoursChanged)
def when_office_hours_change(event: OfficeHoursChanged) -> None:
    from niangjia.engines.casework.jobs import reclock

    reclock.defer(years=[], path=event.path)
