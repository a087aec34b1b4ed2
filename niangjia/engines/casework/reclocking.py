"""When the calendar or office hours change, everything open is counted anew.

In batches, each a short transaction. A row that somebody holds or has changed since it was read is left
and read again; what is still left after that, the nightly run finds.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse

from niangjia.engines.casework.clock import Span, timing
from niangjia.engines.casework.models import Case
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
BEGINNING = datetime(1970, 1, 1, 8, tzinfo=ZONE)
MICROSECOND = timedelta(microseconds=1)
WHY = "the product counts the limits of everything open"

CLOCK = (
    "accept_due_at", "answer_due_at", "close_due_at", "due_at", "climb_at", "climb_step", "is_provisional",
)  # fmt: skip
MOMENTS = CLOCK[:5]


@dataclass(slots=True)
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

    `years`: whose table changed; what ended before it, or begins after, can't be touched by it.
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
        first = datetime(min(years) - 1, 12, 1, tzinfo=ZONE)  # a notice may reach into the December before
        reaching = Q(accept_due_at=None)
        for name in MOMENTS:
            reaching |= Q(**{f"{name}__gte": first})
        rows = rows.filter(reaching, received_at__lt=datetime(max(years) + 1, 1, 1, tzinfo=ZONE))
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
            ends = [differing[0].pk, differing[-1].pk]  # the batch is a stretch of the table, not all of it
            cursor.execute(_UPDATE, [*ends, *ends])
            written = cursor.fetchall()
        changed += len(written)
        left += {each.pk for each in differing} - {pk for pk, _, _ in written}
        told.update(lead for _, lead, moved in written if moved and lead is not None)
    return changed, left


def _microseconds(*columns: str) -> str:
    return ", ".join(f"(extract(epoch from {column}) * 1000000)::int8" for column in columns)


# Moments come and go as numbers: of a hundred thousand rows reading dates would take longer than counting.
_READ = f"""
select c.id, c.xmin::text, s.path::text, c.stage, c.limits::text, c.extra_days, c.climb_step,
       {_microseconds("c.received_at", "c.accepted_at", "c.runs_from", "c.answered_at", "c.own_due_at", "c.paused_at")},
       {_microseconds(*(f"c.{name}" for name in MOMENTS))}, c.is_provisional
  from casework_case c join access_scope s on s.id = c.scope_id
 where c.id = any(%s) and c.stage = any(%s)
 order by c.id
"""  # noqa: S608 - our own columns
_PAUSES = f"""
select case_id, {_microseconds("from_at", "until_at")} from casework_pause
 where case_id = any(%s) and until_at is not null order by from_at
"""  # noqa: S608 - our own columns


def _differing(keys: list[int], current: Clocks, now: datetime) -> Iterable[Counted]:
    with connection.cursor() as cursor:
        cursor.execute(_PAUSES, [keys])
        stops: defaultdict[int, tuple[Span, ...]] = defaultdict(tuple)
        for case, from_at, until_at in cursor.fetchall():
            stops[case] += ((_moment(from_at), _moment(until_at)),)
        cursor.execute(_READ, [keys, sorted(OPEN)])
        rows = cursor.fetchall()
    for pk, version, path, stage, limits, extra_days, step, received, *moments in rows:
        facts = Row(
            stage, _limits(limits), extra_days, step, _moment(received),
            *(None if moment is None else _moment(moment) for moment in moments[:5]),
        )  # fmt: skip
        try:
            found = timing(facts, current.of(path), stopped=stops.get(pk, ()), now=now)
        except (KeyError, ValueError, Refused):
            log.exception("The limits of case %s can't be counted; it keeps its clock", pk)
            continue
        clock = (*(_number(getattr(found, name)) for name in MOMENTS), found.climb_step, found.is_provisional)
        if clock != (*moments[5:10], step, moments[10]):
            yield Counted(pk, version, clock)


@lru_cache(maxsize=1_000)
def _limits(written: str) -> Mapping[str, Any]:
    return MappingProxyType(json.loads(written))


def _moment(microseconds: int) -> datetime:
    return BEGINNING + timedelta(microseconds=microseconds)


def _number(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - BEGINNING) // MICROSECOND


def _line(values: Iterable[object]) -> str:
    """As COPY reads it; nothing but numbers, truths and nothing."""
    return "\t".join("\\N" if value is None else str(value) for value in values) + "\n"


def _copy(cursor: Any, counted: Iterable[Counted]) -> None:
    cursor.execute(
        "create temp table if not exists reclocked (id int8, version xid, accept_due_at int8, answer_due_at int8,"
        " close_due_at int8, due_at int8, climb_at int8, climb_step int2, is_provisional bool) on commit drop"
    )
    cursor.execute("truncate reclocked")  # in tests many batches share one transaction
    with cursor.copy("copy reclocked from stdin") as copy:
        copy.write("".join(_line((each.pk, each.version, *each.clock)) for each in counted))
    cursor.execute("analyze reclocked")


_SET = ", ".join(
    f"{name} = 'epoch'::timestamptz + new.{name} * interval '1 microsecond'"
    if name in MOMENTS
    else f"{name} = new.{name}"
    for name in CLOCK
)
_UPDATE = f"""
with untouched as materialized (
    select c.id, c.due_at
      from casework_case c join reclocked new on new.id = c.id and new.version = c.xmin
     where c.id between %s and %s
     order by c.id
       for no key update of c skip locked
)
update casework_case c set {_SET}
  from untouched, reclocked new
 where c.id = untouched.id and new.id = untouched.id and c.id between %s and %s
returning c.id, c.lead_id, untouched.due_at is distinct from c.due_at
"""  # noqa: S608 - our own columns


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
