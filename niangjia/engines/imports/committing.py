"""The commit and its undoing: one transaction each, one at a time for a kind of sheet.

Killed anywhere, nothing was written, and the same job run again finds the batch as it was.
"""

from __future__ import annotations

from datetime import datetime

import psycopg
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from niangjia.engines.imports import judging, staging
from niangjia.engines.imports.checking import one, place_of_batch, rebuild
from niangjia.engines.imports.models import BatchState, ImportBatch, RowBefore
from niangjia.engines.imports.progress import Progress, one_run_of
from niangjia.engines.imports.queries import to_write
from niangjia.engines.imports.sheet import Outcome, sheet_named
from niangjia.engines.imports.spool import Spool
from niangjia.engines.imports.steps import begin
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.bulk import vacuum
from niangjia.kernel.notify.actions import notify

CHANGED = "名册在检查之后有变化，已重新检查，请再确认。"
MANY = 10_000
"""From so many rows on, the tables' statistics would be out."""


def commit(batch_id: int, *, now: datetime) -> None:
    """The job: COMMITTING → DONE; or → CHECKING when the register says something else than the preview did."""
    batch = one(batch_id)
    with one_run_of(batch) as progress:
        batch = one(batch_id)
        if batch.state != BatchState.COMMITTING:
            return
        try:
            if not staging.stands(batch):
                _rebuild_alike(batch, progress, now)
            written = _commit(batch.pk, now)
        except (ChangedError, IntegrityError, psycopg.IntegrityError):
            _look_again(batch.pk, now)
        else:
            _tidy(written)


class ChangedError(Exception):
    """What would be written is not what was shown."""


def _commit(batch_id: int, now: datetime) -> ImportBatch:
    with transaction.atomic():
        batch = one(batch_id)
        sheet, place = sheet_named(batch.sheet), place_of_batch(batch, now)
        judging.hold(sheet.name, alone=True)
        batch = _locked(batch_id)
        if judging.is_stale(batch):
            shown = batch.fingerprint
            judging.judge(batch, sheet, place, again=True)
            if batch.fingerprint != shown:
                raise ChangedError
        made = sheet.commit(batch.staging, place, now=now)
        batch.state, batch.ranges, batch.trouble = BatchState.DONE, _listed(made.ranges), ""
        batch.committed_at = timezone.now()
        batch.save()
        audit.record(
            actor=place.actor,
            verb="imports.batch.committed",
            subject=batch,
            path=place.path,
            after={
                "sheet": sheet.title,
                "file_name": batch.file_name,
                **{outcome.name.lower(): batch.outcomes.get(str(int(outcome)), 0) for outcome in Outcome},
                "approver": batch.approver_name,
                "ranges": batch.ranges,
                **made.told,
            },
            now=now,
        )
        _tell(batch, f"{sheet.title}已导入", f"{batch.file_name}：写入 {to_write(batch)} 行。", now)
        return batch


def _listed(ranges: dict[str, tuple[int, int]]) -> dict[str, list[int]]:
    return {kind: [first, last] for kind, (first, last) in ranges.items()}


def _locked(batch_id: int) -> ImportBatch:
    batches = ImportBatch.objects.unscoped(reason="a job works on the batch that somebody with the right sent")
    batch: ImportBatch = batches.select_related("scope").select_for_update(of=("self",)).get(pk=batch_id)
    return batch


def _rebuild_alike(batch: ImportBatch, progress: Progress, now: datetime) -> None:
    """The database lost the checked rows: they are read again, and must say what was confirmed."""
    shown, spool = batch.fingerprint, Spool()
    try:
        rebuild(batch, place_of_batch(batch, now), spool, progress)
    finally:
        spool.close()
    if batch.fingerprint != shown:
        raise ChangedError


def _look_again(batch_id: int, now: datetime) -> None:
    """Nothing was written: the rows are checked against the register as it is now, and an approval no longer holds."""
    with transaction.atomic():
        batch = _locked(batch_id)
        if batch.state != BatchState.COMMITTING:
            return
        batch.trouble, batch.asked_at = CHANGED, None
        batch.approver_id, batch.approver_name, batch.approved_at = None, "", None
        begin(batch, BatchState.CHECKING, now=now)


def _tidy(batch: ImportBatch) -> None:
    if to_write(batch) < MANY or connection.in_atomic_block:
        return
    kinds = {*batch.ranges, *RowBefore.objects.filter(batch=batch).values_list("kind", flat=True).distinct()}
    tables = {model._meta.label_lower: model for model in apps.get_models()}
    vacuum(*(tables[kind] for kind in sorted(kinds) if kind in tables))


def take_back(batch_id: int, *, now: datetime) -> None:
    """The job: TAKING_BACK → TAKEN_BACK."""
    with transaction.atomic():
        batch = one(batch_id)
        sheet, place = sheet_named(batch.sheet), place_of_batch(batch, now, user_id=batch.taker_id)
        judging.hold(sheet.name, alone=True)
        batch = _locked(batch_id)
        if batch.state != BatchState.TAKING_BACK:
            return
        ranges = {kind: (first, last) for kind, (first, last) in batch.ranges.items()}
        batch.kept = sheet.take_back(batch.pk, ranges, place, now=now)
        RowBefore.objects.filter(batch=batch).delete()
        staging.drop(batch)
        batch.state, batch.taken_back_at, batch.trouble = BatchState.TAKEN_BACK, timezone.now(), ""
        batch.save()
        audit.record(
            actor=place.actor,
            verb="imports.batch.taken_back",
            subject=batch,
            path=place.path,
            after={"sheet": sheet.title, "file_name": batch.file_name, "kept": len(batch.kept)},
            reason=batch.taker_reason,
            now=now,
        )
        left = f"有 {len(batch.kept)} 行在导入后被改过，保留未动。" if batch.kept else "没有留下任何改动。"
        _tell(batch, f"{sheet.title}已撤回", f"{batch.file_name}：{left}", now)


def _tell(batch: ImportBatch, title: str, body: str, now: datetime) -> None:
    notify([batch.user_id], title=title, body=body, url=batch.get_absolute_url(), now=now)
