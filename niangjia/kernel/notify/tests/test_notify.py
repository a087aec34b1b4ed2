"""Messages are written with their fact, leave through every channel, and are tried again."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Missing
from niangjia.kernel.notify.actions import mark_all_read, mark_read, notify, tell_once
from niangjia.kernel.notify.channels import link
from niangjia.kernel.notify.delivery import MOST_ATTEMPTS, deliver
from niangjia.kernel.notify.models import Dispatch, Message
from niangjia.kernel.notify.queries import inbox, unread_count

NOW = timezone.now()
pytestmark = pytest.mark.django_db


class Broken:
    """A channel whose other end is down."""

    def send(self, notice) -> None:
        raise OSError("no route")


@pytest.fixture
def user():
    return User.objects.create(username="zhou", name="周敏", phone="10012345678", created_at=NOW)


@pytest.fixture
def file_channel(settings, tmp_path):
    settings.NOTIFY_CHANNELS = ["file"]
    settings.NOTIFY_FILE = tmp_path / "messages.jsonl"
    return settings.NOTIFY_FILE


def sent(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def waiting_jobs() -> list[list[int]]:
    return [job.args["dispatch_ids"] for job in ProcrastinateJob.objects.filter(task_name="notify.send")]


def test_a_message_reaches_the_inbox_once_a_user_and_is_deferred(user, file_channel):
    notify([user.pk, user.pk], title="有事请办", body="请看", url="/desk/", now=NOW)
    assert [message.title for message in inbox(user.pk)] == ["有事请办"]
    assert unread_count(user.pk) == 1
    [job] = waiting_jobs()
    assert deliver(job, now=NOW) == 0
    assert sent(file_channel) == [
        {"name": "周敏", "phone": "10012345678", "title": "有事请办", "body": "请看", "url": "/desk/"}
    ]
    assert deliver(job, now=NOW) == 0
    assert len(sent(file_channel)) == 1, "a second run sends nothing again"


def test_nothing_remains_of_a_fact_that_was_rolled_back(user, file_channel):
    with transaction.atomic():
        notify([user.pk], title="有事请办", now=NOW)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert waiting_jobs() == []


def test_without_channels_only_the_inbox_is_written(user, settings):
    settings.NOTIFY_CHANNELS = []
    notify([user.pk], title="有事请办", now=NOW)
    assert not Dispatch.objects.exists()
    assert waiting_jobs() == []


def test_a_broken_channel_holds_nobody_up_and_is_given_up_in_the_end(user, file_channel, settings):
    settings.NOTIFY_CHANNELS = [f"{__name__}.Broken", "file"]
    notify([user.pk], title="有事请办", now=NOW)
    [ids] = waiting_jobs()
    assert deliver(ids, now=NOW) == 1
    assert len(sent(file_channel)) == 1
    for _ in range(MOST_ATTEMPTS):
        left = deliver(ids, now=NOW)
    assert left == 0
    broken = Dispatch.objects.get(sent_at=None)
    assert (broken.attempts, broken.problem) == (MOST_ATTEMPTS, "no route")


def test_a_closed_account_gets_nothing(user, file_channel):
    notify([user.pk], title="有事请办", now=NOW)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert deliver(waiting_jobs()[0], now=NOW) == 0
    assert sent(file_channel) == []


def test_a_link_that_sets_a_password_is_kept_nowhere(user, file_channel, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tell_once(name="周敏", phone="10012345678", title="请设置密码", url="/accounts/invitation/secret/")
        assert sent(file_channel) == []
    assert sent(file_channel)[0]["url"] == "/accounts/invitation/secret/"
    assert not Message.objects.exists()
    assert waiting_jobs() == []


class Talkative:
    def send(self, notice) -> None:
        raise OSError(f"GET https://sms.example/?to={notice.phone}&text={notice.title} failed")


def test_a_code_that_could_not_leave_stands_in_no_log(user, settings, caplog, django_capture_on_commit_callbacks):
    settings.NOTIFY_CHANNELS = [f"{__name__}.Talkative"]
    with django_capture_on_commit_callbacks(execute=True):
        tell_once(name="", phone="10012345678", title="验证码 429137", url="")
    assert "could not be sent" in caplog.text
    assert "429137" not in caplog.text
    assert "10012345678" not in caplog.text


def test_somebody_elses_message_is_missing_and_reading_twice_keeps_the_first_time(user):
    [message] = notify([user.pk], title="有事请办", now=NOW)
    with pytest.raises(Missing):
        mark_read(message.pk, user_id=user.pk + 1, now=NOW)
    mark_read(message.pk, user_id=user.pk, now=NOW)
    again = mark_read(message.pk, user_id=user.pk, now=NOW + timezone.timedelta(days=1))
    assert again.read_at == NOW
    assert mark_all_read(user.pk, now=NOW) == 0


def test_a_link_that_leaves_the_house_says_where_the_house_is(user, file_channel, settings):
    settings.ADDRESS = "https://union.example.org"
    (message,) = notify([user.pk], title="待受理", url="/desk/demands/1/", now=NOW)
    deliver([dispatch.pk for dispatch in Dispatch.objects.filter(message=message)], now=NOW)
    assert sent(file_channel)[-1]["url"] == "https://union.example.org/desk/demands/1/"
    assert message.url == "/desk/demands/1/"  # within, a path is enough
    assert link("https://elsewhere.example/x") == "https://elsewhere.example/x"
    settings.ADDRESS = ""
    assert link("/d/abc/") == "/d/abc/"
