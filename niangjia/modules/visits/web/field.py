"""The page in an officer's pocket: what it takes along, and what it hands in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.kinds import JPEG, PNG, WEBP
from niangjia.modules.organisations.queries.employers import employer_options
from niangjia.modules.visits.actions.handing_in import hand_in_visit
from niangjia.modules.visits.drafts import MOST_PHOTOS, Conflict, Draft
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries import field as queries
from niangjia.modules.visits.web.handed_in import draft_in
from niangjia.ui.pages import actor_of
from niangjia.ui.pocket import Pocket, answers_in_json, manifest_of, said, worker_of

POCKET = Pocket(
    page="visits:field",
    name="娘家 · 走访",
    short_name="走访",
    description="在企业里记走访，没有网络也行",
    script="dist/field.js",
    icon="pocket/visits",
)
PHOTO_BYTES = 12 * 1024 * 1024
WAITS = timedelta(days=1)
"""How long a photo lives whose visit was not taken."""
OWN_FIELDS = {"file_ids": "photos"}


@require_GET
@requires(Permission.VISIT_MAKE)
def field(request: HttpRequest) -> HttpResponse:
    """The shell: kept by the phone, so it holds no word about anybody."""
    return render(request, "visits/field.html", {"messages": ()})


@require_GET
@cache_control(max_age=3600, public=True)
def field_manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return manifest_of(POCKET)


@require_GET
@cache_control(max_age=0, no_cache=True)
def field_worker(request: HttpRequest) -> HttpResponse:
    return worker_of(request, POCKET)


@require_GET
@gzip_page
@cache_control(no_store=True, private=True)
@answers_in_json(Permission.VISIT_MAKE)
def field_data(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    taken = queries.taken_along(actor_of(request), now=timezone.now())
    return JsonResponse(
        {"me": {"user": user.pk, "name": user.name}, **taken}, json_dumps_params={"ensure_ascii": False}
    )


@require_GET
@cache_control(no_store=True, private=True)
@answers_in_json(Permission.VISIT_MAKE)
def field_search(request: HttpRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").split())[:50]
    found = employer_options(actor_of(request), text)[:20] if len(text) > 1 else []
    shown = queries.employers_shown(found, {}, timezone.localdate())
    return JsonResponse({"employers": shown}, json_dumps_params={"ensure_ascii": False})


@require_POST
@answers_in_json(Permission.VISIT_MAKE)
def field_hand_in(request: HttpRequest) -> HttpResponse:
    """201 for a visit that is new, 200 for one that was here; 409 with both versions; 422 by field."""
    actor, now = actor_of(request), timezone.now()
    draft = draft_in(request.POST.get("payload", ""))
    file_ids = _stored(request.FILES.getlist("photos"), owner_id=actor.user_id, now=now)
    try:
        visit = hand_in_visit(_with(draft, file_ids), actor=actor, now=now)
    except Conflict as conflict:
        return _both_sides(conflict, draft, actor, now)
    except Refused as refusal:
        field = OWN_FIELDS.get(refusal.field or "", refusal.field or "")
        return said(422, refusal.message, problems={field: refusal.message}, code=refusal.code)
    except Missing as refusal:
        return said(422, refusal.message, problems={"employer_id": refusal.message}, code="missing")
    address = reverse("visits:visit", args=[visit.pk])
    return said(201 if visit.handed_in_at == now else 200, "已送达。", address=address, visit=visit.pk)


def _with(draft: Draft, file_ids: list[int]) -> Draft:
    return Draft(**{**vars(draft), "file_ids": tuple(file_ids)})


def _stored(uploads: list[UploadedFile[Any]], *, owner_id: int | None, now: datetime) -> list[int]:
    if len(uploads) > MOST_PHOTOS:
        raise Refused("visit.photos", f"一次走访最多 {MOST_PHOTOS} 张照片，请去掉几张。", "photos")
    found = []
    for upload in uploads:
        try:
            stored = store(
                upload.file, name=upload.name or "photo.jpg", owner_id=owner_id, now=now,  # type: ignore[arg-type]
                kinds=(JPEG, PNG, WEBP), most_bytes=PHOTO_BYTES, expires_at=now + WAITS,
            )  # fmt: skip
        except Refused as refusal:
            raise Refused(refusal.code, f"照片“{upload.name}”没有收：{refusal.message}", "photos") from None
        found.append(stored.pk)
    return found


def _both_sides(conflict: Conflict, draft: Draft, actor: Actor, now: datetime) -> HttpResponse:
    """What is shown side by side, and how things stand now for whoever goes on with them."""
    now_there = queries.shown_now(draft, actor, timezone.localdate(now))
    differences = [
        {
            "subject": subject, "title": one.title, "mark": one.mark,
            "mine": dict(one.mine), "theirs": dict(one.theirs),
        }
        for subject, one in conflict.differences.items()
    ]  # fmt: skip
    return said(409, conflict.message, code=conflict.code, differences=differences, now=now_there)
