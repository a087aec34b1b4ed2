"""What people do with a case, as forms; calendar and office hours."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.engines.casework.web import clock, limits, pickers, steps, worktime

app_name = "casework"
urlpatterns: list[URLPattern] = [
    # acts on a case
    *limits.urlpatterns,
    *steps.urlpatterns,
    path("cases/<int:pk>/clock/", clock.explanation, name="explanation"),
    path("cases/pick/places/", pickers.place_options, name="place_options"),
    path("cases/pick/officers/", pickers.officer_options, name="officer_options"),
    path("cases/pick/cases/", pickers.case_options, name="case_options"),
    # calendar and office hours
    *worktime.urlpatterns,
]
