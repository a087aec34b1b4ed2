"""A worker killed, or told to stop, while it writes somebody's file."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from niangjia.engines.exports.actions import Wish, ask_for_export
from niangjia.engines.exports.models import Export
from niangjia.engines.exports.queries import asked
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.jobs.models import BackgroundTask, TaskState
from tests.cast import build_cast
from tests.faults.test_worker import PATIENCE, until, worker
from tests.ground import DATABASE, SERVER

PASSWORD = "k7mp-3wth-9xpd"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("end", "its_job"), [(signal.SIGKILL, "doing"), (signal.SIGTERM, "todo")])
def test_an_export_whose_worker_ends_is_made_by_the_next(end: signal.Signals, its_job: str) -> None:
    cast = build_cast()
    actor = cast.actor("CHAIR")
    wanted = asked("members.member", query="", within="", keys=(), actor=actor)
    wish = Wish("roster", "xlsx", "上报第四季度名册", in_full=True, password=PASSWORD)
    task = ask_for_export(wanted, wish, query="", actor=actor, now=timezone.now())
    export = Export.objects.get(task_id=task.pk)
    job = ProcrastinateJob.objects.get(task_name="exports.make_file")
    folders = settings.FILES_ROOT / ".exports"

    def left() -> list[Path]:
        return list(folders.glob(f"{export.pk}-*"))

    with psycopg.connect(SERVER.url(DATABASE)) as locking:
        # The file is begun and can't be ended: its rows are held.
        locking.execute("lock table members_membership in access exclusive mode")
        with worker() as first:
            until(lambda: bool(left()))
            os.kill(first.pid, end)
            first.wait(PATIENCE)
        locking.rollback()
    assert ProcrastinateJob.objects.get(pk=job.pk).status == its_job
    assert not StoredFile.objects.filter(name__startswith="会员2").exists()
    with worker():
        until(lambda: ProcrastinateJob.objects.get(pk=job.pk).status == "succeeded")
    task = BackgroundTask.objects.get(pk=task.pk)
    assert (task.state, task.result[:5]) == (TaskState.DONE, "共 4 行")
    assert StoredFile.objects.filter(name__startswith="会员2").count() == 1
    assert AuditEntry.objects.filter(verb="exports.list.exported").count() == 1
    assert left() == []
    assert Export.objects.get().password == ""
