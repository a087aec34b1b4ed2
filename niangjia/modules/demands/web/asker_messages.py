"""告知短信: what askers are told at each step, in the words of one's own organisation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.demands.actions.messages import reset_message, set_message
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.messages import messages_at, placeholders
from niangjia.modules.demands.rules import LONGEST_MESSAGE, Step
from niangjia.modules.demands.web.keeping import place_here
from niangjia.modules.organisations.queries.organisations import organisation_in_sight
from niangjia.ui.pages import actor_of


@requires(Permission.CATALOGUE_EDIT)
@require_GET
def asker_messages(request: HttpRequest) -> HttpResponse:
    return _page(request, place_here(request))


def _page(request: HttpRequest, place: Any, wrong: Step | None = None, problem: str = "") -> HttpResponse:
    context = {
        "place": place, "lines": messages_at(place.scope), "placeholders": placeholders(), "most": LONGEST_MESSAGE,
        "may_edit": actor_of(request).may(Permission.CATALOGUE_EDIT, str(place.scope.path)),
        "wrong": wrong, "problem": problem, "text": request.POST.get("text", ""),
    }  # fmt: skip
    return render(request, "demands/asker_messages.html", context, status=422 if problem else 200)


@requires(Permission.CATALOGUE_EDIT)
@require_POST
def asker_message(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """`pk` is the organisation's; `reset` goes back to what holds above."""
    actor, now = actor_of(request), timezone.now()
    place = organisation_in_sight(pk, actor)
    try:
        which = Step(step)
    except ValueError:
        raise Missing from None
    try:
        if request.POST.get("reset"):
            reset_message(place.pk, which, actor=actor, now=now)
        else:
            set_message(place.pk, which, request.POST.get("text", ""), actor=actor, now=now)
    except Refused as refusal:
        return _page(request, place, which, refusal.message)
    messages.success(
        request, f"“{which.label}”的短信已{'恢复' if request.POST.get('reset') else '保存'}，从下一条起生效。"
    )
    return redirect(f"{reverse('demands:asker_messages')}?organisation={place.pk}#{which.value}")
