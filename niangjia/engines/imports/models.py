"""A batch: one file on its way into the register, and what its commit changed."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.urls import reverse

from niangjia.engines.imports.permissions import Permission
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import ScopedModel

TAKEN_BACK_WITHIN = timedelta(days=365)
"""Afterwards what the rows said before is forgotten."""


class BatchState(models.TextChoices):
    UPLOADED = "UPLOADED", "待匹配列"
    CHECKING = "CHECKING", "检查中"
    CHECKED = "CHECKED", "待确认"
    WAITING = "WAITING", "待审批"
    COMMITTING = "COMMITTING", "写入中"
    DONE = "DONE", "已导入"
    TAKING_BACK = "TAKING_BACK", "撤回中"
    TAKEN_BACK = "TAKEN_BACK", "已撤回"
    FAILED = "FAILED", "没有完成"
    DROPPED = "DROPPED", "已放弃"


class ImportBatch(ScopedModel):
    """Belongs to the place for which it was uploaded; its rows lie in the staging table `imports_staged_<id>`."""

    seen_with = Permission.IMPORT_RUN

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    sheet = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=BatchState.choices, default=BatchState.UPLOADED)
    file_id = models.BigIntegerField()
    file_name = models.CharField(max_length=150)
    file_kind = models.CharField(max_length=10)  # xlsx, xls, csv
    sha256 = models.CharField(max_length=64)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # column key → index of the heading
    options = models.JSONField(default=dict)
    rows = models.IntegerField(default=0)
    outcomes = models.JSONField(default=dict)  # outcome → rows
    problems = models.JSONField(default=dict)  # problem code → rows
    absent = models.IntegerField(default=0)
    step_done = models.IntegerField(default=0)  # of the step that runs, for the bar and the rate
    step_total = models.IntegerField(null=True)
    step_began_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)
    failed_in = models.CharField(max_length=12, blank=True)  # the state in which it failed, to be resumed from
    checked_at = models.DateTimeField(null=True)
    checked_after = models.IntegerField(default=0)  # how many commits of this sheet the check had seen
    fingerprint = models.CharField(max_length=16, blank=True)  # of what the preview showed
    user_id = models.BigIntegerField()
    user_name = models.CharField(max_length=50)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)  # for approval
    asked_by_id = models.BigIntegerField(null=True)
    approver_id = models.BigIntegerField(null=True)
    approver_name = models.CharField(max_length=50, blank=True)
    approved_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    ranges = models.JSONField(default=dict)  # kind → [first id, last id] that the commit made
    taker_id = models.BigIntegerField(null=True)  # who takes it back, and why
    taker_reason = models.CharField(max_length=300, blank=True)
    taken_back_at = models.DateTimeField(null=True)
    kept = models.JSONField(default=list)  # lines for rows edited since, which taking back left
    refused_file_id = models.BigIntegerField(null=True)
    sheet_file_id = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["scope", "-id"], name="import_batch_of_scope")]

    def get_absolute_url(self) -> str:
        return reverse("imports:batch", args=[self.pk])

    @property
    def staging(self) -> str:
        return f"imports_staged_{self.pk}"


class RowBefore(models.Model):
    """What an updated row said before, field by field, and what the import wrote: for taking it back."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)  # 'members.person'
    subject_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "kind", "subject_id"], name="import_row_before_once")
        ]


class RememberedHeading(models.Model):
    """How a place calls a column, learnt from what was matched by hand."""

    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="+")
    sheet = models.CharField(max_length=60)
    heading = models.CharField(max_length=60)
    key = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "sheet", "heading"], name="import_heading_once")
        ]
