"""Three departments, one answer: co-handlers, an office outside, a joint consultation, and one word to the asker."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from niangjia.engines.casework.models import Entry, Task
from niangjia.engines.casework.rules import Stage, Verb
from niangjia.kernel.access.models import User
from niangjia.modules.demands.models import Demand
from niangjia.modules.organisations.testing import officer, small_tree
from tests.journeys.story import OURS, Clock, Seat, Visit, at, the_case

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "我在北山服装厂上班，三个月没有发工资了，一共一万八千元，家里靠我一个人，孩子没人带。"
ANSWER = "拖欠的 18,000 元今日到账；困难补助 3,000 元本周发放；厂里的托管班下周一起可以送孩子。"


@dataclass
class Office:
    """Everybody sits in the county's federation."""

    operator: User
    lead: User
    aid: User
    women: User


@pytest.fixture
def office(transactional_db: None) -> Office:
    county = small_tree().county
    return Office(
        officer("HOTLINE_OPERATOR", county, "周话务"), officer("RIGHTS_OFFICER", county, "何维权"),
        officer("AID_OFFICER", county, "许帮扶"), officer("WOMEN_COMMITTEE", county, "柳女工"),
    )  # fmt: skip


def test_three_departments_one_answer(office: Office, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, at(23, 9))
    with visit(office.operator) as operator:
        take_down(operator)
    with visit(office.lead) as lead:
        invite_and_ask_outside(lead)
    clock.set(at(23, 16))
    for who, said in (
        (office.aid, "家庭困难属实，可给予 3,000 元补助。"),
        (office.women, "已上门看望，孩子三岁，可以进厂里的托管班。"),
    ):
        with visit(who) as helper:
            finish_own_task(helper, said)
    clock.set(at(24, 15))
    with visit(office.lead) as lead:
        write_minutes(lead)
        cannot_answer_yet(lead)
        outside_office_answers(lead)
    with visit(office.women) as women:
        finish_own_task(women, "厂里留了一个名额，下周一入托。")
    with visit(office.lead) as lead:
        give_one_answer(lead)
    with visit(office.operator) as operator:
        ring_back(operator)

    case = the_case()
    assert (case.stage, case.is_satisfied, case.rating) == (Stage.RESOLVED, True, 5)
    assert [task.done_at is not None for task in Task.objects.unscoped(**OURS).filter(case=case)] == [True] * 4
    answers = Entry.objects.unscoped(**OURS).filter(case=case, verb=Verb.ANSWER)
    assert [one.text for one in answers] == [ANSWER]


def case_page(seat: Seat) -> None:
    seat.go(the_case().get_absolute_url())


def take_down(operator: Seat) -> None:
    operator.go("/desk/hotline/?phone=13800000000")
    operator.takes_the_call()
    operator.page.keyboard.insert_text(SAID)
    operator.sees("拖欠工资")  # he speaks of pay and of his child: two kinds are offered, the operator says which
    operator.press("Alt+j")
    operator.sees("何维权")
    operator.press("F9")
    operator.sees("已登记，派给云岭县总工会")


def invite_and_ask_outside(lead: Seat) -> None:
    """Takes it in, asks two colleagues and one office, and calls everybody together."""
    case_page(lead)
    lead.act("受理")
    lead.send("受理", "已受理")
    for name, wish in (("许帮扶", "核实家庭情况，提出帮扶意见。"), ("柳女工", "上门看望，看看孩子托管怎么解决。")):
        lead.act("请人协办")
        lead.pick("user_id", name)
        lead.fill("text", wish)
        lead.send("请人协办", "已请对方协办")
    lead.act("函请外单位", menu=True)
    lead.fill("office", "县劳动监察大队")
    lead.fill("text", "请核查北山服装厂拖欠工资情况。")
    lead.fill("due_on", "2026-11-27")
    lead.fill("paper_number", "云工函〔2026〕18号")
    lead.send("函请外单位", "已记下发函")
    lead.act("召集会商", menu=True)
    lead.fill("held_at", "2026-11-24T14:00")
    lead.fill("place", "县总工会三楼会议室")
    lead.fill("participants", "王强　县劳动监察大队\n许帮扶　县总工会\n柳女工　县总工会女工委\n刘厂长　北山服装厂")
    lead.fill("purpose", "商定补发工资和孩子托管。")
    lead.send("召集会商", "已发会商通知")
    lead.sees("待写纪要")


def finish_own_task(helper: Seat, said: str) -> None:
    """From the list 协办任务 to what was done."""
    helper.go("/desk/demands/inbox/")
    helper.page.get_by_role("link", name="协办任务").click()
    helper.page.locator("[data-row] .row-link").first.click()
    helper.drawer.get_by_role("link", name="办好了").first.click()
    helper.fill("answer", said)
    helper.send("办好了", "已记下办理情况")


def write_minutes(lead: Seat) -> None:
    case_page(lead)
    lead.page.get_by_role("link", name="写纪要").click()
    lead.fill("minutes", "厂方承认拖欠。劳动监察责令三日内付清。托管班由女工委落实。")
    lead.fill("text1", "落实厂里托管班的名额。")
    lead.pick("user_id1", "柳女工")
    lead.fill("due_at1", "2026-11-25T17:00")
    lead.send("写纪要", "纪要已存，决定已分派")
    lead.sees("已有纪要", "会商决定", "落实厂里托管班的名额")


def cannot_answer_yet(lead: Seat) -> None:
    """While a task is open nobody answers for the others."""
    lead.act("答复")
    lead.fill("text", "先答复一句。")
    lead.drawer.get_by_role("button", name="答复", exact=True).click()
    expect(lead.drawer).to_contain_text("还有 2 项协办没有完成")


def outside_office_answers(lead: Seat) -> None:
    case_page(lead)
    lead.page.get_by_role("link", name="登记回复").click()
    lead.fill("answer", "劳监字〔2026〕77号：已责令三日内付清 18,000 元。")
    lead.send("登记回复", "已登记对方的回复")


def give_one_answer(lead: Seat) -> None:
    case_page(lead)
    lead.sees("下周一入托", "已责令三日内付清")
    lead.is_sound()
    lead.act("答复")
    lead.fill("text", ANSWER)
    lead.send("答复", "已答复，等待回访")


def ring_back(operator: Seat) -> None:
    operator.go("/desk/demands/call-backs/")
    operator.page.locator("[data-row] .row-link").first.click()
    operator.sees("困难补助 3,000 元本周发放")
    operator.press("F4", "Alt+y", "Tab", "Space")  # reached, and five points
    operator.page.locator("[name=text]").fill("都解决了，感谢。")
    operator.press("F8")
    operator.sees("已化解")
    assert Demand.objects.unscoped(**OURS).count() == 1
