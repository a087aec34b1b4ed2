"""Logging in with a phone and a code sent to it; after a long silence with the own identity number too."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from niangjia.kernel.access.models import User
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.consents import give_consents
from niangjia.modules.members.actions.phone_codes import check_phone_code, send_phone_code
from niangjia.modules.members.actions.returning import begin_afresh, is_silent, prove_owner
from niangjia.modules.members.privacy import Purpose
from niangjia.modules.members.web.phone.forms import LogInForm, TailForm
from niangjia.ui.pages import put_refusal

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
AGREED = "agreed"
"""In the session of a visitor: what was agreed to before the phone was known."""
RETURNING, RETURNS_WITHIN = "returning", timedelta(minutes=10)
"""In the session of whoever has the phone of a silent account: which account, since when, and where to then."""
UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """One page: the number, 获取验证码, the code. Without a script the button sends the page instead of a part."""
    form = LogInForm(request.POST or None, initial={"phone": ""})
    said = ""
    if request.method == "POST" and "send" in request.POST:
        said, sent = _send(request)
        if "json" in request.headers.get("Accept", ""):
            return JsonResponse({"text": said, "seconds": 60 if sent else 0}, status=200 if sent else UNPROCESSABLE)
        form = LogInForm(initial={"phone": request.POST.get("phone", "")[:20]})
    elif request.method == "POST" and form.is_valid():
        try:
            return _enter(request, form)
        except Refused as refusal:
            put_refusal(form, refusal)
    return render(
        request, "members/phone/log_in.html", {"form": form, "said": said, "next": _onward(request, otherwise="")}
    )


def _send(request: HttpRequest) -> tuple[str, bool]:
    phone = request.POST.get("phone", "")[:20]
    try:
        send_phone_code(phone, address=request.META.get("REMOTE_ADDR", ""), now=timezone.now())
    except Refused as refusal:
        return refusal.message, False
    return f"验证码已发送到 {mask_phone(phone.strip())}，5 分钟内有效。", True


def _enter(request: HttpRequest, form: LogInForm) -> HttpResponse:
    now = timezone.now()
    user = check_phone_code(form.cleaned_data["phone"], form.cleaned_data["code"], now=now)
    if is_silent(user, now=now):
        request.session[RETURNING] = [user.pk, now.timestamp(), _onward(request)]
        return redirect("worker:returning")
    return _let_in(request, user, _onward(request), now)


@require_http_methods(["GET", "POST"])
def returning(request: HttpRequest) -> HttpResponse:
    """The phone has proved itself, its account was silent for long: is it still the same person?"""
    now = timezone.now()
    user_id, since, onward = request.session.get(RETURNING, (0, 0, ""))
    if not since or now.timestamp() - since > RETURNS_WITHIN.total_seconds():
        return redirect("worker:log_in")
    if "afresh" in request.POST:
        return _let_in(request, begin_afresh(user_id, now=now), onward, now)
    form = TailForm(request.POST or None)
    if form.is_valid():
        try:
            return _let_in(request, prove_owner(user_id, tail=form.cleaned_data["tail"], now=now), onward, now)
        except Refused as refusal:
            put_refusal(form, refusal)
    return render(request, "members/phone/returning.html", {"form": form})


def _let_in(request: HttpRequest, user: User, onward: str, now: datetime) -> HttpResponse:
    agreed = request.session.get(AGREED, [])
    login(request, user, backend=BACKEND)
    request.session.set_expiry(settings.WORKER_SESSION_AGE)
    request.session.pop(AGREED, None)
    request.session.pop(RETURNING, None)
    give_consents(user.pk, [Purpose(word) for word in agreed], now=now)
    return redirect(onward)


def _onward(request: HttpRequest, otherwise: str = "/") -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if fits else otherwise
