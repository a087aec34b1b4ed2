"""Publishing a year, setting hours, and the clock of a place."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.db import transaction

from niangjia.kernel import events
from niangjia.kernel.access.actions import place_scope
from niangjia.kernel.access.actor import Actor, Held
from niangjia.kernel.access.models import Scope
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.worktime.actions import Season, publish_calendar_year, set_office_hours
from niangjia.kernel.worktime.events import CalendarChanged, OfficeHoursChanged
from niangjia.kernel.worktime.holidays import KNOWN, read_notice, written
from niangjia.kernel.worktime.limits import Limit, Unit
from niangjia.kernel.worktime.models import CalendarDay, CalendarYear, OfficeHours
from niangjia.kernel.worktime.queries import clock_of, nearest_hours, years_missing
from niangjia.kernel.worktime.tests.test_clock import at

pytestmark = pytest.mark.django_db
NOW = at("2026-11-22T09:00")
NOTICE = """一、元旦：1月1日（周五）至3日（周日）放假，共3天。
二、春节：2月5日(周五)至12日(周五)放假调休，共8天。1月31日(周日)、2月20日(周六)上班。
七、国庆节：10月1日至7日放假调休，9月26日、10月9日上班。
三、劳动节：5月1日放假，与周末连休。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
2026年11月4日"""
ONE_DAY = Limit(1, Unit.WORKING_DAYS)


@pytest.fixture
def top(db: None) -> Scope:
    return place_scope(None, on=NOW.date())


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    said: list[object] = []
    monkeypatch.setitem(events._handlers, CalendarChanged, [said.append])
    monkeypatch.setitem(events._handlers, OfficeHoursChanged, [said.append])
    return said


def chair_at(scope: Scope) -> Actor:
    return Actor(user_id=None, name="主席", held=(Held("CHAIR", str(scope.path)),))


def test_known_years_come_with_the_product() -> None:
    assert set(CalendarYear.objects.values_list("year", flat=True)) == set(KNOWN)
    assert CalendarDay.objects.filter(year=2019, on="2018-12-31", is_working=False).exists()
    for year, (_, text) in KNOWN.items():
        days = read_notice(year, text)
        assert read_notice(year, written(days)) == days


def test_a_notice_is_pasted_as_it_came(top: Scope, heard: list[object]) -> None:
    before = clock_of(str(top.path)).deadline(at("2027-01-29T10:00"), Limit(2, Unit.WORKING_DAYS))
    assert before == at("2027-02-02T17:30")
    publish_calendar_year(2027, source="国办发明电〔2026〕7号", text=NOTICE, actor=chair_at(top), now=NOW)
    after = clock_of(str(top.path)).deadline(at("2027-01-29T10:00"), Limit(2, Unit.WORKING_DAYS))
    assert after == at("2027-02-01T17:30")  # Sunday the 31st is worked
    assert heard == [CalendarChanged((2027,), NOW)]
    entry = AuditEntry.objects.get(verb="worktime.calendar.published")
    assert "春节：2月5日至12日放假。1月31日、2月20日上班。" in str(entry.after)
    # The same once more: nothing is counted anew.
    publish_calendar_year(2027, source="国办发明电〔2026〕7号", text=NOTICE, actor=chair_at(top), now=NOW)
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "没有读到放假的日子"),
        ("元旦 1月1日放假", "要先写节日名称和冒号"),
        ("元旦：2月30日放假。", "没有“2月30日”这一天"),
        ("元旦：1月1日放假。1月1日上班。", "又放假又上班"),
        ("元旦：1月1日放假。1月5日上班。", "本来就是工作日"),
        ("元旦：1月9日至3日放假。", "起止不对"),
        ("元旦：2026年5月1日放假。", "不属于 2027 年"),
        ("元旦：1月1日放假。", "缺少劳动节、国庆节"),
    ],
)
def test_a_notice_that_cannot_be_right(top: Scope, heard: list[object], text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        publish_calendar_year(2027, source="x", text=text, actor=chair_at(top), now=NOW)
    assert not heard
    assert not CalendarYear.objects.filter(year=2027).exists()


def test_the_calendar_is_kept_at_the_top(top: Scope) -> None:
    below = place_scope(top, on=NOW.date())
    with pytest.raises(NotPermitted):
        publish_calendar_year(2027, source="x", text=NOTICE, actor=chair_at(below), now=NOW)


def test_hours_of_the_nearest_place_above(top: Scope, heard: list[object]) -> None:
    county = place_scope(top, on=NOW.date())
    town, other = place_scope(county, on=NOW.date()), place_scope(county, on=NOW.date())
    start = at("2026-11-23T10:00")
    set_office_hours(
        county.pk,
        [Season([("09:00", "12:00"), ("13:00", "18:00")]), Season([("07:30", "14:00")], "06-15", "09-15")],
        from_on=date(2026, 11, 22),
        actor=chair_at(top),
        now=NOW,
    )
    set_office_hours(town.pk, [Season([("08:00", "20:00")])], from_on=date(2026, 11, 25), actor=chair_at(top), now=NOW)
    assert clock_of(str(other.path)).deadline(start, ONE_DAY) == at("2026-11-24T18:00")
    assert clock_of(str(other.path)).deadline(at("2027-07-05T10:00"), ONE_DAY) == at("2027-07-06T14:00")
    assert clock_of(str(town.path)).deadline(start, ONE_DAY) == at("2026-11-24T18:00")  # its own begin on the 25th
    assert clock_of(str(town.path)).deadline(start, Limit(2, Unit.WORKING_DAYS)) == at("2026-11-25T20:00")
    assert clock_of(str(top.path)).deadline(start, ONE_DAY) == at("2026-11-24T17:30")
    assert [event.path for event in heard] == [str(county.path), str(town.path)]
    place, rows = nearest_hours(other, date(2026, 11, 25))
    assert place == county
    assert len(rows) == 2
    # Without any of its own a place follows the one above again.
    set_office_hours(town.pk, [], from_on=date(2026, 12, 1), actor=chair_at(top), now=NOW)
    assert clock_of(str(town.path)).deadline(at("2026-11-30T10:00"), ONE_DAY) == at("2026-12-01T18:00")
    assert OfficeHours.objects.get(scope=town).until_on == date(2026, 12, 1)
    # What was to begin on the 25th and is set anew for the 24th never began.
    set_office_hours(town.pk, [Season([("08:00", "19:00")])], from_on=date(2026, 11, 24), actor=chair_at(top), now=NOW)
    assert [row.from_on for row in OfficeHours.objects.filter(scope=town)] == [date(2026, 11, 24)]


@pytest.mark.parametrize(
    ("seasons", "said"),
    [
        ([Season([("08:00", "12:00")], "06-01", "09-01")], "要有一个全年的办公时间"),
        ([Season([("8:00", "12:00")])], "08:30 这样"),
        ([Season([("12:00", "08:00")])], "结束要晚于开始"),
        ([Season([("08:00", "12:00"), ("11:00", "17:00")])], "有重叠"),
        ([Season([])], "段办公时间"),
        ([Season([("08:00", "12:00")]), Season([("08:00", "11:00")], "02-30", "03-01")], "不是月和日"),
        (
            [
                Season([("08:00", "12:00")]),
                Season([("08:00", "11:00")], "11-01", "02-28"),
                Season([("08:00", "11:00")], "02-01", "03-01"),
            ],
            "两个季节有重叠",
        ),
    ],
)
def test_hours_that_cannot_be(top: Scope, seasons: list[Season], said: str) -> None:
    with pytest.raises(Refused, match=said):
        set_office_hours(top.pk, seasons, from_on=NOW.date(), actor=chair_at(top), now=NOW)


def test_hours_never_change_the_past_nor_another_place(top: Scope) -> None:
    below = place_scope(top, on=NOW.date())
    usual = [Season([("08:00", "12:00")])]
    with pytest.raises(Refused, match="今天或以后"):
        set_office_hours(top.pk, usual, from_on=date(2026, 11, 21), actor=chair_at(top), now=NOW)
    with pytest.raises(NotPermitted):
        set_office_hours(top.pk, usual, from_on=NOW.date(), actor=chair_at(below), now=NOW)


def test_what_was_rolled_back_is_not_kept(top: Scope, heard: list[object]) -> None:
    path, start = str(top.path), at("2026-11-23T10:00")

    def set_closing(hour: str) -> None:
        set_office_hours(top.pk, [Season([("08:00", hour)])], from_on=NOW.date(), actor=chair_at(top), now=NOW)

    for closing in ("18:00", "19:00"):
        with transaction.atomic():
            set_closing(closing)
            assert clock_of(path).deadline(start, ONE_DAY) == at(f"2026-11-24T{closing}")
            transaction.set_rollback(True)
        assert clock_of(path).deadline(start, ONE_DAY) == at("2026-11-24T17:30")


def test_one_small_query_asks_whether_the_tables_are_the_same(top: Scope, django_assert_num_queries) -> None:
    kept = clock_of(str(top.path))
    with django_assert_num_queries(1):
        assert clock_of(str(top.path)) is kept


@pytest.mark.parametrize(
    ("today", "missing"),
    [("2026-09-30", []), ("2026-10-01", [2027]), ("2027-01-01", [2027]), ("2027-12-01", [2027, 2028])],
)
def test_years_that_should_be_there(today: str, missing: list[int]) -> None:
    assert years_missing(datetime.fromisoformat(today).date()) == missing
