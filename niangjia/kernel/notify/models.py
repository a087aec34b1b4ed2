"""Messages to users, and what still has to leave the house through a channel."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Message(models.Model):
    """One message in one user's inbox; written in the transaction of the fact it tells of."""

    user_id = models.BigIntegerField()
    title = models.CharField(max_length=100)
    body = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user_id", "-id"], name="message_of_user"),
            models.Index(fields=["user_id"], condition=Q(read_at=None), name="message_unread"),
        ]


class Dispatch(models.Model):
    """A message on its way through one channel; tried again until sent or given up."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="dispatches")
    channel = models.CharField(max_length=100)
    attempts = models.SmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "channel"], name="dispatch_once")]
        indexes: ClassVar = [models.Index(fields=["id"], condition=Q(sent_at=None), name="dispatch_unsent")]
