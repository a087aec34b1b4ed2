"""Kept files, for the one they belong to."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.files.kinds import JPEG, PNG, WEBP
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.files.queries import content_of, open_file

PICTURES = frozenset({PNG, JPEG, WEBP})


@login_required
@require_GET
def download(request: HttpRequest, pk: int) -> FileResponse:
    """Always an attachment: what somebody uploaded is never shown as a page of ours."""
    return _sent(*open_file(pk, request.actor, now=timezone.now()))  # type: ignore[attr-defined]


def send_stored(stored: StoredFile) -> HttpResponse:
    """For a room that has asked its own right first. A picture is shown, by what its bytes are; all else is kept."""
    # Views say that they answer with a HttpResponse; a file's is no sub-class of it.
    return cast("HttpResponse", _sent(stored, content_of(stored), shown=stored.kind in PICTURES))


def _sent(stored: StoredFile, content: BinaryIO, *, shown: bool = False) -> FileResponse:
    response = FileResponse(content, as_attachment=not shown, filename=stored.name, content_type=stored.kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


app_name = "files"
urlpatterns = [path("<int:pk>/", download, name="download")]
