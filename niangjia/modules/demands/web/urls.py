"""Pages of demands on the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from niangjia.modules.demands.web import (
    alerts,
    board,
    bulk,
    call_backs,
    demand,
    demands,
    emergency,
    facts,
    hotline,
    inbox,
    intake,
    letters,
    monthly,
    recording,
    responsibility,
    supervising,
)

app_name = "demands"
urlpatterns: list[URLPattern] = [
    # the demand and its papers
    path("demands/<int:pk>/", demand.demand, name="demand"),
    path("demands/<int:pk>/reveal/", demand.demand_reveal, name="demand_reveal"),
    path("demands/<int:pk>/edit/", facts.demand_edit, name="demand_edit"),
    path("demands/<int:pk>/concerned/", facts.demand_concerned, name="demand_concerned"),
    path("demands/<int:pk>/links/", facts.demand_links, name="demand_links"),
    path("demands/<int:pk>/outcome/", facts.demand_outcome, name="demand_outcome"),
    path("demands/<int:pk>/attach/", facts.demand_attach, name="demand_attach"),
    path("demands/<int:pk>/asker-died/", facts.demand_asker_died, name="demand_asker_died"),
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
    path("demands/record/", recording.record, name="record"),
    path("demands/record/assist/", intake.record_assist, name="record_assist"),
    path("demands/<int:pk>/recorded/", recording.recorded, name="recorded"),
    path("demands/kinds/", intake.kind_options, name="kind_options"),
    path("demands/call-backs/", call_backs.call_backs, name="call_backs"),
    path("demands/call-backs/<int:pk>/", call_backs.call_back, name="call_back"),
    path("hotline/", hotline.hotline, name="hotline"),
    path("hotline/begin/", hotline.hotline_begin, name="hotline_begin"),
    path("hotline/calls/", call_backs.call_list, name="call_list"),
    path("hotline/<int:pk>/", hotline.hotline_call, name="hotline_call"),
    path("hotline/<int:pk>/follow/<int:demand_id>/", hotline.hotline_follow, name="hotline_follow"),
    path("hotline/<int:pk>/drop/", hotline.hotline_drop, name="hotline_drop"),
    path("hotline/<int:pk>/promise/", hotline.hotline_promise, name="hotline_promise"),
    path("hotline/<int:pk>/nuisance/", hotline.hotline_nuisance, name="hotline_nuisance"),
    path("hotline/<int:pk>/return/", call_backs.call_return, name="call_return"),
    path("hotline/<int:pk>/reveal/", call_backs.call_reveal, name="call_reveal"),
    path("hotline/nuisances/<int:pk>/lift/", hotline.nuisance_lift, name="nuisance_lift"),
    # catalogue
    # responsibilities, emergencies, alerts
    path("demands/responsibilities/", responsibility.responsibilities, name="responsibilities"),
    path("demands/responsibilities/try/", responsibility.responsibility_try, name="responsibility_try"),
    path("demands/responsibilities/add/", responsibility.responsibility_add, name="responsibility_add"),
    path("demands/responsibilities/<int:pk>/end/", responsibility.responsibility_end, name="responsibility_end"),
    path("demands/proposals/<int:pk>/take-up/", responsibility.proposal_take_up, name="proposal_take_up"),
    path("demands/proposals/<int:pk>/leave/", responsibility.proposal_leave, name="proposal_leave"),
    path("demands/emergencies/", emergency.emergencies, name="emergencies"),
    path("demands/emergencies/try/", emergency.emergency_try, name="emergency_try"),
    path("demands/emergencies/defaults/", emergency.emergency_defaults, name="emergency_defaults"),
    path("demands/emergencies/add/", emergency.emergency_add, name="emergency_add"),
    path("demands/emergencies/<int:pk>/edit/", emergency.emergency_edit, name="emergency_edit"),
    path("demands/alerts/", alerts.alerts, name="alerts"),
    path("demands/alerts/<int:pk>/acknowledge/", alerts.alert_acknowledge, name="alert_acknowledge"),
    path("demands/<int:pk>/urgent-report/", alerts.urgent_report_write, name="urgent_report_write"),
    path("demands/urgent-reports/<int:pk>/", alerts.urgent_report, name="urgent_report"),
    path("demands/urgent-reports/<int:pk>/pdf/", alerts.urgent_report_pdf, name="urgent_report_pdf"),
]
