"""Pages of demands on the desk."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "demands"
urlpatterns: list[URLPattern] = [
    # the demand and its papers
    # lists, board, supervising
    # recording, hotline, call-backs
    # catalogue
    # responsibilities, emergencies, alerts
]
