"""Views that somebody saved: a list's address under a name of one's own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SavedView(models.Model):
    """Belongs to its owner alone; `query` is the address's query, `columns` the chosen keys."""

    user_id = models.BigIntegerField()
    list_name = models.CharField(max_length=60)
    name = models.CharField(max_length=30)
    query = models.CharField(max_length=1000, blank=True)
    columns = models.JSONField(default=list)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "list_name", "name"], name="saved_view_once"),
            models.UniqueConstraint(
                fields=["user_id", "list_name"], condition=models.Q(is_default=True), name="saved_view_one_default"
            ),
        ]
