"""Taking a list away as a file, and setting up another system's layout, in a browser."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import pyzipper
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from niangjia.engines.exports.jobs import make_file
from niangjia.engines.exports.models import Export, ExportLayout
from niangjia.ui.testing import complaints, faults, faults_in_any_display, log_in
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def kept(page: Page, name: str) -> None:
    """For the eye: NIANGJIA_PICTURES=folder."""
    folder = os.environ.get("NIANGJIA_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_clerk_takes_the_filtered_roster_away(cast: Cast, page: Page, live_server: LiveServer) -> None:
    log_in(page, live_server, cast.officers["CLERK"])
    said = complaints(page)
    page.goto(live_server.url + "/desk/members/")
    page.locator("select[name=status]").select_option(label="正常")
    expect(page.locator("#list .chip")).to_contain_text("正常")
    page.get_by_role("link", name="导出").click()
    drawer = page.locator("#drawer")
    expect(drawer).to_contain_text("会员 · 会籍：正常")
    expect(drawer).to_contain_text("现在显示：姓名")
    password = drawer.get_by_label("文件口令").input_value()
    assert len(password) >= 10
    drawer.get_by_label("会员名册（可再导入）").check()
    drawer.get_by_label("CSV", exact=True).check()
    drawer.get_by_label("证件号码、手机号等完整显示").check()
    drawer.get_by_role("button", name="开始导出").click()
    expect(drawer.locator(".errors")).to_have_count(1)  # no reason yet
    assert drawer.get_by_label("文件口令").input_value() == password
    kept(page, "export-refused")
    assert faults(page) == []
    drawer.get_by_label("用途").fill("上报第四季度会员名册")
    drawer.get_by_role("button", name="开始导出").click()
    page.wait_for_url("**/desk/tasks/**")
    expect(page.locator("#task")).to_contain_text("可以离开这个页面")
    assert password not in page.content()
    make_file(Export.objects.get().pk)
    link = page.get_by_role("link", name="下载", exact=True)
    expect(link).to_be_visible()
    expect(page.locator("#task")).to_contain_text("打开时要输入您设的口令")
    kept(page, "export-done")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".zip")
    with pyzipper.AESZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        archive.setpassword(password.encode())
        text = archive.read(archive.namelist()[0]).decode("utf-8-sig")
    assert cast.corners["north_union"].person.document_number in text
    assert said == ["Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"]


@pytest.mark.parametrize("window", ["page", "phone"])
def test_the_pages_can_be_read_by_everybody(
    cast: Cast, live_server: LiveServer, request: pytest.FixtureRequest, window: str
) -> None:
    page: Page = request.getfixturevalue(window)
    log_in(page, live_server, cast.officers["CHAIR"])
    said = complaints(page)
    layout = ExportLayout.objects.unscoped(reason="the example").get(name__startswith="省")
    own = cast.corners["county"].export_layout
    for what, address in {
        "ask": "/desk/exports/add/?list=members.member&column=name&column=union&query=status%3D1",
        "ask-plain": "/desk/exports/add/?list=organisations.employer&column=name",
        "layouts": "/desk/export-layouts/",
        "add": "/desk/export-layouts/add/",
        "example": f"/desk/export-layouts/{layout.pk}/",
        "own": f"/desk/export-layouts/{own.pk}/",
    }.items():
        page.goto(live_server.url + address)
        kept(page, f"export-{what}-{window}")
        assert faults_in_any_display(page) == [], what
    assert said == []


def test_a_chair_sets_up_a_layout_of_the_county(cast: Cast, page: Page, live_server: LiveServer) -> None:
    log_in(page, live_server, cast.officers["CHAIR"])
    page.goto(live_server.url + "/desk/export-layouts/add/")
    page.get_by_label("名称").fill("市会员库格式")
    page.get_by_label("从哪里开始").select_option(label="照抄：省工会系统会员导入格式（示例）")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="市会员库格式")).to_be_visible()
    first = page.get_by_role("group", name="第 1 列：会员姓名")
    first.get_by_label("列名").fill("姓名（全称）")
    page.get_by_role("button", name="先看预览").click()
    expect(page.get_by_role("region", name="预览")).to_contain_text("姓名（全称）")
    assert ExportLayout.objects.unscoped(reason="saved").get(name="市会员库格式").columns[0]["heading"] == "会员姓名"
    second = page.get_by_role("group", name="第 2 列：性别代码")
    second.get_by_label("对应关系").fill("男：1")
    page.get_by_role("button", name="保存").click()
    expect(second.locator(".errors")).to_contain_text("请写成")
    second.get_by_label("对应关系").fill("男=M；女=F")
    second.get_by_label("序号").fill("1")
    page.get_by_role("group", name="第 1 列").get_by_label("序号").fill("2")
    page.get_by_role("group", name="第 14 列").get_by_label("去掉").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#toasts")).to_contain_text("已保存")
    row = ExportLayout.objects.unscoped(reason="saved").get(name="市会员库格式")
    assert [one["heading"] for one in row.columns[:2]] == ["性别代码", "姓名（全称）"]
    assert row.columns[0]["words"] == {"男": "M", "女": "F"}
    assert len(row.columns) == 13
    assert row.scope_id == cast.places["county"].pk
