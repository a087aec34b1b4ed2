"""Pages of demands on the phone; their names begin with `ask:`."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "ask"
urlpatterns: list[URLPattern] = []
