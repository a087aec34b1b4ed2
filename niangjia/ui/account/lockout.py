"""Too many wrong passwords or codes: who is counted, and the page that says when to come back."""

from __future__ import annotations

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from niangjia.kernel.access.log_ins import LogIn, note_log_in
from niangjia.kernel.access.models import User


class Handler(AxesDatabaseHandler):
    """Counts as axes does, and puts what happened into the trail."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        was_locked = getattr(request, "axes_locked_out", False)
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is None or was_locked:  # nothing was tried: a stranger must not fill the trail by knocking on
            return
        name = username_of(request, credentials) or ""
        user = User.objects.filter(username__iexact=name).first()
        if user is None:
            return
        now = timezone.now()
        note_log_in(user, LogIn.CODE_REFUSED if sender == __name__ else LogIn.REFUSED, now=now)
        if request.axes_locked_out:  # type: ignore[attr-defined]
            note_log_in(user, LogIn.LOCKED, now=now)

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().user_logged_in(sender, request, user, **kwargs)
        note_log_in(user, LogIn.DONE, now=timezone.now())

    def user_logged_out(self, sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
        super().user_logged_out(sender, request, user, **kwargs)
        if user is not None:
            note_log_in(user, LogIn.ENDED, now=timezone.now())


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
