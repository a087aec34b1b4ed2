"""An emergency at night: the desk of whoever is on duty rings until it is taken, and the leaders read of it in writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.models import User
from niangjia.modules.demands.actions.alerts import ring_due
from niangjia.modules.organisations.actions.organisations import plant_root
from niangjia.modules.organisations.rules import OrganisationKind
from niangjia.modules.organisations.testing import FOUNDED, NOW, found_union, officer, shift
from tests.journeys.story import Clock, Seat, Visit, at, the_case, told

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "我在北山工业园区上夜班，宿舍楼起火了，有人从二楼跳下来受伤，二十多个人还在楼下。"
CALL = timedelta(minutes=1)


@dataclass
class Night:
    operator: User
    watch: User
    reserve: User
    leader: User
    chair: User
    above: User


@pytest.fixture
def night(transactional_db: None) -> Night:
    city = plant_root(name="江州市总工会", kind=OrganisationKind.CITY_FEDERATION, now=NOW, founded_on=FOUNDED)
    county = found_union(city, "云岭县总工会", OrganisationKind.COUNTY_FEDERATION)
    people = Night(
        officer("HOTLINE_OPERATOR", county, "周话务"), officer("DUTY_OFFICER", county, "吴值班"),
        officer("DUTY_OFFICER", county, "冯备班"), officer("LEADER_IN_CHARGE", county, "陈副主席"),
        officer("CHAIR", county, "郑县主席"), officer("CHAIR", city, "江市主席"),
    )  # fmt: skip
    for user, part in ((people.watch, "ON_DUTY"), (people.reserve, "RESERVE"), (people.leader, "LEADER")):
        shift(county, user, part=part, from_at=at(23, 18), until_at=at(24, 8))
    return people


def test_an_emergency_at_night(night: Night, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch, at(23, 23, 40))
    with visit(night.watch) as watch:
        watch.go("/desk/")
        expect(watch.page.locator(".alarm")).to_have_count(0)
        take_the_call(visit, night)
        case = the_case()
        assert (case.urgency, case.is_major) == (Urgency.EXTREME, True)

        # The page that stood open rings by itself.
        alarm = watch.page.locator("section.alarm[data-sounds]")
        expect(alarm).to_contain_text("起火", timeout=25_000)
        watch.is_sound()
        take_it_by_keyboard(watch)
        expect(watch.page.locator(".alarm")).to_have_count(0)
        write_the_urgent_report(watch, case.get_absolute_url())
    assert told(night.watch, "紧急：") == [f"紧急：{case.title}（{case.number}）"]
    assert told(night.reserve, "紧急：") == []
    for who in (night.leader, night.chair, night.above):
        read_the_urgent_report(visit, who)


def test_nobody_takes_it_and_the_next_is_called(
    night: Night, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    clock = Clock(monkeypatch, at(23, 23, 40))
    take_the_call(visit, night)
    pass_minutes(clock, until=at(23, 23, 49))
    assert (len(told(night.watch, "紧急：")), told(night.reserve, "紧急：")) == (5, [])
    with visit(night.reserve) as reserve:
        reserve.go("/desk/")
        expect(reserve.page.locator(".alarm")).to_be_visible()
        expect(reserve.page.locator(".alarm[data-sounds]")).to_have_count(0)  # shown, but not called yet
        pass_minutes(clock, until=at(23, 23, 50))
        assert len(told(night.reserve, "紧急：")) == 1
        reserve.go("/desk/")
        expect(reserve.page.locator(".alarm[data-sounds]")).to_be_visible()
        take_it_by_keyboard(reserve)
        reserve.go("/desk/demands/alerts/")
        reserve.sees("冯备班", "10 分钟")
    pass_minutes(clock, until=at(24, 0, 10))
    assert (len(told(night.watch, "紧急：")), len(told(night.reserve, "紧急："))) == (5, 1)
    assert len(told(night.watch, "紧急提醒已有人处理")) == 1
    assert told(night.leader, "紧急：") == []


def pass_minutes(clock: Clock, *, until: datetime) -> None:
    """The job of every minute, as it comes by."""
    while clock.now < until:
        ring_due(now=clock.set(clock.now + CALL))


def take_the_call(visit: Visit, night: Night) -> None:
    with visit(night.operator) as operator:
        operator.go("/desk/hotline/?phone=057585123456")
        operator.takes_the_call()
        operator.page.keyboard.insert_text(SAID)
        operator.sees("紧急情况")
        operator.press("F9")
        operator.sees("已登记")


def take_it_by_keyboard(seat: Seat) -> None:
    for _ in range(12):
        seat.press("Tab")
        if seat.page.evaluate("document.activeElement.textContent.trim()") == "我来处理":
            return press_enter(seat)
    raise AssertionError("Tab never came to 我来处理")


def press_enter(seat: Seat) -> None:
    with seat.page.expect_navigation():
        seat.page.keyboard.press("Enter")
    seat.sees(the_case().number)


def write_the_urgent_report(seat: Seat, address: str) -> None:
    seat.go(address)
    seat.page.get_by_role("link", name="写紧急信息，报领导和上级").click()
    seat.sees("陈副主席", "郑县主席", "江市主席")
    seat.page.locator("[name=done]").fill("已报 119、120，值班员在赶往现场的路上。")
    seat.page.locator("[name=next_steps]").fill("到场后清点人数，半小时内续报。")
    seat.is_sound()
    seat.page.get_by_role("button", name="报送").click()
    seat.sees("云岭县总工会紧急信息〔2026〕1号")


def read_the_urgent_report(visit: Visit, who: User) -> None:
    with visit(who) as seat:
        seat.go("/desk/inbox/")
        seat.page.get_by_role("main").get_by_role("button").filter(has_text="紧急信息").first.click()
        seat.sees("紧急信息〔2026〕1号", "已报 119、120", "半小时内续报")
