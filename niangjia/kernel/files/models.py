"""Files by their content's digest. Bytes lie in FILES_ROOT, never under a public address."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class StoredFile(models.Model):
    """`owner_id` may fetch it; a room that shows it to others asks its own right first."""

    owner_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=80)  # as sniffed, never as claimed
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner_id", "-id"], name="file_of_owner")]
