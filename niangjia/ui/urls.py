from __future__ import annotations

from django.conf import settings
from django.urls import path

from niangjia.ui import pocket, views
from niangjia.ui.account.views import account

app_name = "ui"
urlpatterns = [
    path("desk/", views.home, name="home"),
    path("desk/search/", views.search, name="search"),
    path("desk/alarms/", views.alarms, name="alarms"),
    path("desk/display/", views.display, name="display"),
    path("desk/views/", views.save_view, name="save_view"),
    path("desk/views/<int:pk>/", views.change_view, name="change_view"),
    path("desk/count/", views.count_rows, name="count_exactly"),
    path("desk/tasks/", views.tasks, name="tasks"),
    path("desk/tasks/<int:pk>/", views.task, name="task"),
    path("desk/inbox/", views.inbox, name="inbox"),
    path("desk/inbox/<int:pk>/", views.open_message, name="open_message"),
    path("desk/inbox/read/", views.read_all, name="read_all"),
    path("desk/outbox/", pocket.outbox, name="outbox"),
    path("desk/account/", account, name="account"),
]
if settings.ENV != "production":
    from niangjia.ui import gallery

    urlpatterns += [
        path("desk/_gallery/", gallery.show, name="gallery"),
        path("desk/_gallery/drawer/", gallery.drawer, name="gallery_drawer"),
        path("desk/_gallery/options/", gallery.options, name="gallery_options"),
        path("desk/_gallery/reveal/", gallery.reveal, name="gallery_reveal"),
        path("desk/_gallery/print/", gallery.printed, name="gallery_print"),
        path("desk/_gallery/list/", gallery.list_page, name="gallery_list"),
    ]
