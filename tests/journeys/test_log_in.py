"""Coming in: wrong passwords, the second step, sessions elsewhere."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from playwright.sync_api import expect

from tests.journeys.conftest import County

pytestmark = pytest.mark.django_db(transaction=True)


def code_of(secret: str, ahead: int = 0) -> str:
    """What an authenticator on a phone would show."""
    return f"{hotp_value(secret, int(time.time()) // 30 + ahead):06}"


def test_five_wrong_passwords_lock_one_name_and_no_other(county: County, desk):
    visitor = desk()
    for attempt in range(5):
        visitor.log_in("jingban", "nicht-das-passwort")
        visitor.sees("锁定" if attempt == 4 else "用户名或密码不对")
    visitor.log_in("jingban").sees("锁定")
    visitor.log_in("JINGBAN").sees("锁定")
    desk("zhuangan").sees("等我办的")


def test_a_second_step_is_set_up_and_asked_for(county: County, desk):
    officer = desk("zhuxi")
    officer.go("/accounts/2fa/totp/activate/")
    page = officer.page
    if page.get_by_role("heading", name="确认").or_(page.get_by_label("密码")).first.is_visible():
        page.locator("[name=password]").fill(county.password)
        page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="开启两步验证")).to_be_visible()
    secret = page.locator("code").inner_text().strip()
    page.locator("[name=code]").fill(code_of(secret))
    officer.press("开启")
    officer.sees("恢复码")
    later = desk("zhuxi")
    later.sees("请输入身份验证器上的 6 位动态码")
    later.go("/desk/members/").sees("登录")
    later = desk("zhuxi")
    later.page.locator("[name=code]").fill("000000")
    later.page.get_by_role("button", name="登录").click()
    later.sees("动态码不对")
    later.page.locator("[name=code]").fill(code_of(secret, ahead=1))
    later.page.get_by_role("button", name="登录").click()
    later.sees("等我办的")


def test_another_window_is_seen_and_ended(county: County, desk):
    here, there = desk("rexian"), desk("rexian")
    there.sees("等我办的")
    here.go("/accounts/sessions/")
    with here.page.expect_navigation():
        here.press("退出其他设备")
    there.go("/desk/members/").sees("登录")
    here.go("/desk/members/").sees("会员")
