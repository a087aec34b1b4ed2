"""A user's own messages."""

from __future__ import annotations

from django.db.models import QuerySet

from niangjia.kernel.notify.models import Message


def inbox(user_id: int, *, unread_only: bool = False) -> QuerySet[Message]:
    """Newest first."""
    mine = Message.objects.filter(user_id=user_id).order_by("-id")
    return mine.filter(read_at=None) if unread_only else mine


def unread_count(user_id: int) -> int:
    return Message.objects.filter(user_id=user_id, read_at=None).count()
