"""Long work that somebody asked for, as that person sees it: a page with progress, then a result."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class TaskState(models.TextChoices):
    WAITING = "WAITING", "排队中"
    RUNNING = "RUNNING", "进行中"
    DONE = "DONE", "已完成"
    FAILED = "FAILED", "没有完成"


class BackgroundTask(models.Model):
    """Belongs to the user who asked. `result` is a sentence, `file_id` what can be downloaded."""

    user_id = models.BigIntegerField()
    title = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.WAITING)
    done = models.IntegerField(default=0)
    total = models.IntegerField(null=True)
    result = models.CharField(max_length=300, blank=True)
    file_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user_id", "-id"], name="task_of_user")]
