"""A job of the night runs at night: the worker's own reader of cron lines is asked when."""

from __future__ import annotations

from datetime import UTC, datetime

import croniter
import pytest
from procrastinate.contrib.django import app

from niangjia.kernel.jobs.times import CHINA, daily, weekly

OFFICE = range(8, 19)


def next_of(cron: str) -> datetime:
    begun = datetime(2026, 11, 22, 6, tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(croniter.croniter(cron).get_next(ret_type=float, start_time=begun), tz=CHINA)


@pytest.mark.parametrize(("hour", "minute"), [(2, 40), (0, 5), (7, 59), (8, 0), (23, 30)])
def test_a_time_of_day_is_that_of_the_clock_on_the_wall(hour: int, minute: int) -> None:
    at = next_of(daily(hour, minute))
    assert (at.hour, at.minute) == (hour, minute)


@pytest.mark.parametrize(("weekday", "hour"), [(1, 6), (0, 6), (6, 23), (1, 9)])
def test_a_day_of_the_week_is_too(weekday: int, hour: int) -> None:
    at = next_of(weekly(weekday, hour, 30))
    assert (at.isoweekday() % 7, at.hour, at.minute) == (weekday, hour, 30)


def test_what_runs_once_a_day_runs_outside_office_hours() -> None:
    lines = {task.cron: task.task.name for task in app.periodic_registry.periodic_tasks.values()}
    once = {cron: name for cron, name in lines.items() if cron.split()[-4].isdecimal()}
    assert len(once) >= 10
    assert not {name: next_of(cron) for cron, name in once.items() if next_of(cron).hour in OFFICE}
