"""A phone number that passed to somebody else does not open what its former owner left."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.returning import (
    DAY,
    MOST_TRIES,
    SILENCE,
    begin_afresh,
    is_silent,
    prove_owner,
)
from niangjia.modules.members.models import PhoneCode
from niangjia.modules.members.testing import application, member, worker
from niangjia.modules.organisations.testing import small_tree

CODE, WRONG = "123456", "00000X"
AGAIN = "/phone/log-in/again/"


@pytest.fixture
def tree(db):
    return small_tree()


def member_on_the_phone(tree, *, silent_for: timedelta = SILENCE) -> User:
    now = timezone.now()
    user = worker(now=now)
    person = member(tree.mill, phone=user.phone).person
    person.user = user
    person.save()
    User.objects.filter(pk=user.pk).update(name=person.name, last_login=now - silent_for)
    user.refresh_from_db()
    user.person = person
    return user


def tail_of(user: User) -> str:
    return user.person.document_number[-6:]


def code_for(phone: str) -> None:
    now = timezone.now()
    PhoneCode.objects.create(
        purpose="LOG_IN", phone_digest=digest(phone), code_digest=digest(f"{phone}:{CODE}"), address_digest=b"",
        sent_at=now, expires_at=now + timedelta(minutes=5),
    )  # fmt: skip


def with_code(phone: str, **more: str) -> Client:
    """Somebody who has the phone in hand."""
    client = Client()
    code_for(phone)
    client.answer = client.post("/phone/log-in/", {"phone": phone, "code": CODE, **more})
    return client


def who(client: Client) -> int | None:
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


@pytest.mark.parametrize(
    ("silence", "asked"),
    [(timedelta(0), False), (SILENCE - timedelta(hours=1), False), (SILENCE, True), (3 * SILENCE, True)],
)
def test_after_a_long_silence_the_code_alone_is_not_enough(tree, silence, asked):
    user = member_on_the_phone(tree, silent_for=silence)
    client = with_code(user.phone)
    assert who(client) == (None if asked else user.pk)
    assert client.answer.headers["Location"] == (AGAIN if asked else "/")
    assert client.get("/phone/union/").status_code == (302 if asked else 200)


def test_the_owner_comes_in_by_the_last_six_and_goes_where_he_wanted(tree):
    user = member_on_the_phone(tree)
    client = with_code(user.phone, next="/phone/union/")
    answer = client.post(AGAIN, {"tail": f"{tail_of(user).lower()}"})
    assert (answer.headers["Location"], who(client)) == ("/phone/union/", user.pk)
    assert client.get(AGAIN).headers["Location"] == "/phone/log-in/", "asked once"
    assert who(with_code(user.phone)) == user.pk, "and awake again"


@pytest.mark.django_db
def test_an_applicant_is_asked_for_what_he_handed_in(tree):
    row = application(tree.mill)
    User.objects.filter(pk=row.user_id).update(last_login=timezone.now() - SILENCE)
    client = with_code(row.user.phone)
    assert who(client) is None
    client.post(AGAIN, {"tail": row.document_number[-6:]})
    assert who(client) == row.user_id


@pytest.mark.django_db
def test_who_never_gave_a_number_is_asked_for_none():
    user = worker(now=timezone.now() - 2 * SILENCE)
    assert not is_silent(user, now=timezone.now())
    assert who(with_code(user.phone)) == user.pk


@pytest.mark.parametrize("wrong", [WRONG, "²²²²²²", "12345", "1234567", "", "1234\0005"])
def test_a_wrong_answer_opens_nothing_and_says_nothing(tree, wrong):
    user = member_on_the_phone(tree)
    client = with_code(user.phone)
    answer = client.post(AGAIN, {"tail": wrong})
    assert answer.status_code in (200, 400)
    assert who(client) is None
    said = answer.content.decode()
    for word in (user.name, user.phone, tail_of(user), tree.mill.name):
        assert word not in said


def test_three_wrong_answers_send_to_the_union_in_every_window(tree):
    user = member_on_the_phone(tree)
    client = with_code(user.phone)
    for _ in range(MOST_TRIES):
        assert "没有核对上" in client.post(AGAIN, {"tail": WRONG}).content.decode()
    for visitor in (client, with_code(user.phone)):
        assert "到所在工会办理" in visitor.post(AGAIN, {"tail": tail_of(user)}).content.decode()
        assert who(visitor) is None
    tries = AuditEntry.objects.filter(verb="access.worker.owner_not_proved", subject_id=user.pk)
    assert tries.count() == MOST_TRIES, "and no more of it fills the trail"
    now = timezone.now()
    assert prove_owner(user.pk, tail=tail_of(user), now=now + DAY + timedelta(minutes=1)) == user


def test_the_trail_keeps_no_number(tree):
    user = member_on_the_phone(tree)
    client = with_code(user.phone)
    client.post(AGAIN, {"tail": WRONG})
    client.post(AGAIN, {"tail": tail_of(user)})
    entries = list(AuditEntry.objects.filter(verb__startswith="access.worker.owner").order_by("id").values())
    assert [entry["verb"] for entry in entries] == ["access.worker.owner_not_proved", "access.worker.owner_proved"]
    assert WRONG not in str(entries)
    assert tail_of(user) not in str(entries)


def test_the_numbers_new_owner_begins_afresh(tree):
    user = member_on_the_phone(tree)
    client = with_code(user.phone)
    client.post(AGAIN, {"afresh": "1"})
    fresh = User.objects.get(phone_digest=digest(user.phone))
    assert who(client) == fresh.pk != user.pk
    assert user.name not in client.get("/phone/union/").content.decode()
    user.refresh_from_db()
    user.person.refresh_from_db()
    assert (user.is_active, user.phone_digest, user.person.user_id) == (False, None, None)
    assert who(with_code(fresh.phone)) == fresh.pk


def test_nobody_is_put_out_who_logged_in_meanwhile(tree):
    user = member_on_the_phone(tree)
    late = with_code(user.phone)
    owner = with_code(user.phone)
    owner.post(AGAIN, {"tail": tail_of(user)})
    assert late.post(AGAIN, {"afresh": "1"}).status_code == 409
    user.refresh_from_db()
    assert user.is_active
    assert who(owner) == user.pk


def test_a_closed_account_is_not_proved_any_more(tree):
    user = member_on_the_phone(tree)
    late = with_code(user.phone)
    begin_afresh(user.pk, now=timezone.now())
    late.post(AGAIN, {"tail": tail_of(user)})
    assert who(late) is None
    with pytest.raises(Refused):
        begin_afresh(user.pk, now=timezone.now())


def test_the_question_is_open_for_ten_minutes_and_without_a_code_never(tree):
    user = member_on_the_phone(tree)
    assert Client().get(AGAIN).headers["Location"] == "/phone/log-in/"
    assert Client().post(AGAIN, {"tail": tail_of(user)}).headers["Location"] == "/phone/log-in/"
    client = with_code(user.phone)
    session = client.session
    session["returning"] = [user.pk, timezone.now().timestamp() - 601, "/"]
    session.save()
    assert client.post(AGAIN, {"tail": tail_of(user)}).headers["Location"] == "/phone/log-in/"
    assert who(client) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_many_windows_at_once_have_three_tries_together(locked, monkeypatch):
    """The control takes the lock away: then all count before any has written."""
    user = member_on_the_phone(small_tree())
    if not locked:
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda rows, **_: rows)
        from niangjia.modules.members.actions import returning

        real, all_have_counted = returning._number_of, threading.Barrier(6, timeout=20)

        def slow(user_id: int) -> str:
            all_have_counted.wait()
            return real(user_id)

        monkeypatch.setattr(returning, "_number_of", slow)
    refused: list[str] = []

    def guess() -> None:
        try:
            prove_owner(user.pk, tail=WRONG, now=timezone.now())
        except Refused as refusal:
            refused.append(refusal.code)
        finally:
            connections.close_all()

    windows = [threading.Thread(target=guess) for _ in range(6)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert refused.count("owner.wrong") == (MOST_TRIES if locked else 6)
