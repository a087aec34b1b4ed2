"""The long steps of a batch: each begins by a job and ends by itself, or FAILED with a sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from datetime import datetime

import django.db
import psycopg
from django.db import transaction
from procrastinate.contrib.django import app

from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.sheet import sheet_named
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.notify.actions import notify
from niangjia.kernel.processes import OrphanedError

TASKS = {
    BatchState.CHECKING: "imports.check",
    BatchState.COMMITTING: "imports.commit",
    BatchState.TAKING_BACK: "imports.take_back",
}

DISK_FULL = "磁盘已满，没有写入任何内容。请通知系统管理员腾出空间，然后点“继续”。"
KILLED = "处理被中断，没有写入任何内容。请点“继续”；再次中断时请通知系统管理员（可能是内存不足）。"
UNKNOWN = "系统内部出错，没有写入任何内容，出错情况已记录。请点“继续”；仍不行时请通知系统管理员。"
GIVEN_UP = "处理多次中断，没有写入任何内容。请点“继续”；仍不行时请通知系统管理员。"

_NO_SPACE = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_LOST = (django.db.OperationalError, django.db.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def begin(batch: ImportBatch, state: BatchState, *, now: datetime) -> None:
    """Within the transaction that decides it: the job is there if and only if the state is."""
    batch.state, batch.failed_in = state, ""
    batch.step_done, batch.step_began_at = 0, now
    # Only the check goes row by row; writing is a few statements.
    batch.step_total = (batch.rows or batch.step_total) if state == BatchState.CHECKING else None
    batch.save()
    send(batch.pk, TASKS[state])


def send(batch_id: int, task: str, **more: int) -> None:
    """One job of a batch at a time."""
    app.configure_task(task, lock=f"imports.{batch_id}").defer(batch_id=batch_id, **more)


def connection_was_lost(error: BaseException) -> bool:
    """The same job may well get through in a moment."""
    return any(isinstance(each, _LOST) for each in _chain(error)) and not _disk_is_full(error)


def sentence_for(error: BaseException) -> str:
    if isinstance(error, (Refused, Missing)):
        return error.message
    if _disk_is_full(error):
        return DISK_FULL
    return KILLED if isinstance(error, (OrphanedError, MemoryError)) else UNKNOWN


def _disk_is_full(error: BaseException) -> bool:
    return any(
        (isinstance(each, OSError) and each.errno in _NO_SPACE)
        or getattr(each, "sqlstate", None) == psycopg.errors.DiskFull.sqlstate
        for each in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def fail(batch_id: int, sentence: str, *, now: datetime, began_at: datetime | None = None) -> None:
    """Of the step that is under way, or of the one that began then."""
    began = {"step_began_at": began_at} if began_at else {}
    with transaction.atomic():
        batch = (
            ImportBatch.objects.unscoped(reason="a job says that its batch failed")
            .select_for_update()
            .filter(pk=batch_id, state__in=TASKS, **began)
            .first()
        )
        if batch is None:
            return
        batch.failed_in, batch.state, batch.trouble = batch.state, BatchState.FAILED, sentence[:300]
        batch.save(update_fields=["failed_in", "state", "trouble"])
        notify(
            [batch.user_id],
            title=f"{sheet_named(batch.sheet).title}没有处理完",
            body=f"{batch.file_name}：{sentence}",
            url=batch.get_absolute_url(),
            now=now,
        )
