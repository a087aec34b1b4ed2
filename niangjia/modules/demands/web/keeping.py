"""Whose map and rules a page shows, and the form pages by which they are kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from niangjia.kernel.errors import Missing
from niangjia.modules.organisations.queries.at import current_organisation
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, tops_of
from niangjia.ui import pages
from niangjia.ui.pages import actor_of


def place_here(request: HttpRequest) -> Any:
    """The organisation named in the address, else where one works, else the first of one's own. Raises Missing."""
    actor = actor_of(request)
    wanted = pages.number_in(request.GET.get("organisation", ""))
    if wanted:
        return organisation_in_sight(wanted, actor)
    at = current_organisation(request) or next(iter(tops_of(actor)), None)
    if at is None:
        raise Missing
    return organisation_in_sight(at.pk, actor)


def form_page(request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
    """`title`, `act` on the button, `back`, `crumb` (label) and `note` above the form."""
    return render(request, "demands/keeping_form.html", context | {"form": form}, status=422 if form.errors else 200)
