"""A township's own roster is dropped onto the page, corrected, written, approved, and taken back."""

from __future__ import annotations

import base64
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from playwright.sync_api import Download, expect
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.modules.members.models import Membership
from niangjia.modules.members.testing import identity_number
from niangjia.ui.testing import faults, settled
from tests.journeys.conftest import County, Desk

pytestmark = pytest.mark.django_db(transaction=True)
TEST = "the test's own world"

DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name));
    return carried;
}"""


def drop(desk: Desk, name: str, content: bytes) -> None:
    """As a hand would from another window."""
    carried = desk.page.evaluate_handle(DROP, [name, base64.b64encode(content).decode()])
    desk.page.dispatch_event("main", "drop", {"dataTransfer": carried})
    expect(desk.page.locator("[data-drop-name]")).to_contain_text(name)


def work() -> None:
    """What a worker would do now."""
    for job in ProcrastinateJob.objects.filter(status="todo", task_name__startswith="imports.").order_by("id"):
        app.tasks[job.task_name](**job.args)
        with connection.cursor() as cursor:
            cursor.execute("update procrastinate_jobs set status = 'doing' where id = %s", [job.pk])
            cursor.execute("update procrastinate_jobs set status = 'succeeded' where id = %s", [job.pk])


def latest() -> ImportBatch:
    return ImportBatch.objects.unscoped(reason=TEST).latest("pk")


def workbook_of(download: Download) -> list[tuple[object, ...]]:
    """The rows of a workbook that the browser fetched."""
    return list(openpyxl.load_workbook(BytesIO(Path(download.path()).read_bytes())).active.values)


def serial(day: date) -> int:
    """How a spreadsheet keeps a day."""
    return (day - date(1899, 12, 30)).days


def township_workbook(county: County, known: Membership) -> tuple[bytes, dict[str, str]]:
    """A title above the headings, headings of its own, dates as numbers, and the faults that every such file has."""
    numbers = {name: identity_number(date(1991, 3, 5), woman=True, serial=900 + n) for n, name in enumerate("甲乙丙丁")}
    union, joined = county.union.name, serial(date(2024, 5, 6))
    wrong = numbers["丙"][:-1] + ("0" if numbers["丙"][-1] != "0" else "1")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([f"{county.township.name}2026年会员花名册"])
    sheet.merge_cells("A1:H1")
    sheet.append(["序号", "人员", "身份证号", "电话", "工会名称", "入会时间", "干什么活", "填表人"])
    rows = (
        ("单小燕", numbers["甲"], "12400007001", union, joined, "客服", "老周"),
        ("仇小梅", numbers["乙"], "12400007002", union, joined, "骑手", "老周"),
        ("曾丽丽", wrong, "12400007003", union, joined, "骑手", "老周"),
        ("查小芳", 123456789012345678, "12400007004", union, joined, "骑手", "老周"),
        ("解文文", numbers["丁"], "12400007005", "没有这个厂的工会", joined, "骑手", "老周"),
        ("单小燕", numbers["甲"], "12400007001", union, joined, "客服", "老周"),
        (known.person.name, known.person.document_number, "12400007777", union, None, known.post, "老周"),
    )
    for number, row in enumerate(rows, start=1):
        sheet.append([number, *row])
    written = BytesIO()
    book.save(written)
    return written.getvalue(), numbers


def a_member_of(county: County) -> Membership:
    rows = Membership.objects.unscoped(reason=TEST).filter(scope=county.union.scope, status=1)
    return rows.select_related("person").order_by("pk").first()


def test_an_organiser_drops_the_townships_roster(county: County, desk):
    known = a_member_of(county)
    content, numbers = township_workbook(county, known)
    organiser = desk("zujian")
    uploads(organiser, content)
    matches_columns(organiser)
    looks_at_the_preview(organiser, numbers)
    fetches_the_refused_rows(organiser)
    writes_and_takes_back(organiser, known)
    # how this place calls its columns is remembered
    organiser.go("/desk/imports/add/?sheet=members.member")
    organiser.pick("place", county.township.name[-6:])
    drop(organiser, "2026会员花名册.xlsx", content)
    organiser.press("上传")
    organiser.sees("上次这样对的")


def uploads(organiser: Desk, content: bytes) -> None:
    """From the list of members to the place of the file; the template on the way."""
    page = organiser.page
    organiser.go("/desk/members/")
    organiser.follow("导入")
    expect(page.get_by_label("会员名册", exact=True)).to_be_checked()
    with page.expect_download() as template:
        page.get_by_role("link", name="下载会员名册模板").click()
    assert "姓名" in str(workbook_of(template.value)[0][0])
    organiser.pick("place", organiser.county.township.name[-6:])
    drop(organiser, "2026会员花名册.xlsx", content)
    organiser.press("上传")


def matches_columns(organiser: Desk) -> None:
    """What a township calls its columns: most are known, one required one isn't."""
    page = organiser.page
    organiser.sees("还缺必须有的列：姓名")
    organiser.sees("按常见叫法认出")
    assert faults(page) == []
    page.get_by_label("姓名").select_option(label="身份证号")
    organiser.sees("文件里的一列只能对一次")
    page.get_by_label("姓名").select_option(label="人员")
    page.get_by_label("岗位").select_option(label="干什么活")
    organiser.sees("必须有的列都对上了")
    settled(page)
    expect(page.get_by_label("岗位").locator("option:checked")).to_have_text("干什么活")
    organiser.press("开始检查")
    organiser.sees("可以关闭这个页面")
    work()


