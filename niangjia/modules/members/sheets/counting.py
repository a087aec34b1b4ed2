"""Tally and flow of whole sets of memberships, as a `TallySheet` notes them one by one."""

from __future__ import annotations

from typing import Any

from django.db import connection

from niangjia.modules.members.actions.tally import Standing, TallySheet, moves_of
from niangjia.modules.members.rules import Change

COUNTED = """
create temp table sheet_counted (
    membership_id bigint, sign smallint, scope_id bigint, status smallint, categories smallint[],
    joined_on date, ended_on date
) on commit drop
"""
_MOVED = """
with gone as (
    delete from sheet_counted where membership_id in (
        select c.membership_id from members_membershipchange c
        join sheet_counted n on n.membership_id = c.membership_id where c.kind = %s
    ) returning *
)
select membership_id, sign, scope_id, status, categories, joined_on, ended_on from gone
"""
# Every key is touched in order and by adding nothing first: a negative row could not be proposed for insertion.
_HELD = """
insert into members_membertally as t (scope_id, status, category, n)
select scope_id, status, category, 0 from ({delta}) delta order by 1, 2, 3
on conflict (scope_id, status, category) do update set n = t.n
"""
_ADDED = """
insert into members_membertally as t (scope_id, status, category, n)
select scope_id, status, category, n from ({delta}) delta order by 1, 2, 3
on conflict (scope_id, status, category) do update set n = t.n + excluded.n
"""
_CHANGED = """
update members_membertally t set n = t.n + delta.n from ({delta}) delta
 where t.scope_id = delta.scope_id and t.status = delta.status and t.category = delta.category
"""
_DELTA = """
select scope_id, status, category, sum(sign)::int as n
  from {facts}, unnest(array_prepend(0::smallint, categories)) as category
 group by 1, 2, 3 having sum(sign) <> 0
"""
_FLOW = """
insert into members_memberflow as f (scope_id, "on", n)
select scope_id, day, sum(n)::int from (
    select scope_id, joined_on as day, sign::int as n from {facts}
    union all
    select scope_id, ended_on, -sign from {facts} where ended_on is not null
) days group by 1, 2 having sum(n) <> 0 order by 1, 2
on conflict (scope_id, "on") do update set n = f.n + excluded.n
"""


class SetTally:
    """What one commit changes: memberships noted before (-1) and after (+1) they change; begins in the transaction."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists sheet_counted")
            cursor.execute(COUNTED)

    def note(self, which: str, *, sign: int) -> None:
        """The memberships as they stand now; `which` is SQL about their `id`."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                insert into sheet_counted
                select id, {sign:d}, scope_id, status, categories, joined_on, ended_on from members_membership
                 where {which}
                """
            )

    def note_all(self, select: str, params: Any) -> None:
        """Rows in the table's own columns."""
        with connection.cursor() as cursor:
            cursor.execute(f"insert into sheet_counted {select}", params)

    def write(self) -> None:
        """In the order of the keys, tally before flow, as everybody does."""
        with connection.cursor() as cursor:
            cursor.execute("analyze sheet_counted")
            moved = self._moved(cursor)
            cursor.execute("select exists (select 1 from sheet_counted where sign < 0)")
            less = bool((cursor.fetchone() or (False,))[0])
            delta = _DELTA.format(facts="sheet_counted")
            for statement in (_HELD, _CHANGED) if less else (_ADDED,):
                cursor.execute(statement.format(delta=delta))
            cursor.execute(_FLOW.format(facts="sheet_counted"))
        moved.write()

    def _moved(self, cursor: Any) -> TallySheet:
        """Those whose union was merged once were elsewhere on earlier days: they are counted one by one."""
        cursor.execute(_MOVED, [Change.MERGED])
        rows = cursor.fetchall()
        moves = moves_of({row[0] for row in rows})
        sheet = TallySheet()
        for pk, sign, scope, status, categories, joined_on, ended_on in rows:
            standing = Standing(scope, status, tuple(categories), joined_on, ended_on, moves.get(pk, ()))
            if sign > 0:
                sheet.note(before=None, after=standing)
            else:
                sheet.forget(standing)
        return sheet
