from django.urls import path

from niangjia.ui.phone import views
from niangjia.ui.views import display

app_name = "phone"
urlpatterns = [
    path("", views.home, name="home"),
    path("phone/mine/", views.mine, name="mine"),
    path("phone/messages/", views.inbox, name="inbox"),
    path("phone/display/", display, name="display"),
    path("phone/log-out/", views.log_out, name="log_out"),
    path("phone/offline/", views.offline, name="offline"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service_worker"),
]
