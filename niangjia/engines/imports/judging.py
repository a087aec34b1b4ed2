"""Comparing a checked batch with the register, and knowing later whether that still holds.

Judging holds the sheet's lock shared, committing holds it alone: a commit lies wholly before a judgement or
wholly after it, and then `checked_after` differs.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from niangjia.engines.imports import staging
from niangjia.engines.imports.models import ImportBatch
from niangjia.engines.imports.sheet import Place, Sheet

_SHEETS = 7_306_302  # an advisory lock's first half; the number means nothing
FRESH = timedelta(minutes=10)
"""People edit the register by hand as well: after this long the batch is judged again before it is written."""


def hold(sheet: str, *, alone: bool) -> None:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"select pg_advisory_xact_lock{'' if alone else '_shared'}(%s, hashtext(%s))", [_SHEETS, sheet])


def commits_of(sheet: str) -> int:
    """How many commits and takings back there were so far."""
    batches = ImportBatch.objects.unscoped(reason="counts the commits of a kind of sheet, reads no batch")
    return (
        batches.filter(sheet=sheet, committed_at__isnull=False).count()
        + batches.filter(sheet=sheet, taken_back_at__isnull=False).count()
    )


def judge(batch: ImportBatch, sheet: Sheet, place: Place, *, again: bool) -> None:
    """Outcome and further problems of every row; the figures are put on the batch and not saved."""
    with transaction.atomic():
        hold(sheet.name, alone=False)
        if again:
            staging.forget_judgement(batch.staging)
        batch.checked_after, batch.checked_at = commits_of(sheet.name), timezone.now()
        sheet.judge(batch.staging, place)
        if not again:
            staging.judged(batch.staging)
        counted = staging.count(batch.staging)
        batch.rows, batch.outcomes, batch.problems = counted.rows, counted.outcomes, counted.problems
        batch.fingerprint = counted.fingerprint
        batch.absent = sheet.absent_count(batch.staging, place) if sheet.leavers_title else 0


def is_stale(batch: ImportBatch) -> bool:
    """With the sheet's lock held alone: whether the register may have changed since the batch was judged."""
    old = batch.checked_at is None or timezone.now() - batch.checked_at > FRESH
    return old or batch.checked_after != commits_of(batch.sheet)
