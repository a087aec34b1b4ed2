"""Many at once from the list: accepted, assigned, urged; what was not done is told row by row."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from niangjia.engines.casework.web.forms import AssignForm
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.actions.bulk import Result, accept_many, assign_many, urge_many
from niangjia.modules.demands.permissions import Permission
from niangjia.ui.pages import actor_of, number_in, put_refusal


@requires(Permission.DEMAND_ACCEPT)
@require_POST
def demands_accept(request: HttpRequest) -> HttpResponse:
    results = accept_many(_rows(request), actor=actor_of(request), now=timezone.now())
    return _told(request, "受理", results)


@requires(Permission.DEMAND_SUPERVISE)
@require_POST
def demands_urge(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("reason", "")
    return _told(request, "催办", urge_many(_rows(request), text=text, actor=actor_of(request), now=timezone.now()))


@requires(Permission.DEMAND_ACCEPT)
@require_POST
def demands_assign(request: HttpRequest) -> HttpResponse:
    """First from the list, with the rows only: asks to whom. Then with it."""
    rows, actor = _rows(request), actor_of(request)
    form = AssignForm(request.POST if "ready" in request.POST else None, actor=actor)
    if form.is_bound and form.is_valid():
        try:
            results = assign_many(rows, actor=actor, now=timezone.now(), **form.facts())
        except Refused as refusal:
            put_refusal(form, refusal)
        else:
            return _told(request, "分派", results)
    context = {"form": form, "chosen": rows, "back": _back(request)}
    return render(request, "demands/assign_many.html", context, status=422 if form.errors else 200)


def _rows(request: HttpRequest) -> list[int]:
    return list(filter(None, map(number_in, request.POST.getlist("row"))))


def _back(request: HttpRequest) -> str:
    """The list that the rows were ticked in."""
    here: Any = request.POST.get("back") or request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(here, {request.get_host()}, require_https=request.is_secure())
    is_list = safe and "/many/" not in here
    return here if is_list else reverse("demands:demand_list")


def _told(request: HttpRequest, what: str, results: list[Result]) -> HttpResponse:
    refused = [result for result in results if result.problem]
    done = len(results) - len(refused)
    if not refused:
        messages.success(request, f"{what}：已办 {done} 件。")
        return redirect(_back(request))
    context = {"what": what, "done": done, "refused": refused, "back": _back(request)}
    return render(request, "demands/bulk_results.html", context)
