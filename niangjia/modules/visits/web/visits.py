"""The lists of visits and of what they left; the weeks of the officers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.models import Scope
from niangjia.kernel.days import day_in
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.visits.journal_rules import quarter_of
from niangjia.modules.visits.models import Posting
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.figures import DAY
from niangjia.modules.visits.queries.weeks import Week, weeks_of
from niangjia.modules.visits.web.lists import COVERED, FINDINGS, FOLLOW_UPS, PROPOSALS, VISITS
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, number_in


@requires(Permission.VISIT_VIEW)
@require_GET
def visit_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    url, mine = reverse("visits:visit_list"), f"mine={actor.user_id}"
    is_own = request.GET.get("mine") == str(actor.user_id)
    tabs = [
        ("全部走访", url, None, not is_own), ("我的走访", f"{url}?{mine}", None, is_own),
        ("走访发现", reverse("visits:finding_list"), None, False), ("待回看", reverse("visits:follow_up_list") + "?open=1", None, False),
        ("资料更新建议", reverse("visits:proposal_list") + "?state=1", None, False),
    ]  # fmt: skip
    context = {"may_make": actor.can(Permission.VISIT_MAKE), "tabs": tabs}
    return show_list(request, VISITS, within=current_path(request), context=context)


@requires(Permission.VISIT_VIEW)
@require_GET
def finding_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, FINDINGS, within=current_path(request))


@requires(Permission.VISIT_VIEW)
@require_GET
def covered_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, COVERED, within=current_path(request))


@requires(Permission.VISIT_VIEW)
@require_GET
def proposal_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, PROPOSALS, within=current_path(request))


@requires(Permission.VISIT_VIEW)
@require_GET
def follow_up_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, FOLLOW_UPS, within=current_path(request))


@dataclass(frozen=True)
class Line:
    """One officer's weeks."""

    posting: Posting
    weeks: list[Week]

    @property
    def due(self) -> int:
        return len(self.weeks)

    @property
    def made(self) -> int:
        return sum(week.is_done for week in self.weeks)


@requires(Permission.VISIT_VIEW)
@require_GET
def week_list(request: HttpRequest) -> HttpResponse:
    """Which officer went as often as agreed in which week; `done` shows only some."""
    today = timezone.localdate()
    since = day_in(request.GET.get("since", "")) or quarter_of(today)
    until = max(since, day_in(request.GET.get("until", "")) or today)
    weeks = weeks_of(_path(request), since, until + DAY, today=today)
    done = request.GET.get("done", "")
    shown = [week for week in weeks if done not in {"yes", "no"} or week.is_done == (done == "yes")]
    lines = [Line(posting, list(group)) for posting, group in groupby(shown, key=_posting)]
    made = sum(week.is_done for week in weeks)
    return render(
        request,
        "visits/week_list.html",
        {
            "since": since,
            "until": until,
            "done": done,
            "place": number_in(request.GET.get("place", "")) or "",
            "lines": lines,
            "due": len(weeks),
            "made": made,
            "share": f"{made / len(weeks) * 100:.2f}" if weeks else "—",
        },
    )


def _posting(week: Week) -> Posting:
    return week.posting


def _path(request: HttpRequest) -> str:
    """The place named in the address if one sees visits there, else where one works."""
    actor: Any = actor_of(request)
    scope = Scope.objects.filter(pk=number_in(request.GET.get("place", ""))).first()
    if scope is not None and actor.may(Permission.VISIT_VIEW, str(scope.path)):
        return str(scope.path)
    at = current_path(request)
    return at if at and actor.may(Permission.VISIT_VIEW, at) else actor.paths(Permission.VISIT_VIEW)[0]
