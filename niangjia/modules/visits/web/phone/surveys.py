"""问卷 on whoever's phone: nobody is asked who it is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from niangjia.kernel.errors import Refused
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.surveys import AnswersRefused, answer_survey
from niangjia.modules.visits.models import Survey
from niangjia.modules.visits.queries.surveys import SurveyState, form_of_survey, state_of, survey_by_token
from niangjia.modules.visits.web.survey_form import AnswerForm

UNPROCESSABLE, GONE, NOT_FOUND = 422, 410, 404


@never_cache
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    found = survey_by_token(token)
    if found is None:
        return render(request, "visits/phone/survey_over.html", {"state": None}, status=NOT_FOUND)
    now = timezone.now()
    if state_of(found, timezone.localdate(now)) is not SurveyState.OPEN:
        return _over(request, found)
    form = AnswerForm(request.POST or None, asked=form_of_survey(found))
    said = ""
    if request.method == "POST" and form.is_valid():
        try:
            answer_survey(token, form.answers(), address=request.META.get("REMOTE_ADDR", ""), now=now)
        except AnswersRefused as refusal:
            form.put(refusal.problems)
            said = refusal.message
        except Refused as refusal:
            if refusal.code == "survey.over":
                return _over(request, found)
            said = refusal.message
        else:
            return redirect("survey:thanks", token)
    return render(
        request,
        "visits/phone/survey.html",
        {"survey": found, "form": form, "union": _union(found), "said": said},
        status=UNPROCESSABLE if said else 200,
    )


@never_cache
@require_GET
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    found = survey_by_token(token)
    if found is None:
        return render(request, "visits/phone/survey_over.html", {"state": None}, status=NOT_FOUND)
    return render(request, "visits/phone/survey_thanks.html", {"survey": found, "union": _union(found)})


def _over(request: HttpRequest, found: Survey) -> HttpResponse:
    state = state_of(found, timezone.localdate())
    return render(
        request,
        "visits/phone/survey_over.html",
        {
            "survey": found, "union": _union(found), "state": state,
            "is_coming": state is SurveyState.COMING, "is_closed": state is SurveyState.CLOSED,
        },
        status=200 if state is SurveyState.COMING else GONE,
    )  # fmt: skip


def _union(found: Survey) -> str:
    return names_of([found.scope_id]).get(found.scope_id, "")
