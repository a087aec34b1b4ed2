"""Codes of phones: few leave the house, and none lets a stranger in."""

from __future__ import annotations

import json
import re
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.phone_codes import (
    LIVES,
    MOST_A_PHONE,
    MOST_TRIES,
    PAUSE,
    check_phone_code,
    send_phone_code,
)
from niangjia.modules.members.models import PhoneCode
from niangjia.modules.members.testing import NOW, phone_number

ADDRESS = "192.0.2.7"


@pytest.fixture
def sent(db, settings, tmp_path, django_capture_on_commit_callbacks):
    """Sends a code and tells what left the house."""
    settings.NOTIFY_CHANNELS, settings.NOTIFY_FILE = ["file"], tmp_path / "messages.jsonl"

    def send(phone, *, now=NOW, address=ADDRESS):
        with django_capture_on_commit_callbacks(execute=True):
            send_phone_code(phone, address=address, now=now)
        return codes(settings)[-1]

    return send


def codes(settings):
    if not settings.NOTIFY_FILE.exists():
        return []
    lines = settings.NOTIFY_FILE.read_text(encoding="utf-8").splitlines()
    return [re.search(r"验证码 (\d{6})", json.loads(line)["title"]).group(1) for line in lines]


def another(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def rows():
    return PhoneCode.objects.unscoped(reason="the test's own codes")


def test_a_code_opens_an_account_and_finds_it_again(sent):
    phone = phone_number()
    user = check_phone_code(phone, sent(phone), now=NOW)
    assert (user.phone, user.name, user.has_usable_password()) == (phone, "", False)
    later = NOW + timedelta(days=3)
    assert check_phone_code(f"+86 {phone}", sent(phone, now=later), now=later) == user


def test_neither_phone_nor_code_is_kept(sent):
    phone = phone_number()
    code = sent(phone)
    kept = rows().get()
    for value in (kept.phone_digest, kept.code_digest, kept.address_digest):
        assert phone.encode() not in bytes(value)
        assert code.encode() not in bytes(value)


def test_a_code_works_once(sent):
    phone = phone_number()
    code = sent(phone)
    check_phone_code(phone, code, now=NOW)
    with pytest.raises(Refused):
        check_phone_code(phone, code, now=NOW)


def test_a_code_dies_after_five_minutes(sent):
    phone = phone_number()
    code = sent(phone)
    with pytest.raises(Refused):
        check_phone_code(phone, code, now=NOW + LIVES)
    check_phone_code(phone, code, now=NOW + LIVES - timedelta(seconds=1))


def test_a_code_dies_after_five_wrong_tries(sent):
    phone = phone_number()
    code = sent(phone)
    for _ in range(MOST_TRIES):
        with pytest.raises(Refused):
            check_phone_code(phone, another(code), now=NOW)
    with pytest.raises(Refused):
        check_phone_code(phone, code, now=NOW)


def test_a_thousand_guesses_open_nothing(sent):
    """Whatever the guesser asks for, five codes an hour with five tries each are all there is."""
    phone = phone_number()
    sent(phone)
    for guess in range(1000):
        with pytest.raises(Refused):
            check_phone_code(phone, f"{guess:06}x", now=NOW)
    assert rows().get().tries == MOST_TRIES
    assert not User.objects.filter(phone_digest__isnull=False).exists()


def test_only_the_latest_code_counts(sent):
    phone = phone_number()
    first = sent(phone)
    second = sent(phone, now=NOW + PAUSE)
    if first != second:
        with pytest.raises(Refused):
            check_phone_code(phone, first, now=NOW + PAUSE)
    check_phone_code(phone, second, now=NOW + PAUSE)


def test_another_phone_is_not_opened_by_it(sent):
    phone, other = phone_number(), phone_number()
    code = sent(phone)
    with pytest.raises(Refused):
        check_phone_code(other, code, now=NOW)


def test_asked_for_a_thousand_times(sent, settings):
    """No flood: one a minute and five an hour leave the house, whatever address asks."""
    phone = phone_number()
    for n in range(1000):
        with suppress(Refused):
            send_phone_code(phone, address=f"192.0.2.{n % 250}", now=NOW + timedelta(seconds=3 * n))
    assert rows().count() == MOST_A_PHONE
    assert len(codes(settings)) <= MOST_A_PHONE


def test_one_address_asks_for_few_phones(sent, settings):
    settings.PHONE_CODES_PER_ADDRESS = 3
    for _ in range(3):
        sent(phone_number())
    with pytest.raises(Refused, match="当前网络"):
        send_phone_code(phone_number(), address=ADDRESS, now=NOW)
    sent(phone_number(), address="198.51.100.1")
    sent(phone_number(), now=NOW + timedelta(hours=1))


def test_an_ipv6_visitor_is_one_however_many_addresses_he_takes(sent, settings):
    settings.PHONE_CODES_PER_ADDRESS = 2
    for n in range(2):
        sent(phone_number(), address=f"2001:db8:1:2::{n}")
    with pytest.raises(Refused, match="当前网络"):
        send_phone_code(phone_number(), address="2001:db8:1:2:ffff::9", now=NOW)
    sent(phone_number(), address="2001:db8:1:3::1")


def test_a_known_and_an_unknown_number_get_the_same_answers(sent):
    known, unknown = phone_number(), phone_number()
    check_phone_code(known, sent(known), now=NOW)
    client, later = Client(REMOTE_ADDR="203.0.113.9"), NOW + timedelta(hours=2)
    pages = []
    for phone in (known, unknown):
        PhoneCode.objects.unscoped(reason="an hour later").update(sent_at=later - timedelta(hours=2))
        answer = client.post("/phone/log-in/", {"phone": phone, "send": "1"}, headers={"accept": "application/json"})
        wrong = client.post("/phone/log-in/", {"phone": phone, "code": "000000x"})
        tidy = re.sub(r'value="[^"]*"|nonce="[^"]*"', "", wrong.content.decode())
        pages.append((answer.status_code, answer.json()["text"].replace(phone[-4:], ""), wrong.status_code, tidy))
    assert pages[0] == pages[1]
    assert pages[0][0] == 200


def test_a_number_that_is_none_is_said_so(db):
    with pytest.raises(Refused, match="11 位"):
        send_phone_code("12345", address=ADDRESS, now=NOW)


def test_without_a_way_out_nobody_waits_for_a_code(db, settings):
    settings.NOTIFY_CHANNELS = []
    with pytest.raises(Refused, match="短信还没有接通"):
        send_phone_code(phone_number(), address=ADDRESS, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_send_one_code(settings, tmp_path):
    settings.NOTIFY_CHANNELS, settings.NOTIFY_FILE = ["file"], tmp_path / "messages.jsonl"
    phone, refused = phone_number(), []

    def ask():
        try:
            send_phone_code(phone, address=ADDRESS, now=NOW)
        except Refused as refusal:
            refused.append(refusal.code)
        finally:
            connections.close_all()

    tabs = [threading.Thread(target=ask) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert refused == ["phone_code.pause"] * 3
    assert rows().count() == 1


def test_logging_in_keeps_the_wrong_tries(sent):
    """A refusal doesn't roll them back, with a form's token or without."""
    phone = phone_number()
    code, client = sent(phone, now=timezone.now()), Client()
    for n in range(MOST_TRIES):
        client.post("/phone/log-in/", {"phone": phone, "code": another(code), "_once": f"token-{n}"})
    answer = client.post("/phone/log-in/", {"phone": phone, "code": code})
    assert answer.status_code == 200
    assert "验证码不对或已过期" in answer.content.decode()
