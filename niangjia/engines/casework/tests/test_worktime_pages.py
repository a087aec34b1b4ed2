"""The pages of calendar and office hours, by whoever keeps them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from niangjia.kernel.access.models import Grant
from niangjia.kernel.worktime.models import CalendarDay, CalendarYear, OfficeHours
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, show_as

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year + 1
CALENDAR, EDIT, HOURS = (
    f"/desk/worktime/calendar/{YEAR}/",
    f"/desk/worktime/calendar/{YEAR}/edit/",
    "/desk/worktime/hours/",
)
NOTICE = """一、元旦：1月1日至3日放假，共3天。
四、劳动节：5月1日至5日放假调休，共5天。
七、国庆节：10月1日至7日放假。"""
USUAL = {
    "year_morning_from": "08:30", "year_morning_until": "12:00", "year_afternoon_from": "14:00",
    "year_afternoon_until": "18:00",
}  # fmt: skip


@pytest.fixture(autouse=True)
def unknown_year(db: None) -> None:
    CalendarYear.objects.filter(year__gte=YEAR).delete()


@pytest.fixture
def top(cast: Any) -> Client:
    """The chair, who holds the city too."""
    Grant.objects.create(
        user=cast.officers["CHAIR"], job="CHAIR", scope=cast.places["city"].scope,
        from_on=timezone.localdate() - timedelta(days=1), granted_at=timezone.now(),
    )  # fmt: skip
    client: Client = cast.client("CHAIR")
    return client


def test_the_top_pastes_the_notice(top: Client) -> None:
    shown = top.get(CALENDAR).content.decode()
    assert "还没有公布" in shown
    assert "录入放假安排" in shown
    response = top.post(EDIT, {"source": "国办发明电", "text": "元旦 1月1日放假"})
    assert response.status_code == 422
    assert "要先写节日名称和冒号" in response.content.decode()
    response = top.post(EDIT, {"source": "国办发明电〔2026〕7号", "text": NOTICE})
    assert response.status_code == 302
    assert CalendarDay.objects.filter(year=YEAR, is_working=False).count() == 15
    shown = top.get(CALENDAR).content.decode()
    assert "国办发明电〔2026〕7号" in shown
    assert "1月3日 元旦放假" in shown
    assert "劳动节：5月1日至5日放假。" in top.get(EDIT).content.decode()


def test_below_the_top_one_only_looks(cast: Any) -> None:
    client = cast.client("CHAIR")
    shown = client.get(CALENDAR).content.decode()
    assert "还没有公布" in shown
    assert "录入放假安排" not in shown
    assert client.post(EDIT, {"source": "x", "text": NOTICE}).status_code == 403
    assert client.get("/desk/worktime/calendar/1999/").status_code == 404


def test_staff_are_warned_in_time(top: Client) -> None:
    from niangjia.engines.casework.web.desk import waiting
    from niangjia.kernel.access.queries import actor_of

    chair = actor_of(get_user_model().objects.get(pk=top.session["_auth_user_id"]).pk, now=timezone.now())
    expected = [f"{YEAR} 年工作日历待录入"] if timezone.localdate().month >= 10 else []
    assert [one.label for one in waiting(chair)] == expected


def test_hours_with_a_summer_of_their_own(cast: Any) -> None:
    client, today = cast.client("CHAIR"), timezone.localdate().isoformat()
    assert "系统默认" in client.get(HOURS).content.decode()
    summer = {
        "season_from": "06-15", "season_until": "09-15", "season_morning_from": "08:00",
        "season_morning_until": "12:00", "season_afternoon_from": "15:00", "season_afternoon_until": "18:00",
    }  # fmt: skip
    assert client.post(HOURS, {"from_on": today, **USUAL, **summer}).status_code == 302
    rows = OfficeHours.objects.filter(scope=cast.places["county"].scope).order_by("season_from")
    assert [(row.season_from, row.spans) for row in rows] == [
        ("01-01", [["08:30", "12:00"], ["14:00", "18:00"]]),
        ("06-15", [["08:00", "12:00"], ["15:00", "18:00"]]),
    ]
    shown = client.get(HOURS).content.decode()
    assert "06-15 至 09-15" in shown
    assert 'value="18:00"' in shown
    # A place below follows; one beside is out of sight.
    north, other = cast.places["north"].pk, cast.places["other_county"].pk
    assert "云岭县总工会一样" in client.get(f"{HOURS}?organisation={north}").content.decode()
    assert client.get(f"{HOURS}?organisation={other}").status_code == 404
    assert client.post(HOURS, {"from_on": today, "follows": "on"}).status_code == 302
    assert not OfficeHours.objects.filter(scope=cast.places["county"].scope).exists()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"year_afternoon_until": ""}, "要一起填"),
        ({"year_morning_until": "08:00"}, "结束要晚于开始"),
        ({"season_from": "6月", "season_morning_from": "08:00", "season_morning_until": "12:00"}, "不是月和日"),
        ({"from_on": "2020-01-01"}, "只能从今天或以后起改"),
    ],
)
def test_hours_that_cannot_be_are_answered_in_the_form(cast: Any, said: dict[str, str], answer: str) -> None:
    given = {"from_on": timezone.localdate().isoformat(), **USUAL, **said}
    response = cast.client("CHAIR").post(HOURS, given)
    assert response.status_code == 422
    assert answer in response.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", ["page", "phone"])
def test_the_pages_are_accessible(
    transactional_db: None, cast: Any, live_server: LiveServer, window: str, request: pytest.FixtureRequest
) -> None:
    page = request.getfixturevalue(window)
    log_in(page, live_server, cast.officers["CHAIR"])
    said = complaints(page)
    for theme in DISPLAYS:
        show_as(page, live_server, **theme)
        for address in (f"/desk/worktime/calendar/{YEAR - 1}/", HOURS):
            page.goto(live_server.url + address)
            assert faults(page) == []
    assert said == []
