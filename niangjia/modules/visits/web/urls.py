"""Pages of the visit journal on the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.visits.web import field, kinds, plan, surveys

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
    path("visits/kinds/", kinds.kind_list, name="kind_list"),
    path("visits/kinds/add/", kinds.kind_add, name="kind_add"),
    path("visits/kinds/<slug:code>/", kinds.kind, name="kind"),
    path("visits/kinds/<slug:code>/edit/", kinds.kind_edit, name="kind_edit"),
    path("visits/kinds/<slug:code>/rename/", kinds.kind_rename, name="kind_rename"),
    path("visits/kinds/<slug:code>/stop/", kinds.kind_stop, name="kind_stop"),
    path("visits/kinds/<slug:code>/use/", kinds.kind_use, name="kind_use"),
    path("visits/surveys/", surveys.survey_list, name="survey_list"),
    path("visits/surveys/add/", surveys.survey_add, name="survey_add"),
    path("visits/surveys/<int:pk>/", surveys.survey, name="survey"),
    path("visits/surveys/<int:pk>/close/", surveys.survey_close, name="survey_close"),
    path("visits/surveys/<int:pk>/export/", surveys.survey_export, name="survey_export"),
    path("visits/surveys/<int:pk>/extend/", surveys.survey_extend, name="survey_extend"),
    # stays, risks
    # month, quarter, year
]
