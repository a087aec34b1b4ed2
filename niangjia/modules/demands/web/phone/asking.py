"""说诉求: one page for whoever has something to say, logged in or not, by name or without."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.models import User
from niangjia.kernel.access.workers import is_worker
from niangjia.kernel.crypto.masks import mask_phone
from niangjia.kernel.errors import Refused
from niangjia.modules.demands import privacy
from niangjia.modules.demands.actions.asking import Said, submit_demand
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.asker_side import has_agreed
from niangjia.modules.demands.rules import Party
from niangjia.modules.demands.web.phone import photos, places
from niangjia.modules.demands.web.phone.forms import DemandForm
from niangjia.modules.members.actions.phone_codes import check_phone_code, send_phone_code
from niangjia.modules.members.actions.returning import is_silent
from niangjia.modules.organisations.queries.joining import employers_like, union_shown
from niangjia.ui.pages import put_refusal

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SENT = "sent_demand"
"""In the session, for the page that is shown once: number, id, and whether somebody should be called at once."""
UNPROCESSABLE = 422
LOG_IN_FIRST = "这个号码很久没有登录了。要匿名提交，请先到“手机号登录”核对本人，或者不填手机号码。"


@require_http_methods(["GET", "POST"])
def demand_new(request: HttpRequest) -> HttpResponse:
    asker = _asker(request)
    of_firm = (request.POST.get("as") or request.GET.get("as")) == "employer"
    if request.method == "GET":
        form = DemandForm(initial={"name": asker.name if asker else ""}, of_firm=of_firm, logged_in=asker is not None)
        return _page(request, form)
    if "send" in request.POST:
        return _send(request, of_firm=of_firm)
    form = DemandForm(request.POST, request.FILES, of_firm=of_firm, logged_in=asker is not None)
    form.is_valid()
    kept, problems = photos.taken_in(request, form.cleaned_data.get("photos", ()))
    for problem in problems:
        form.add_error("photos", problem)
    if not request.POST.get("agreed") and not has_agreed(asker.pk if asker else None):
        form.add_error("agreed", "请先看一下个人信息怎么用，再打勾同意。")
    if form.errors:
        return _page(request, form)
    try:
        asker = asker or _proved(request, form)
        demand = submit_demand(
            _said(request, form), user=asker, address=request.META.get("REMOTE_ADDR", ""), photos=kept,
            now=timezone.now(),
        )  # fmt: skip
    except Refused as refusal:
        refusal.field = {"asker_phone": "phone", "asker_name": "name"}.get(refusal.field or "", refusal.field)
        put_refusal(form, refusal)
        return _page(request, form)
    photos.sent(request)
    return _onward(request, demand, asker)


def _asker(request: HttpRequest) -> User | None:
    return request.user if is_worker(request.user) else None  # type: ignore[return-value]


def _proved(request: HttpRequest, form: DemandForm) -> User | None:
    """The account of the phone, logged in from now on; None for who leaves none, and for one that was silent for long.
    Raises Refused for a wrong code.

    Where no message can be sent, a number is taken as it was written: the officer calls back.
    """
    phone, code = form.cleaned_data["phone"].strip(), form.cleaned_data["code"].strip()
    if not phone or not settings.NOTIFY_CHANNELS:
        return None
    if not code:
        raise Refused("asking.code", "请点“获取验证码”，把短信里的 6 位数字填在这里。", "code")
    user = check_phone_code(phone, code, now=timezone.now())
    if is_silent(user, now=timezone.now()):
        # The number may be another's by now: what is said goes in, the account stays shut.
        if form.cleaned_data["is_anonymous"]:
            raise Refused("asking.silent", LOG_IN_FIRST, "code")
        return None
    login(request, user, backend=BACKEND)
    request.session.set_expiry(settings.WORKER_SESSION_AGE)
    form.logged_in = True
    return user


def _said(request: HttpRequest, form: DemandForm) -> Said:
    said, place = form.cleaned_data, places.read(request.POST.get("place", ""))
    return Said(
        body=said["body"], name=said["name"], phone=said["phone"], is_anonymous=said["is_anonymous"] and not form.of_firm,
        employer=said["employer"], division=said["division"], tells_own_union=not said["keeps"],
        spot=place.spot if place else "", place=place.scope_id if place else None,
        party=Party.EMPLOYER if form.of_firm else Party.WORKER,
    )  # fmt: skip


def _send(request: HttpRequest, *, of_firm: bool) -> HttpResponse:
    """The code, in place or, without a script, with the page as it was filled in."""
    phone = request.POST.get("phone", "")[:20]
    try:
        send_phone_code(phone, address=request.META.get("REMOTE_ADDR", ""), now=timezone.now())
        said, sent = f"验证码已发送到 {mask_phone(phone.strip())}，5 分钟内有效。", True
    except Refused as refusal:
        said, sent = refusal.message, False
    if "json" in request.headers.get("Accept", ""):
        return JsonResponse({"text": said, "seconds": 60 if sent else 0}, status=200 if sent else UNPROCESSABLE)
    _, problems = photos.taken_in(request, request.FILES.getlist("photos"))
    typed = request.POST.dict() | {"keeps": "keeps" in request.POST}
    return _page(request, DemandForm(initial=typed, of_firm=of_firm), said=" ".join([said, *problems]))


def _page(request: HttpRequest, form: DemandForm, *, said: str = "") -> HttpResponse:
    asker = _asker(request)
    token = (request.POST.get("place") or request.GET.get("place") or "")[:300]
    place = places.read(token)
    return render(
        request,
        "demands/phone/demand_new.html",
        {
            "form": form,
            "said": said,
            "asker": asker,
            "asker_phone": mask_phone(asker.phone) if asker else "",
            "most_bytes": settings.FILES_MAX_BYTES,
            "needs_code": asker is None and bool(settings.NOTIFY_CHANNELS),
            "kept": photos.waiting(request),
            "privacy": privacy.text_of(),
            "has_agreed": has_agreed(asker.pk if asker else None),
            "place": place,
            "place_code": token if place else "",
            "union": union_shown(place.scope_id) if place else None,
        },
    )


def _onward(request: HttpRequest, demand: Demand, asker: User | None) -> HttpResponse:
    case = demand.case
    request.session[SENT] = {
        "pk": demand.pk, "number": case.number, "grave": is_grave(demand),
        "phone": bool(asker or demand.asker_phone),
    }  # fmt: skip
    return redirect("ask:my_demand", demand.pk) if asker else redirect("ask:sent")


def is_grave(demand: Demand) -> bool:
    """Then whoever asks should call somebody now instead of waiting for an answer here."""
    return bool(demand.case.is_open and demand.case.urgency >= Urgency.EXTREME)


def just_sent(request: HttpRequest, pk: int) -> bool:
    said: dict[str, Any] = request.session.get(SENT, {})
    if said.get("pk") != pk:
        return False
    del request.session[SENT]
    return True


@require_GET
def by_code(request: HttpRequest) -> HttpResponse:
    """What a square on a wall says, short enough to be scanned from a distance."""
    query = urlencode({"place": request.GET.get("place", "")[:300]})
    return redirect(f"{reverse('ask:demand_new')}?{query}")


@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    """For whoever has no account: the number, and what happens now."""
    return render(request, "demands/phone/sent.html", {"sent": request.session.get(SENT)})


@require_GET
def employers(request: HttpRequest) -> HttpResponse:
    """Names that begin to be typed, completed; names of employers are public."""
    found = employers_like(request.GET.get("q", "")[:100])
    return JsonResponse([{"name": name, "note": place} for name, place in found], safe=False)
