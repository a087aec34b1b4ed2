"""Pages of visits on the phone; their names begin with `survey:`."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.visits.web.phone import surveys

app_name = "survey"
urlpatterns: list[URLPattern] = [
    path("s/<slug:token>/", surveys.survey, name="survey"),
    path("s/<slug:token>/thanks/", surveys.thanks, name="thanks"),
]
