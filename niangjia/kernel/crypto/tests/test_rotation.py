"""A rotated key: values stay readable, digests still find them, and a stopped rotation goes on."""

from __future__ import annotations

import base64

import pytest
from django.db import connection
from django.utils import timezone
from typer.testing import CliRunner

from niangjia.kernel.access.models import User
from niangjia.kernel.crypto.commands import app
from niangjia.kernel.crypto.ring import CryptoError
from niangjia.kernel.crypto.rotation import encrypted_tables, rotate, rows_under_other_keys, values_by_key

OLD = f"1:sm4-gcm:{base64.b64encode(b'o' * 16).decode()}"
NEW = f"2:aes-gcm:{base64.b64encode(b'n' * 32).decode()}"
pytestmark = pytest.mark.django_db


@pytest.fixture
def users(settings):
    settings.CRYPTO_KEYS = OLD
    return [
        User.objects.create(
            username=f"u{number}", name="周敏", phone=f"1001234{number:04}" if number else "", created_at=timezone.now()
        )
        for number in range(7)
    ]


def table():
    return next(each for each in encrypted_tables() if each.name == "access_user")


def phones() -> list[str]:
    return [user.phone for user in User.objects.order_by("id")]


def test_every_room_with_encrypted_columns_is_found():
    names = {each.name: each.columns for each in encrypted_tables()}
    assert names["access_user"] == ("phone",)
    assert "phone" in names["organisations_staffmember"]
    assert any(len(columns) > 1 for columns in names.values()), "members keep number, phone and card side by side"


def test_after_a_rotation_the_old_key_is_not_needed(users, settings):
    before = phones()
    settings.CRYPTO_KEYS = f"{NEW},{OLD}"
    assert phones() == before, "the old key still reads"
    assert rows_under_other_keys(table()) == 6, "an empty value is sealed by nobody"
    assert list(rotate(table(), batch=4)) == [4, 2]
    assert values_by_key() == {2: 6}
    settings.CRYPTO_KEYS = NEW
    assert phones() == before


def test_stopped_in_the_middle_it_goes_on(users, settings):
    before = phones()
    settings.CRYPTO_KEYS = f"{NEW},{OLD}"
    next(rotate(table(), batch=2))
    assert values_by_key() == {1: 4, 2: 2}
    assert phones() == before
    assert sum(rotate(table(), batch=2)) == 4
    assert list(rotate(table())) == []


def test_a_value_that_was_tampered_with_stops_it_by_name(users, settings):
    settings.CRYPTO_KEYS = f"{NEW},{OLD}"
    with connection.cursor() as cursor:
        cursor.execute(
            "update access_user set phone = set_byte(phone, 20, (get_byte(phone, 20) + 1) %% 256) where id = %s",
            [users[3].pk],
        )
    with pytest.raises(CryptoError, match=r"access_user\.phone"):
        list(rotate(table(), batch=1))
    assert values_by_key() == {1: 4, 2: 2}


def test_the_command_says_what_it_did(users, settings):
    settings.CRYPTO_KEYS = f"{NEW},{OLD}"
    result = CliRunner().invoke(app, ["rotate"])
    assert result.exit_code == 0, result.output
    assert "6 values are sealed by key 2." in result.output
    assert "key 1" in result.output


def test_the_command_stops_without_the_old_key(users, settings):
    settings.CRYPTO_KEYS = NEW
    result = CliRunner().invoke(app, ["rotate"])
    assert result.exit_code == 1
    assert "key 1 is not in the ring" in result.output
