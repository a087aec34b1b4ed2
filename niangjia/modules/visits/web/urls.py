"""Pages of the visit journal on the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.visits.web import field, plan

app_name = "visits"
urlpatterns: list[URLPattern] = [
    # the week's plan, postings, key employers
    path("visits/week/", plan.plan, name="plan"),
    path("visits/week/add/", plan.planned_add, name="planned_add"),
    path("visits/week/propose/", plan.plan_propose, name="plan_propose"),
    path("visits/week/<int:pk>/back/", plan.planned_back, name="planned_back"),
    path("visits/week/<int:pk>/done/", plan.planned_done, name="planned_done"),
    path("visits/week/<int:pk>/drop/", plan.planned_drop, name="planned_drop"),
    path("visits/week/<int:pk>/move/", plan.planned_move, name="planned_move"),
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
