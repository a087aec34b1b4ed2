"""My account: who I am here, what I hold, and where to change password, second step, sessions, display."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from niangjia.kernel.access.rights import jobs


@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    table = jobs()
    actor = request.actor  # type: ignore[attr-defined]
    return render(
        request,
        "ui/account.html",
        {
            "jobs": [table[held.job].label for held in actor.held if held.job in table],
            "second_step": Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists(),
            "sessions": UserSession.objects.filter(user=request.user).count(),
        },
    )
