"""allauth's forms for the second step, with wrong codes counted."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError

from niangjia.ui.account.lockout import count_failure, is_locked


class Counted(forms.BaseAuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "动态码或恢复码"
        self.fields["code"].widget.attrs.update({"placeholder": "", "inputmode": "text", "autofocus": True})

    def clean_code(self) -> str:
        if is_locked(context.request, self.user.get_username()):
            raise ValidationError("输错次数太多，请 15 分钟后再试。")
        return str(super().clean_code())

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        super()._emit_authentication_failed(authenticator)
        count_failure(context.request, self.user.get_username())


class AuthenticateForm(Counted, forms.AuthenticateForm):
    pass


class ReauthenticateForm(Counted, forms.ReauthenticateForm):
    pass
