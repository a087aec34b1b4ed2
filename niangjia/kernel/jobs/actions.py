"""Long work as the person who asked for it sees it.

Call `progress` outside a transaction: nobody sees what isn't committed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.jobs.models import BackgroundTask, TaskState
from niangjia.kernel.jobs.stopping import go_on
from niangjia.kernel.notify.actions import notify


def begin_task(user_id: int, title: str, *, now: datetime) -> BackgroundTask:
    """A row for the task's page; defer the job with its id in the same transaction."""
    return BackgroundTask.objects.create(user_id=user_id, title=title[:100], created_at=now)


def progress(task_id: int, done: int, total: int | None = None) -> None:
    """Says how far the work is; the first call also says that it runs. A finished task stays finished.

    Raises JobAborted in a job that hands itself back, when its worker has to stop.
    """
    go_on()
    _open(task_id).update(state=TaskState.RUNNING, done=done, **({} if total is None else {"total": total}))


def finish(task_id: int, *, result: str, now: datetime, file: StoredFile | None = None) -> None:
    """The work is done; its user is told. A job that runs a second time changes nothing."""
    _end(task_id, TaskState.DONE, result, now, file)


def fail(task_id: int, *, result: str, now: datetime) -> None:
    """`result` says in a sentence what went wrong and what to do."""
    _end(task_id, TaskState.FAILED, result, now, None)


def _open(task_id: int) -> QuerySet[BackgroundTask]:
    return BackgroundTask.objects.filter(pk=task_id).exclude(state__in=[TaskState.DONE, TaskState.FAILED])


def _end(task_id: int, state: TaskState, result: str, now: datetime, file: StoredFile | None) -> None:
    with transaction.atomic():
        task = _open(task_id).select_for_update().first()
        if task is None:
            return
        task.state, task.result, task.finished_at = state, result[:300], now
        task.file_id = file.pk if file else None
        if state == TaskState.DONE and task.total:
            task.done = task.total
        task.save()
        notify(
            [task.user_id],
            title=f"{task.title}：{state.label}",
            body=result,
            url=reverse("ui:task", args=[task.pk]),
            now=now,
        )
