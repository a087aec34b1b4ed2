"""An officer who lost the telephone: who may take the second step away, and what is left of it."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.test import Client

from niangjia.kernel.access.log_ins import LogIn, note_log_in
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.models import Message
from niangjia.modules.organisations.actions.officers import reset_second_step
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PASSWORD = "yun-ling-2026!"
WHY = "手机丢失，已视频核实本人"
VERB = "access.user.second_step_reset"
pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return small_tree()


def careful(job: str, at, name: str = "周敏") -> User:
    """An officer with a second step."""
    user = officer(job, at, name=name)
    user.set_password(PASSWORD)
    user.save()
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    return user


def steps_of(user: User) -> int:
    return Authenticator.objects.filter(user=user).count()


def typed_in(user: User) -> str:
    """Where a right password leads."""
    return Client().post("/accounts/login/", {"login": user.username, "password": PASSWORD}).headers["Location"]


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    client.get("/desk/")
    return client


def test_the_password_alone_opens_and_all_sessions_end(tree):
    user = careful("CLERK", tree.north)
    here, there = logged_in(user), logged_in(user)
    assert typed_in(user) == "/accounts/2fa/authenticate/"
    reset_second_step(user.pk, reason=WHY, actor=acting_as("SYSTEM_ADMINISTRATOR", tree.county), now=NOW)
    assert steps_of(user) == 0, "the recovery codes went with it"
    assert not UserSession.objects.filter(user=user).exists()
    assert [client.get("/desk/").status_code for client in (here, there)] == [302, 302]
    assert typed_in(user) == "/desk/"


def test_it_stands_in_the_trail_and_is_told(tree):
    user = careful("CLERK", tree.north)
    actor = acting_as("CHAIR", tree.county)
    reset_second_step(user.pk, reason=f" {WHY} ", actor=actor, now=NOW)
    entry = AuditEntry.objects.get(verb=VERB)
    assert (entry.subject_id, entry.actor_name, entry.path) == (user.pk, actor.name, tree.north.scope.path)
    assert entry.reason == WHY
    told = Message.objects.get(user_id=user.pk)
    assert WHY in told.body
    assert actor.name in told.body


def test_never_ones_own(tree):
    user = careful("SYSTEM_ADMINISTRATOR", tree.county)
    with pytest.raises(Refused) as refused:
        reset_second_step(user.pk, reason=WHY, actor=actor_of(user.pk, now=NOW), now=NOW)
    assert refused.value.code == "oneself"
    assert steps_of(user) == 2


def test_never_beyond_what_one_may_give(tree):
    """By anybody who does not see him, sees him without the right, or could not give him all his jobs."""
    user = careful("CLERK", tree.north)
    Grant.objects.create(user=user, job="CHAIR", scope=tree.county.scope, from_on=NOW.date(), granted_at=NOW)
    tries = [
        (acting_as("CHAIR", tree.south), Missing),
        (acting_as("CLERK", tree.county), NotPermitted),
        (acting_as("AUDITOR", tree.county), NotPermitted),
        (acting_as("CHAIR", tree.north), NotPermitted),
    ]
    for actor, raised in tries:
        with pytest.raises(raised):
            reset_second_step(user.pk, reason=WHY, actor=actor, now=NOW)
    assert steps_of(user) == 2
    assert not AuditEntry.objects.filter(verb=VERB).exists()
    assert not Message.objects.filter(user_id=user.pk).exists()


@pytest.mark.parametrize("reason", ["", " ", "丢"])
def test_never_without_a_reason(tree, reason):
    user = careful("CLERK", tree.north)
    with pytest.raises(Refused) as refused:
        reset_second_step(user.pk, reason=reason, actor=acting_as("CHAIR", tree.county), now=NOW)
    assert (refused.value.code, refused.value.field) == ("reason", "reason")
    assert steps_of(user) == 2


def test_without_a_second_step_there_is_nothing_to_reset(tree):
    user = officer("CLERK", tree.north)
    client = logged_in(user)
    with pytest.raises(Refused) as refused:
        reset_second_step(user.pk, reason=WHY, actor=acting_as("CHAIR", tree.county), now=NOW)
    assert refused.value.code == "no_second_step"
    assert client.get("/desk/").status_code == 200, "and nobody is sent out"


# ---- the page


def test_the_button_is_there_for_whoever_may_and_works(tree):
    user, page = careful("CLERK", tree.north), "/desk/officers/{}/".format
    chair = logged_in(officer("CHAIR", tree.county, name="王建国"))
    assert "重置两步验证" in chair.get(page(user.pk)).content.decode()
    answered = chair.post(f"{page(user.pk)}second-step/", {"reason": WHY}, follow=True)
    assert "已重置两步验证" in answered.content.decode()
    assert steps_of(user) == 0
    assert 'second-step/"' not in chair.get(page(user.pk)).content.decode()
    assert chair.post(f"{page(user.pk)}second-step/", {"reason": WHY}).status_code == 409


def test_log_ins_are_shown_apart_and_to_whoever_manages(tree):
    user = careful("CLERK", tree.north)
    for _ in range(60):
        note_log_in(user, LogIn.DONE, now=NOW)
    chair = logged_in(officer("CHAIR", tree.county, name="王建国"))
    shown = chair.get(f"/desk/officers/{user.pk}/")
    assert [told["text"] for told in shown.context["log_ins"]] == ["登录"] * 20
    assert shown.context["trail"] == [], "sixty log-ins hide nothing that was done with the account"
    colleague = logged_in(officer("CLERK", tree.north, name="何伟"))
    shown = colleague.get(f"/desk/officers/{user.pk}/")
    assert (shown.status_code, shown.context["log_ins"], shown.context["second_step"]) == (200, [], False)


def test_the_trail_is_read_with_log_ins_alone_or_without(tree):
    user = careful("CLERK", tree.north)
    note_log_in(user, LogIn.REFUSED, now=NOW)
    reset_second_step(user.pk, reason=WHY, actor=acting_as("CHAIR", tree.county), now=NOW)
    auditor = logged_in(officer("AUDITOR", tree.north, name="何伟"))

    def listed(which: str) -> str:
        return auditor.get("/desk/audit/", {"log_ins": which}).content.decode()

    assert "登录失败（密码不对）" in listed("only")
    assert "重置两步验证" not in listed("only")
    assert "登录失败（密码不对）" not in listed("without")
    assert "重置两步验证" in listed("without")
