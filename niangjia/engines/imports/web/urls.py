from django.urls import URLPattern, path

from niangjia.engines.imports.web import batches, matching, uploading

app_name = "imports"
urlpatterns: list[URLPattern] = [
    path("imports/", batches.batch_list, name="batch_list"),
    path("imports/add/", uploading.batch_add, name="batch_add"),
    path("imports/places/", uploading.place_options, name="place_options"),
    path("imports/templates/<str:sheet>/", uploading.template, name="template"),
    path("imports/<int:pk>/", batches.batch, name="batch"),
    path("imports/<int:pk>/absent/", batches.batch_end_absent, name="batch_end_absent"),
    path("imports/<int:pk>/approve/", batches.batch_approve, name="batch_approve"),
    path("imports/<int:pk>/check/", batches.batch_check, name="batch_check"),
    path("imports/<int:pk>/commit/", batches.batch_commit, name="batch_commit"),
    path("imports/<int:pk>/drop/", batches.batch_drop, name="batch_drop"),
    path("imports/<int:pk>/match/", matching.batch_match, name="batch_match"),
    path("imports/<int:pk>/resume/", batches.batch_resume, name="batch_resume"),
    path("imports/<int:pk>/send-back/", batches.batch_send_back, name="batch_send_back"),
    path("imports/<int:pk>/sheet/", batches.batch_sheet, name="batch_sheet"),
    path("imports/<int:pk>/take-back/", batches.batch_take_back, name="batch_take_back"),
]
