"""Pages of demands on the phone; their names begin with `ask:`."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.demands.web.phone import asking, by_link, mine

app_name = "ask"
urlpatterns: list[URLPattern] = [
    path("phone/demands/", mine.my_demands, name="my_demands"),
    path("phone/demands/employers/", asking.employers, name="employers"),
    path("phone/demands/new/", asking.demand_new, name="demand_new"),
    path("phone/demands/sent/", asking.sent, name="sent"),
    path("phone/demands/<int:pk>/", mine.my_demand, name="my_demand"),
    path("phone/demands/<int:pk>/files/<int:file_id>/", mine.my_demand_file, name="my_demand_file"),
    path("phone/demands/<int:pk>/<slug:act>/", mine.my_demand_act, name="my_demand_act"),
    path("d/new/", asking.by_code, name="by_code"),
    path("d/<slug:token>/", by_link.by_link, name="by_link"),
    path("d/<slug:token>/files/<int:file_id>/", by_link.by_link_file, name="by_link_file"),
    path("d/<slug:token>/<slug:act>/", by_link.by_link_act, name="by_link_act"),
]
