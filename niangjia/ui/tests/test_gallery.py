"""Every component in Chromium: accessible in both themes and sizes of text, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, show_as
from niangjia.ui.tests.test_pages import officer

pytestmark = pytest.mark.django_db(transaction=True)
# The first two show every component: they are looked at in all displays, the rest in the plainest and the farthest from it.
ALL = ("/desk/_gallery/?toast", "/desk/_gallery/list/?state=1&q=林")
TWO = ({}, {"theme": "dark", "text": "large"})
PAGES = (
    *ALL,
    "/desk/",
    "/desk/_gallery/list/?empty=1",
    "/desk/_gallery/drawer/",
    "/desk/account/",
    "/desk/inbox/",
    "/desk/tasks/",
    "/accounts/password/change/",
)


def look(window, server, path):
    said = complaints(window)
    found = {}
    for display in DISPLAYS if path in ALL else TWO:
        window.context.clear_cookies(name="theme")
        window.context.clear_cookies(name="text")
        show_as(window, server, **display)
        window.goto(server.url + path)
        found |= {f"{path} {display}": fault for fault in faults(window)}
    return found, said


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_on_a_desk(page, live_server, path):
    log_in(page, live_server, officer())
    assert look(page, live_server, path) == ({}, [])


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_on_a_phone(phone, live_server, path):
    log_in(phone, live_server, officer())
    assert look(phone, live_server, path) == ({}, [])


def test_the_log_in_page_is_accessible(page, live_server):
    assert look(page, live_server, "/accounts/login/") == ({}, [])


def test_drawer_menu_and_boxes_are_accessible_open(page, live_server):
    log_in(page, live_server, officer())
    for display in DISPLAYS:
        show_as(page, live_server, **display)
        page.goto(live_server.url + "/desk/_gallery/list/")
        page.click("a.row-link >> nth=0")
        expect(page.locator("#drawer-title")).to_be_focused()
        assert faults(page) == []
        page.keyboard.press("Escape")
        page.click("aside summary >> nth=-1")
        assert faults(page) == []
        page.keyboard.press("?")
        assert faults(page) == []


def test_the_desk_works_by_keyboard(page, live_server):
    log_in(page, live_server, officer())
    said = complaints(page)
    page.goto(live_server.url + "/desk/_gallery/list/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row][data-current] .row-link")).to_have_text("陈*")
    page.keyboard.press("x")
    expect(page.locator("#bulk")).to_be_visible()
    expect(page.locator("#bulk [data-picked] >> nth=0")).to_have_text("1")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_be_focused()
    expect(page.locator("#drawer")).to_contain_text("XQ202611210002")
    page.keyboard.press("j")
    expect(page.locator("#drawer")).to_contain_text("XQ202611210003")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#list-search")).to_be_focused()
    page.locator("#list-search").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert said == []


def test_text_from_an_input_method_searches_and_stands_in_the_address(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/list/")
    page.focus("#list-search")
    page.keyboard.insert_text("无")  # fires `input` but no key-up, as an input method does
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    expect(page).to_have_url(re.compile("q=%E6%97%A0"))
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(24)


def test_columns_are_chosen_and_remembered(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/list/")
    page.click("summary[aria-label=选择列]")
    page.click("text=岗位")
    expect(page.get_by_role("columnheader", name="岗位")).to_be_visible()
    page.reload()
    expect(page.get_by_role("columnheader", name="岗位")).to_be_visible()


def test_dark_and_large_are_chosen_in_the_menu_and_stay(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/")
    page.click("aside summary >> nth=-1")
    page.click("text=深色")
    page.click("text=大字")
    expect(page.locator("html")).to_have_attribute("data-theme", "union-dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "union-dark")
    expect(page.locator("html")).to_have_attribute("data-large", "")


def test_a_masked_value_is_shown_after_a_reason(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/drawer/")
    page.click("text=查看完整")
    page.fill("dialog[open] input[name=reason]", "电话核实")
    page.click("dialog[open] button.btn-primary")
    expect(page.get_by_text("138 0013 2013")).to_be_visible()
    expect(page.locator("dialog[open]")).to_have_count(0)


PRESS_AT_ONCE = """() => new MutationObserver((_, watch) => {
    const form = document.querySelector('#drawer-body form[hx-post]');
    if (!form) return;
    watch.disconnect();
    form.elements.reason.value = '电话核实';
    form.requestSubmit();
}).observe(document.getElementById('drawer-body'), { childList: true })"""


def test_what_came_into_the_drawer_hears_the_first_press(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/list/")
    page.evaluate(PRESS_AT_ONCE)
    page.click("a.row-link >> nth=0")
    expect(page.locator("#drawer")).to_contain_text("138 0013 2013")


PRESS_WHILE_ASKING = """() => {
    document.dispatchEvent(new Event('list-changed'));
    document.querySelector('a.row-link').click();
}"""


def test_the_drawer_opens_over_a_list_that_is_just_drawn_anew(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/list/")
    page.evaluate(PRESS_WHILE_ASKING)
    expect(page.locator("#drawer-title")).to_be_focused()


def test_the_picker_takes_one_of_many(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/")
    page.focus("#id_union")
    page.keyboard.insert_text("海澄")
    expect(page.locator("#id_union-options [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    assert page.input_value("#id_union") == "海澄镇总工会"
    assert page.input_value("form:has(#id_union) input[name=union]") == "3"


def test_the_phone_opens_its_menu(phone, live_server):
    log_in(phone, live_server, officer())
    phone.goto(live_server.url + "/desk/")
    expect(phone.locator("#sidebar")).to_be_hidden()
    phone.click("header [data-menu=open]")
    expect(phone.locator("#sidebar")).to_be_visible()
    assert faults(phone) == []
    phone.keyboard.press("Escape")
    expect(phone.locator("#sidebar")).to_be_hidden()


def test_what_is_printed_is_what_the_address_says(page, live_server):
    log_in(page, live_server, officer())
    page.goto(live_server.url + "/desk/_gallery/list/")
    page.select_option("select[name=state]", "1")
    page.wait_for_url("**state=1**")
    page.click("[aria-label=打印]")
    expect(page.get_by_role("heading", name="会员（示例）")).to_be_visible()
    expect(page.locator("header")).to_contain_text("会籍：正常")
    assert faults(page) == []


def dropped(page, *files):
    """As from another window: names and sizes."""
    carried = page.evaluate_handle(
        """(files) => {
            const carried = new DataTransfer();
            for (const [name, size] of files) carried.items.add(new File([new Uint8Array(size)], name));
            return carried;
        }""",
        files,
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": carried})
    page.dispatch_event("main", "drop", {"dataTransfer": carried})


def test_a_file_is_dropped_anywhere_on_the_page(page, live_server):
    log_in(page, live_server, officer())
    said = complaints(page)
    page.goto(live_server.url + "/desk/_gallery/")
    zone = page.locator("[data-drop]").first
    dropped(page, ["花名册.xlsx", 2048])
    expect(zone).to_contain_text("花名册.xlsx（2.0 KB）")
    assert zone.locator("input").evaluate("input => input.files[0].name") == "花名册.xlsx"
    dropped(page, ["甲.xlsx", 1], ["乙.xlsx", 1])
    expect(page.locator("#toasts")).to_contain_text("一次请只放一个文件。")
    expect(zone).to_contain_text("把文件拖到这里")
    zone.evaluate("zone => { zone.dataset.most = '10'; }")
    dropped(page, ["太大.xlsx", 11])
    expect(page.locator("#toasts")).to_contain_text("文件太大（11 B），最大 10 B")
    assert zone.locator("input").evaluate("input => input.files.length") == 0
    assert said == []
