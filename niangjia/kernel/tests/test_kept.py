"""What is kept in the process is read again after every change, by whatever way it came, and only then."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from niangjia.kernel.kept import Kept, asked_once
from niangjia.kernel.worktime.models import Mark

pytestmark = pytest.mark.django_db


class Reader:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[str]:
        self.times += 1
        return sorted(Mark.objects.values_list("value", flat=True))


@pytest.fixture
def reader() -> Reader:
    Mark.objects.all().delete()
    Mark.objects.create(pk=1, value="a")
    return Reader()


def test_every_change_is_seen_and_nothing_else_is_read(reader: Reader, django_assert_num_queries: Any) -> None:
    kept = Kept(Mark, reader)
    assert kept.now() == ["a"]
    with django_assert_num_queries(1):
        assert kept.now() == ["a"]
    Mark.objects.update(value="b")
    assert kept.now() == ["b"]
    Mark.objects.update(value="c")  # twice in one transaction
    assert kept.now() == ["c"]
    Mark.objects.create(pk=2, value="d")
    assert kept.now() == ["c", "d"]
    Mark.objects.filter(pk=2).delete()
    assert kept.now() == ["c"]
    with connection.cursor() as cursor:
        cursor.execute("update worktime_mark set value = 'by hand'")
    assert kept.now() == ["by hand"]
    assert reader.times == 6


def test_what_was_rolled_back_is_forgotten(reader: Reader) -> None:
    kept = Kept(Mark, reader)
    with transaction.atomic():
        Mark.objects.update(value="never")
        assert kept.now() == ["never"]
        transaction.set_rollback(True)
    assert kept.now() == ["a"]


def test_within_one_act_all_tables_are_asked_once(reader: Reader, django_assert_num_queries: Any) -> None:
    first, second = Kept(Mark, reader), Kept(Mark, reader)
    first.now(), second.now()
    with django_assert_num_queries(1), asked_once():
        for _ in range(3):
            assert (first.now(), second.now()) == (["a"], ["a"])
    assert first.now() == ["a"]
