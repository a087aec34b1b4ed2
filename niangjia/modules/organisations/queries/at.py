"""The organisation in which somebody works now: chosen in the sidebar, kept in the session, used by every list.

show_list(request, SCREEN, within=current_path(request))
"""

from __future__ import annotations

from django.http import HttpRequest

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations.models import Organisation

KEY = "at"


def current_organisation(request: HttpRequest) -> Organisation | None:
    """None: everything in sight. A choice that went out of sight or closed no longer counts."""
    if not hasattr(request, "working_at"):
        request.working_at = _chosen(request)  # type: ignore[attr-defined]
    return request.working_at  # type: ignore[attr-defined, no-any-return]


def current_path(request: HttpRequest) -> str | None:
    at = current_organisation(request)
    return at.scope.path if at else None


def _chosen(request: HttpRequest) -> Organisation | None:
    pk = request.session.get(KEY)
    if pk is None:
        return None
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = Organisation.objects.visible_to(actor).select_related("scope")
    found: Organisation | None = rows.filter(pk=pk, closed_on=None).first()
    return found
