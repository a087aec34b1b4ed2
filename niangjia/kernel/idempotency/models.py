"""One row for each form that was sent: a second sending finds it."""

from __future__ import annotations

from django.db import models


class Once(models.Model):
    token = models.CharField(max_length=43, primary_key=True)
    user_id = models.BigIntegerField(null=True)
    path = models.CharField(max_length=300)
    location = models.CharField(max_length=500, blank=True)
    status = models.SmallIntegerField(default=0)
    at = models.DateTimeField(db_index=True)
