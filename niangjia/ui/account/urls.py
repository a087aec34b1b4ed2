"""The account pages that exist here: no sign-up, nothing by e-mail (allauth's others are left out)."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path
from django.views.generic import RedirectView

to_login = RedirectView.as_view(pattern_name="account_login")

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    # allauth looks these names up while it draws other pages; a visitor is sent to the log-in page.
    path("signup/", to_login, name="account_signup"),
    path("password/set/", RedirectView.as_view(pattern_name="account_change_password"), name="account_set_password"),
    path("password/reset/", to_login, name="account_reset_password"),
    path("email/", RedirectView.as_view(pattern_name="ui:account"), name="account_email"),
]
