"""One view for every act on a case: shows its form, does it, and goes back to where one was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework import queries
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.queries.openness import ensure_possible, ensure_right, ensure_stage
from niangjia.engines.casework.queries.parts import file_of, part_of
from niangjia.engines.casework.web.acts import ACTS, Act
from niangjia.engines.casework.web.forms import ActForm
from niangjia.engines.casework.web.wording import noun_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.files.actions import store
from niangjia.ui import pages
from niangjia.ui.downloads import send_stored
from niangjia.ui.pages import actor_of, number_in, page_around

MOST_BYTES = 20 * 1024 * 1024


def act_view(act: Act) -> Callable[..., HttpResponse]:
    @requires(None)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        actor = actor_of(request)
        case = queries.case_in_sight(pk, actor)
        _ensure_open(act, case, actor)
        of = _part(act, case, request)
        form = act.form(
            request.POST if request.method == "POST" else None, request.FILES or None, actor=actor, of=of,
            initial=act.initial(case),
        )  # fmt: skip
        if _sent(request, act, case, form, of):
            messages.success(request, act.said)
            return after(request, case)
        return _shown(request, act, case, form, of)

    view.__name__ = act.name
    view.__doc__ = act.label
    return view


def _part(act: Act, case: Case, request: HttpRequest) -> Any:
    """The task, consultation or extension that the act is about. Raises Refused, and Missing for another case's."""
    if not act.of:
        return None
    asked = request.POST.get("of", "") or request.GET.get("of", "")
    if not asked:
        raise Refused("case.part", "请回到工单页面，从要办的那一项上点按钮。")
    return part_of(case, act.of, number_in(asked))


def _ensure_open(act: Act, case: Case, actor: Actor) -> None:
    """A form that can't be sent isn't shown. Raises NotPermitted, Refused."""
    ensure_right(case, act.verb, actor)
    ensure_stage(case, act.verb, actor)
    ensure_possible(case, act.verb, actor, now=timezone.now())


def _sent(request: HttpRequest, act: Act, case: Case, form: ActForm, of: Any) -> bool:
    if not form.is_bound or not form.is_valid():
        return False
    facts, now = form.facts(), timezone.now()
    try:
        with transaction.atomic():
            if "attached" in facts:
                user_id = actor_of(request).user_id
                kept = [
                    store(file, name=file.name or "", owner_id=user_id, now=now, most_bytes=MOST_BYTES)
                    for file in facts.pop("attached")
                ]
                facts["file_ids"] = [one.pk for one in kept]
            act.done(case, facts, of=of.pk if of else None, actor=actor_of(request), now=now)
    except Refused as refusal:
        field = "attached" if refusal.field == "file" else refusal.field
        pages.put_refusal(form, Refused(refusal.code, refusal.message, field))
        return False
    return True


def _shown(request: HttpRequest, act: Act, case: Case, form: ActForm, of: Any) -> HttpResponse:
    first = next(iter(form.fields.values()), None)
    if first is not None:
        first.widget.attrs["autofocus"] = True
    return render(
        request,
        f"casework/{act.template}.html",
        {"act": act, "case": case, "form": form, "of": of, "noun": noun_of(case), "back": case.get_absolute_url()},
        status=422 if form.errors else 200,
    )


def after(request: HttpRequest, case: Case) -> HttpResponse:
    """Back to the case: its own page is loaded anew; in the drawer beside a list it is shown again."""
    address = case.get_absolute_url()
    try:
        queries.case_in_sight(case.pk, actor_of(request))
    except Missing:
        # Handed to a place out of one's sight: back to the list, or home.
        around = page_around(request).path
        address = around if around and around != address else reverse("ui:home")
        return _gone_to(request, address)
    if page_around(request).path == address:
        return _gone_to(request, address)
    return redirect(address)


def _gone_to(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@requires(None)
@require_GET
def file(request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
    """A file of the timeline or of a task, for whoever sees the case."""
    case = queries.case_in_sight(pk, actor_of(request))
    return send_stored(file_of(case, file_id))


urlpatterns: list[URLPattern] = [
    *(path(f"cases/<int:pk>/{act.name}/", act_view(act), name=act.name) for act in ACTS),
    path("cases/<int:pk>/files/<int:file_id>/", file, name="file"),
]
