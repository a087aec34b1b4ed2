"""Pages of the visit journal on the desk."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "visits"
urlpatterns: list[URLPattern] = [
    # the week's plan, postings, key employers
    # at the employer
    # visits and what they learnt
    # kinds of visit and their forms, surveys
    # stays, risks
    # month, quarter, year
]