def looks_at_the_preview(organiser: Desk, numbers: dict[str, str]) -> None:
    """The page went on by itself; each bad row is explained, nothing is written."""
    page = organiser.page
    expect(page.get_by_role("heading", name="退回的原因")).to_be_visible()
    assert faults(page) == []
    batch = latest()
    assert batch.outcomes == {"0": 4, "1": 2, "2": 1}, batch.outcomes
    rows = page.get_by_role("region", name="逐行结果").get_by_role("row")
    for label, reason in (("曾", "校验位"), ("查", "科学计数法"), ("解", "没有找到"), ("单", "第 3 行")):
        expect(rows.filter(has_text=label).first).to_contain_text(reason)
    organiser.sees_not(numbers["甲"])
    page.get_by_role("navigation", name="按结果看").get_by_role("link", name="更新").click()
    expect(page.locator("#rows")).to_contain_text("移动电话")
    organiser.sees_not("12400007777")
    assert not Membership.objects.unscoped(reason=TEST).filter(name="仇小梅").exists()


def fetches_the_refused_rows(organiser: Desk) -> None:
    """As they stood in the file, each with its reasons."""
    with organiser.page.expect_download() as refused:
        organiser.page.get_by_role("link", name="下载退回的行").click()
    back = workbook_of(refused.value)
    assert back[0][:3] == ("序号", "人员", "身份证号")
    assert [row[1] for row in back[1:]] == ["曾丽丽", "查小芳", "解文文", "单小燕"]
    assert all(row[-1] for row in back[1:])


def writes_and_takes_back(organiser: Desk, known: Membership) -> None:
    page, county, batch = organiser.page, organiser.county, latest()
    organiser.press("写入名册")
    page.get_by_role("dialog").get_by_role("button", name="写入名册").click()
    organiser.sees("正在写入")
    work()
    organiser.sees("新增 2 条、更新 1 条")
    assert faults(page) == []
    assert a_member_of(county).person.phone == "12400007777"
    organiser.follow("看看名册")
    page.locator("#list-search").fill("仇小梅")
    expect(page.locator("[data-row]")).to_contain_text(["仇小梅"])
    organiser.go(f"/desk/imports/{batch.pk}/")
    organiser.press("整批撤回")
    page.get_by_role("dialog").get_by_label("原因").fill("拿错了年份的表")
    page.get_by_role("dialog").get_by_role("button", name="撤回").click()
    organiser.sees("正在撤回")
    work()
    organiser.sees("名册恢复到导入以前的样子")
    assert faults(page) == []
    assert not Membership.objects.unscoped(reason=TEST).filter(name="仇小梅").exists()
    assert a_member_of(county).person.phone == known.person.phone


