"""What is done for batches that nobody looks after: lost, stuck or old ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from niangjia.engines.imports import staging
from niangjia.engines.imports.models import TAKEN_BACK_WITHIN, BatchState, ImportBatch, RowBefore
from niangjia.engines.imports.steps import GIVEN_UP, TASKS, begin, fail

S = BatchState
KEPT_DAYS = 30


def look_after(*, now: datetime) -> None:
    """Checks again what the database lost when it was killed, and gives up what no job works on any more."""
    for batch in _batches().filter(state__in=[S.CHECKED, S.WAITING], rows__gt=0):
        if not staging.stands(batch):
            with transaction.atomic():
                current = _batches().select_for_update().get(pk=batch.pk)
                if current.state in {S.CHECKED, S.WAITING}:
                    begin(current, S.CHECKING, now=now)
    at_work = list(_batches().filter(state__in=TASKS).values_list("pk", "step_began_at"))
    busy = _with_jobs()  # after the batches: a step that begins in between has its job
    for pk, began_at in at_work:
        if pk not in busy:
            fail(pk, GIVEN_UP, now=now, began_at=began_at)


def forget(*, now: datetime) -> int:
    """Drops staging tables past their day, and batches that nobody confirmed; returns how many tables went."""
    day = now - timedelta(days=KEPT_DAYS)
    never_written = Q(state__in=[S.UPLOADED, S.CHECKED, S.WAITING]) | Q(state=S.FAILED) & ~Q(failed_in=S.TAKING_BACK)
    _batches().filter(never_written, created_at__lt=day).update(
        state=S.DROPPED, trouble=f"超过 {KEPT_DAYS} 天没有确认，已自动放弃。"
    )
    RowBefore.objects.filter(batch__committed_at__lt=now - TAKEN_BACK_WITHIN).delete()
    done = Q(state__in=[S.DONE, S.FAILED], committed_at__lt=day)
    forgotten = _batches().filter(done | Q(state__in=[S.DROPPED, S.TAKEN_BACK]), pk__in=_with_tables())
    for batch in forgotten:
        staging.drop(batch)
    return len(forgotten)


def _batches() -> QuerySet[ImportBatch]:
    return ImportBatch.objects.unscoped(reason="the importer's own nightly work")


def _with_tables() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select substring(relname from '[0-9]+$')::bigint from pg_class "
            "where relkind = 'r' and relname ~ '^imports_staged_[0-9]+$'"
        )
        return [int(number) for (number,) in cursor.fetchall()]


def _with_jobs() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select (args ->> 'batch_id')::bigint from procrastinate_jobs "
            "where task_name = any(%s) and status in ('todo', 'doing')",
            [list(TASKS.values())],
        )
        return {int(pk) for (pk,) in cursor.fetchall()}
