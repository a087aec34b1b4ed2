"""The asker's pages in a browser of 360 × 740: both colours, both sizes of text, without a script, without a network."""

from __future__ import annotations

import base64
import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Response, expect

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.actions.asker_side import link_for
from niangjia.modules.demands.actions.asking import Said, submit_demand
from niangjia.modules.demands.models import Attachment, Demand
from niangjia.modules.demands.testing import demand as recorded
from niangjia.modules.demands.web.phone import places
from niangjia.modules.members.testing import phone_number, worker
from niangjia.modules.organisations.testing import officer, small_tree
from niangjia.ui.testing import complaints, faults_in_any_display, log_in, until
from tests.browsers import desk_window

PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("NIANGJIA_PICTURES", "")
SAID = "好味餐饮拖欠我三个月工资，一直说下个月发。我和厨房的同事都没拿到，孩子开学要交钱，想请工会帮忙要回来。"
MOST_OF_A_PAGE = 16_000
ALL = {"reason": "a test looks at everything"}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def window(browser):
    with desk_window(browser, **PHONE) as context:
        yield context.new_page()


def look(page, server, addresses, of):
    said, wrong = complaints(page), []
    for place, address in enumerate(addresses):
        page.goto(server.url + address)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{of}-{place:02}.png", full_page=True)
        wrong += [f"{address}: {fault}" for fault in faults_in_any_display(page)]
    return wrong + said


def asked(user, body=SAID, **more) -> Demand:
    said = Said(body=body, name="林小燕", employer="云岭县好味餐饮管理有限责任公司", **more)
    return submit_demand(said, user=user, address="203.0.113.9", photos=(), now=timezone.now())


def test_a_visitor_reads_every_page(transactional_db, live_server, window, settings):
    settings.NOTIFY_CHANNELS = ["console"]
    tree = small_tree()
    token = places.written(places.Place(tree.north.pk, "东门驿站"))
    link = link_for(recorded(tree.county, SAID, asker_phone=phone_number()), timezone.now())
    addresses = [
        "/", "/phone/demands/new/", f"/phone/demands/new/?place={token}", "/phone/demands/new/?as=employer",
        "/phone/demands/sent/", link, "/d/never-was-any/",
    ]  # fmt: skip
    assert look(window, live_server, addresses, "visitor") == []
    window.goto(live_server.url + "/phone/demands/new/")
    window.get_by_role("button", name="提交诉求").click()
    assert window.get_by_label("发生了什么").evaluate("one => one.validity.valueMissing")
    window.get_by_label("发生了什么").fill(SAID)
    window.get_by_text("不想留姓名").click()
    window.get_by_role("button", name="提交诉求").click()
    expect(window.get_by_role("alert")).to_contain_text("您写的内容都在")
    assert faults_in_any_display(window) == []


def test_a_worker_reads_every_page(transactional_db, live_server, window):
    tree, now, user = small_tree(), timezone.now(), worker()
    tree.county.telephone = "0871-62345678"
    tree.county.save()
    actor = actor_of(officer("CHAIR", tree.county, "郑主席").pk, now=now)
    fresh, in_hand, answered, done, refused, grave = (
        asked(user, body)
        for body in (
            SAID, "想问一下加班费怎么算", "工伤认定材料退回来了，不知道还缺什么", "工资卡丢了单位不给换",
            "邻居装修太吵", "工地有人坠落，昏迷不醒，快来人",
        )
    )  # fmt: skip
    casework.accept_case(in_hand.pk, actor=actor, now=now)
    casework.reply(in_hand.pk, text="已经联系单位人事，约了明天上午到单位核对考勤。", actor=actor, now=now)
    for row in (answered, done):
        casework.accept_case(row.pk, actor=actor, now=now)
        casework.answer_case(
            row.pk, text="缺诊断证明原件和考勤记录。\n已帮您向医院调取，本周五可以来拿。", actor=actor, now=now
        )
    casework.rate_case(done.pk, rating=5, is_satisfied=True, actor=casework.ASKER, now=now)
    casework.refuse_case(
        refused.pk,
        reason="这件事由社区和物业处理，工会没有这项职责。",
        elsewhere="12345 或所在社区",
        actor=actor,
        now=now,
    )
    casework.ask_facts(fresh.pk, text="请拍一下工资条或者银行流水，最近三个月的。", actor=actor, now=now)
    log_in(window, live_server, user)
    rows = [fresh, in_hand, answered, done, refused, grave]
    addresses = ["/", "/phone/mine/", "/phone/demands/", "/phone/demands/new/"]
    addresses += [f"/phone/demands/{row.pk}/" for row in rows]
    assert look(window, live_server, addresses, "worker") == []
    window.goto(f"{live_server.url}/phone/demands/{answered.pk}/")
    for summary in window.locator("summary").all():
        summary.click()
    assert faults_in_any_display(window) == []
    assert Case.objects.unscoped(**ALL).count() == len(rows)


