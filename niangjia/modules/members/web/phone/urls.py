from django.urls import URLPattern, path

from niangjia.modules.members.web.phone import joining, log_in, mine

app_name = "worker"
urlpatterns: list[URLPattern] = [
    path("join/", joining.join_start, name="join_start"),
    path("join/apply/", joining.apply, name="apply"),
    path("join/consent/", joining.consent, name="consent"),
    path("join/employers/", joining.employers, name="employers"),
    path("join/code/", joining.join_typed, name="join_typed"),
    path("join/<slug:token>/", joining.join, name="join"),
    path("phone/application/", joining.application, name="application"),
    path("phone/application/withdraw/", joining.application_withdraw, name="application_withdraw"),
    path("phone/consents/", mine.consents, name="consents"),
    path("phone/consents/<slug:purpose>/withdraw/", mine.consent_withdraw, name="consent_withdraw"),
    path("phone/data/", mine.data, name="data"),
    path("phone/data/export/", mine.export, name="export"),
    path("phone/log-in/", log_in.log_in, name="log_in"),
    path("phone/log-in/again/", log_in.returning, name="returning"),
    path("phone/requests/", mine.requests, name="requests"),
    path("phone/requests/<int:pk>/withdraw/", mine.request_withdraw, name="request_withdraw"),
    path("phone/requests/<slug:kind>/", mine.request_add, name="request_add"),
    path("phone/union/", mine.union, name="union"),
]
