"""Coming in and going out stand in the audit trail, and a stranger can't fill it."""

import time
from datetime import date, timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.conf import settings
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.actions import place_scope
from niangjia.kernel.access.log_ins import MOST_BY_STRANGERS, LogIn, log_ins_of, note_log_in
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.workers import worker_account
from niangjia.kernel.audit.actions import seal, verify
from niangjia.kernel.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PASSWORD = "gonghui-2026-desk"


@pytest.fixture
def user() -> User:
    now = timezone.now()
    user = User(username="chen", name="陈晓燕", created_at=now)
    user.set_password(PASSWORD)
    user.save()
    scope = place_scope(None, on=date(2026, 1, 1))
    Grant.objects.create(user=user, job="CHAIR", scope=scope, from_on=date(2026, 1, 1), granted_at=now)
    return user


def typed(password: str = PASSWORD, *, name: str = "chen", at: str = "203.0.113.5", client: Client | None = None):
    return (client or Client()).post("/accounts/login/", {"login": name, "password": password}, REMOTE_ADDR=at)


def steps(user: User) -> list[str]:
    """Oldest first."""
    return [entry.verb for entry in reversed(log_ins_of(user, limit=1000))]


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def test_in_and_out_again(user):
    client = Client()
    typed(client=client)
    client.post("/accounts/logout/")
    assert steps(user) == [LogIn.DONE, LogIn.ENDED]
    entry = log_ins_of(user)[0]
    scope = Grant.objects.unscoped(reason="test").get(user=user).scope
    assert (entry.actor_id, entry.actor_name, entry.subject_id) == (user.pk, user.name, user.pk)
    assert entry.path == scope.path, "where its auditors read it"


def test_a_wrong_password_is_nobody_we_know(user):
    typed("nicht-das-passwort", name=" CHEN ")
    [entry] = log_ins_of(user)
    assert (entry.verb, entry.actor_id, entry.subject_id) == (LogIn.REFUSED, None, user.pk)


def test_nothing_that_was_typed_and_no_address_is_kept(user):
    for _ in range(6):
        typed("nicht-das-passwort")
    typed(at="203.0.113.6")
    kept = str(list(AuditEntry.objects.values()))
    for word in ("nicht-das-passwort", PASSWORD, "203.0.113."):
        assert word not in kept


def test_an_unknown_name_leaves_nothing_and_is_answered_alike(user):
    def answers(name: str) -> list[tuple[int, str]]:
        return [
            (answer.status_code, answer.content.decode().replace(name, "").split("<main")[-1].split("nonce")[0])
            for answer in (typed("nicht-das-passwort", name=name) for _ in range(7))
        ]

    before = AuditEntry.objects.count()
    unknown = answers("nobody")
    assert AuditEntry.objects.count() == before
    assert [status for status, _ in unknown] == [status for status, _ in answers("chen")]
    assert _said(typed("nicht-das-passwort", name="nobody", at="203.0.113.9")) == _said(
        typed("nicht-das-passwort", at="203.0.113.9")
    )


def _said(answer) -> list[str]:
    return [str(error) for errors in answer.context["form"].errors.values() for error in errors]


def test_a_closed_account_is_watched_all_the_same(user):
    Grant.objects.unscoped(reason="test").filter(user=user).update(ended_at=timezone.now())
    User.objects.update(is_active=False)
    typed()
    [entry] = log_ins_of(user)
    assert (entry.verb, bool(entry.path)) == (LogIn.REFUSED, True)


def test_five_times_wrong_is_a_lock_and_then_silence(user):
    """However long a stranger goes on at a locked door."""
    for _ in range(12):
        typed("nicht-das-passwort")
    typed()
    assert steps(user) == [LogIn.REFUSED] * 5 + [LogIn.LOCKED]


def test_a_stranger_of_many_addresses_fills_no_trail(user):
    for number in range(MOST_BY_STRANGERS + 2):
        typed("nicht-das-passwort", at=f"198.51.100.{number}")
    assert len(steps(user)) == MOST_BY_STRANGERS
    typed()
    assert steps(user)[-1] == LogIn.DONE, "the officer's own log-in is always kept"


def test_after_a_quarter_of_an_hour_a_stranger_is_heard_again(user):
    now = timezone.now()
    for _ in range(MOST_BY_STRANGERS + 5):
        note_log_in(user, LogIn.REFUSED, now=now)
    note_log_in(user, LogIn.LOCKED, now=now + timedelta(minutes=14))
    assert len(steps(user)) == MOST_BY_STRANGERS
    note_log_in(user, LogIn.REFUSED, now=now + timedelta(minutes=15))
    assert len(steps(user)) == MOST_BY_STRANGERS + 1


@pytest.fixture
def secret(user) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def test_the_second_step(user, secret):
    client = Client()
    typed(client=client)
    assert steps(user) == [], "not in yet"
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert steps(user) == [LogIn.CODE_REFUSED, LogIn.CODE_ACCEPTED, LogIn.DONE]


def test_wrong_codes_lock_too(user, secret):
    client = Client()
    typed(client=client)
    for _ in range(8):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert steps(user) == [LogIn.CODE_REFUSED] * 5 + [LogIn.LOCKED]


def test_a_recovery_code_is_told_apart(user, secret):
    [code, *_] = RecoveryCodes.activate(user).generate_codes()
    client = Client()
    typed(client=client)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert steps(user) == [LogIn.RECOVERY_CODE_ACCEPTED, LogIn.DONE]


def test_what_one_does_with_the_own_account(user, django_capture_on_commit_callbacks):
    client = Client()
    typed(client=client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        page = client.get("/accounts/2fa/totp/activate/")
        client.post("/accounts/2fa/totp/activate/", {"code": code_of(page.context["form"].secret)})
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    changed = {"oldpassword": PASSWORD, "password1": "xin-mima-2026-desk", "password2": "xin-mima-2026-desk"}
    client.post("/accounts/password/change/", changed)
    verbs = AuditEntry.objects.filter(actor_id=user.pk).exclude(verb__startswith="access.log_in.").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "access.user.second_step_added",
        "access.user.recovery_codes_renewed",
        "access.user.second_step_removed",
        "access.user.password_changed",
    ]


def test_a_worker_is_not_watched():
    worker = worker_account("12400000001", now=timezone.now())
    client = Client()
    client.force_login(worker, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.logout()
    typed("nicht-das-passwort", name=worker.username)
    assert log_ins_of(worker) == []


def test_a_null_in_a_name_is_refused_like_any_other(user):
    assert typed(name="ch\0en").status_code == 400
    assert AuditEntry.objects.filter(verb__startswith="access.log_in.").count() == 0


def test_the_entries_are_sealed_with_the_others(user):
    typed()
    seal(now=timezone.now())
    assert verify().broken is None


@pytest.mark.parametrize("path", ["/sw.js", "/desk/", "/"])
def test_an_answer_that_comes_late_logs_nobody_out(user, path):
    """Asked before the log-in with the visitor's session, answered after it: the browser holds the officer's by then."""
    late = Client()
    late.cookies[settings.SESSION_COOKIE_NAME] = "theoneofthevisitorthatisnomore00"
    assert settings.SESSION_COOKIE_NAME not in late.get(path).cookies


def test_going_out_takes_the_cookie_along(user):
    client = Client()
    typed(client=client)
    assert client.post("/accounts/logout/").cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 0
