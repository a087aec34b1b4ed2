"""稳定风险: by level; whose, until when, told to the level above, and how it ended."""

from __future__ import annotations

from datetime import timedelta
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
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.risks import LONGEST, add_risk, close_risk, edit_risk, report_risk
from niangjia.modules.visits.models import Risk
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import names_of_users, who_may
from niangjia.modules.visits.queries.stays import open_risks_before, risk_in_sight
from niangjia.modules.visits.rules import RiskLevel
from niangjia.modules.visits.web.forms import pick_employer
from niangjia.modules.visits.web.stay_lists import RISKS, level_mark, risk_mark
from niangjia.modules.visits.web.stays import ensure_may
from niangjia.ui import desk, pages
from niangjia.ui.forms import DayField
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of

SOON = timedelta(days=7)
MOST_OWNERS = 500


@requires(Permission.VISIT_VIEW)
@require_GET
def risk_list(request: HttpRequest) -> HttpResponse:
    may_add = actor_of(request).can(Permission.VISIT_MAKE)
    return show_list(request, RISKS, within=current_path(request), context={"may_add": may_add})


class RiskForm(forms.Form):
    employer = forms.IntegerField(label="哪家单位")
    level = forms.TypedChoiceField(label="等级", coerce=int, choices=[])
    what = forms.CharField(
        label="什么风险", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="多少人、多少钱、多长时间，有没有聚集的苗头。",
    )  # fmt: skip
    owner = forms.TypedChoiceField(label="谁负责", coerce=int)
    due_on = DayField(label="期限", required=False, help_text="不填：高风险 7 天、中 30 天、低 90 天。")

    def __init__(
        self, *given: Any, paths: tuple[str, ...], actor: Actor, risk: Risk | None = None, **more: Any
    ) -> None:
        if risk is not None:
            more["initial"] = {
                "level": risk.level, "what": risk.what, "owner": risk.owner_id, "due_on": risk.due_on,
            }  # fmt: skip
        super().__init__(*given, **more)
        today = timezone.localdate()
        people: dict[int, str] = {}
        for path in paths[:5]:
            rows = who_may(Permission.VISIT_MAKE, path, on=today, below=risk is None)
            people |= dict(rows.values_list("pk", "name")[:MOST_OWNERS])
        if risk is not None:
            people |= names_of_users([risk.owner_id])
            del self.fields["employer"]
        else:
            pick_employer(self.fields["employer"], actor)
        self.fields["level"].choices = [(int(code), label) for code, label in reversed(RiskLevel.choices())]  # type: ignore[attr-defined]
        self.fields["owner"].choices = sorted(people.items(), key=lambda one: one[1])  # type: ignore[attr-defined]


@requires(Permission.VISIT_MAKE)
@require_http_methods(["GET", "POST"])
def risk_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    first = {
        "employer": pages.number_in(request.GET.get("employer", "")) or None, "owner": actor.user_id,
        "level": RiskLevel.MEDIUM,
    }  # fmt: skip
    form = RiskForm(request.POST or None, paths=actor.paths(Permission.VISIT_MAKE), actor=actor, initial=first)
    made: dict[str, Any] = {}
    if pages.sent(
        form,
        lambda data: made.update(
            risk=add_risk(
                employer_id=data["employer"], level=data["level"], what=data["what"], owner_id=data["owner"],
                due_on=data["due_on"], actor=actor, now=timezone.now(),
            )
        ),
    ):  # fmt: skip
        messages.success(request, "已登记，负责人会收到消息。")
        return redirect("visits:risk", made["risk"].pk)
    return pages.form_page(
        request, form, title="登记稳定风险", act="保存", back=reverse("visits:risk_list"), crumb="稳定风险"
    )


@requires(Permission.VISIT_MAKE)
@require_http_methods(["GET", "POST"])
def risk_edit(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = risk_in_sight(pk, actor)
    ensure_may(actor, Permission.VISIT_MAKE, row.scope)
    form = RiskForm(request.POST or None, paths=(str(row.scope.path),), actor=actor, risk=row)
    if pages.sent(
        form,
        lambda data: edit_risk(
            pk, level=data["level"], what=data["what"], owner_id=data["owner"], due_on=data["due_on"], actor=actor,
            now=timezone.now(),
        ),
    ):  # fmt: skip
        messages.success(request, "已改好。")
        return redirect("visits:risk", pk)
    return pages.form_page(
        request, form, title="修改稳定风险", act="保存", back=reverse("visits:risk", args=[pk]), crumb=row.employer.name
    )


@requires(Permission.VISIT_VIEW)
@require_GET
def risk(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = risk_in_sight(pk, actor)
    names = names_of({row.scope_id, row.reported_to_id or row.scope_id})
    return render(
        request,
        "visits/risks/page.html",
        {
            "risk": row,
            "level": level_mark(row.level),
            "state": risk_mark(row, timezone.localdate()),
            "organisation": names.get(row.scope_id, ""),
            "told": names.get(row.reported_to_id or 0, ""),
            "may_edit": row.closed_at is None and actor.may(Permission.VISIT_MAKE, str(row.scope.path)),
        },
    )


@requires(Permission.VISIT_MAKE)
@require_POST
def risk_report(request: HttpRequest, pk: int) -> HttpResponse:
    row = report_risk(pk, actor=actor_of(request), now=timezone.now())
    told = names_of([row.reported_to_id or 0]).get(row.reported_to_id or 0, "上级工会")
    messages.success(request, f"已报告{told}，那里负责走访的人会收到消息。")
    return redirect("visits:risk", pk)


@requires(Permission.VISIT_MAKE)
@require_POST
def risk_close(request: HttpRequest, pk: int) -> HttpResponse:
    close_risk(pk, because=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    messages.success(request, "已销号。")
    return redirect("visits:risk", pk)


def due_soon(actor: Actor) -> list[desk.Waiting]:
    """One's own risks whose day comes within a week."""
    if actor.user_id is None or not actor.can(Permission.VISIT_MAKE):
        return []
    number = open_risks_before(actor.user_id, timezone.localdate() + SOON)
    url = f"{reverse('visits:risk_list')}?officer={actor.user_id}&state=open"
    return [desk.Waiting("要跟进的稳定风险", number, url, "alert-triangle")] if number else []
