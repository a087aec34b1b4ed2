"""What stands before a view."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from niangjia.kernel.access.workers import is_worker
from niangjia.kernel.errors import NotPermitted

View = Callable[..., HttpResponse]


def requires(permission: str | None) -> Callable[[View], View]:
    """Logged out → the log-in page; without the permission anywhere → 403.

    None: any officer, that is somebody who holds a job. Whether a row may be touched is asked
    again by the action; this only spares the visitor a page that can't work.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(_comes_back_to(request))
            actor = request.actor  # type: ignore[attr-defined]
            if not (actor.held if permission is None else actor.can(permission)):
                raise NotPermitted
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def _comes_back_to(request: HttpRequest) -> str:
    """After the log-in: of what was sent the page it was sent from, since its own address may have nothing to show."""
    here = request.get_full_path()
    if request.method in {"GET", "HEAD"}:
        return here
    try:
        came = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return here
    return urlunsplit(("", "", came.path, came.query, "")) if came.netloc == request.get_host() else here


def for_workers(view: View) -> View:
    """Only for whoever logged in by phone; everybody else is asked to, officers' accounts among them."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_worker(request.user):
            return redirect_to_login(_comes_back_to(request), settings.WORKER_LOGIN_URL)
        return view(request, *args, **kwargs)

    guarded.permission = None  # type: ignore[attr-defined]
    return guarded
