"""A calendar comes out, an office changes its hours: everything open is counted anew, and nothing is lost."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from niangjia.engines.casework import actions, reclocking
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.reclocking import reclock_open
from niangjia.engines.casework.tests.world import NOW, World, again, build
from niangjia.kernel.worktime.actions import Season, publish_calendar_year, set_office_hours
from niangjia.kernel.worktime.tests.test_clock import at

LIMITS: dict[str, Any] = {
    "accept": [2, "working_days"],
    "answer": [5, "working_days"],
    "close": [15, "working_days"],
}
NEW_YEAR = at("2026-12-30T10:00")
NOTICE = """元旦：1月1日至5日放假。1月9日上班。
劳动节：5月1日放假。
国庆节：10月1日至7日放假。"""


def publish_2027(world: World) -> None:
    publish_calendar_year(2027, source="通知", text=NOTICE, actor=world.actor("city_chair"), now=NEW_YEAR)


def over_new_year(world: World, **facts: Any) -> Case:
    return world.in_hand(now=NEW_YEAR, limits=LIMITS, **facts)


def test_a_table_that_comes_counts_everything_open_anew(world: World) -> None:
    first, second = over_new_year(world), over_new_year(world)
    other = world.in_hand(who="north_clerk", now=NEW_YEAR, limits=LIMITS)
    assert again(first).due_at == at("2027-01-07T17:30")
    assert again(first).is_provisional
    publish_2027(world)
    assert reclock_open(now=NEW_YEAR, years=[2027]) == 3
    for case in (first, second, other):
        found = again(case)
        # 31 December, then 6, 7, 8 January and Saturday the 9th, which is worked
        assert found.due_at == found.answer_due_at == at("2027-01-09T17:30")
        assert not found.is_provisional
        assert found.close_due_at == at("2027-01-22T17:30")
        assert found.climb_at
        assert found.climb_at > at("2027-01-08T08:30")
    assert [said for said in world.told("north_rights") if "重新计算" in said] == ["您主办的 2 件工单的期限已重新计算"]
    assert [said for said in world.told("north_clerk") if "重新计算" in said] == ["您主办的 1 件工单的期限已重新计算"]
    # A second run, say after a worker died, finds nothing left to do and tells nobody.
    before = len(world.told("north_rights"))
    assert reclock_open(now=NEW_YEAR) == 0
    assert len(world.told("north_rights")) == before


def test_publishing_leaves_it_to_a_job(world: World) -> None:
    publish_2027(world)
    set_office_hours(
        world.at("north"),
        [Season([("09:00", "17:00")])],
        from_on=NEW_YEAR.date(),
        actor=world.actor("chair"),
        now=NEW_YEAR,
    )
    jobs = list(
        ProcrastinateJob.objects.filter(task_name="casework.reclock").order_by("id").values_list("args", flat=True)
    )
    assert jobs == [{"years": [2027], "path": ""}, {"years": [], "path": str(world.scopes["north"].path)}]


def test_hours_of_one_place_touch_what_lies_there(world: World) -> None:
    here = world.in_hand(limits=LIMITS)
    there = world.in_hand(who="south_clerk", place="south", limits=LIMITS)
    set_office_hours(
        world.at("north"), [Season([("09:00", "12:00"), ("13:00", "16:00")])],
        from_on=NOW.date(), actor=world.actor("chair"), now=NOW,
    )  # fmt: skip
    assert reclock_open(now=NOW, path=str(world.scopes["north"].path)) == 1
    assert again(here).due_at == at("2026-11-30T16:00")
    assert again(there).due_at == at("2026-11-30T17:30")
    assert reclock_open(now=NOW) == 0


def test_pauses_extensions_and_what_has_ended(world: World) -> None:
    paused, resumed, ended = over_new_year(world), over_new_year(world), world.resolved(now=NEW_YEAR, limits=LIMITS)
    officer = world.actor("north_rights")
    for case in (paused, resumed):
        actions.pause_clock(case.pk, reason="FACTS", actor=officer, now=NEW_YEAR)
    actions.resume_clock(resumed.pk, actor=officer, now=NEW_YEAR + timedelta(days=1))
    assert again(resumed).due_at == at("2027-01-08T17:30")
    was = again(ended).close_due_at
    publish_2027(world)
    reclock_open(now=NEW_YEAR, years=[2027])
    assert again(paused).due_at is None
    assert again(resumed).due_at == at("2027-01-11T17:30")  # a working day later: the 10th is a Sunday
    assert again(ended).close_due_at == was
    # Resumed after the table came, the paused one stands where it would have stood.
    actions.resume_clock(paused.pk, actor=officer, now=NEW_YEAR + timedelta(days=1))
    assert again(paused).due_at == again(resumed).due_at


def test_a_step_that_was_told_is_told_again_only_if_its_moment_moved_away(world: World) -> None:
    case = over_new_year(world)
    late = at("2027-01-07T17:31")
    actions.climb_due(now=late)
    assert again(case).climb_step == 2
    publish_2027(world)
    reclock_open(now=late, years=[2027])
    found = again(case)
    assert found.climb_step == 0  # 80 % of what it is now has not come
    assert found.climb_at
    assert found.climb_at > late


def test_a_case_changed_meanwhile_is_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case, quiet = over_new_year(world), over_new_year(world)
    publish_2027(world)
    copy, rounds = reclocking._copy, []

    def meanwhile(cursor: Any, counted: Any) -> None:
        rounds.append([each.pk for each in counted])
        if len(rounds) == 1:
            Case.objects.unscoped(reason="a test acts in between").filter(pk=case.pk).update(
                title="已改", limits=LIMITS | {"answer": [1, "working_days"]}
            )
        copy(cursor, counted)

    monkeypatch.setattr(reclocking, "_copy", meanwhile)
    assert reclock_open(now=NEW_YEAR) == 2
    assert rounds == [[case.pk, quiet.pk], [case.pk]]
    assert again(case).title == "已改"
    assert again(case).due_at == at("2026-12-31T17:30")  # by the limit it was given meanwhile
    assert again(quiet).due_at == at("2027-01-09T17:30")


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_holds_is_left_for_the_night(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    world = build()
    held, free = over_new_year(world), over_new_year(world)
    publish_2027(world)
    given = connection.get_connection_params()
    with psycopg.connect(
        host=given["host"], dbname=given["dbname"], user=given["user"], password=given.get("password"),
        port=given.get("port"),
    ) as other, caplog.at_level(logging.WARNING):  # fmt: skip
        other.execute("select 1 from casework_case where id = %s for update", [held.pk])
        assert reclock_open(now=NEW_YEAR) == 1
    assert "1 cases were being changed" in caplog.text
    assert again(free).due_at == at("2027-01-09T17:30")
    assert again(held).due_at == at("2027-01-07T17:30")
    assert reclock_open(now=NEW_YEAR) == 1
    assert again(held).due_at == at("2027-01-09T17:30")


def test_limits_that_cannot_be_counted_stop_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    broken, fine = over_new_year(world), over_new_year(world)
    Case.objects.unscoped(reason="a test breaks it").filter(pk=broken.pk).update(limits={"accept": [1, "weeks"]})
    publish_2027(world)
    assert reclock_open(now=NEW_YEAR) == 1
    assert f"case {broken.pk} can't be counted" in caplog.text
    assert again(fine).due_at == at("2027-01-09T17:30")


def test_in_small_batches_it_is_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reclocking, "BATCH", 2)
    cases = [over_new_year(world) for _ in range(5)]
    publish_2027(world)
    assert reclock_open(now=NEW_YEAR) == 5
    assert {again(case).due_at for case in cases} == {at("2027-01-09T17:30")}
    assert date(2027, 1, 9).weekday() == 5
