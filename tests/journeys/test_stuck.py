"""A demand that nobody works on: the clock carries it up, step by step, until the chair writes and the lead answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.models import User
from niangjia.modules.organisations.testing import officer, small_tree
from tests.journeys.story import Clock, Seat, Visit, at, the_case, told

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "我在北山纺织厂做挡车工，8 月起没有拿到加班费，车间主任说没有这笔钱，一共四千多元。"
STEPS = ("即将到期", "已到期，报部门负责人", "超期过半，报本级主席", "超期一倍，报上级工会")


@dataclass
class People:
    clerk: User
    lead: User
    head: User
    chair: User
    above: User


@pytest.fixture
def people(transactional_db: None) -> People:
    tree = small_tree()
    return People(
        officer("CLERK", tree.north, "钱经办"), officer("RIGHTS_OFFICER", tree.north, "何维权"),
        officer("DEPARTMENT_HEAD", tree.north, "赵部长"), officer("CHAIR", tree.north, "孙镇主席"),
        officer("CHAIR", tree.county, "郑县主席"),
    )  # fmt: skip


def test_a_stuck_one_climbs(people: People, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, at(23, 9))
    taken_down_and_given(people, visit)
    case = the_case()
    assert (case.stage, case.lead) == (Stage.IN_HAND, people.lead)

    # Nobody acts; the job of every minute comes by.
    line = [people.lead, people.head, people.chair, people.above]
    for step, (who, words) in enumerate(zip(line, STEPS, strict=True), start=1):
        assert the_case().climb_step == step - 1
        casework.climb_due(now=clock.set(due(the_case()) + timedelta(minutes=1)))
        casework.climb_due(now=clock.now)
        assert [len(told(one, words)) for one in line] == [int(one is who) for one in line]
        sees_it_on_the_desk(visit, who, case, words, late=step > 1)
    assert the_case().climb_at is None

    with visit(people.chair) as chair:
        chair.go(case.get_absolute_url())
        chair.act("批示", menu=True)
        chair.fill("text", "何维权同志：今天下班前与厂方见面，结果报我。")
        chair.send("批示", "批示已送主办人")
    with visit(people.lead) as lead:
        lead.go("/desk/inbox/")
        lead.sees("批示")
        lead.go(case.get_absolute_url())
        lead.sees("今天下班前与厂方见面")
        lead.act("答复")
        lead.fill("text", "已与厂方见面：加班费 4,260 元本周五随工资补发，厂方出具了书面承诺。")
        lead.send("答复", "已答复，等待回访")
        tells_it_all(lead)
        lead.is_sound()
    done = the_case()
    assert (done.stage, done.was_late) == (Stage.ANSWERED, True)


def due(case: Case) -> datetime:
    assert case.climb_at is not None
    return case.climb_at


def taken_down_and_given(people: People, visit: Visit) -> None:
    with visit(people.clerk) as clerk:
        clerk.go("/desk/demands/record/?channel=window")
        clerk.page.get_by_label("诉求内容").fill(SAID)
        clerk.page.get_by_label("诉求人姓名").fill("林小燕")
        clerk.page.keyboard.press("F9")
        clerk.sees("已登记")
        clerk.go(the_case().get_absolute_url())
        clerk.act("交办")
        clerk.pick("user_id", "何维权")
        clerk.fill("text", "请与厂方核对考勤。")
        clerk.send("交办", "已交办")


def sees_it_on_the_desk(visit: Visit, who: User, case: Case, words: str, *, late: bool) -> None:
    """The message once, and the demand by the link in it, with a clock that is yellow or red."""
    with visit(who) as seat:
        seat.go("/desk/inbox/")
        message = seat.page.get_by_role("main").get_by_role("button").filter(has_text=words)
        expect(message).to_have_count(1)
        message.click()
        seat.sees(case.number)
        clock = seat.page.get_by_role("group", name="办理时限")
        expect(clock.locator("strong")).to_have_class(re.compile("text-error" if late else "text-warning"))
        if late:
            expect(clock).to_contain_text("已超期")
            seat.go("/desk/demands/?overdue=1")
            expect(seat.page.locator("[data-row]")).to_contain_text(case.title)


def tells_it_all(lead: Seat) -> None:
    """The timeline, from the window to the answer, in that order."""
    shown = lead.page.locator(".timeline").inner_text()
    for words in ("登记", "交办", *STEPS, "批示", "答复"):
        assert words in shown, words
