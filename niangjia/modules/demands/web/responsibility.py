"""责任分工: the map as a table, who has how much, what falls through it, and where something would go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.rules import Urgency
from niangjia.engines.casework.web.fields import OfficerField, PlaceField
from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.rights import jobs
from niangjia.modules.demands.actions.responsibility import (
    LineFacts,
    add_line,
    end_line,
    leave_proposal,
    take_up_proposal,
)
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue
from niangjia.modules.demands.queries.demands import demand_in_sight
from niangjia.modules.demands.queries.responsibility import (
    by_group,
    line_in_sight,
    lines_above,
    lines_of,
    proposal_in_sight,
    proposals_waiting,
    shown,
)
from niangjia.modules.demands.queries.routing import Asked, find_route
from niangjia.modules.demands.web.keeping import place_here
from niangjia.modules.organisations.queries.membership import employer_names_in_sight
from niangjia.modules.organisations.queries.of_employer import employer_facts
from niangjia.modules.organisations.queries.organisations import divisions_of_townships, names_of
from niangjia.modules.organisations.queries.zones import zones_to_choose
from niangjia.ui.forms import Picker
from niangjia.ui.pages import actor_of, form_page, sent

ANY = ("", "不限")


def address(organisation_id: int) -> str:
    return f"{reverse('demands:responsibilities')}?organisation={organisation_id}"


def kind_choices(known: Catalogue) -> list[Any]:
    groups = [(group.code, f"{group.name}（整类）") for group in known.groups]
    kinds = [(group.name, [(one.code, one.name) for one in known.kinds_in(group.code)]) for group in known.groups]
    return [ANY, ("整类", groups), *kinds]


def handling_jobs() -> list[tuple[str, str]]:
    return [
        (code, job.label) for code, job in jobs().items() if Permission.DEMAND_HANDLE in job.permissions
    ]  # fmt: skip


class WhatForm(forms.Form):
    """What a demand is about, as far as the map looks at it."""

    kind = forms.ChoiceField(label="诉求类别", required=False)
    division = forms.ChoiceField(label="镇街", required=False)
    zone = forms.TypedChoiceField(label="片区", required=False, coerce=int, empty_value=None)
    employer = forms.IntegerField(
        label="用人单位", required=False,
        widget=Picker("organisations:employer_options", placeholder="输入单位名称查找"),
    )  # fmt: skip

    def __init__(self, *given: Any, request: HttpRequest, **more: Any) -> None:
        super().__init__(*given, **more)
        actor = actor_of(request)
        self.fields["kind"].choices = kind_choices(catalogue())  # type: ignore[attr-defined]
        self.fields["division"].choices = [ANY, *divisions_of_townships(actor)]  # type: ignore[attr-defined]
        self.fields["zone"].choices = [ANY, *zones_to_choose(actor)]  # type: ignore[attr-defined]
        self.fields["employer"].widget.label_of = lambda pk: employer_names_in_sight([pk], actor).get(pk, "")


class LineForm(WhatForm):
    to_scope = PlaceField(label="承办工会", error_messages={"required": "请从列表中选择承办的工会。"})
    job = forms.ChoiceField(label="岗位", required=False, help_text="由在该工会担任这个岗位、手上最少的人办。")
    user = OfficerField(label="专人", required=False, help_text="指定一个人；他离岗或请假时，按岗位或代理人转。")
    note = forms.CharField(label="说明", max_length=200, required=False)
    is_fallback = forms.BooleanField(
        label="作为兜底", required=False, help_text="别的分工都对不上时才用，保证每件诉求都有人管。"
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["job"].choices = [("", "按诉求目录的责任岗位"), *handling_jobs()]  # type: ignore[attr-defined]

    def facts(self) -> LineFacts:
        said = self.cleaned_data
        return LineFacts(
            to_scope_id=said["to_scope"], kind=said["kind"], division=said["division"], zone_id=said["zone"],
            employer_id=said["employer"], job=said["job"], user_id=said["user"], note=said["note"],
            is_fallback=said["is_fallback"],
        )  # fmt: skip


class TryForm(WhatForm):
    urgency = forms.TypedChoiceField(label="紧急程度", choices=Urgency.choices(), coerce=int, initial=Urgency.NORMAL)
    field_order = ("kind", "employer", "division", "zone", "urgency")


@requires(Permission.DEMAND_VIEW)
@require_GET
def responsibilities(request: HttpRequest) -> HttpResponse:
    actor, now, place = actor_of(request), timezone.now(), place_here(request)
    rows = list(lines_of(place.pk))
    groups, general = by_group(rows)
    above = [row for row in lines_above(place.scope.path) if row.scope_id != place.pk]
    facts = shown([*rows, *above], now=now)
    may_edit = actor.may(Permission.RESPONSIBILITY_EDIT, place.scope.path)
    waiting = list(proposals_waiting(actor).filter(scope=place.pk)) if may_edit else []
    known, names = catalogue(), names_of(row.to_scope_id for row in waiting if row.to_scope_id)
    return render(
        request,
        "demands/responsibility/page.html",
        {
            "place": place,
            "add_url": f"{reverse('demands:responsibility_add')}?organisation={place.pk}",
            "has_kinds": bool(groups),
            "groups": [(group, [facts[row.pk] for row in group.lines]) for group in groups if group.lines],
            "bare": [group for group in groups if not group.lines],
            "general": [facts[row.pk] for row in general],
            "above": [facts[row.pk] for row in above],
            "has_any": any(not row.kind and not row.is_fallback for row in [*rows, *above]),
            "has_fallback": any(row.is_fallback for row in [*rows, *above]),
            "may_edit": may_edit,
            "waiting": [(row, known.full_label_of(row.kind), names.get(row.to_scope_id or 0, "")) for row in waiting],
            "form": TryForm(request=request),
        },
    )


@requires(Permission.DEMAND_VIEW)
@require_GET
def responsibility_try(request: HttpRequest) -> HttpResponse:
    """Where a demand like this would go now, and why; a part of the page."""
    place = place_here(request)
    form = TryForm(request.GET, request=request)
    found = None
    if form.is_valid():
        said = form.cleaned_data
        employer = employer_facts(said["employer"]) if said["employer"] else None
        asked = Asked(
            kind=said["kind"], urgency=said["urgency"],
            division=said["division"] or (employer.division if employer else ""),
            zone_id=said["zone"] or (employer.zone_id if employer else None),
            employer_id=employer.id if employer else None,
        )  # fmt: skip
        found = find_route(asked, place.scope, now=timezone.now())
    return render(request, "demands/responsibility/try.html", {"found": found, "form": form})


@requires(Permission.RESPONSIBILITY_EDIT)
@require_http_methods(["GET", "POST"])
def responsibility_add(request: HttpRequest) -> HttpResponse:
    place, actor = place_here(request), actor_of(request)
    start = {"to_scope": place.pk, "kind": request.GET.get("kind", ""), "is_fallback": "fallback" in request.GET}
    form = LineForm(request.POST or None, request=request, initial=start)
    if sent(form, lambda _: add_line(place.pk, facts=form.facts(), actor=actor, now=timezone.now())):
        messages.success(request, "已加入责任分工，从下一件诉求起生效。")
        return redirect(address(place.pk))
    return form_page(
        request, form, title="新增分工", act="加入分工", back=address(place.pk), crumb="责任分工",
        note=f"{place.name}收到的诉求，符合下面条件的交给谁。条件留空表示不限。",
    )  # fmt: skip


@requires(Permission.RESPONSIBILITY_EDIT)
@require_POST
def responsibility_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = line_in_sight(pk, actor_of(request))
    end_line(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已停用这条分工；已经分派的诉求不变。")
    return redirect(address(row.scope_id))


@requires(Permission.RESPONSIBILITY_EDIT)
@require_http_methods(["GET", "POST"])
def proposal_take_up(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = proposal_in_sight(pk, actor)
    back = address(row.scope_id)
    demand = demand_in_sight(row.demand_id, actor)
    start = {"to_scope": row.to_scope_id or row.scope_id, "kind": row.kind, "employer": demand.employer_id}
    form = LineForm(request.POST or None, request=request, initial=start)
    if sent(form, lambda _: take_up_proposal(pk, facts=form.facts(), actor=actor, now=timezone.now())):
        messages.success(request, "已按建议改好责任分工，退办的人会收到消息。")
        return redirect(back)
    return form_page(
        request, form, title="采纳建议", act="改分工", back=back, crumb="责任分工",
        note=f"{row.by_name}退办“{demand.case.title}”时说：{row.reason}",
    )  # fmt: skip


@requires(Permission.RESPONSIBILITY_EDIT)
@require_POST
def proposal_leave(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = proposal_in_sight(pk, actor)
    leave_proposal(pk, reason=request.POST.get("reason", ""), actor=actor, now=timezone.now())
    messages.success(request, "已记下不采纳的原因，分工不变。")
    return redirect(address(row.scope_id))
