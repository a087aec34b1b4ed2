"""Pages of the visit journal on the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.visits.web import field

app_name = "visits"
urlpatterns: list[URLPattern] = [
    # the week's plan, postings, key employers
    # at the employer
    path("visits/field/", field.field, name="field"),
    path("visits/field/manifest.webmanifest", field.field_manifest, name="field_manifest"),
    path("visits/field/worker.js", field.field_worker, name="field_worker"),
    path("visits/field/data.json", field.field_data, name="field_data"),
    path("visits/field/employers.json", field.field_search, name="field_search"),
    path("visits/field/hand-in/", field.field_hand_in, name="field_hand_in"),
    # visits and what they learnt
    # kinds of visit and their forms, surveys
    # stays, risks
    # month, quarter, year
]
