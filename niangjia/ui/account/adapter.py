"""How allauth behaves here: nobody signs up, and what it says is said our way."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

# Said by allauth after each log-in and log-out: the page that follows says it already.
SILENT = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "用户名或密码不对。连续输错 5 次会锁定 15 分钟。",
        "enter_current_password": "现在的密码不对，请重新输入。",
        "incorrect_password": "密码不对，请重新输入。",
        "account_inactive": "这个账号已停用，请联系本单位系统管理员。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # accounts come from an invitation by the organisation above

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": "动态码不对，请用最新的一组再试。"}
