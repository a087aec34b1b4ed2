from django.urls import path

from niangjia.modules.insight.web import demands, months, quarters, visits, years

app_name = "insight"
urlpatterns = [
    path("insight/demands/", demands.demand_figures, name="demand_figures"),
    path("insight/visits/", visits.visit_figures, name="visit_figures"),
    path("insight/visits/file/", visits.journal_file, name="journal_file"),
    # month
    path("visits/meetings/", months.meeting_list, name="meeting_list"),
    path("visits/meetings/open/", months.meeting_open, name="meeting_open"),
    path("visits/meetings/<int:pk>/", months.meeting, name="meeting"),
    path("visits/meetings/<int:pk>/move/", months.meeting_move, name="meeting_move"),
    path("visits/meetings/<int:pk>/file/", months.meeting_file, name="meeting_file"),
    path("visits/tasks/", months.meeting_tasks, name="meeting_tasks"),
    path("visits/tasks/<int:pk>/finish/", months.meeting_task_finish, name="meeting_task_finish"),
    # quarter: <pk> is the township's union
    path("visits/reports/", quarters.township_reports, name="township_reports"),
    path("visits/reports/<int:pk>/", quarters.township_report, name="township_report"),
    path("visits/reports/<int:pk>/file/", quarters.township_report_file, name="township_report_file"),
    path("visits/reports/<int:pk>/reopen/", quarters.township_report_reopen, name="township_report_reopen"),
    # year
    path("visits/years/", years.year_rounds, name="year_rounds"),
    path("visits/years/open/", years.year_round_open, name="year_round_open"),
    path("visits/years/<int:pk>/", years.year_round, name="year_round"),
    path("visits/years/<int:pk>/put-forward/", years.year_put_forward, name="year_put_forward"),
    path("visits/years/<int:pk>/judges/", years.year_judges, name="year_judges"),
    path("visits/years/<int:pk>/publish/", years.year_publish, name="year_publish"),
    path("visits/years/<int:pk>/file/", years.year_file, name="year_file"),
    path("visits/years/officers/<int:pk>/", years.officer_year, name="officer_year"),  # by the posting
    path("visits/nominations/<int:pk>/withdraw/", years.nomination_withdraw, name="nomination_withdraw"),
    path("visits/nominations/<int:pk>/judge/", years.nomination_judge, name="nomination_judge"),
]
