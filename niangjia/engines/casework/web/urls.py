"""What people do with a case, as forms; calendar and office hours."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "casework"
urlpatterns: list[URLPattern] = [
    # acts on a case
    # calendar and office hours
]
