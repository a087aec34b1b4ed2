"""A form sent twice acts once; what the token must not undo."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.idempotency.models import Once
from niangjia.kernel.lists.models import SavedView

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PASSWORD = "niangjia-once-2026"


@pytest.fixture
def user():
    user = User(username="zhoumin", name="周敏", created_at=timezone.now())
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def save_view(client, token, name="我的"):
    return client.post(
        reverse("ui:save_view"), {"_once": token, "list": "members.member", "name": name, "query": "", "back": "/desk/"}
    )


def test_the_second_sending_gets_the_first_ones_answer(client):
    first, second = save_view(client, "a" * 32, "甲"), save_view(client, "a" * 32, "乙")
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert list(SavedView.objects.values_list("name", flat=True)) == ["甲"]


def test_a_token_is_good_for_its_own_page_and_user_only(client):
    save_view(client, "a" * 32)
    assert client.post(reverse("ui:read_all"), {"_once": "a" * 32}).status_code == 409


def test_a_token_doesn_t_make_wrong_passwords_forgotten(user):
    """Else whoever adds one to the log-in form could try passwords without end."""
    visitor = Client()
    for number in range(6):
        answer = visitor.post(
            reverse("account_login"), {"login": user.username, "password": f"wrong-{number}", "_once": f"try{number}"}
        )
    assert answer.status_code == 429
    right = visitor.post(
        reverse("account_login"), {"login": user.username, "password": PASSWORD, "_once": "the-right-one"}
    )
    assert right.status_code == 429
    assert AccessAttempt.objects.get().failures_since_start >= 5
    assert not Once.objects.exists()


# A NUL never gets as far: `ui.middleware` refuses the whole body.
@pytest.mark.parametrize("token", ["x" * 10_000, "𠮷" * 50, " "])
def test_a_token_that_was_made_up_breaks_nothing(client, token):
    assert save_view(client, token).status_code == 302
