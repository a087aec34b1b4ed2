"""分类建议: the models with their numbers and mistakes, and 确认分类 on a demand that came without an officer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.engines.casework.rules import OPEN
from niangjia.engines.casework.web.steps import after
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Refused
from niangjia.modules.demands.actions.triage import UNATTENDED, confirm_triage
from niangjia.modules.demands.actions.triage_learning import MISSING, begin_learning, can_learn
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.queries import triage_choices as reading
from niangjia.modules.demands.queries.catalogue import Catalogue, catalogue
from niangjia.modules.demands.queries.triage import sensed_of
from niangjia.modules.demands.triage.models import TriageModel
from niangjia.modules.demands.triage.rules import ENOUGH_HELD, PRESELECTED_FROM, Field, State
from niangjia.modules.demands.web.catalogue import may_keep
from niangjia.modules.demands.web.facts import to_edit
from niangjia.modules.demands.web.marks import stage_mark
from niangjia.modules.demands.web.offers import kinds_shown, value_label
from niangjia.ui.pages import actor_of, number_in

STATE_TONES = {State.CURRENT: "success", State.CANDIDATE: "neutral", State.RETIRED: "neutral"}
NOTHING = "没有建议"
MOST_CONFUSIONS = 15


@requires(Permission.DEMAND_SUPERVISE)
@require_GET
def triage(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    name = _field(request)
    address = reverse("demands:triage")
    runs = [row for row in reading.runs(actor) if row.field == name]
    known = catalogue()
    newest = runs[0] if runs else None
    context = {
        "tabs": [(one.label, f"{address}?field={one.value}", None, one is name) for one in Field],
        "field": name, "in_use": reading.in_use(actor).get(name), "newest": newest,
        "runs": [(row, State(row.state).label, STATE_TONES[State(row.state)], _percents(row.figures)) for row in runs],
        "confusions": _confusions(newest, name, known) if newest else [],
        "figures": _percents(newest.figures) if newest else None,
        "before": _beside(newest.figures.get("before", {})) if newest else None,
        "weeks": reading.weeks(actor, name, now=now), "keeps": may_keep(actor),
        "missing": "" if can_learn() else MISSING, "enough": ENOUGH_HELD, "sure": round(100 * PRESELECTED_FROM),
    }  # fmt: skip
    return render(request, "demands/triage/page.html", context)


def _field(request: HttpRequest) -> Field:
    asked = request.GET.get("field", "")
    return Field(asked) if asked in set(Field) else Field.KIND


def _percents(figures: dict[str, Any]) -> dict[str, str]:
    return {
        name: f"{100 * figures[name]:.1f}%"
        for name in ("macro_f1", "accuracy", "accuracy_at_80pct")
        if name in figures
    }  # fmt: skip


def _beside(figures: dict[str, Any]) -> dict[str, str]:
    return {name: f"在用的 {share}" for name, share in _percents(figures).items()}


def _confusions(row: TriageModel, name: Field, known: Catalogue) -> list[dict[str, Any]]:
    address = reverse("demands:triage_confusion")
    return [
        {
            "taken": value_label(name, taken, known) or NOTHING, "right": value_label(name, right, known), "times": times,
            "url": f"{address}?{urlencode({'run': row.pk, 'taken': taken, 'right': right})}",
        }
        for taken, right, times, _ in row.confusions[:MOST_CONFUSIONS]
    ]  # fmt: skip


@requires(Permission.DEMAND_SUPERVISE)
@require_GET
def triage_confusion(request: HttpRequest) -> HttpResponse:
    """The demands behind one confusion."""
    actor, known = actor_of(request), catalogue()
    row = reading.run_numbered(actor, number_in(request.GET.get("run", "")))
    taken, right = request.GET.get("taken", "")[:8], request.GET.get("right", "")[:8]
    name = Field(row.field) if row else Field.KIND
    demands = reading.confused(actor, row, taken, right) if row else []
    context = {
        "row": row, "field": name, "taken": value_label(name, taken, known) or NOTHING,
        "right": value_label(name, right, known),
        "demands": [(demand, stage_mark(demand.case)) for demand in demands],
        "back": f"{reverse('demands:triage')}?field={name.value}",
    }  # fmt: skip
    return render(request, "demands/triage/confusion.html", context)


@requires(Permission.CATALOGUE_EDIT)
@require_POST
def triage_learn(request: HttpRequest) -> HttpResponse:
    try:
        task = begin_learning(actor=actor_of(request), now=timezone.now())
    except Refused as no:
        messages.error(request, no.message)
        return redirect("demands:triage")
    return redirect("ui:task", task)


# --- on a demand's page ---


def to_confirm(row: Demand, known: Catalogue) -> dict[str, Any] | None:
    """What stands there for the officer who accepts it; None once somebody has chosen."""
    if row.channel not in UNATTENDED or row.case.stage not in OPEN or reading.has_choice(row):
        return None
    sensed = sensed_of(row.suggested or {})
    nature = sensed.of(Field.NATURE)
    return {
        "kinds": kinds_shown(sensed.kind, known), "has": row.kind, "has_label": known.full_label_of(row.kind),
        "is_offered": row.kind in {one.value for one in sensed.kind.shown},
        "nature": value_label(Field.NATURE, str(row.nature)),
        "other_nature": next(
            (
                (one.value, value_label(Field.NATURE, one.value), one.percent)
                for one in nature.shown
                if one.value != str(row.nature)
            ),
            None,
        ),
    }  # fmt: skip


@requires(None)
@require_POST
def demand_triage(request: HttpRequest, pk: int) -> HttpResponse:
    """确认分类."""
    row = to_edit(request, pk)
    kind, nature = request.POST.get("kind", "")[:4], request.POST.get("nature", "")
    try:
        confirm_triage(
            pk, kind=kind, nature=int(nature) if nature in {"1", "2", "3", "4", "5", "6"} else None,
            actor=actor_of(request), now=timezone.now(),
        )  # fmt: skip
    except Refused as no:
        messages.error(request, no.message)
    else:
        messages.success(request, f"分类已确认：{catalogue().full_label_of(kind)}。")
    return after(request, row.case)
