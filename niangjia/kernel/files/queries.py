"""Fetching what was stored."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from django.db.models import Q

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.files.places import place_of


def open_file(file_id: int, actor: Actor, *, now: datetime) -> tuple[StoredFile, BinaryIO]:
    """For the owner only. Raises Missing for anybody else, after its day, and when the bytes are lost."""
    stored = (
        StoredFile.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), pk=file_id)
        .exclude(owner_id=None)
        .filter(owner_id=actor.user_id)
        .first()
    )
    if stored is None:
        raise Missing("没有这个文件，可能已过期清理；需要时请重新生成。")
    return stored, content_of(stored)


def content_of(stored: StoredFile) -> BinaryIO:
    """The bytes, for a room that has asked its own right first. Raises Missing when they are lost."""
    try:
        return place_of(stored.sha256).open("rb")
    except FileNotFoundError as error:
        raise Missing("文件内容已丢失，请联系系统管理员。") from error
