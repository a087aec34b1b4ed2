"""What the forms of acts find while somebody types, and the labels of what was chosen."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.engines.casework import queries
from niangjia.engines.casework.kinds import case_kinds
from niangjia.engines.casework.queries import picking
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted
from niangjia.ui import pages
from niangjia.ui.pages import actor_of
from niangjia.ui.places import directory


@requires(None)
@require_GET
def place_options(request: HttpRequest) -> HttpResponse:
    """Places in sight, above and beside."""
    _ensure_handles(request)
    actor, text = actor_of(request), _typed(request)
    found = [(one.id, one.name, one.small_print) for one in directory().find(actor, text)] if text else []
    known = {pk for pk, _, _ in found}
    around = directory().names(picking.near(actor))
    found += [(pk, name, "上级或同级") for pk, name in around.items() if pk not in known and text in name]
    return pages.options(request, found)


@requires(None)
@require_GET
def officer_options(request: HttpRequest) -> HttpResponse:
    """Who may handle a case, with what they have in hand."""
    _ensure_handles(request)
    found = picking.handlers(actor_of(request), case_kinds(), _typed(request), today=timezone.localdate())
    load = queries.load_of([one.user_id for one in found])
    names = directory().names({one.scope_id for one in found})
    return pages.options(
        request,
        [
            (one.user_id, one.name, f"{names.get(one.scope_id, '')}　{one.job}　在办 {load.get(one.user_id, 0)} 件")
            for one in found
        ],
    )


@requires(None)
@require_GET
def case_options(request: HttpRequest) -> HttpResponse:
    """Open cases in sight; whether two may go together is the action's rule."""
    _ensure_handles(request)
    rows = picking.cases_named(actor_of(request), _typed(request))
    return pages.options(request, [(row.pk, row.title, f"{row.number}　{Stage(row.stage).label}") for row in rows])


def _ensure_handles(request: HttpRequest) -> None:
    """Names of colleagues are for those who hand cases to them. Raises NotPermitted."""
    if not any(actor_of(request).can(kind.handle) for kind in case_kinds()):
        raise NotPermitted


def _typed(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").split())[:50]


def label_of_officer(user_id: int) -> str:
    return picking.name_of_user(user_id)


def place_of_officer(user_id: int) -> int | None:
    return picking.place_of(user_id, today=timezone.localdate())


def used_offices() -> list[str]:
    return picking.offices()


def label_of_case(case_id: int, actor: Actor) -> str:
    return picking.title_of_case(case_id, actor)


def names(scope_ids: Iterable[int | None]) -> dict[int, str]:
    return directory().names({pk for pk in scope_ids if pk is not None})
