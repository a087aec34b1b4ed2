"""Too many wrong passwords or codes: who is counted, and the page that says when to come back."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def username_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name that failures are counted under, in small letters: log-in doesn't tell Chen from chen either."""
    given = credentials or {}
    name = given.get("login") or given.get("username") or request.POST.get("login")
    return str(name).strip().lower() if name else None


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    return render(request, "account/locked.html", status=429)


def is_locked(request: HttpRequest, username: str) -> bool:
    if AxesProxyHandler.is_allowed(request, {"username": username}):
        return False
    request.axes_locked_out = True  # type: ignore[attr-defined]  # the middleware then shows the page above
    return True


def count_failure(request: HttpRequest, username: str) -> None:
    """A wrong code counts like a wrong password, else six digits could be tried through."""
    user_login_failed.send(sender=__name__, credentials={"username": username}, request=request)
