"""The session's cookie is taken away by going out, and by nothing else."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse


class SessionCookieMiddleware(SessionMiddleware):
    """Django's takes the cookie of a session that is no more.

    Whoever logs in has a new session, and the visitor's is no more. What was asked with that one and is answered late,
    as the service worker on a slow line, would take away the cookie that the log-in has just given.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if not request.session.modified and not request.session.session_key:
            response.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        return response
