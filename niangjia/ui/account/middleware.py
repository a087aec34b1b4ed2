"""The list of one's own sessions, kept up without a write on every page."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.middleware import UserSessionsMiddleware
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

AFRESH = timedelta(minutes=5)
"""How far “last used” may lag behind; an open desk asks for its alarms every quarter of a minute."""
KNOWN = """
    SELECT FROM usersessions_usersession
    WHERE session_key = %s AND user_id = %s AND ip = %s AND last_seen_at > %s
"""


class SessionsMiddleware(UserSessionsMiddleware):
    """allauth's writes at each request; here at a new address, and else now and then."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and _is_known(request):
            return self.get_response(request)  # type: ignore[no-any-return]
        return super().__call__(request)  # type: ignore[no-any-return]


def _is_known(request: HttpRequest) -> bool:
    """Asked at every request, and so in SQL (as `access.queries.held_by`)."""
    asked = [
        request.session.session_key, request.user.pk, get_adapter().get_client_ip(request), timezone.now() - AFRESH,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, asked)
        return cursor.fetchone() is not None
