"""The desk's own pages, as the test client sees them."""

from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actions import place_scope
from niangjia.kernel.access.actor import Actor, Held
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.jobs.models import BackgroundTask, TaskState
from niangjia.kernel.lists.models import SavedView
from niangjia.kernel.notify.models import Message
from niangjia.kernel.worktime.models import CalendarYear
from niangjia.ui import desk
from niangjia.ui.middleware import ErrorPagesMiddleware

pytestmark = pytest.mark.django_db
PASSWORD = "gonghui-2026-desk"


def officer(username="chen", name="陈晓燕"):
    now = timezone.now()
    user = User(username=username, name=name, phone="13800000000", created_at=now)
    user.set_password(PASSWORD)
    user.save()
    scope = place_scope(None, on=date(2026, 1, 1))
    Grant.objects.create(user=user, job="CHAIR", scope=scope, from_on=date(2026, 1, 1), granted_at=now)
    return user


@pytest.fixture
def user():
    return officer()


@pytest.fixture
def desk_of(client, user):
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_visitor_is_sent_to_the_log_in_page(client):
    assert client.get("/desk/").headers["Location"] == "/accounts/login/?next=/desk/"


def test_home_greets_and_says_what_waits(desk_of):
    now = timezone.now()
    for year in (now.year, now.year + 1):  # else somebody is asked to enter it from October on
        CalendarYear.objects.get_or_create(year=year, defaults={"source": "测试", "published_at": now})
    page = desk_of.get("/desk/").content.decode()
    assert "陈晓燕" in page
    assert "主席" in page
    assert "没有等您办的事" in page


@pytest.mark.parametrize("name", ["ui:home", "ui:tasks", "ui:inbox", "ui:account", "account_change_password", "mfa_index", "usersessions_list"])  # fmt: skip
def test_every_page_of_the_shell_opens(desk_of, name):
    assert desk_of.get(reverse(name)).status_code == 200


def test_nobody_signs_up_or_resets_by_mail(client):
    for address in ("/accounts/signup/", "/accounts/password/reset/"):
        assert client.get(address).headers["Location"] == "/accounts/login/"


def test_a_menu_entry_needs_its_permission():
    entry = desk.MenuEntry("组织与会员", "示例", "users", "ui:tasks", "members:member:view", badge=lambda _: 3)
    desk.register_menu(entry)
    try:
        seen = desk.menu_for(Actor(1, "甲", (Held("CHAIR", "1"),)), "/desk/tasks/")
        unseen = desk.menu_for(Actor(2, "乙", ()), "/desk/tasks/")
    finally:
        desk._menu.remove(entry)
    mine = [link for section in seen for link in section.links if link.label == "示例"]
    assert [(link.badge, link.current) for link in mine] == [(3, True)]
    assert not [link for section in unseen for link in section.links if link.label == "示例"]


# ---- errors


@pytest.mark.parametrize(
    ("error", "status"),
    [(Missing(), 404), (NotPermitted(), 403), (Refused("closed", "这张工单已办结，不能再转办。"), 409)],
)
def test_refusals_become_pages_that_say_what_to_do(error, status):
    request = RequestFactory().get("/desk/")
    answer = ErrorPagesMiddleware(lambda _: None).process_exception(request, error)
    assert answer.status_code == status
    assert error.message in answer.content.decode()


