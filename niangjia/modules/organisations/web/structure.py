"""Moving, merging, dissolving, and the table of what may stand under what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.organisations import ensure_may_restructure
from niangjia.modules.organisations.actions.retyping import retype_organisation
from niangjia.modules.organisations.actions.structure import (
    dissolve_organisation,
    merge_organisations,
    move_organisation,
)
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.open_matters import open_matters
from niangjia.modules.organisations.queries.organisations import (
    kind_of_organisation,
    kinds_below,
    line_of,
    nodes,
    organisation_in_sight,
)
from niangjia.modules.organisations.rules import LEVEL, MAY_SIT_UNDER, OrganisationKind
from niangjia.modules.organisations.web.organisations import offered, organisation_label
from niangjia.ui import pages
from niangjia.ui.forms import Picker
from niangjia.ui.pages import actor_of


class StructureForm(forms.Form):
    """A day, a reason, and that one has read what will happen."""

    on = forms.DateField(label="生效日期", help_text="批复上的日期；不能晚于今天。")
    reason = forms.CharField(
        label="原因", max_length=300, widget=forms.Textarea, help_text="会写进沿革，请写批复文号和缘由。"
    )
    sure = forms.BooleanField(label="我已核对上面的情况，确认办理")
    goal = ""  # the field that names the other organisation


class MoveForm(StructureForm):
    goal = "parent"
    parent = forms.IntegerField(label="新的上级")
    field_order = ("parent",)


class MergeForm(StructureForm):
    goal = "into"
    into = forms.IntegerField(label="并入哪个工会")
    field_order = ("into",)


class DissolveForm(StructureForm):
    pass


def _ready(form_class: type[StructureForm], request: HttpRequest, row: Organisation) -> StructureForm:
    form = form_class(request.POST or None, initial={"on": timezone.localdate()})
    if form.goal:
        picker = Picker("organisations:organisation_options", label_of=organisation_label)
        picker.source = reverse_lazy("organisations:structure_options", args=[row.pk, form.goal])
        picker.is_required = True
        form.fields[form.goal].widget = picker
    return form


@requires(Permission.ORGANISATION_RESTRUCTURE)
def organisation_move(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may_restructure(actor, row)
    form = _ready(MoveForm, request, row)
    if form.is_valid():
        data = form.cleaned_data
        try:
            move_organisation(
                pk, parent_id=data["parent"], on=data["on"], reason=data["reason"], actor=actor, now=timezone.now()
            )
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"“{row.name}”已调整隶属；{data['on']} 以前的数据仍算在原上级名下。")
            return redirect("organisations:organisation", pk)
    return _page(
        request, form, row, title="调整隶属", sure="调整",
        points=[
            "它和全部下级一起移到新的上级之下，会员、班子、用人单位不变。",
            "生效日以前的数据仍按原来的隶属统计，去年的报表不会变。",
            "原上级的干部从此看不到它；新上级的干部从此可以办理它的事。",
        ],
    )  # fmt: skip


class RetypeForm(StructureForm):
    kind = forms.ChoiceField(label="改成什么类型", help_text="只列出它现在的上级和下级允许的类型。")
    field_order = ("kind",)

    def __init__(self, *given: Any, kinds: Iterable[OrganisationKind], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["kind"].choices = [("", "请选择"), *((str(kind), kind.label) for kind in kinds)]  # type: ignore[attr-defined]


@requires(Permission.ORGANISATION_RESTRUCTURE)
def organisation_retype(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may_restructure(actor, row)
    above = line_of(row)
    parent = kind_of_organisation(above[-1]) if above else None
    kinds = rules.kinds_to_become(kind_of_organisation(row), parent, kinds_below(row))
    form = RetypeForm(request.POST or None, initial={"on": timezone.localdate()}, kinds=kinds)
    if form.is_valid():
        data = form.cleaned_data
        try:
            retype_organisation(
                pk, kind=OrganisationKind(data["kind"]), on=data["on"], reason=data["reason"], actor=actor,
                now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"“{row.name}”已改为{OrganisationKind(data['kind']).label}。")
            return redirect("organisations:organisation", pk)
    return _page(
        request, form, row, title="改类型", sure="改类型", goal=form["kind"],
        points=[
            *([] if kinds else ["它现在的上级和下级不允许别的类型，请先调整隶属或移走下级。"]),
            f"它现在是{kind_of_organisation(row).label}；上级、下级、会员、用人单位都不变，名称要改请另办更名。",
            "新类型不能有的会员、用人单位、片区，要先移走；产生办法不同的班子，要先结束届次。",
            "生效日以前的数据仍按原来的类型统计，去年的报表不会变。",
        ],
    )  # fmt: skip


@requires(Permission.ORGANISATION_RESTRUCTURE)
def organisation_merge(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may_restructure(actor, row)
    form = _ready(MergeForm, request, row)
    if form.is_valid():
        data = form.cleaned_data
        try:
            into = merge_organisations(
                pk, data["into"], on=data["on"], reason=data["reason"], actor=actor, now=timezone.now()
            )
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"“{row.name}”已并入“{into.name}”。")
            return redirect("organisations:organisation", into.pk)
    return _page(
        request, form, row, title="并入其他工会", sure="合并", danger=True,
        points=[
            f"“{row.name}”从生效日起不再存在，不能撤回。",
            "它的下级、会员、用人单位、社会化工作者和片区转到并入的工会。",
            "它还没有开始的值班也转过去；同一时段那边已有人值同样的班的，这一班取消。",
            "它的班子全部离任，干部在它这里的岗位同时免去，请在并入的工会重新任命。",
            "生效日以前的数据仍按原来的隶属统计，去年的报表不会变。",
        ],
    )  # fmt: skip


@requires(Permission.ORGANISATION_RESTRUCTURE)
def organisation_dissolve(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may_restructure(actor, row)
    form = _ready(DissolveForm, request, row)
    if form.is_valid():
        data = form.cleaned_data
        try:
            dissolve_organisation(pk, on=data["on"], reason=data["reason"], actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"“{row.name}”已撤销，历史数据保留。")
            parent = line_of(row)
            return redirect("organisations:organisation", parent[-1].pk if parent else pk)
    return _page(
        request, form, row, title="撤销", sure="撤销", danger=True,
        points=[
            "还有下级、会员或未办结的事时不能撤销，请先移走或办结。",
            "班子全部离任，干部在它这里的岗位同时免去，用人单位变为未建会。",
            "撤销后不能恢复，历史数据保留。",
        ],
        left=[(label, count) for label, count in open_matters(pk) if count],
    )  # fmt: skip


def _page(request: HttpRequest, form: StructureForm, row: Organisation, **more: Any) -> HttpResponse:
    (node,) = nodes([row])
    above = line_of(row)
    return render(
        request,
        "organisations/structure_form.html",
        {
            "form": form,
            "goal": form[form.goal] if form.goal else None,
            "organisation": row,
            "node": node,
            "parent": above[-1] if above else None,
            "back": reverse("organisations:organisation", args=[row.pk]),
            **more,
        },
        status=422 if form.errors else 200,
    )


@requires(Permission.ORGANISATION_RESTRUCTURE)
@require_GET
def structure_options(request: HttpRequest, pk: int, goal: str) -> HttpResponse:
    """Where it may go: the kinds that may stand above it, or those of its own level."""
    row = organisation_in_sight(pk, actor_of(request))
    kind = kind_of_organisation(row)
    if goal == "parent":
        kinds = [str(parent) for parent in MAY_SIT_UNDER[kind].parents]
    else:
        kinds = [str(other) for other, level in LEVEL.items() if level is LEVEL[kind]]
    return offered(request, kinds)


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def structure_seating(request: HttpRequest) -> HttpResponse:
    """谁可以设在谁之下, as staff read it."""
    rows = [
        {
            "kind": kind,
            "parents": [parent.label for parent in seating.parents],
            "below": [child.label for child in rules.kinds_under(kind)],
            "why": seating.why,
            "committee": "选举产生"
            if rules.has_congress(kind)
            else "上级委派"
            if kind is OrganisationKind.SYSTEM_COMMITTEE
            else "推选组长",
        }
        for kind, seating in MAY_SIT_UNDER.items()
    ]
    return render(request, "organisations/structure_seating.html", {"rows": rows})
