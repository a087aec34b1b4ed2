"""蹲点: a team, a place, a period, what came of it, the report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import NotPermitted
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.stays import (
    A_DAY,
    LONGEST_PLACE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    LONGEST_WHAT,
    MOST_HELPED,
    StayFacts,
    add_stay,
    add_stay_result,
    edit_stay,
    end_stay,
    remove_stay_result,
)
from niangjia.modules.visits.models import Stay
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import names_of_users, who_may
from niangjia.modules.visits.queries.stays import is_of_team, stay_in_sight, stay_state, told_of
from niangjia.modules.visits.web.forms import pick_employer
from niangjia.modules.visits.web.kinds import place_of
from niangjia.modules.visits.web.stay_lists import STAYS
from niangjia.ui import pages
from niangjia.ui.forms import DayField
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of


@requires(Permission.VISIT_VIEW)
@require_GET
def stay_list(request: HttpRequest) -> HttpResponse:
    may_add = actor_of(request).can(Permission.VISIT_DIRECT)
    return show_list(request, STAYS, within=current_path(request), context={"may_add": may_add})


class StayForm(forms.Form):
    title = forms.CharField(label="名称", max_length=LONGEST_TITLE, help_text="如：开发区欠薪整治蹲点。")
    place = forms.CharField(label="在哪里", max_length=LONGEST_PLACE, help_text="园区、工地、村社区或单位的地址。")
    employer = forms.IntegerField(label="蹲点单位", required=False, help_text="不在一家单位蹲点的可以不填。")
    leader = forms.TypedChoiceField(label="组长", coerce=int)
    from_on = DayField(label="第一天")
    last_on = DayField(label="最后一天")
    team = forms.TypedMultipleChoiceField(label="组员", coerce=int, required=False, widget=forms.CheckboxSelectMultiple)
    goals = forms.CharField(
        label="要办成什么", required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *given: Any, path: str, actor: Actor, stay: Stay | None = None, **more: Any) -> None:
        if stay is not None:
            more["initial"] = {
                "title": stay.title, "place": stay.place, "employer": stay.employer_id, "leader": stay.leader_id,
                "from_on": stay.from_on, "last_on": stay.until_on - A_DAY, "team": stay.team, "goals": stay.goals,
            }  # fmt: skip
        super().__init__(*given, **more)
        people = dict(who_may(Permission.VISIT_MAKE, path, on=timezone.localdate()).values_list("pk", "name"))
        if stay is not None:
            people |= names_of_users([*stay.team, stay.leader_id])
        choices = list(people.items())
        pick_employer(self.fields["employer"], actor, had=stay.employer_id if stay is not None else None)
        self.fields["leader"].choices = [("", "请选择"), *choices]  # type: ignore[attr-defined]
        self.fields["team"].choices = choices  # type: ignore[attr-defined]

    def facts(self) -> StayFacts:
        said = self.cleaned_data
        return StayFacts(
            title=said["title"], place=said["place"], leader_id=said["leader"], from_on=said["from_on"],
            last_on=said["last_on"], team=said["team"], employer_id=said["employer"] or None, goals=said["goals"],
        )  # fmt: skip


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def stay_add(request: HttpRequest) -> HttpResponse:
    scope_id, path = place_of(request, Permission.VISIT_DIRECT)
    form = StayForm(request.POST or None, path=path, actor=actor_of(request), initial={"from_on": timezone.localdate()})
    made: dict[str, Any] = {}
    if pages.sent(
        form,
        lambda _: made.update(
            stay=add_stay(form.facts(), scope_id=scope_id, actor=actor_of(request), now=timezone.now())
        ),
    ):
        messages.success(request, "蹲点已安排。组员写走访时选上它，就归到一起。")
        return redirect("visits:stay", made["stay"].pk)
    return pages.form_page(
        request, form, title="安排蹲点", act="保存", back=reverse("visits:stay_list"), crumb="蹲点",
        note=names_of([scope_id]).get(scope_id, ""),
    )  # fmt: skip


@requires(Permission.VISIT_DIRECT)
@require_http_methods(["GET", "POST"])
def stay_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = stay_in_sight(pk, actor_of(request))
    ensure_may(actor_of(request), Permission.VISIT_DIRECT, row.scope)
    form = StayForm(request.POST or None, path=str(row.scope.path), actor=actor_of(request), stay=row)
    if pages.sent(form, lambda _: edit_stay(pk, form.facts(), actor=actor_of(request), now=timezone.now())):
        messages.success(request, "已改好。")
        return redirect("visits:stay", pk)
    return pages.form_page(
        request, form, title="修改蹲点安排", act="保存", back=reverse("visits:stay", args=[pk]), crumb=row.title
    )


class ResultForm(forms.Form):
    on = DayField(label="哪一天")
    what = forms.CharField(label="做成了什么", max_length=LONGEST_WHAT)
    unions = forms.IntegerField(label="帮助基层工会（家）", min_value=0, max_value=MOST_HELPED, initial=0)
    members = forms.IntegerField(label="帮助会员（人）", min_value=0, max_value=MOST_HELPED, initial=0)


class EndForm(forms.Form):
    report = forms.CharField(
        label="蹲点报告", max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 10}),
        help_text="看到什么、办了什么、还差什么、建议什么。交了就不能再改。",
    )  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_GET
def stay(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(
    request: HttpRequest, pk: int, *, result: forms.Form | None = None, end: forms.Form | None = None
) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    row = stay_in_sight(pk, actor)
    path = str(row.scope.path)
    directs = actor.may(Permission.VISIT_DIRECT, path)
    is_going = row.ended_at is None
    makes = is_of_team(row, actor) and actor.may(Permission.VISIT_MAKE, path)
    on = min(today, row.until_on - A_DAY)
    return render(
        request,
        "visits/stays/page.html",
        {
            "stay": row,
            "last_on": row.until_on - A_DAY,
            "state": stay_state(row, today),
            "told": told_of(row),
            "organisation": names_of([row.scope_id]).get(row.scope_id, ""),
            "may_edit": directs and is_going,
            "may_add": (directs or makes) and is_going and row.from_on <= today,
            "may_end": (directs or (makes and row.leader_id == actor.user_id)) and is_going and row.from_on <= today,
            "result": result or ResultForm(initial={"on": on, "unions": 0, "members": 0}),
            "end": end or EndForm(),
            "visits_url": f"{reverse('visits:visit_list')}?stay={pk}",
        },
        status=422 if (result and result.errors) or (end and end.errors) else 200,
    )


@requires(Permission.VISIT_MAKE)
@require_POST
def stay_result_add(request: HttpRequest, pk: int) -> HttpResponse:
    _ensure_of_team(stay_in_sight(pk, actor_of(request)), request)
    form = ResultForm(request.POST)
    if pages.sent(form, lambda data: add_stay_result(pk, **data, actor=actor_of(request), now=timezone.now())):
        messages.success(request, "成果已记下。")
        return redirect("visits:stay", pk)
    return _page(request, pk, result=form)


@requires(Permission.VISIT_MAKE)
@require_POST
def stay_result_remove(request: HttpRequest, pk: int) -> HttpResponse:
    row = remove_stay_result(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已删去这条成果。")
    return redirect("visits:stay", row.pk)


@requires(Permission.VISIT_MAKE)
@require_POST
def stay_end(request: HttpRequest, pk: int) -> HttpResponse:
    _ensure_of_team(stay_in_sight(pk, actor_of(request)), request)
    form = EndForm(request.POST)
    if pages.sent(form, lambda data: end_stay(pk, **data, actor=actor_of(request), now=timezone.now())):
        messages.success(request, "蹲点已结束，报告已存。")
        return redirect("visits:stay", pk)
    return _page(request, pk, end=form)


def _ensure_of_team(row: Stay, request: HttpRequest) -> None:
    """Before anything that was typed is looked at."""
    actor = actor_of(request)
    ensure_may(actor, Permission.VISIT_MAKE if is_of_team(row, actor) else Permission.VISIT_DIRECT, row.scope)


def ensure_may(actor: Actor, permission: str, scope: Scope) -> None:
    if not actor.may(permission, str(scope.path)):
        raise NotPermitted
