"""The page behind an invitation: the first password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from niangjia.kernel.access.actions import accept_invitation, open_invitation
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing

RULES = ("至少 10 位", "不能全是数字", "不能和用户名、姓名相近", "不能是常见密码，如 password123")


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="密码", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label="再输入一遍", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **named: Any) -> None:
        super().__init__(*args, **named)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if "password" in facts and facts["password"] != facts.get("again"):
            raise ValidationError({"again": "两次输入的密码不一样，请重新输入。"})
        return facts


def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link sets the password; what is wrong with an old link is said plainly."""
    now = timezone.now()
    try:
        invitation = open_invitation(token, now=now)
        form = PasswordForm(request.POST or None, user=invitation.user)
        if form.is_valid():
            user = accept_invitation(token, password=form.cleaned_data["password"], now=now)
            messages.success(request, f"密码已设置，请用用户名 {user.username} 登录。")
            return redirect("account_login")
    except Missing as gone:
        return _private(render(request, "organisations/invitation_gone.html", {"why": gone.message}, status=404))
    context = {"form": form, "user_invited": invitation.user, "rules": RULES}
    return _private(render(request, "organisations/invitation.html", context, status=422 if form.errors else 200))


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: it stays in no cache and leaves with no link.

    Not "no-referrer": with it a browser sends the form with `Origin: null`, which is refused.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response


app_name = "invitation"
urlpatterns = [path("<str:token>/", accept, name="accept")]
