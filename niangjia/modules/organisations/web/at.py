"""The sidebar's switcher: where one works now, and where else one may."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing
from niangjia.kernel.ltree import end_of
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.at import KEY, current_organisation, current_path
from niangjia.modules.organisations.queries.organisations import (
    children_of,
    line_of,
    names_of,
    organisation_in_sight,
    organisation_options,
    tops_of,
)
from niangjia.modules.organisations.rules import OrganisationKind
from niangjia.ui import desk, places
from niangjia.ui.pages import number_in, page_around
from niangjia.ui.views import back

__all__ = ["current_path"]
OFFERED = 8


def switcher(request: HttpRequest) -> desk.Switcher | None:
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Permission.ORGANISATION_VIEW):
        return None
    at = current_organisation(request)
    return desk.Switcher(at.name if at else _all_of(actor), reverse("organisations:at_choices"))


def _all_of(actor: Actor) -> str:
    """All that one sees, in a word; it stands on every page, so the only one is asked for its name by id."""
    tops = actor.paths(Permission.ORGANISATION_VIEW)
    name = next(iter(names_of([end_of(tops[0])]).values()), "") if len(tops) == 1 else ""
    return name or f"全部 {len(tops)} 个单位"


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def at_choices(request: HttpRequest) -> HttpResponse:
    """One's own organisations, the way back up, what stands below, or what a text finds."""
    actor = request.actor  # type: ignore[attr-defined]
    at = current_organisation(request)
    text = " ".join(request.GET.get("q", "").split())[:50]
    groups = []
    if text:
        groups.append(("", [row for row, _ in organisation_options(actor, text)[:12]]))
    else:
        tops = tops_of(actor)
        own = {row.pk for row in tops}
        if at is not None:
            above = [row for row in line_of(at) if actor.may(Permission.ORGANISATION_VIEW, row.scope.path)]
            groups.append(("上级", [row for row in above if row.pk not in own]))
        groups.append(("本人所在", tops[:OFFERED]))
        here = at.pk if at else tops[0].pk if len(tops) == 1 else None
        if here:
            groups.append(("下级", list(children_of(here, actor)[:OFFERED])))
    return render(
        request,
        "organisations/at_hits.html" if "q" in request.GET else "organisations/at_choices.html",
        {
            "groups": [(label, rows) for label, rows in groups if rows],
            "at": at,
            "kinds": OrganisationKind,
            "text": text,
            "back": page_around(request).path,
        },
    )


@requires(Permission.ORGANISATION_VIEW)
@require_POST
def at_switch(request: HttpRequest) -> HttpResponse:
    """Work elsewhere from now on; out of sight is 404."""
    wanted = request.POST.get("at", "")
    if not wanted:
        request.session.pop(KEY, None)
        messages.success(request, "现在显示您管辖的全部单位。")
        return redirect(back(request))
    row = organisation_in_sight(number_in(wanted), request.actor)  # type: ignore[attr-defined]
    request.session[KEY] = row.pk
    messages.success(request, f"已切换到“{row.name}”，列表只显示它和它的下级。")
    return redirect(back(request))


# --- what the importer asks about organisations ---


def _as_place(row: Organisation, small_print: str = "") -> places.Found:
    return places.Found(row.pk, row.name, small_print, row.scope.path)


def _place_seen(actor: Actor, pk: int) -> places.Found | None:
    try:
        return _as_place(organisation_in_sight(pk, actor))
    except Missing:
        return None


def _place_here(request: HttpRequest) -> places.Found | None:
    """Where one works now, or the only organisation that one answers for."""
    at = current_organisation(request)
    tops = [at] if at else tops_of(request.actor)  # type: ignore[attr-defined]
    return _as_place(tops[0]) if len(tops) == 1 else None


def _places_found(actor: Actor, text: str) -> list[places.Found]:
    return [_as_place(row, above) for row, above in organisation_options(actor, text)]


PLACES = places.Directory(names_of, _place_seen, _places_found, _place_here)
