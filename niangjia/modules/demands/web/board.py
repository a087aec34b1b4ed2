"""看板: a column for each stage, the most pressing cards on top; a card opens in the drawer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.engines.casework.models import looked_once
from niangjia.kernel.access.guard import requires
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.board import Column, Whose, columns
from niangjia.modules.demands.web.lists import DEMANDS, Rows
from niangjia.modules.demands.web.marks import left_mark
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.ui.pages import actor_of


@requires(Permission.DEMAND_VIEW)
@require_GET
@looked_once()
def board(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET.get("whose", Whose.TEAM.value)
    whose = Whose(asked) if asked in set(Whose) else Whose.TEAM

    def dressed(rows: Rows) -> list[Any]:
        unread = ("body", "words", "asker_phone", "asker_name", "suggested", "case__limits", "case__lead__phone")
        return DEMANDS.spec.presented(list(rows.select_related("case__lead").defer(*unread)), actor)

    found = columns(whose, actor, current_path(request), dressed)
    for column in found:
        for row in column.rows:
            row.left = left_mark(row.case, row.now)
    template = "demands/board_columns.html" if request.headers.get("HX-Target") == "list" else "demands/board.html"
    switch = [(one.label, f"{reverse('demands:board')}?whose={one.value}", one is whose) for one in Whose]
    return render(
        request, template,
        {
            "columns": [(column, more_of(column, whose, actor.user_id)) for column in found], "switch": switch,
            "whose": whose, "at": current_organisation(request) if whose is Whose.ALL else None,
            "now": timezone.now(),
        },
    )  # fmt: skip


def more_of(column: Column, whose: Whose, user_id: int | None) -> str:
    """Where all of a column stand; the own place's in the inbox, which counts the same."""
    if whose is Whose.TEAM:
        return f"{reverse('demands:inbox_lane', args=['team'])}?stage={column.stage:d}"
    lead = f"&lead={user_id}" if whose is Whose.MINE else ""
    return f"{reverse('demands:demand_list')}?stage={column.stage:d}{lead}&sort=due"
