"""The trail and its seals. Triggers keep the rows as they were written (see the first migration)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GistIndex
from django.db import models

from niangjia.kernel.ltree import PathField


class AuditEntry(models.Model):
    """One act or one look. `seal_no` is empty until the sealer has taken the row into the chain."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=50)
    verb = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    path = PathField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    seal_no = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_subject"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(seal_no=None)),
            models.Index(fields=["seal_no", "id"], name="audit_sealed"),
            GistIndex(fields=["path"], name="audit_path_gist"),
        ]


class AuditSeal(models.Model):
    """A link of the chain: the hash of its rows and of the link before."""

    no = models.BigIntegerField(primary_key=True)
    rows = models.IntegerField()
    hash = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    at = models.DateTimeField()
