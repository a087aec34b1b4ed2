"""A worker who is not satisfied: asks on the phone with a photo, is answered, says no, and is heard a second time."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.members.testing import phone_number
from niangjia.modules.organisations.testing import officer, small_tree
from niangjia.ui.testing import complaints, faults, when_ready
from tests.browsers import desk_window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
SAID = "好味餐饮拖欠我三个月工资，一直说下个月发。孩子开学要交钱，想请工会帮忙要回来。"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OURS = {"reason": "the test's own world"}


@dataclass
class Union:
    """The county's federation, one officer who works on the demand, and what left the house by message."""

    url: str
    actor: Actor
    notices: Path

    def sent_code(self) -> str:
        lines = self.notices.read_text(encoding="utf-8").splitlines()
        found = [match for line in lines if (match := re.search(r"验证码 (\d{6})", json.loads(line)["title"]))]
        return found[-1].group(1)

    def case(self) -> Case:
        return Case.objects.unscoped(**OURS).get()

    def answer(self, text: str) -> None:
        case, now = self.case(), timezone.now()
        if case.stage == Stage.RECEIVED:
            casework.accept_case(case.pk, actor=self.actor, now=now)
        casework.answer_case(case.pk, text=text, actor=self.actor, now=now)


@pytest.fixture
def union(transactional_db: None, live_server: LiveServer, settings: LazySettings, tmp_path: Path) -> Union:
    settings.NOTIFY_CHANNELS = ["file"]
    settings.NOTIFY_FILE = tmp_path / "messages.jsonl"
    tree = small_tree()
    chair = officer("CHAIR", tree.county, "郑主席")
    return Union(live_server.url, actor_of(chair.pk, now=timezone.now()), settings.NOTIFY_FILE)


@dataclass
class Worker:
    page: Page
    union: Union
    taken: int = field(default=0)

    def go(self, address: str) -> None:
        self.page.goto(self.union.url + address)

    def tap(self, name: str) -> None:
        when_ready(self.page.get_by_role("main").get_by_role("button", name=name, exact=True)).click()

    def sees(self, text: str) -> None:
        """On a page without a fault; a picture of it on request."""
        expect(self.page.get_by_role("main")).to_contain_text(text)
        if PICTURES:
            self.taken += 1
            self.page.screenshot(path=f"{PICTURES}/{self.taken:02}-{text[:12]}.png", full_page=True)
        assert faults(self.page) == []


@pytest.fixture
def worker(union: Union, browser: Browser) -> Iterator[Worker]:
    with desk_window(browser, **PHONE) as window:
        page = window.new_page()
        said = complaints(page)
        yield Worker(page, union)
        assert said == []


def test_a_worker_who_is_not_satisfied(union: Union, worker: Worker, tmp_path: Path) -> None:
    ask(union, worker, tmp_path)
    case = union.case()
    assert case.stage == Stage.RECEIVED

    union.answer("已联系单位，单位承诺三天内发清。")
    worker.go("/")
    worker.sees("已答复，请评价")
    worker.page.get_by_role("link", name=case.title).click()
    worker.sees("单位承诺三天内发清")
    not_satisfied(worker)
    assert union.case().stage == Stage.IN_HAND
    rating = Entry.objects.unscoped(**OURS).get(verb="rate")
    assert rating.text == "只发了一个月，还差两个月。"

    union.answer("剩下两个月工资今天已经到账，单位书面保证按月发放。")
    worker.page.reload()
    worker.sees("按月发放")
    worker.page.get_by_label("解决了，满意").check()
    worker.page.get_by_label("5 分").check()
    worker.tap("提交评价")
    worker.sees("这件事办结了")
    expect(worker.page.get_by_role("main")).to_contain_text("已化解")
    done = union.case()
    assert (done.stage, done.rating, done.is_satisfied) == (Stage.RESOLVED, 5, True)
    worker.go("/phone/messages/")
    worker.sees(case.number)


def ask(union: Union, worker: Worker, tmp_path: Path) -> None:
    """Without an account: the words, a photo, the number, the code."""
    picture = tmp_path / "工资条.png"
    picture.write_bytes(PIXEL)
    page = worker.page
    worker.go("/")
    page.get_by_role("link", name="说诉求").click()
    page.get_by_label("发生了什么").fill(SAID)
    page.get_by_label("照片").set_input_files(picture)
    page.get_by_label("哪个单位").fill("好味餐饮管理公司")
    page.get_by_label("姓名", exact=True).fill("林小燕")
    page.get_by_label("手机号码").fill(phone_number())
    worker.tap("获取验证码")
    expect(page.locator("#code-said")).to_contain_text("验证码已发送")
    page.get_by_label("验证码", exact=True).fill(union.sent_code())
    page.get_by_label("同意工会用我填写的内容").check()
    worker.tap("提交诉求")
    worker.sees("已提交。")
    expect(page.get_by_role("link", name="工资条.png").first).to_be_visible()


def not_satisfied(worker: Worker) -> None:
    page = worker.page
    page.get_by_label("没解决，请接着办").check()
    page.get_by_label("2 分").check()
    worker.tap("提交评价")
    worker.sees("请写一句哪里还没解决")
    page.get_by_label("想说的话").first.fill("只发了一个月，还差两个月。")
    worker.tap("提交评价")
    worker.sees("工会会接着办")
