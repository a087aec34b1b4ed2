"""The scope fails closed: every way of reading without an actor raises."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.shortcuts import get_object_or_404

from niangjia.kernel.access.actions import close_scope, grant_job, move_scope, place_scope
from niangjia.kernel.access.actor import NOBODY, Actor, Held
from niangjia.kernel.access.models import Grant, Scope, ScopePath, User
from niangjia.kernel.access.queries import actor_of, path_on, scopes_under
from niangjia.kernel.access.scoped import UnscopedRead
from niangjia.kernel.errors import NotPermitted, Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()


def user(name: str = "陈晓燕") -> User:
    return User.objects.create(username=name, name=name, created_at=NOW)


def chair_at(scope: Scope) -> Actor:
    return Actor(user_id=user(f"主席{scope.pk}").pk, name="主席", held=(Held("CHAIR", scope.path),))


@pytest.mark.parametrize(
    "read",
    [
        lambda: list(Grant.objects.all()),
        lambda: Grant.objects.count(),
        lambda: Grant.objects.exists(),
        lambda: Grant.objects.first(),
        lambda: Grant.objects.filter(pk=1),
        lambda: Grant.objects.get(pk=1),
        lambda: Grant.objects.values_list("pk"),
        lambda: Grant.objects.update(job="X"),
        lambda: Grant.objects.in_bulk([1]),
        lambda: Grant.objects.aggregate(),
        lambda: Grant.objects.get_or_create(pk=1),
        lambda: Grant.objects.bulk_create([]),
        lambda: list(Grant.objects.raw("select 1 as id")),
        lambda: get_object_or_404(Grant, pk=1),
        lambda: Grant._default_manager.all(),
        lambda: Grant.objects.unscoped(reason=""),
    ],
)
def test_a_read_that_names_no_actor_raises(read) -> None:
    with pytest.raises(UnscopedRead):
        read()


def test_one_sees_at_and_under_and_never_above_or_beside() -> None:
    county = place_scope(None, on=TODAY)
    north, south = place_scope(county, on=TODAY), place_scope(county, on=TODAY)
    north_union = place_scope(north, on=TODAY)
    chair = chair_at(county)
    grants = {
        place: grant_job(user=user(f"u{place.pk}"), job="CLERK", scope=place, from_on=TODAY, actor=chair, now=NOW)
        for place in (county, north, south, north_union)
    }
    clerk = Actor(user_id=1, name="经办", held=(Held("CLERK", north.path),))
    assert set(Grant.objects.visible_to(clerk)) == {grants[north], grants[north_union]}
    assert set(Grant.objects.visible_to(chair)) == set(grants.values())
    assert set(Grant.objects.visible_to(chair).under(south.path)) == {grants[south]}
    assert not Grant.objects.visible_to(NOBODY).exists()


def test_a_job_without_the_permission_shows_nothing() -> None:
    county = place_scope(None, on=TODAY)
    grant_job(user=user(), job="CLERK", scope=county, from_on=TODAY, actor=chair_at(county), now=NOW)
    keeper = Actor(user_id=1, name="驿站", held=(Held("STATION_KEEPER", county.path),))
    assert not Grant.objects.visible_to(keeper).exists()


def test_a_grant_that_ended_a_minute_ago_gives_nothing() -> None:
    county = place_scope(None, on=TODAY)
    officer = user()
    grant = grant_job(user=officer, job="CLERK", scope=county, from_on=TODAY, actor=chair_at(county), now=NOW)
    assert actor_of(officer.pk, now=NOW).held
    grant.ended_at = NOW - timedelta(minutes=1)
    grant.save()
    assert not actor_of(officer.pk, now=NOW).held


@pytest.mark.parametrize(
    ("from_on", "until_on", "holds"),
    [
        (TODAY, None, True),
        (TODAY + timedelta(1), None, False),
        (TODAY - timedelta(9), TODAY, False),
        (TODAY - timedelta(9), TODAY + timedelta(1), True),
    ],
)
def test_a_grant_holds_from_its_first_day_until_its_end(from_on: date, until_on: date | None, holds: bool) -> None:
    county = place_scope(None, on=TODAY)
    officer = user()
    grant = grant_job(
        user=officer, job="CLERK", scope=county, from_on=from_on, until_on=until_on, actor=chair_at(county), now=NOW
    )
    assert grant.holds_on(TODAY) is holds
    assert bool(actor_of(officer.pk, now=NOW).held) is holds


def test_nobody_gives_more_than_he_holds_or_outside_his_tree() -> None:
    county = place_scope(None, on=TODAY)
    north, south = place_scope(county, on=TODAY), place_scope(county, on=TODAY)
    clerk = Actor(user_id=None, name="经办", held=(Held("CLERK", north.path),))
    chair = Actor(user_id=None, name="主席", held=(Held("CHAIR", north.path),))
    admin = Actor(user_id=None, name="管理员", held=(Held("SYSTEM_ADMINISTRATOR", north.path),))
    with pytest.raises(NotPermitted):
        grant_job(user=user("a"), job="STATION_KEEPER", scope=north, from_on=TODAY, actor=clerk, now=NOW)
    for place in (south, county):
        with pytest.raises(NotPermitted):
            grant_job(user=user(f"b{place.pk}"), job="CLERK", scope=place, from_on=TODAY, actor=chair, now=NOW)
    assert grant_job(user=user("c"), job="CLERK", scope=north, from_on=TODAY, actor=admin, now=NOW)
    with pytest.raises(Refused, match="已经担任"):
        grant_job(user=User.objects.get(username="c"), job="CLERK", scope=north, from_on=TODAY, actor=admin, now=NOW)


def test_moving_keeps_where_a_place_stood_on_its_day() -> None:
    before, after = date(2025, 1, 1), date(2026, 6, 1)
    county = place_scope(None, on=before)
    north, south = place_scope(county, on=before), place_scope(county, on=before)
    union = place_scope(north, on=before)
    group = place_scope(union, on=before)
    old = union.path
    assert move_scope(union, south, on=after) == 2
    group.refresh_from_db()
    assert union.path == f"{south.path}.{union.pk}"
    assert group.path == f"{union.path}.{group.pk}"
    assert path_on(union.pk, date(2025, 12, 31)) == old
    assert path_on(union.pk, after) == union.path
    assert set(scopes_under(north.path, on=date(2025, 12, 31)).values_list("pk", flat=True)) == {
        north.pk, union.pk, group.pk,
    }  # fmt: skip
    assert set(scopes_under(north.path).values_list("pk", flat=True)) == {north.pk}
    with pytest.raises(Refused):
        move_scope(south, group, on=after)


def test_moving_twice_in_a_day_leaves_one_line() -> None:
    day = date(2026, 6, 1)
    county = place_scope(None, on=day)
    north, south = place_scope(county, on=day), place_scope(county, on=day)
    union = place_scope(north, on=date(2025, 1, 1))
    move_scope(union, south, on=day)
    move_scope(union, north, on=day)
    assert list(ScopePath.objects.filter(scope=union).order_by("from_on").values_list("path", "until_on")) == [
        (union.path, day),
        (union.path, None),
    ]


def test_a_closed_place_counts_until_its_day() -> None:
    county = place_scope(None, on=date(2025, 1, 1))
    union = place_scope(county, on=date(2025, 1, 1))
    close_scope(union, on=TODAY)
    assert path_on(union.pk, TODAY - timedelta(1)) == union.path
    assert path_on(union.pk, TODAY) is None
