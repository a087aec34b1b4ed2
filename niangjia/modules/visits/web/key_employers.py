"""Keeping the key employers: which, who goes there, how often."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.visits import actions
from niangjia.modules.visits.models import KeyEmployer
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.employers import key_employer_in_sight, last_visits
from niangjia.modules.visits.web.forms import KeyEmployerForm, KeyEndForm, after, may_direct
from niangjia.modules.visits.web.marks import due_mark
from niangjia.modules.visits.web.posting_lists import KEY_EMPLOYERS
from niangjia.modules.visits.web.postings import place_to_keep
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, form_page, sent


@requires(Permission.VISIT_VIEW)
@require_GET
def key_employer_list(request: HttpRequest) -> HttpResponse:
    may_add = actor_of(request).can(Permission.VISIT_DIRECT)
    return show_list(request, KEY_EMPLOYERS, within=current_path(request), context={"may_add": may_add})


@requires(Permission.VISIT_VIEW)
@require_GET
def key_employer(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, key_employer_in_sight(pk, actor_of(request)))


def _shown(request: HttpRequest, row: KeyEmployer) -> HttpResponse:
    today = timezone.localdate()
    at = last_visits([row.employer_id]).get(row.employer_id)
    last = timezone.localdate(at) if at else None
    return render(
        request,
        "visits/key_employer.html",
        {
            "row": row,
            "turn": due_mark(last, row.every_days, row.from_on, today) if row.until_on is None else None,
            "last": last,
            "may_edit": row.until_on is None and may_direct(actor_of(request), row.scope),
        },
    )


def _directed(request: HttpRequest, pk: int) -> KeyEmployer:
    """Raises Missing, NotPermitted."""
    row = key_employer_in_sight(pk, actor_of(request))
    if not may_direct(actor_of(request), row.scope):
        raise NotPermitted
    return row


def _done(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    messages.success(request, said)
    url = reverse("visits:key_employer", args=[pk])
    return after(request, url, lambda: _shown(request, key_employer_in_sight(pk, actor_of(request))))


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": timezone.now()}


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def key_employer_add(request: HttpRequest) -> HttpResponse:
    scope = place_to_keep(request)
    form = KeyEmployerForm(request.POST or None, scope=scope, actor=actor_of(request))
    made: list[KeyEmployer] = []
    if sent(form, lambda facts: made.append(actions.add_key_employer(scope_id=scope.pk, **facts, **_by(request)))):
        return _done(request, made[0].pk, "已列入重点企业，到期会排进走访计划。")
    return form_page(
        request, form, title="列入重点企业", act="列入", back=reverse("visits:key_employer_list"), crumb="重点企业"
    )


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def key_employer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _directed(request, pk)
    form = KeyEmployerForm(request.POST or None, scope=row.scope, actor=actor_of(request), row=row)
    if sent(form, lambda facts: actions.assign_key_employer(pk, **facts, **_by(request))):
        return _done(request, pk, "已保存。")
    back = reverse("visits:key_employer", args=[pk])
    return form_page(
        request, form, title=f"安排“{row.employer.name}”的走访", act="保存", back=back, crumb=row.employer.name
    )


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def key_employer_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = _directed(request, pk)
    form = KeyEndForm(request.POST or None)
    if sent(form, lambda facts: actions.end_key_employer(pk, **facts, **_by(request))):
        return _done(request, pk, f"“{row.employer.name}”不再是重点企业，走访记录都保留。")
    back = reverse("visits:key_employer", args=[pk])
    return form_page(
        request,
        form,
        title=f"把“{row.employer.name}”移出重点企业",
        act="移出",
        back=back,
        crumb="重点企业",
        kind="error",
    )
