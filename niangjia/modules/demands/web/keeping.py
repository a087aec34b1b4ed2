"""Whose map and rules a page shows, and the form pages by which they are kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

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
