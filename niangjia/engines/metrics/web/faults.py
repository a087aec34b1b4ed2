"""Faults of the data: what they are, where, whose, until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.engines.metrics.actions import assign_faults
from niangjia.engines.metrics.permissions import Permission
from niangjia.engines.metrics.queries import fault_summaries, officers_in_sight
from niangjia.engines.metrics.web.lists import FAULTS
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.ui import pages
from niangjia.ui.forms import DayField, Picker
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, number_in
from niangjia.ui.places import directory

DAYS_GIVEN = 30


class AssignForm(forms.Form):
    owner = forms.IntegerField(
        label="责任人", widget=Picker("metrics:owner_options", placeholder="输入姓名查找"),
        help_text="要在问题所在的单位有修改资料的权限。",
    )  # fmt: skip
    due_on = DayField(label="整改期限")
    note = forms.CharField(label="说明", required=False, max_length=200)


@requires(Permission.FIGURE_VIEW)
@require_GET
def fault_list(request: HttpRequest) -> HttpResponse:
    here = directory().here(request)
    path = here.path if here else None
    summaries = fault_summaries(actor_of(request), today=timezone.localdate(), within=path)
    return show_list(request, FAULTS, within=path, context={"summaries": summaries, "at": here})


@requires(Permission.FAULT_ASSIGN)
@require_GET
def owner_options(request: HttpRequest) -> HttpResponse:
    text = " ".join(request.GET.get("q", "").split())[:50]
    found = officers_in_sight(actor_of(request), text, today=timezone.localdate())
    names = directory().names({scope for _, _, scope in found})
    return pages.options(request, [(pk, name, names.get(scope, "")) for pk, name, scope in found])


@requires(Permission.FAULT_ASSIGN)
@require_POST
def faults_assign(request: HttpRequest) -> HttpResponse:
    """First from the list, with the rows only: asks for owner and day. Then with them."""
    rows = list(filter(None, map(number_in, request.POST.getlist("row"))))
    first = {"due_on": timezone.localdate() + timedelta(days=DAYS_GIVEN)}
    form = AssignForm(request.POST) if "ready" in request.POST else AssignForm(initial=first)
    if form.is_bound and form.is_valid() and _assigned(request, rows, form):
        messages.success(request, f"已分派 {len(rows)} 项，责任人会收到消息。")
        return redirect("metrics:fault_list")
    return render(
        request, "metrics/faults_assign.html", {"form": form, "chosen": rows}, status=422 if form.errors else 200
    )


def _assigned(request: HttpRequest, rows: list[int], form: Any) -> bool:
    facts = form.cleaned_data
    try:
        assign_faults(
            rows, owner_id=facts["owner"], due_on=facts["due_on"], note=facts["note"],
            actor=actor_of(request), now=timezone.now(),
        )  # fmt: skip
    except Refused as refusal:
        pages.put_refusal(form, refusal)
        return False
    return True