def test_htmx_gets_a_toast_instead_of_a_page(desk_of):
    answer = desk_of.get("/desk/tasks/987654/", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer.headers["X-Toast"]
    assert "<html" not in answer.content.decode()
    assert "没有这个任务" in answer.content.decode()


def test_an_ended_session_does_not_put_the_log_in_page_into_a_table(client):
    seen = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/tasks/?a=1"}
    answer = client.get("/desk/search/?q=x", headers=seen)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/desk/tasks/%3Fa%3D1"


def test_an_unknown_address_is_explained_in_chinese(desk_of):
    answer = desk_of.get("/nowhere/")
    assert answer.status_code == 404
    assert "没有找到" in answer.content.decode()


# ---- display


def test_display_settings_are_in_the_first_byte(desk_of):
    desk_of.post(reverse("ui:display"), {"theme": "dark", "text": "large", "back": "/desk/account/"})
    page = desk_of.get("/desk/").content.decode()
    assert 'data-theme="union-dark" data-large' in page


def test_a_made_up_setting_is_ignored_and_one_does_not_leave_the_site(desk_of):
    answer = desk_of.post(reverse("ui:display"), {"theme": "pink", "back": "//evil.example/"})
    assert answer.headers["Location"] == "/desk/"
    assert "theme" not in answer.cookies


# ---- saved views, tasks, messages


def test_saved_views_live_and_belong_to_their_owner(desk_of, user):
    desk_of.post(reverse("ui:save_view"), {"name": "待转出", "list": "x.y", "query": "state=2", "column": ["name"], "default": "1", "back": "/desk/x/"})  # fmt: skip
    view = SavedView.objects.get(user_id=user.pk)
    assert (view.name, view.query, view.columns, view.is_default) == ("待转出", "state=2", ["name"], True)
    other = Client()
    other.force_login(officer("lin", "林志强"), backend="allauth.account.auth_backends.AuthenticationBackend")
    change = reverse("ui:change_view", args=[view.pk])
    assert other.post(change, {"verb": "delete"}).status_code == 404
    desk_of.post(change, {"verb": "rename", "name": "转出中"})
    desk_of.post(change, {"verb": "no-default"})
    view.refresh_from_db()
    assert (view.name, view.is_default) == ("转出中", False)
    desk_of.post(change, {"verb": "delete"})
    assert not SavedView.objects.exists()


def test_two_views_of_one_name_are_refused_in_words(desk_of, user):
    for name in ("甲", "乙"):
        SavedView.objects.create(user_id=user.pk, list_name="x.y", name=name)
    second = SavedView.objects.get(name="乙")
    answer = desk_of.post(reverse("ui:change_view", args=[second.pk]), {"verb": "rename", "name": "甲"}, follow=True)
    assert "已有名为“甲”的视图" in answer.content.decode()


def test_tasks_of_others_do_not_exist(desk_of, user):
    mine = BackgroundTask.objects.create(user_id=user.pk, title="导出会员", state=TaskState.RUNNING, done=3, total=9, created_at=timezone.now())  # fmt: skip
    theirs = BackgroundTask.objects.create(user_id=user.pk + 1, title="别人的", created_at=timezone.now())
    page = desk_of.get(reverse("ui:task", args=[mine.pk])).content.decode()
    assert "3 / 9" in page
    assert 'hx-trigger="every 2s"' in page
    assert desk_of.get(reverse("ui:task", args=[theirs.pk])).status_code == 404
    assert "别人的" not in desk_of.get(reverse("ui:tasks")).content.decode()


def test_opening_a_message_marks_it_read_and_goes_where_it_points(desk_of, user):
    message = Message.objects.create(user_id=user.pk, title="花名册导入完成", url="/desk/tasks/", at=timezone.now())
    assert "花名册导入完成" in desk_of.get("/desk/").content.decode()
    answer = desk_of.post(reverse("ui:open_message", args=[message.pk]))
    assert answer.headers["Location"] == "/desk/tasks/"
    message.refresh_from_db()
    assert message.read_at


# ---- account


def test_five_wrong_passwords_lock_whatever_the_spelling(client, user):
    answers = [client.post("/accounts/login/", {"login": name, "password": "wrong"}) for name in ("chen", "CHEN", " Chen", "chen", "cHen")]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    right = client.post("/accounts/login/", {"login": "chen", "password": PASSWORD})
    assert right.status_code == 429
    assert "15 分钟" in right.content.decode()


def test_wrong_codes_of_the_second_step_lock_too(client, user):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(user, generate_totp_secret())
    assert client.post("/accounts/login/", {"login": "chen", "password": PASSWORD}).headers["Location"] == "/accounts/2fa/authenticate/"  # fmt: skip
    answers = [client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 429, 429]


def test_pages_write_down_a_session_at_a_new_address_and_else_now_and_then(desk_of):
    def session(**change):
        if change:
            UserSession.objects.update(**change)
        with CaptureQueriesContext(connection) as caught:
            desk_of.get(reverse("ui:tasks"))
        return UserSession.objects.get(), any("UPDATE" in query["sql"] for query in caught)

    first, _ = session()
    assert session() == (first, False)
    assert session(ip="10.0.0.9")[0].ip == first.ip
    later, wrote = session(last_seen_at=timezone.now() - timedelta(minutes=6))
    assert (wrote, later.last_seen_at > first.last_seen_at) == (True, True)


def test_a_changed_password_ends_the_other_sessions(client, user):
    elsewhere = Client()
    for one in (client, elsewhere):
        one.post("/accounts/login/", {"login": "chen", "password": PASSWORD})
    new = "xin-mima-2026-ok"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/desk/").status_code == 200
    assert elsewhere.get("/desk/").status_code == 302


def test_the_other_devices_can_be_logged_out(client, user):
    elsewhere = Client()
    for one in (client, elsewhere):
        one.post("/accounts/login/", {"login": "chen", "password": PASSWORD})
        one.get("/desk/")
    assert Session.objects.count() == 2
    client.post("/accounts/sessions/")
    assert client.get("/desk/").status_code == 200
    assert elsewhere.get("/desk/").status_code == 302


def test_the_title_stands_again_in_the_head_line(rf):
    from django.template import engines

    child = engines["django"].from_string("{% extends base %}{% block title %}甲 · {{ block.super }}{% endblock %}")
    base = engines["django"].from_string("<title>{% block title %}乙{% endblock %}</title><h1>{% again 'title' %}</h1>")
    assert child.render({"base": base.template}) == "<title>甲 · 乙</title><h1>甲 · 乙</h1>"


def test_pages_are_not_kept_by_the_browser(desk_of):
    assert desk_of.get("/desk/").headers["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize(
    ("sent_from", "comes_back_to"),
    [
        ("http://testserver/desk/visits/stays/7/?tab=2#report", "/desk/visits/stays/7/?tab=2"),
        ("http://elsewhere.example/desk/", "/desk/visits/stays/7/end/"),
        ("http://[", "/desk/visits/stays/7/end/"),
        ("", "/desk/visits/stays/7/end/"),
    ],
)
def test_whoever_sends_something_logged_out_comes_back_to_its_page(sent_from, comes_back_to):
    answer = Client().post("/desk/visits/stays/7/end/", {"report": "写了很久"}, headers={"Referer": sent_from})
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {"next": comes_back_to}
