"""An installable desk page that works without a network: its manifest, its service worker, and who may send from it.

The page extends `ui/pocket.html` and holds no word about anybody; what it shows it asks for as JSON. See docs/ui.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.ui.pages import actor_of
from niangjia.ui.templatetags.ui import asset

WORKER = "dist/outbox-worker.js"
SHELL = ("dist/desk.css", "dist/icons.svg", "mark.svg")
LOG_IN_AGAIN = "请重新登录，稿件都在手机里。"


@dataclass(frozen=True)
class Pocket:
    """`page` names the address under which everything of it lies: no other page is kept."""

    page: str
    name: str
    short_name: str
    description: str
    script: str
    icon: str  # of {icon}-192.png and {icon}-512.png


def manifest_of(pocket: Pocket) -> HttpResponse:
    here = reverse(pocket.page)
    icons = [
        {"src": asset(f"{pocket.icon}-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size, purpose in ((192, "any"), (512, "any"), (512, "maskable"))
    ]
    said = {
        "id": here,
        "name": pocket.name,
        "short_name": pocket.short_name,
        "description": pocket.description,
        "lang": "zh-CN",
        "start_url": here,
        "scope": here,
        "display": "standalone",
        "background_color": "#f4f5f7",
        "theme_color": "#bf1a20",
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


def worker_of(request: HttpRequest, pocket: Pocket) -> HttpResponse:
    """Its text changes with what it keeps, so that a new release replaces the old store."""
    kept = (*SHELL, pocket.script, f"{pocket.icon}-192.png")
    sending = asset(WORKER)
    context = {
        "page": reverse(pocket.page),
        "kept": [asset(path) for path in kept],
        "sending": sending,
        "version": _version((*kept, WORKER)),
    }
    return render(request, "ui/pocket_worker.js", context, content_type="text/javascript; charset=utf-8")


def _version(paths: tuple[str, ...]) -> str:
    found = (finders.find(path) for path in paths)
    stamps = [f"{file}{Path(file).stat().st_mtime_ns}" for file in found if isinstance(file, str)]
    return hashlib.sha256(" ".join([*map(asset, paths), *stamps]).encode()).hexdigest()[:12]


def answers_in_json(permission: str | None) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """As `requires` for what a script asks: every no is JSON with a sentence; no log-in page comes in its place."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            # A draft that somebody else wrote on this phone is nobody's to send.
            owner = request.headers.get("X-Outbox-Owner", "")
            if not request.user.is_authenticated or owner not in {"", str(request.user.pk)}:
                return said(401, LOG_IN_AGAIN)
            actor = actor_of(request)
            if permission is not None and not actor.can(permission):
                return said(403, NotPermitted().message)
            try:
                return view(request, *args, **kwargs)
            except Refused as refusal:
                return said(422, refusal.message, problems={refusal.field or "": refusal.message}, code=refusal.code)
            except NotPermitted as refusal:
                return said(403, refusal.message)
            except Missing as refusal:
                return said(404, refusal.message)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def said(status: int, message: str, **more: Any) -> JsonResponse:
    response = JsonResponse({"message": message, **more}, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store, private"
    return response


@require_GET
@cache_control(no_store=True, private=True)
@answers_in_json(None)
def outbox(request: HttpRequest) -> HttpResponse:
    """Whose drafts may be sent, and a token of today: the one that came with the page is stale after a log-in."""
    user: Any = request.user
    return JsonResponse({"user": user.pk, "name": user.name, "token": get_token(request)})
