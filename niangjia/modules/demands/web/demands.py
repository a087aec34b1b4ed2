"""诉求台账: of all in sight, and as a tab of an organisation's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from niangjia.engines.casework.models import looked_once
from niangjia.kernel.access.guard import requires
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.web.lists import DEMANDS
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import organisation_in_sight
from niangjia.modules.organisations.queries.tabs import tabs_of
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of


@requires(Permission.DEMAND_VIEW)
@require_GET
@looked_once()
def demand_list(request: HttpRequest) -> HttpResponse:
    may_record = actor_of(request).can(Permission.DEMAND_RECORD)
    return show_list(request, DEMANDS, within=current_path(request), context={"may_record": may_record})


@requires(Permission.DEMAND_VIEW)
@require_GET
@looked_once()
def organisation_demands(request: HttpRequest, pk: int) -> HttpResponse:
    """What the organisation and those below it have in hand, and had."""
    actor = actor_of(request)
    organisation = organisation_in_sight(pk, actor)
    context = {"organisation": organisation, "tabs": tabs_of(organisation, actor)}
    return show_list(request, DEMANDS, within=organisation.scope.path, context=context)
