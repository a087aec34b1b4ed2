"""The table of limits by urgency, read by everybody who handles, changed by the leader in charge at the top."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.engines.casework.actions.grading import NAMES, set_grading
from niangjia.engines.casework.kinds import CaseKind, case_kinds
from niangjia.engines.casework.queries.limits import Graded, gradings, may_grade
from niangjia.engines.casework.rules import LIMIT_LABELS, Urgency
from niangjia.engines.casework.web.fields import WordsField
from niangjia.engines.casework.web.wording import URGENCY_TONES
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.ui import pages
from niangjia.ui.pages import actor_of


@requires(None)
@require_GET
def limit_table(request: HttpRequest) -> HttpResponse:
    kinds = _kinds_read(request)
    return render(
        request,
        "casework/limit_table.html",
        {
            "tables": [
                {
                    "kind": kind,
                    "may_change": may_grade(actor_of(request), kind.lead),
                    "rows": [
                        (urgency, URGENCY_TONES.get(urgency, "neutral"), [graded[name] for name in NAMES])
                        for urgency, graded in gradings(kind.name).items()
                    ],
                }
                for kind in kinds
            ],
            "heads": [LIMIT_LABELS[name] for name in NAMES],
        },
    )


def _kinds_read(request: HttpRequest) -> list[CaseKind]:
    """Raises NotPermitted for whoever sees no kind of case."""
    kinds = [kind for kind in case_kinds() if actor_of(request).can(kind.view)]
    if not kinds:
        raise NotPermitted
    return kinds


class GradingForm(forms.Form):
    """Amount and way of counting of each limit."""

    def __init__(self, *given: Any, graded: Graded, **more: Any) -> None:
        super().__init__(*given, **more)
        for name in NAMES:
            self.fields[f"{name}_amount"] = forms.IntegerField(
                label=f"{LIMIT_LABELS[name]}时限", min_value=1, max_value=200_000, initial=graded[name].amount
            )
            self.fields[f"{name}_unit"] = forms.ChoiceField(
                label="怎么算", choices=Unit.choices(), initial=graded[name].unit.value
            )
        self.fields["reason"] = WordsField(label="调整原因", max_length=300, rows=2)

    @property
    def limits(self) -> dict[str, Limit]:
        said = self.cleaned_data
        return {name: Limit(said[f"{name}_amount"], Unit(said[f"{name}_unit"])) for name in NAMES}


@requires(None)
@require_http_methods(["GET", "POST"])
def limit_edit(request: HttpRequest, urgency: int) -> HttpResponse:
    """`?kind=` of case; without it the first."""
    kinds = {one.name: one for one in _kinds_read(request)}
    kind = request.GET.get("kind", next(iter(kinds)))
    if kind not in kinds or urgency not in set(Urgency):
        raise Missing
    if not may_grade(actor_of(request), kinds[kind].lead):
        raise NotPermitted
    form = GradingForm(request.POST or None, graded=gradings(kind)[Urgency(urgency)])
    if form.is_bound and form.is_valid() and _saved(request, kind, urgency, form):
        messages.success(request, "已保存，新来的按新的时限计。")
        return redirect("casework:limit_table")
    return render(
        request,
        "casework/limit_edit.html",
        {"form": form, "urgency": Urgency(urgency), "kind": kinds[kind]},
        status=422 if form.errors else 200,
    )


def _saved(request: HttpRequest, kind: str, urgency: int, form: GradingForm) -> bool:
    try:
        set_grading(
            kind, urgency, limits=form.limits, reason=form.cleaned_data["reason"], actor=actor_of(request),
            now=timezone.now(),
        )  # fmt: skip
    except Refused as refusal:
        pages.put_refusal(form, refusal)
        return False
    return True


urlpatterns: list[URLPattern] = [
    path("cases/limits/", limit_table, name="limit_table"),
    path("cases/limits/<int:urgency>/", limit_edit, name="limit_edit"),
]
