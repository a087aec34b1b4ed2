"""督办: who is slow and where it sticks; each number opens into its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.engines.casework.models import looked_once
from niangjia.kernel.access.guard import requires
from niangjia.kernel.ltree import end_of
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.supervising import (
    LONG_PAUSED,
    LOOKED_BACK,
    Line,
    by_officer,
    by_organisation,
    latest,
    top_of,
    total,
)
from niangjia.modules.demands.rules import LetterKind
from niangjia.modules.demands.web.marks import left_mark, stage_mark
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.ui.pages import actor_of

BY_ORGANISATION, BY_OFFICER = "organisation", "officer"


@requires(Permission.DEMAND_SUPERVISE)
@require_GET
@looked_once()
def supervising(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    by = BY_OFFICER if request.GET.get("by") == BY_OFFICER else BY_ORGANISATION
    path = top_of(actor, current_path(request))
    lines = (by_officer if by == BY_OFFICER else by_organisation)(actor, path, now) if path else []
    place = end_of(path) if path else 0
    address = reverse("demands:supervising")
    return render(
        request, "demands/supervising.html",
        {
            "lines": [(line, links_of(line, by, place)) for line in lines],
            "total": total(lines), "by": by, "at": current_organisation(request),
            "tabs": [("按单位", address, None, by == BY_ORGANISATION), ("按主办人", f"{address}?by=officer", None, by == BY_OFFICER)],
            "late": late_ones(latest(actor, path, now) if path else [], now),
            "long_paused": LONG_PAUSED.days, "looked_back": LOOKED_BACK.days, "now": now,
        },
    )  # fmt: skip


def late_ones(cases: list[Any], now: datetime) -> list[dict[str, Any]]:
    names = names_of({case.scope_id for case in cases})
    return [
        {
            "case": case, "left": left_mark(case, now), "stage": stage_mark(case), "organisation": names.get(case.scope_id, ""),
            "lead": case.lead.name if case.lead else "待分派",
            "letter": f"{reverse('demands:letter_write', args=[case.pk])}?kind={LetterKind.SUPERVISE.value}",
        }
        for case in cases
    ]  # fmt: skip


def links_of(line: Line, by: str, place: int) -> dict[str, str]:
    """The address of the rows behind each number."""
    long_ago = (timezone.localdate() - LONG_PAUSED).isoformat()
    cuts = {
        "open": {"stage": "open"}, "soon": {"soon": "1"}, "overdue": {"overdue": "1"},
        "hand_backs": {"stage": "open", "handed_back": "1"}, "paused_long": {"paused": "1", "paused_before": long_ago},
        "no_lead": {"stage": "open", "no_lead": "1"},
    }  # fmt: skip
    if by == BY_OFFICER:
        base, own = reverse("demands:organisation_demands", args=[place]), {"lead": str(line.pk)}
    else:
        base = reverse("demands:organisation_demands", args=[line.pk])
        own = {"place": str(line.pk)} if line.is_own else {}
    return {key: f"{base}?{urlencode({**cut, **own, 'sort': 'due'})}" for key, cut in cuts.items()}