def test_it_works_without_a_script(transactional_db, live_server, browser, tmp_path):
    small_tree()
    user = worker()
    picture = tmp_path / "工资条.png"
    picture.write_bytes(PIXEL)
    with desk_window(browser, **PHONE, java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, live_server, user)
        page.goto(live_server.url + "/phone/demands/new/")
        page.get_by_label("发生了什么").fill(SAID)
        page.get_by_label("照片").set_input_files(picture)
        page.get_by_role("button", name="提交诉求").click()
        expect(page.get_by_text("再打勾同意")).to_be_visible()
        expect(page.get_by_label("发生了什么")).to_have_value(SAID)
        expect(page.get_by_text("已收好 1 个")).to_be_visible()
        page.get_by_label("姓名", exact=True).fill("林小燕")
        page.get_by_label("同意工会用我填写的内容").check()
        page.get_by_role("button", name="提交诉求").click()
        expect(page.get_by_text("已提交。")).to_be_visible()
        page.get_by_text("催一催").click()
        page.get_by_role("button", name="催办").click()
        expect(page.get_by_text("已经替您催办")).to_be_visible()
    assert Attachment.objects.unscoped(**ALL).get().name == "工资条.png"


def test_what_was_typed_outlives_a_lost_connection(transactional_db, live_server, window):
    small_tree()
    log_in(window, live_server, worker())
    window.goto(live_server.url + "/phone/demands/new/")
    window.get_by_label("发生了什么").fill(SAID)
    window.get_by_label("姓名", exact=True).fill("林小燕")
    window.get_by_label("同意工会用我填写的内容").check()
    window.context.set_offline(True)
    until(window, "!navigator.onLine")
    window.get_by_role("button", name="提交诉求").click()
    expect(window.get_by_text("写的内容已存在手机里")).to_be_visible()
    window.context.set_offline(False)
    window.goto(live_server.url + "/phone/demands/new/")
    expect(window.get_by_label("发生了什么")).to_have_value(SAID)
    expect(window.get_by_text("上次写的还在")).to_be_visible()
    kept = window.evaluate("JSON.stringify(localStorage)")
    assert "林小燕" not in kept
    window.get_by_label("姓名", exact=True).fill("林小燕")
    window.get_by_label("同意工会用我填写的内容").check()
    window.get_by_role("button", name="提交诉求").click()
    expect(window.get_by_text("已提交。")).to_be_visible()
    until(window, "localStorage.length === 0")


def test_a_big_photo_is_made_smaller_before_it_leaves(transactional_db, live_server, window, tmp_path):
    small_tree()
    log_in(window, live_server, worker())
    window.goto(live_server.url + "/phone/demands/new/")
    made = window.evaluate("""async () => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 4000, height: 3000});
        const brush = canvas.getContext("2d"), noise = brush.createImageData(4000, 3000);
        for (let n = 0; n < noise.data.length; n++) noise.data[n] = n % 4 === 3 ? 255 : (n * 7919) % 251;
        brush.putImageData(noise, 0, 0);
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 1));
        return new Promise((done) => {
            const reader = new FileReader();
            reader.onload = () => done(reader.result.split(",")[1]);
            reader.readAsDataURL(blob);
        });
    }""")
    big = base64.b64decode(made)
    (tmp_path / "现场.jpg").write_bytes(big)
    window.get_by_label("照片").set_input_files(tmp_path / "现场.jpg")
    until(window, "most => document.querySelector('[data-photos]').files[0].size < most", len(big))
    window.get_by_label("发生了什么").fill(SAID)
    window.get_by_label("姓名", exact=True).fill("林小燕")
    window.get_by_label("同意工会用我填写的内容").check()
    window.get_by_role("button", name="提交诉求").click()
    expect(window.get_by_text("现场.jpg")).to_be_visible()


def test_the_page_is_light(transactional_db, live_server, window):
    """Eight per cent of battery and one bar: what is fetched the first time, without the photos."""
    small_tree()
    answers: list[Response] = []

    def hear(one: Response) -> None:  # Playwright marks what it is given, and can't mark a method of a list
        answers.append(one)

    window.on("response", hear)
    window.goto(live_server.url + "/phone/demands/new/")
    assert 0 < sum(len(one.body()) for one in answers if "demands" in one.url) < MOST_OF_A_PAGE


def test_two_days_later_it_is_still_there_and_after_three_it_is_gone(transactional_db, live_server, window):
    small_tree()
    log_in(window, live_server, worker())
    for days, expected in ((2, SAID), (4, "")):
        window.goto(live_server.url + "/phone/mine/")
        at = (timezone.now() - timedelta(days=days)).timestamp() * 1000
        window.evaluate(
            "([at, text]) => localStorage.setItem('draft:demand', JSON.stringify({at, words: [text, '']}))", [at, SAID]
        )
        window.goto(live_server.url + "/phone/demands/new/")
        expect(window.get_by_label("发生了什么")).to_have_value(expected)
