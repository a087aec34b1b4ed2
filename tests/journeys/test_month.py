"""A month's meeting from last month's tasks to this month's: called, prepared, minuted, its tasks done or carried on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions import add_group, set_group
from niangjia.modules.visits.testing import explained, posting, visit
from niangjia.ui.testing import faults, log_in
from tests.browsers import desk_window
from tests.journeys.story import CHINA, Clock, Visit, at

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/desk/visits/meetings/"


@dataclass
class Group:
    leader: User
    visitor: User
    tree: Any


@pytest.fixture
def group(transactional_db: None) -> Group:
    tree = small_tree()
    county, chair, now = tree.county, acting_as("CHAIR", tree.county), at(2, 9)
    leader, visitor = (officer("LIAISON_OFFICER", county, name) for name in ("马组长", "何走访"))
    made = add_group(scope_id=county.pk, name="第一组", leader_id=leader.pk, actor=chair, now=now)
    for user, township in ((leader, tree.north), (visitor, tree.south)):
        row = posting(county, user, now=now, township_ids=(township.pk,))
        set_group(row.pk, group_id=made.pk, actor=chair, now=now)
    mill, october = firm("北山纺织厂", "530999101"), datetime(2026, 10, 14, 10, tzinfo=CHINA)
    visit(mill, actor_of(leader.pk, now=october), now=october, findings=(explained("问高温津贴怎么发。"),))
    demand(tree.north, "站点按单扣款，没有依据。", now=october, route=False)
    return Group(leader, visitor, tree)


def test_a_months_meeting_from_last_months_tasks_to_this_months(
    group: Group, visit: Visit, browser: Browser, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch, at(5, 9))
    with visit(group.leader) as leader:
        leader.go(LIST)
        leader.page.get_by_role("link", name="开一次交流会").click()
        expect(leader.page.get_by_label("看哪个月")).to_have_value("2026-10")
        leader.page.get_by_label("地点").fill("三楼会议室")
        leader.page.get_by_role("button", name="备好会议页").click()
        leader.sees("上次会上没有定任务", "何走访", "站点按单扣款", "没有还没销号的风险")
        leader.is_sound()
        leader.page.get_by_label("会议记录").fill("10 月各人报了走访，商量站点扣款的事。")
        decide(leader.page, 0, "到三个站点核对扣款规则", group.visitor, "2026-11-20")
        decide(leader.page, 1, "约平台方座谈一次", group.leader, "2026-11-25")
        leader.page.get_by_role("button", name="结束会议，发出任务").click()
        leader.sees("任务已发给承办人", "下面的数字是")

    clock.set(at(18, 16))
    with desk_window(browser, width=390, height=844, has_touch=True) as window:
        page = window.new_page()
        log_in(page, live_server, group.visitor)
        page.goto(f"{live_server.url}/desk/")
        page.get_by_role("main").get_by_role("link", name="会议任务").first.click()
        expect(page.locator("body")).to_contain_text("到三个站点核对扣款规则")
        assert faults(page) == []
        page.get_by_role("main").get_by_role("link", name="填结果").click()
        page.get_by_label("结果").fill("三个站点都走了，两个已退回扣款。")
        page.get_by_role("button", name="完成").click()
        expect(page.locator("body")).to_contain_text("没有要办的任务")

    clock.set(datetime(2026, 12, 3, 9, tzinfo=CHINA))
    with visit(group.leader) as leader:
        leader.go("/desk/")
        leader.sees("会议任务已超期")
        leader.go(f"{LIST}open/")
        leader.page.get_by_role("button", name="备好会议页").click()
        first = leader.page.get_by_role("main").locator("section, .panel").first
        expect(first).to_contain_text("上次会上定的任务")
        leader.sees("三个站点都走了，两个已退回扣款", "约平台方座谈一次")
        late = leader.page.locator("li", has_text="约平台方座谈一次").first
        expect(late).to_contain_text("已超期")
        late.get_by_label("转到下次会前").check()
        late.get_by_label("新的期限").fill("2026-12-20")
        leader.page.get_by_label("会议记录").fill("站点扣款已退，平台座谈改在 12 月。")
        decide(leader.page, 0, "把退款名单报县总", group.visitor, "2026-12-15")
        leader.page.get_by_role("button", name="结束会议，发出任务").click()
        leader.sees("任务已发给承办人", "把退款名单报县总")
        leader.go("/desk/visits/tasks/")
        leader.sees("约平台方座谈一次", "2026-12-20", "大家还没办完的", "把退款名单报县总")
        leader.is_sound()


def decide(page: Page, number: int, text: str, owner: User, due: str) -> None:
    page.locator(f"[name=text_{number}]").fill(text)
    page.locator(f"[name=user_{number}]").select_option(label=owner.name)
    page.locator(f"[name=due_{number}]").fill(due)
