"""A correction that the model has learnt next morning."""

from __future__ import annotations

from datetime import datetime

import pytest
from playwright.sync_api import Locator, expect

from niangjia.kernel.access.models import User
from niangjia.modules.demands.jobs import learn_triage_nightly
from niangjia.modules.demands.models import Demand
from niangjia.modules.demands.tests.choices import chosen_before
from niangjia.modules.demands.triage.models import TriageDecision
from niangjia.modules.organisations.testing import Tree, officer, small_tree
from tests.journeys.story import OURS, Clock, Seat, Visit, at

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "罚款倒是没有，就是大小轮连着转，一个月歇不了两天，人都熬垮了。"
WRONG, RIGHT = "克扣、罚款", "超时加班"


@pytest.fixture
def tree(transactional_db: None) -> Tree:
    return small_tree()


def test_a_correction_is_learnt_next_morning(tree: Tree, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, at(23, 10))
    window, chair = officer("CLERK", tree.county, "陈晓燕"), officer("CHAIR", tree.county, "郑主席")
    with visit(window) as seat:
        first = says(seat, SAID)
        expect(first).to_contain_text(WRONG)
        expect(first).to_contain_text("罚款")
        corrects(seat)
    assert chosen_by(window) == {"kind": ("0201", True), "nature": ("2", False), "urgency": ("1", False)}

    # What officers chose in the weeks before: enough to be held back and judged by.
    chosen_before(tree.county, 460)
    the_night_passes(clock, at(24, 4, 20))

    clock.set(at(24, 9))
    with visit(window) as seat:
        first = says(seat, SAID)
        expect(first).to_contain_text(RIGHT)
        expect(first).to_contain_text("把握")
        expect(seat.page.locator("#assist .offer").filter(has_text=WRONG)).to_have_count(0)
        seat.is_sound()
    with visit(chair) as seat:
        seat.go("/desk/demands/triage/")
        seat.sees("第 1 次学习的模型", "正在使用", "换上新模型", "准确率")
        seat.is_sound()


def test_what_is_sure_is_chosen_until_somebody_chooses(tree: Tree, visit: Visit) -> None:
    with visit(officer("CLERK", tree.county, "陈晓燕")) as seat:
        says(seat, "工资拖了三个月，我要投诉。")
        complaint, help_, enquiry = (seat.page.locator(f"input[name=nature][value='{value}']") for value in (3, 2, 1))
        expect(complaint).to_be_checked()
        seat.page.locator("#id_body").fill("工资拖了三个月。")
        expect(help_).to_be_checked()
        enquiry.check()
        seat.page.locator("#id_body").fill("工资拖了三个月，我要投诉，还要罚款。")
        expect(seat.page.locator("#assist [data-choose=nature]")).to_be_visible()
        expect(enquiry).to_be_checked()


def says(seat: Seat, text: str) -> Locator:
    seat.go("/desk/demands/record/?channel=window")
    seat.page.evaluate("sessionStorage.clear()")
    seat.go("/desk/demands/record/?channel=window")
    seat.page.locator("#id_body").fill(text)
    first = seat.page.locator("#assist .offer").first
    first.wait_for()
    return first


def corrects(seat: Seat) -> None:
    page = seat.page
    page.locator("[data-source]:has(input[name='kind']) input[role=combobox]").fill("超时")
    option = page.locator("[role=listbox]:visible [data-value]").first
    expect(option).to_contain_text(RIGHT)
    page.keyboard.press("Enter")
    page.locator("#id_asker_name").fill("林小燕")
    page.locator("#id_asker_phone").fill("12480000001")
    page.get_by_role("button", name="登记并派出").click()
    seat.sees("已登记")


def chosen_by(user: User) -> dict[str, tuple[str, bool]]:
    row = Demand.objects.unscoped(**OURS).get()
    rows = TriageDecision.objects.unscoped(**OURS).filter(demand=row, by=user)
    return {one.field: (one.chosen, one.is_correction) for one in rows}


def the_night_passes(clock: Clock, until: datetime) -> None:
    clock.set(until)
    learn_triage_nightly(0)
