"""Pages by key: forward and back, complete, and safe against a key that was tampered with."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import pytest
from django.db.models import QuerySet

from niangjia.kernel.access.actor import NOBODY, Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Refused
from niangjia.kernel.lists.paging import list_page
from niangjia.kernel.lists.spec import Column, Filter, ListSpec, Sort

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


class Users(ListSpec):
    name = "test.user"
    columns = (Column("name", "姓名"),)
    sorts = (Sort("name", "姓名", ("name",)), Sort("new", "最新", ("created_at",), descending=True))
    filters = (
        Filter("kind", "类", lambda rows, value: rows.filter(username__startswith=value), choices=(("a", "甲"),)),
    )
    search_hint = "姓名"
    page_size = 4

    def rows(self, actor: Actor) -> QuerySet[User]:
        return User.objects.all()

    def found(self, rows, text, actor):
        if len(text) < 2:
            raise Refused("short", "请至少输入 2 个字。", "q")
        return rows.filter(name__startswith=text)


@pytest.fixture
def people() -> list[User]:
    # Names in pairs, so that the primary key has to decide.
    return [User.objects.create(username=f"{'ab'[i % 2]}{i}", name=f"王{i // 2:02}", created_at=NOW) for i in range(11)]


def walk(params: dict[str, str]) -> list[list[int]]:
    pages, key = [], ""
    while True:
        page = list_page(Users(), actor=NOBODY, params=params | {"after": key})
        pages.append([row.pk for row in page.rows])
        key = page.next
        if not key:
            return pages


def test_forward_shows_every_row_once(people: list[User]) -> None:
    pages = walk({})
    assert [len(page) for page in pages] == [4, 4, 3]
    assert list(chain(*pages)) == [user.pk for user in people]


def test_descending_too(people: list[User]) -> None:
    assert list(chain(*walk({"sort": "new"}))) == [user.pk for user in reversed(people)]


def test_back_comes_to_the_same_pages(people: list[User]) -> None:
    first = list_page(Users(), actor=NOBODY, params={})
    second = list_page(Users(), actor=NOBODY, params={"after": first.next})
    third = list_page(Users(), actor=NOBODY, params={"after": second.next})
    assert not first.previous
    assert not third.next
    back = list_page(Users(), actor=NOBODY, params={"before": third.previous})
    assert back.rows == second.rows
    again = list_page(Users(), actor=NOBODY, params={"before": back.previous})
    assert again.rows == first.rows
    assert not again.previous


@pytest.mark.parametrize("key", ["x", "W10", "WyJhIl0", "WzEsMiwzXQ", "e30", "====", "王"])
def test_a_key_that_was_tampered_with_begins_at_the_beginning(people: list[User], key: str) -> None:
    assert list_page(Users(), actor=NOBODY, params={"after": key}).rows[0] == people[0]


def test_a_filter_that_means_nothing_is_left_out(people: list[User]) -> None:
    page = list_page(Users(), actor=NOBODY, params={"kind": "zzz", "sort": "zzz"})
    assert page.count.number == 11
    assert list_page(Users(), actor=NOBODY, params={"kind": "a"}).count.number == 6


def test_a_search_too_short_says_what_to_type(people: list[User]) -> None:
    page = list_page(Users(), actor=NOBODY, params={"q": "王"})
    assert "2 个字" in page.problem
    assert not page.rows


def test_three_rows_cost_the_queries_of_eleven(people: list[User], django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        list_page(Users(), actor=NOBODY, params={})
    with django_assert_num_queries(2):
        list_page(Users(), actor=NOBODY, params={"q": "王00"})


def test_counting_stops_at_its_cap(people: list[User]) -> None:
    from niangjia.kernel.lists.counting import capped_count

    assert capped_count(User.objects.all(), cap=10).text == "10+"
    assert capped_count(User.objects.all(), cap=11).text == "11"
