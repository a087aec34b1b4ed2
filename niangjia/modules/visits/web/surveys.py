"""问卷: made, hung up, looked into."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.guard import requires
from niangjia.kernel.sheets.writing import write_sheet
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.surveys import (
    LONGEST_TITLE,
    close_survey,
    extend_survey,
    make_survey,
    record_export,
)
from niangjia.modules.visits.models import Survey
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import forms_at, kind_names
from niangjia.modules.visits.queries.surveys import (
    SurveyState,
    Way,
    form_of_survey,
    results_of,
    rows_of,
    state_of,
    survey_in_sight,
    surveys_in_sight,
    ways_of,
)
from niangjia.modules.visits.rules import VisitKindCode
from niangjia.modules.visits.web.kinds import place_of
from niangjia.ui import pages
from niangjia.ui.forms import DayField
from niangjia.ui.pages import actor_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TONES = {SurveyState.OPEN: "success", SurveyState.COMING: "info"}
A_MONTH = timedelta(days=30)


@requires(Permission.VISIT_VIEW)
@require_GET
def survey_list(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    rows = surveys_in_sight(actor, within=current_path(request))
    names, kinds = names_of({row.scope_id for row in rows}), kind_names({row.kind for row in rows})
    return render(
        request,
        "visits/surveys/list.html",
        {
            "rows": [
                {"survey": row, "state": state, "tone": TONES.get(state, "neutral"), "place": names.get(row.scope_id, ""),
                 "kind": kinds.get(row.kind, "")}
                for row in rows for state in [state_of(row, today)]
            ],
            "may_make": actor.can(Permission.KIND_EDIT),
        },
    )  # fmt: skip


class SurveyForm(forms.Form):
    title = forms.CharField(label="标题", max_length=LONGEST_TITLE, help_text="填的人会看到，如：2026 年职工需求问卷。")
    kind = forms.ChoiceField(
        label="用哪份表单", help_text="问题在“走访类型与表单”里改。做好后再改表单，不影响这份问卷。"
    )
    from_on = DayField(label="开始")
    until_on = DayField(label="截止", help_text="这一天还可以填。")

    def __init__(self, *given: Any, path: str, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (code, f"{form.name}（{len(form.questions)} 个问题）")
            for code, form in forms_at(path).items()
            if form.questions
        ]


@requires(Permission.KIND_EDIT)
@require_http_methods(["GET", "POST"])
def survey_add(request: HttpRequest) -> HttpResponse:
    scope_id, path = place_of(request, Permission.KIND_EDIT)
    today = timezone.localdate()
    first = {"kind": VisitKindCode.SURVEY, "from_on": today, "until_on": today + A_MONTH}
    form = SurveyForm(request.POST or None, path=path, initial=first)
    made: dict[str, Any] = {}
    if pages.sent(
        form,
        lambda data: made.update(
            survey=make_survey(scope_id=scope_id, **data, actor=actor_of(request), now=timezone.now())
        ),
    ):
        messages.success(request, "问卷已做好，把链接或二维码发出去就能填。")
        return redirect("visits:survey", made["survey"].pk)
    return pages.form_page(
        request, form, title="做一份问卷", act="做好", back=reverse("visits:survey_list"), crumb="问卷",
        note=names_of([scope_id]).get(scope_id, ""),
    )  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_GET
def survey(request: HttpRequest, pk: int) -> HttpResponse:
    """The link, the square, and what was answered; `?print=1` is for the wall."""
    actor = actor_of(request)
    found = survey_in_sight(pk, actor)
    url = request.build_absolute_uri(reverse("survey:survey", args=[found.token]))
    state = state_of(found, timezone.localdate())
    context: dict[str, Any] = {
        "survey": found,
        "url": url,
        "qr": segno.make(url, error="m", micro=False).svg_data_uri(border=0),
        "place": names_of([found.scope_id]).get(found.scope_id, ""),
        "back": reverse("visits:survey", args=[pk]),
    }
    if "print" in request.GET:
        return render(request, "visits/surveys/print.html", context)
    ways = ways_of(found)
    way = next((one for one in ways if one == request.GET.get("way")), None)
    _, results = results_of(found, way)
    return render(
        request,
        "visits/surveys/page.html",
        context
        | {
            "state": state,
            "tone": TONES.get(state, "neutral"),
            "is_open": state in {SurveyState.OPEN, SurveyState.COMING},
            "number": sum(ways.values()),
            "ways": _tabs(ways, way) if ways[Way.VISIT] else [],
            "results": [(one, _bars(one.counts)) for one in results],
            "may_edit": actor.may(Permission.KIND_EDIT, str(found.scope.path)),
            "extend": ExtendForm(initial={"until_on": timezone.localdate() + A_MONTH}),
        },
    )


def _tabs(ways: dict[Way, int], way: Way | None) -> list[tuple[str, str, int, bool]]:
    """(label, query, how many, whether it is the one that is shown)."""
    apart = [(one.label, f"?way={one}", number, one is way) for one, number in ways.items()]
    return [("全部", "?", sum(ways.values()), way is None), *apart]


def _bars(counts: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """(option, how many, of the most)."""
    most = max((number for _, number in counts), default=0)
    return [(option, number, most) for option, number in counts]


class ExtendForm(forms.Form):
    until_on = DayField(label="新的截止日期")


@requires(Permission.KIND_EDIT)
@require_POST
def survey_extend(request: HttpRequest, pk: int) -> HttpResponse:
    form = ExtendForm(request.POST)
    if pages.sent(
        form,
        lambda data: extend_survey(pk, until_on=data["until_on"], actor=actor_of(request), now=timezone.now()),
    ):
        messages.success(request, "截止日期已改，可以继续填。")
    else:
        survey_in_sight(pk, actor_of(request))
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return redirect("visits:survey", pk)


@requires(Permission.KIND_EDIT)
@require_POST
def survey_close(request: HttpRequest, pk: int) -> HttpResponse:
    close_survey(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "已停止收集，链接打开会说明已经停止。")
    return redirect("visits:survey", pk)


@requires(Permission.KIND_EDIT)
@require_GET
def survey_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Every answer as a line; nothing in it says whose it is."""
    found = survey_in_sight(pk, actor_of(request))
    record_export(found, actor=actor_of(request), now=timezone.now())
    headings = ["填写日期", "方式", *(one.label for one in form_of_survey(found).questions)]
    with TemporaryDirectory(prefix="niangjia-survey-") as folder:
        target = Path(folder) / "answers.xlsx"
        write_sheet(target, "xlsx", headings, rows_of(found))
        response = HttpResponse(target.read_bytes(), content_type=XLSX)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"{_plain(found)}.xlsx") or "attachment"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _plain(found: Survey) -> str:
    return "".join(letter for letter in found.title if letter not in '/\\:*?"<>|') or "问卷"
