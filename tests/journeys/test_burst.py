"""Twelve riders of one delivery site within two hours: seen within the hour, one joint case, an own reply for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.actions import Facts, asker_side, record_demand
from niangjia.modules.demands.actions.hotspots import read_new_demands
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.queries.asker_side import told_to_asker
from niangjia.modules.demands.rules import Channel, Nature
from niangjia.modules.demands.testing import phone_number
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, small_tree
from niangjia.ui.testing import faults, show_as
from tests.journeys.story import OURS, Clock, Seat, Visit, at, told

pytestmark = pytest.mark.django_db(transaction=True)
RIDERS = 12
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
SAID = (
    ("这周的配送费少算了", "我在万达骑手站点送餐，这一周的配送费少算了一百多，站长说系统改了规则，没有人通知过。"),
    ("周结配送费对不上", "周结的单子对不上，少了二十几单的配送费，问站长让我们等。"),
    ("站点少发配送费", "站点里好几个人这周配送费都少发了，我少了八十六元。"),
    ("改计价规则不通知，配送费少了", "改了计价规则也不说一声，同样的单子配送费比上周少一截。"),
)


@dataclass
class Desk:
    tree: Tree
    chair: User
    clerk: User
    elsewhere: User


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    tree = small_tree()
    return Desk(
        tree, officer("CHAIR", tree.north, "北山主席"), officer("CLERK", tree.north, "李经办"),
        officer("CHAIR", tree.south, "南湖主席"),
    )  # fmt: skip


def riders(desk: Desk, clock: Clock) -> Iterator[Demand]:
    """Eight by the phone page, four by the hotline, nine minutes apart; the worker of the queue runs each minute."""
    site = firm("好味即配北山站", "530999101")
    for n in range(RIDERS):
        title, body = SAID[n % len(SAID)]
        by_phone = n % 3 != 2
        facts = Facts(
            nature=Nature.COMPLAINT, channel=Channel.PHONE_PAGE if by_phone else Channel.HOTLINE, kind="0801", title=title,
            body=body, asker_name=f"骑手{n}", asker_phone=phone_number(), place="万达骑手站点", employer_id=site.pk,
        )  # fmt: skip
        actor = casework.ASKER if by_phone else acting_as("HOTLINE_OPERATOR", desk.tree.north)
        clock.set(at(23, 10, 5) + timedelta(minutes=9 * n))
        yield record_demand(facts, scope_id=desk.tree.north.pk, actor=actor, now=clock.now)
        clock.set(clock.now + timedelta(minutes=1))
        read_new_demands(now=clock.now)


def test_the_burst_of_twelve_riders(desk: Desk, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, at(23, 10))
    coming = riders(desk, clock)
    rows = [next(coming) for _ in range(5)]
    with visit(desk.chair) as chair:
        for row in coming:  # the fifth is read, and the others come while the desk is open
            rows.append(row)
            if len(rows) == 6:
                assert clock.now - rows[0].case.received_at < timedelta(hours=1)
                assert len(told(desk.chair, "热点预警")) == 1
                chair.go("/desk/")
                expect(chair.page.locator(".alarm")).to_contain_text("热点预警")
                chair.is_sound()
        opens_it(chair)
        joins(chair)
    assert told(desk.elsewhere, "热点预警") == []
    answered_one_by_one(desk, rows, clock)


def opens_it(seat: Seat) -> None:
    seat.go("/desk/demands/hotspots/")
    seat.sees("万达骑手站点", "12", "已预警", "配送费")
    seat.is_sound()
    picture(seat.page, "list")
    seat.page.get_by_role("main").locator("a.row-link").first.click()
    seat.sees("不同的人", "可以并案", "还没有人接手")
    seat.is_sound()
    picture(seat.page, "spot")
    if PICTURES:
        looks(seat.page)
    seat.page.get_by_role("main").get_by_role("button", name="我来看").click()
    expect(seat.page.locator("#toasts")).to_contain_text("您已接下")
    expect(seat.page.locator(".alarm")).to_have_count(0)


def joins(seat: Seat) -> None:
    """One act, by the keyboard."""
    seat.page.get_by_role("main").get_by_role("button", name="并案办理").focus()
    seat.press("Enter")
    box = seat.page.locator("dialog[open]")
    box.locator("textarea, input[name='reason']").first.fill("同一站点、同一周的配送费，统一与站点协商")
    picture(seat.page, "join")
    box.get_by_role("button", name="并案办理").click()
    expect(seat.page.locator("#toasts")).to_contain_text("已并为一件")
    seat.is_sound()
    seat.go("/desk/demands/hotspots/")
    seat.sees("已并案")


def answered_one_by_one(desk: Desk, rows: list[Demand], clock: Clock) -> None:
    cases = {case.pk: case for case in Case.objects.unscoped(**OURS)}
    main = rows[0].pk
    assert [cases[row.pk].merged_into_id for row in rows] == [None, *[main] * (RIDERS - 1)]
    chair = actor_of(desk.chair.pk, now=clock.now)
    if cases[main].lead_id is None:
        casework.accept_case(main, text="属于平台用工", actor=chair, now=clock.now)
        casework.take_case(main, actor=chair, now=clock.now)
    elif cases[main].stage == Stage.RECEIVED:
        casework.accept_case(main, text="属于平台用工", actor=chair, now=clock.now)
    lead = actor_of(Case.objects.unscoped(**OURS).get(pk=main).lead_id or 0, now=clock.now)
    clock.set(clock.now + timedelta(days=1))
    casework.answer_case(main, text="站点已同意补发本周少算的配送费。", actor=lead, now=clock.now)
    for n, row in enumerate(rows):
        row.refresh_from_db()
        assert any("补发" in line.text for line in told_to_asker(row)), "each hears it"
        asker_side.rate(row, rating=5 if n else 4, is_satisfied=True, text="", now=clock.now)
    ratings = dict(Case.objects.unscoped(**OURS).values_list("pk", "rating"))
    assert [ratings[row.pk] for row in rows] == [4, *[5] * (RIDERS - 1)]


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/burst_{name}.png", full_page=True)


def looks(page: Page) -> None:
    """On a small screen, dark, with big text."""
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    picture(page, "spot_phone")
    assert faults(page) == []
    if before:
        page.set_viewport_size(before)
    assert show_as
