"""A task's page tells the truth, also when its job runs twice."""

from __future__ import annotations

import pytest
from django.utils import timezone

from niangjia.kernel.jobs.actions import begin_task, fail, finish, progress
from niangjia.kernel.jobs.models import TaskState
from niangjia.kernel.notify.queries import inbox

NOW = timezone.now()
pytestmark = pytest.mark.django_db


def test_from_waiting_to_done():
    task = begin_task(7, "导出会员", now=NOW)
    progress(task.pk, 3, total=10)
    task.refresh_from_db()
    assert (task.state, task.done, task.total) == (TaskState.RUNNING, 3, 10)
    finish(task.pk, result="共 10 人。", now=NOW)
    task.refresh_from_db()
    assert (task.state, task.done, task.finished_at) == (TaskState.DONE, 10, NOW)
    assert [(message.title, message.url) for message in inbox(7)] == [("导出会员：已完成", f"/desk/tasks/{task.pk}/")]


def test_a_second_run_changes_nothing():
    task = begin_task(7, "导出会员", now=NOW)
    finish(task.pk, result="共 10 人。", now=NOW)
    progress(task.pk, 1)
    fail(task.pk, result="磁盘已满。", now=NOW)
    task.refresh_from_db()
    assert (task.state, task.result) == (TaskState.DONE, "共 10 人。")
    assert inbox(7).count() == 1
