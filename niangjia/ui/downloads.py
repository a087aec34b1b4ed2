"""Kept files, for the one they belong to."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.files.queries import open_file


@login_required
@require_GET
def download(request: HttpRequest, pk: int) -> FileResponse:
    """Always an attachment: what somebody uploaded is never shown as a page of ours."""
    stored, content = open_file(pk, request.actor, now=timezone.now())  # type: ignore[attr-defined]
    response = FileResponse(content, as_attachment=True, filename=stored.name, content_type=stored.kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


app_name = "files"
urlpatterns = [path("<int:pk>/", download, name="download")]
