"""What a merger of unions means for the register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from niangjia.kernel.access.actions import hold_place
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit import actions as audit
from niangjia.modules.members.rules import Change

# In the order in which whoever acts on many holds them: the update alone takes them as they lie.
_HOLD = """
select count(*) from (
    select 1 from members_membership where scope_id = %(gone)s order by id for no key update
) held
"""
_MOVE = """
with moved as (
    update members_membership set scope_id = %(into)s where scope_id = %(gone)s returning id
)
insert into members_membershipchange (membership_id, kind, "on", reason, from_scope_id, to_scope_id, actor_name, at)
select id, %(kind)s, %(on)s, '', %(gone)s, %(into)s, %(actor)s, %(now)s from moved
"""
_LOCK_TALLY = """
select 1 from members_membertally where scope_id in (%(gone)s, %(into)s) order by scope_id, status, category for update
"""
_TALLY = """
insert into members_membertally as t (scope_id, status, category, n)
select %(into)s, status, category, n from members_membertally where scope_id = %(gone)s and n > 0
order by status, category
on conflict (scope_id, status, category) do update set n = t.n + excluded.n
"""
_EMPTY_TALLY = "delete from members_membertally where scope_id = %(gone)s"
# Who was active in the union that went when the day ended; whatever came later happened in the other one.
_WERE_THERE = """
select coalesce((select sum(n) from members_membertally where scope_id = %(gone)s and category = 0 and status in (1, 2)), 0)
     - coalesce((select sum(n) from members_memberflow where scope_id = %(gone)s and "on" > %(on)s), 0)
"""
_LATER_FLOW = """
with later as (delete from members_memberflow where scope_id = %(gone)s and "on" > %(on)s returning "on", n)
insert into members_memberflow as f (scope_id, "on", n) select %(into)s, "on", n from later order by "on"
on conflict (scope_id, "on") do update set n = f.n + excluded.n
"""
_FLOW_OF_THE_DAY = """
insert into members_memberflow as f (scope_id, "on", n) values (%(gone)s, %(on)s, -%(n)s), (%(into)s, %(on)s, %(n)s)
on conflict (scope_id, "on") do update set n = f.n + excluded.n
"""


def move_members(*, gone_id: int, into_id: int, on: date, actor: Actor, now: datetime) -> int:
    """All memberships of a union go over to the one it was merged into; returns how many.

    Part of the merger, which has asked for the right. Each membership keeps a line that says where it
    was before, the flow of the day says how many left here and came there: last year's figures of
    both stay what they were.
    """
    facts: dict[str, Any] = {
        "gone": gone_id,
        "into": into_id,
        "on": on,
        "kind": Change.MERGED.value,
        "actor": actor.name,
        "now": now,
    }
    with transaction.atomic():
        hold_place(gone_id)
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, facts)
            cursor.execute(_MOVE, facts)
            moved = int(cursor.rowcount)
            if not moved:
                return 0
            cursor.execute(_LOCK_TALLY, facts)
            cursor.execute(_WERE_THERE, facts)
            there = (cursor.fetchone() or (0,))[0]
            cursor.execute(_TALLY, facts)
            cursor.execute(_EMPTY_TALLY, facts)
            cursor.execute(_LATER_FLOW, facts)
            if there:
                cursor.execute(_FLOW_OF_THE_DAY, facts | {"n": there})
        path = Scope.objects.values_list("path", flat=True).get(pk=into_id)
        audit.record(
            actor=actor, verb="members.register.merged", path=path, now=now,
            after={"from": gone_id, "to": into_id, "on": str(on), "memberships": moved},
        )  # fmt: skip
    return moved
