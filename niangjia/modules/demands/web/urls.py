"""Pages of demands on the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.demands.web import board, bulk, demand, demands, inbox, letters, monthly, supervising

app_name = "demands"
urlpatterns: list[URLPattern] = [
    # the demand and its papers
    path("demands/<int:pk>/", demand.demand, name="demand"),
    path("demands/<int:pk>/reveal/", demand.demand_reveal, name="demand_reveal"),
    path("demands/<int:pk>/letters/write/", letters.letter_write, name="letter_write"),
    path("demands/attachments/<int:pk>/", demand.attachment, name="attachment"),
    path("demands/letters/<int:pk>/", letters.letter, name="letter"),
    path("demands/letters/<int:pk>/pdf/", letters.letter_pdf, name="letter_pdf"),
    # lists, board, supervising
    path("demands/", demands.demand_list, name="demand_list"),
    path("demands/inbox/", inbox.inbox, name="inbox"),
    path("demands/inbox/<slug:lane>/", inbox.inbox_lane, name="inbox_lane"),
    path("demands/board/", board.board, name="board"),
    path("demands/supervising/", supervising.supervising, name="supervising"),
    path("demands/monthly/", monthly.monthly, name="monthly"),
    path("demands/monthly/file/", monthly.monthly_file, name="monthly_file"),
    path("demands/many/accept/", bulk.demands_accept, name="demands_accept"),
    path("demands/many/assign/", bulk.demands_assign, name="demands_assign"),
    path("demands/many/urge/", bulk.demands_urge, name="demands_urge"),
    path("organisations/<int:pk>/demands/", demands.organisation_demands, name="organisation_demands"),
    # recording, hotline, call-backs
    # catalogue
    # responsibilities, emergencies, alerts
]
