"""Photos that come with a form: the good ones stay with the session, so that a refused form loses none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils import timezone

from niangjia.kernel.errors import Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.kinds import JPEG, PDF, PNG, WEBP
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.demands.actions.asker_side import MOST_PHOTOS

TAKEN = (JPEG, PNG, WEBP, PDF)
WAITS = timedelta(days=1)
KEPT = "photos"
"""In the session: ids of what was sent with forms that are not through yet."""


def taken_in(request: HttpRequest, uploads: Iterable[UploadedFile[Any]]) -> tuple[list[StoredFile], list[str]]:
    """What was kept before with what comes now, and a sentence for each that was not taken."""
    kept, problems = waiting(request), []
    for upload in uploads:
        if len(kept) >= MOST_PHOTOS:
            problems.append(f"一次最多 {MOST_PHOTOS} 张，后面的没有收。提交以后还可以再补充。")
            break
        try:
            kept.append(stored(upload))
        except Refused as refusal:
            problems.append(f"“{upload.name}”没有收：{refusal.message}")
    if kept or KEPT in request.session:
        request.session[KEPT] = [one.pk for one in kept]
    return kept, problems


def stored(upload: UploadedFile[Any]) -> StoredFile:
    now = timezone.now()
    return store(upload.file, name=upload.name or "photo", owner_id=None, now=now, kinds=TAKEN, expires_at=now + WAITS)  # type: ignore[arg-type]


def waiting(request: HttpRequest) -> list[StoredFile]:
    ids: list[Any] = request.session.get(KEPT, [])
    return list(StoredFile.objects.filter(pk__in=ids, expires_at__gt=timezone.now()).order_by("pk")) if ids else []


def sent(request: HttpRequest) -> None:
    """They belong to a demand now."""
    request.session.pop(KEPT, None)
