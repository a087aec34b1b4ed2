from __future__ import annotations

from django.urls import path

from niangjia.engines.exports.web import views

app_name = "exports"
urlpatterns = [
    path("exports/add/", views.export_add, name="export_add"),
    path("export-layouts/", views.layout_list, name="layout_list"),
    path("export-layouts/add/", views.layout_add, name="layout_add"),
    path("export-layouts/<int:pk>/", views.layout, name="layout"),
]
