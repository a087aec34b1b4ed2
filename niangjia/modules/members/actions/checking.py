"""The nightly look: does the tally equal the rows, do the rows say what their people say?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from niangjia.kernel.access.actor import SYSTEM
from niangjia.kernel.audit import actions as audit

SHOWN = 20

_TALLY = """
with truth as (
    select scope_id, status, 0 as category, count(*) as n from members_membership group by scope_id, status
    union all
    select scope_id, status, category, count(*) from members_membership, unnest(categories) as category
    group by scope_id, status, category
)
select coalesce(t.scope_id, r.scope_id), coalesce(t.status, r.status), coalesce(t.category, r.category),
       coalesce(t.n, 0), coalesce(r.n, 0)
from members_membertally t full join truth r
  on r.scope_id = t.scope_id and r.status = t.status and r.category = t.category
where coalesce(t.n, 0) <> coalesce(r.n, 0)
order by 1, 2, 3
"""
_FLOW = """
with now as (
    select scope_id, sum(n) as n from members_membertally where category = 0 and status in (1, 2) group by scope_id
), since as (select scope_id, sum(n) as n from members_memberflow group by scope_id)
select coalesce(now.scope_id, since.scope_id), coalesce(since.n, 0), coalesce(now.n, 0)
from now full join since on since.scope_id = now.scope_id
where coalesce(since.n, 0) <> coalesce(now.n, 0)
order by 1
"""
_NAMES = """
select m.id, m.person_id from members_membership m join members_person p on p.id = m.person_id
where m.name <> p.name or (m.phone_tail = '') <> (p.phone is null)
order by 1
"""


@dataclass(frozen=True)
class Differences:
    """Each line: the keys, what is kept, what the rows say."""

    tally: list[tuple[Any, ...]]
    flow: list[tuple[Any, ...]]
    names: list[tuple[Any, ...]]

    def __bool__(self) -> bool:
        return bool(self.tally or self.flow or self.names)


def check_register(*, now: datetime) -> Differences:
    """Compares, each in one statement and so at one moment; a difference goes into the trail for somebody to look at."""
    with connection.cursor() as cursor:
        found = Differences(*(_all(cursor, sql) for sql in (_TALLY, _FLOW, _NAMES)))
    if found:
        audit.record(
            actor=SYSTEM, verb="members.register.differs", now=now,
            after={
                name: {"rows": len(lines), "first": [[int(value) for value in line] for line in lines[:SHOWN]]}
                for name, lines in (("tally", found.tally), ("flow", found.flow), ("names", found.names))
            },
        )  # fmt: skip
    return found


def _all(cursor: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql)
    return list(cursor.fetchall())
