"""The pages of the phone face that belong to no module: home, 我的, messages, and what makes it installable."""

from __future__ import annotations

import hashlib
from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.guard import for_workers
from niangjia.kernel.access.workers import is_worker
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.notify import queries as notify
from niangjia.kernel.notify.actions import mark_all_read
from niangjia.ui import phone
from niangjia.ui.templatetags.ui import asset
from niangjia.ui.views import GREETINGS

MESSAGES_SHOWN = 50
SHELL = ("dist/phone.css", "dist/phone.js", "dist/icons.svg", "mark.svg")
"""What the service worker keeps, besides the page that says one is offline. No page of anybody's is kept."""


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What the union does for you; to whoever has logged in, first how their own matters stand."""
    return render(
        request,
        "ui/phone/home.html",
        {
            "worker": is_worker(request.user),
            "greeting": next(words for until, words in GREETINGS if timezone.localtime().hour < until),
            "cards": phone.cards_for(request),
            "tiles": phone.tiles_for(request),
        },
    )


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """我的: open to everybody, since big text and dark are for everybody."""
    worker = is_worker(request.user)
    return render(
        request,
        "ui/phone/mine.html",
        {
            "worker": worker,
            "phone": mask_phone(request.user.phone) if worker else "",  # type: ignore[union-attr]
            "unread": notify.unread_count(_own_id(request)) if worker else 0,
            "lines": phone.lines(),
            "log_in": settings.WORKER_LOGIN_URL,
        },
    )


@require_GET
@for_workers
def inbox(request: HttpRequest) -> HttpResponse:
    """The newest messages; what is shown here counts as read from the next time on."""
    rows = list(notify.inbox(_own_id(request))[:MESSAGES_SHOWN])
    mark_all_read(_own_id(request), now=timezone.now())
    return render(request, "ui/phone/inbox.html", {"rows": rows})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("phone:home")


def _own_id(request: HttpRequest) -> int:
    return cast("int", request.user.pk)


# ---- installable


@require_GET
@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    icons = [
        {"src": asset(f"phone/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size, purpose in ((192, "any"), (512, "any"), (512, "maskable"))
    ]
    said = {
        "name": "娘家 · 工会服务",
        "short_name": "娘家",
        "description": "入会、查会籍、找工会办事",
        "lang": "zh-CN",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4f5f7",
        "theme_color": "#bf1a20",
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@require_GET
@cache_control(max_age=0, no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Its text changes with the files it keeps, so that a new release replaces the old store."""
    kept = [asset(path) for path in SHELL]
    version = hashlib.sha256(" ".join(kept).encode()).hexdigest()[:12]
    return render(
        request,
        "ui/phone/service_worker.js",
        {"kept": kept, "version": version},
        content_type="text/javascript; charset=utf-8",
    )


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the service worker: without a word about whoever opened it."""
    # Kept with it, a message meant for once would be shown to whoever is offline next.
    response = render(request, "ui/phone/offline.html", {"messages": ()})
    response["Cache-Control"] = "public, max-age=3600"
    return response
