"""Taking files in, and forgetting those that have had their day."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.db import connection, transaction

from niangjia.kernel.errors import Refused
from niangjia.kernel.files.kinds import KINDS, NOT_TAKEN, kind_of
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.files.places import place_of

_PIECE = 1024 * 1024


def store(
    content: bytes | BinaryIO,
    *,
    name: str,
    owner_id: int | None,
    now: datetime,
    most_bytes: int | None = None,
    kinds: tuple[str, ...] = tuple(KINDS),
    expires_at: datetime | None = None,
) -> StoredFile:
    """Keeps the content and a row for it. `most_bytes` defaults to FILES_MAX_BYTES.

    Raises Refused for a file that is empty, too big, or of a kind that isn't taken. The same content is
    kept once; bytes of a transaction that was rolled back stay behind and do no harm.
    """
    limit = most_bytes or settings.FILES_MAX_BYTES
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    root: Path = settings.FILES_ROOT
    root.mkdir(parents=True, exist_ok=True)
    descriptor, incoming = tempfile.mkstemp(prefix=".incoming-", dir=root)
    try:
        with os.fdopen(descriptor, "w+b") as target:
            sha256, size = _copied(source, target, limit)
            kind = kind_of(target, name)
        if kind is not None and kind in NOT_TAKEN:
            raise Refused("file.kind", NOT_TAKEN[kind], "file")
        if kind not in kinds:
            taken = "、".join(KINDS[each] for each in kinds)
            raise Refused("file.kind", f"不能接收这种文件。请上传{taken}格式。", "file")
        with transaction.atomic():
            _hold(sha256)
            place = place_of(sha256)
            place.parent.mkdir(exist_ok=True)
            Path(incoming).replace(place)
            return StoredFile.objects.create(
                owner_id=owner_id, name=tidy_name(name), kind=kind, size=size, sha256=sha256,
                created_at=now, expires_at=expires_at,
            )  # fmt: skip
    finally:
        Path(incoming).unlink(missing_ok=True)


def _copied(source: BinaryIO, target: BinaryIO, limit: int) -> tuple[str, int]:
    hashed, size = hashlib.sha256(), 0
    while piece := source.read(_PIECE):
        size += len(piece)
        if size > limit:
            raise Refused("file.big", f"文件太大，最大 {limit // 1024 // 1024 or 1} MB，请压缩或拆分后再传。", "file")
        hashed.update(piece)
        target.write(piece)
    if not size:
        raise Refused("file.empty", "文件是空的，请重新选择。", "file")
    target.flush()
    os.fsync(target.fileno())
    return hashed.hexdigest(), size


def tidy_name(name: str) -> str:
    """Only the last part of a path, without what a download's header or a shell could stumble on."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(character for character in last if character.isprintable() and character not in '"<>|:*?')
    stem, dot, ending = clean.strip(" .").rpartition(".")
    if not dot:
        return ending[:150] or "file"
    return f"{stem[: 149 - len(ending[:9])]}.{ending[:9]}"


def _hold(sha256: str) -> None:
    """One at a time with the same content, so that forgetting can't take what is just being kept."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [int(sha256[:15], 16)])


def forget_expired(*, now: datetime) -> int:
    """Drops the rows past their day, and the bytes that no other row needs. Returns the number of rows."""
    gone = 0
    for stored in StoredFile.objects.filter(expires_at__lte=now).order_by("id").iterator():
        with transaction.atomic():
            _hold(stored.sha256)
            stored.delete()
            gone += 1
            if not StoredFile.objects.filter(sha256=stored.sha256).exists():
                place_of(stored.sha256).unlink(missing_ok=True)
    return gone
