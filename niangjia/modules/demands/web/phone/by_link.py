"""The link in a message: nothing of the demand is shown before a code from the phone that was left with it.

Known, unknown and old links answer alike, so that trying tells nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.errors import Refused
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.asker_side import demand_of_link, token_digest
from niangjia.modules.demands.web.phone.forms import FollowForm
from niangjia.modules.demands.web.phone.mine import Door, acted, sent_file, shown
from niangjia.modules.members.actions.phone_codes import FOLLOW, NO_CHANNEL, WRONG, prove_phone, send_phone_code
from niangjia.ui.pages import put_refusal

PROVED = "proved_links"
"""In the session: the digest of each link that a code has opened, and when."""
OPEN_FOR = timedelta(hours=2)
ANSWER = "如果链接有效，验证码已发到提诉求时留下的手机，5 分钟内有效。一分钟没收到可以再点一次。"


@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    found = demand_of_link(token, now=timezone.now())
    if found is not None and _is_proved(request, token):
        return shown(request, found, _door(token))
    if "send" in request.POST:
        said = _send(request, found)
        if "json" in request.headers.get("Accept", ""):
            return JsonResponse({"text": said, "seconds": 60})
        return _ask(request, FollowForm(), said)
    form = FollowForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _prove(request, token, found, form.cleaned_data["code"])
        except Refused as refusal:
            put_refusal(form, refusal)
        else:
            return redirect("ask:by_link", token)
    return _ask(request, form)


@require_POST
def by_link_act(request: HttpRequest, token: str, act: str) -> HttpResponse:
    found = _opened(request, token)
    return acted(request, found, _door(token), act) if found else redirect("ask:by_link", token)


@require_GET
def by_link_file(request: HttpRequest, token: str, file_id: int) -> HttpResponse:
    found = _opened(request, token)
    return sent_file(found, file_id) if found else redirect("ask:by_link", token)


def _ask(request: HttpRequest, form: FollowForm, said: str = "") -> HttpResponse:
    response = render(request, "demands/phone/by_link.html", {"form": form, "said": said})
    response["Cache-Control"] = "no-store, private"
    return response


def _send(request: HttpRequest, found: Demand | None) -> str:
    if not settings.NOTIFY_CHANNELS:
        return NO_CHANNEL
    if found is not None:
        address = request.META.get("REMOTE_ADDR", "")
        try:
            send_phone_code(found.asker_phone or "", address=address, now=timezone.now(), purpose=FOLLOW)
        except Refused:
            return ANSWER  # too often, or no mobile number: nobody learns which
    return ANSWER


def _prove(request: HttpRequest, token: str, found: Demand | None, code: str) -> None:
    now = timezone.now()
    if found is None:
        raise Refused("phone_code.wrong", WRONG, "code")
    prove_phone(found.asker_phone or "", code, now=now)
    request.session.cycle_key()
    request.session[PROVED] = {**_fresh(request, now), token_digest(token).hex(): now.isoformat()}


def _fresh(request: HttpRequest, now: datetime) -> dict[str, str]:
    kept: dict[str, str] = request.session.get(PROVED, {})
    return {link: at for link, at in kept.items() if now - datetime.fromisoformat(at) < OPEN_FOR}


def _is_proved(request: HttpRequest, token: str) -> bool:
    return token_digest(token).hex() in _fresh(request, timezone.now())


def _opened(request: HttpRequest, token: str) -> Demand | None:
    return demand_of_link(token, now=timezone.now()) if _is_proved(request, token) else None


def _door(token: str) -> Door:
    return Door(reverse("ask:by_link", args=[token]))
