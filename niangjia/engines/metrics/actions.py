"""Counting ahead, and giving a fault of the data to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from niangjia.engines.metrics.declared import Fact, Fault, facts, fault_named, faults
from niangjia.engines.metrics.models import DataFault, Recount
from niangjia.engines.metrics.permissions import Permission
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Scope
from niangjia.kernel.access.queries import held_by
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.acting import changing
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import notify

MOST_ROWS = 500

_PUT_FACTS = """
with now as ({counted}),
gone as (
    delete from metrics_scopefact f where name = %s and {under}
    and not exists (select 1 from now where now.scope_id = f.scope_id)
)
insert into metrics_scopefact as f (scope_id, name, n) select scope_id, %s, n from now order by scope_id
on conflict (scope_id, name) do update set n = excluded.n where f.n <> excluded.n
"""
# The officer nearest to the place whose job puts such rows right; of several the one whose job stands lower in the table.
_OWNER = """
select g.user_id, u.name from access_grant g
join access_scope a on a.id = g.scope_id
join access_user u on u.id = g.user_id and u.is_active
where a.path @> s.path and g.job = any(%s) and g.ended_at is null
  and g.from_on <= %s and (g.until_on is null or g.until_on > %s)
order by nlevel(a.path) desc, array_position(%s, g.job::text) desc, g.id limit 1
"""
_PUT_FAULTS = f"""
with now as ({{counted}}),
mended as (
    update metrics_datafault f set mended_on = %s, n = 0 where name = %s and mended_on is null and {{under}}
    and not exists (select 1 from now where now.scope_id = f.scope_id)
)
insert into metrics_datafault as f (scope_id, name, n, since_on, due_on, owner_id, owner_name, note)
select now.scope_id, %s, now.n, %s, %s, owner.user_id, coalesce(owner.name, ''), ''
from now join access_scope s on s.id = now.scope_id left join lateral ({_OWNER}) as owner on true
order by now.scope_id
on conflict (scope_id, name) where mended_on is null do update set n = excluded.n where f.n <> excluded.n
"""  # noqa: S608 - made of our own statements
_UNDER = "f.scope_id in (select id from access_scope where path <@ any(%s::ltree[]))"


def recount(*, now: datetime, paths: Sequence[str] | None = None) -> None:
    """Counts every fact and fault anew: everywhere, or at and under these places.

    Two at once would do the same work twice, so the second waits. A fault that is gone is kept as mended.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('metrics.recount'))")
        today = timezone.localdate(now)
        for fact in facts():
            _put_fact(cursor, fact, paths, today)
        for fault in faults():
            _put_fault(cursor, fault, paths, today)


def _put_fact(cursor: Any, fact: Fact, paths: Sequence[str] | None, today: date) -> None:
    counted, given = _counted(fact.counted(today), paths)
    under, before = _under(paths)
    cursor.execute(_PUT_FACTS.format(counted=counted, under=under), [*given, fact.name, *before, fact.name])


def _put_fault(cursor: Any, fault: Fault, paths: Sequence[str] | None, today: date) -> None:
    counted, given = _counted(fault.counted(today), paths)
    under, before = _under(paths)
    mending = [code for code, job in jobs().items() if fault.mend in job.permissions]
    cursor.execute(
        _PUT_FAULTS.format(counted=counted, under=under),
        [
            *given, today, fault.name, *before,
            fault.name, today, today + timedelta(days=fault.days), mending, today, today, mending,
        ],
    )  # fmt: skip


def _counted(rows: QuerySet[Any], paths: Sequence[str] | None) -> tuple[str, Sequence[Any]]:
    """(scope_id, n) of these rows as a statement and its parameters."""
    if paths is not None:
        rows = rows.filter(scope__in=Scope.objects.filter(path__under_any=list(paths)).values("id"))
    compiled: tuple[str, Sequence[Any]] = (
        rows.order_by().values("scope_id").annotate(n=Count("pk")).query.sql_with_params()
    )
    return compiled


def _under(paths: Sequence[str] | None) -> tuple[str, list[Any]]:
    """The condition on what was counted before."""
    return ("true", []) if paths is None else (_UNDER, [list(paths)])


def recount_what_changed(*, now: datetime) -> int:
    """Counts anew at the places of which the trail says that something happened since; returns how many places."""
    with transaction.atomic():
        state, _ = Recount.objects.select_for_update().get_or_create(pk=1)
        newest = AuditEntry.objects.aggregate(newest=Max("id"))["newest"] or 0
        since = AuditEntry.objects.filter(id__gt=state.audit_id, id__lte=newest, path__isnull=False)
        paths: list[Any] = list(since.order_by().values_list("path", flat=True).distinct())
        if paths:
            recount(now=now, paths=paths)
        state.audit_id, state.at = newest, now
        state.save()
    return len(paths)


def recount_all(*, now: datetime) -> None:
    with transaction.atomic():
        state, _ = Recount.objects.select_for_update().get_or_create(pk=1)
        state.audit_id, state.at = AuditEntry.objects.aggregate(newest=Max("id"))["newest"] or 0, now
        recount(now=now)
        state.save()


def assign_faults(
    pks: Iterable[int], *, owner_id: int, due_on: date, actor: Actor, now: datetime, note: str = ""
) -> int:
    """Gives faults to an officer who may put such rows right there, until a day; returns how many.

    Raises Missing, NotPermitted, Refused for a day that is past, or an officer without the right at one of the places.
    """
    today = timezone.localdate(now)
    wanted = sorted(set(pks))
    if not wanted:
        raise Refused("fault.none", "请先勾选要分派的问题。")
    if len(wanted) > MOST_ROWS:
        raise Refused("fault.many", f"一次最多分派 {MOST_ROWS} 条，请分批勾选。")
    if due_on < today:
        raise Refused("fault.due", "整改期限不能早于今天。", "due_on")
    held = held_by(owner_id, on=today)
    owner = Actor(owner_id, officer_name(owner_id, actor), held)
    with transaction.atomic():
        for pk in wanted:
            _assign(pk, owner, due_on=due_on, note=note, actor=actor, now=now)
        notify(
            [owner_id], title=f"{actor.name}分派给您 {len(wanted)} 项数据问题", body=f"请在 {due_on} 前改好。{note}",
            url="/desk/faults/?mine=1", now=now,
        )  # fmt: skip
    return len(wanted)


def _assign(pk: int, owner: Actor, *, due_on: date, note: str, actor: Actor, now: datetime) -> None:
    with changing(
        DataFault, pk, actor=actor, permission=Permission.FAULT_ASSIGN, verb="metrics.fault.assigned", now=now
    ) as row:
        if row.mended_on is not None:
            return
        if not owner.may(fault_named(row.name).mend, row.scope.path):
            raise Refused("fault.owner", f"{owner.name}在那里没有修改资料的权限，请另选责任人。", "owner")
        row.owner_id, row.owner_name, row.due_on, row.note = owner.user_id, owner.name, due_on, note.strip()[:200]
        row.save()


def officer_name(user_id: int, actor: Actor) -> str:
    """Raises Refused for somebody who is no officer in the actor's sight."""
    grant = Grant.objects.visible_to(actor).filter(user=user_id, ended_at=None).select_related("user").first()
    if grant is None or not grant.user.is_active:
        raise Refused("fault.owner", "请从您管辖的在任干部中选择责任人。", "owner")
    return str(grant.user.name)