def test_a_large_batch_waits_for_a_second_person(county: County, desk, settings):
    settings.IMPORT_APPROVAL_ROWS = 1
    rows = "".join(
        f"{name},{identity_number(date(1990, 2, 3), serial=950 + n)},{county.union.name},2024年5月6日\r\n"
        for n, name in enumerate(("单小燕", "仇小梅"))
    )
    content = f"姓名,身份证号,工会名称,入会时间\r\n{rows}".encode("gb18030")
    clerk = desk("jingban")
    clerk.go("/desk/imports/add/")
    drop(clerk, "新会员.csv", content)
    clerk.press("上传")
    clerk.press("开始检查")
    clerk.sees("可以关闭这个页面")
    work()
    clerk.press("提交审批")
    clerk.page.get_by_role("dialog").get_by_role("button", name="提交审批").click()
    clerk.sees("已提交审批")
    clerk.sees("要由另一位负责人同意后才写入")
    expect(clerk.page.get_by_role("button", name="同意并写入")).to_have_count(0)
    # the second person is told, looks, and says no
    chair = desk("zhenzhuxi")
    chair.page.get_by_role("main").get_by_role("link", name="待审批的导入").click()
    chair.page.locator(".row-link").filter(has_text="新会员.csv").click()
    chair.sees("等待审批")
    assert faults(chair.page) == []
    chair.press("退回")
    chair.page.get_by_role("dialog").get_by_label("原因").fill("请先和企业核对人数")
    chair.page.get_by_role("dialog").get_by_role("button", name="退回").click()
    chair.sees("已退回给经办人")
    clerk.page.reload()
    clerk.sees("请先和企业核对人数")
    # asked again, and agreed to
    clerk.press("提交审批")
    clerk.page.get_by_role("dialog").get_by_role("button", name="提交审批").click()
    clerk.sees("等待审批")
    chair.page.reload()
    chair.press("同意并写入")
    chair.page.get_by_role("dialog").get_by_role("button", name="同意并写入").click()
    chair.sees("正在写入")
    work()
    chair.sees("新增 2 条")
    batch = latest()
    assert batch.state == BatchState.DONE
    assert batch.approver_name == county.user("zhenzhuxi").name
    assert Membership.objects.unscoped(reason=TEST).filter(name="仇小梅", scope=county.union.scope).exists()


def test_the_keyboard_and_a_phone_are_enough(county: County, desk):
    """No file is dropped here: the zone is an ordinary field."""
    clerk = desk("jingban", width=390, height=844)
    page = clerk.page
    clerk.go("/desk/imports/")
    assert faults(page) == []
    clerk.go("/desk/imports/add/")
    clerk.press("上传")
    clerk.sees("请先选择文件")
    assert faults(page) == []
    content = f"姓名,身份证号,工会名称,入会时间\r\n,,{county.union.name},2024-05-06\r\n".encode()
    page.get_by_label("文件").set_input_files({"name": "空.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator("[data-drop-name]")).to_contain_text("空.csv")
    page.get_by_role("button", name="上传").focus()
    page.keyboard.press("Enter")
    clerk.sees("必须有的列都对上了")
    assert faults(page) == []
    page.get_by_role("button", name="开始检查").first.focus()
    page.keyboard.press("Enter")
    clerk.sees("可以关闭这个页面")
    work()
    clerk.sees("没有要写入的行")
    assert faults(page) == []
    clerk.press("放弃这一批")
    page.get_by_role("dialog").get_by_role("button", name="放弃").click()
    clerk.sees("已放弃")
    assert latest().state == BatchState.DROPPED
