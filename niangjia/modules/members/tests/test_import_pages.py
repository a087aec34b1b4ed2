"""The importer's pages over the sheet of members: what each state shows, to whom, and what it lets be done."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from niangjia.engines.imports import committing
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.modules.members.models import Membership
from niangjia.modules.members.testing import identity_number, member
from niangjia.modules.members.tests.office import TEST, Office, again
from niangjia.modules.organisations.testing import officer

pytestmark = pytest.mark.django_db


def page(client: Client, batch: ImportBatch, query: str = "", **headers: str) -> str:
    response = client.get(f"/desk/imports/{batch.pk}/{query}", headers=headers)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.fixture
def office() -> Office:
    return Office()


# --- bringing a file ---


def test_the_template_has_our_columns(office: Office) -> None:
    response = office.browser(office.clerk).get("/desk/imports/templates/members.member/")
    sheet = openpyxl.load_workbook(BytesIO(response.content)).worksheets[0]
    assert {"姓名", "证件号码", "所属工会"} <= {str(cell.value).strip(" *") for cell in sheet[1]}
    assert "attachment" in response["Content-Disposition"]
    assert office.browser(office.clerk).get("/desk/imports/templates/no.such/").status_code == 404


def test_a_file_is_uploaded_for_ones_own_place(office: Office) -> None:
    client = office.browser(office.clerk)
    shown = client.get("/desk/imports/add/?sheet=members.member").content.decode()
    assert office.tree.north.name in shown
    content = "姓名,身份证号\r\n单小燕,1\r\n".encode("gb18030")
    file = SimpleUploadedFile("新会员.csv", content)
    sent = {"sheet": "members.member", "place": office.tree.north.pk, "file": file}
    response = client.post("/desk/imports/add/", sent)
    batch = ImportBatch.objects.unscoped(reason=TEST).get()
    assert response["Location"] == f"/desk/imports/{batch.pk}/"
    assert batch.headings == ["姓名", "身份证号"]
    assert "shared_phones" not in batch.options
    sent |= {
        "file": SimpleUploadedFile("再来.csv", content),
        "allow": ["members.member.shared_phones", "members.member.x"],
    }
    client.post("/desk/imports/add/", sent)
    again_sent = ImportBatch.objects.unscoped(reason=TEST).latest("pk")
    assert again_sent.options["shared_phones"] is True
    assert set(again_sent.options) == {"origin", "shared_phones"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("照片.png", b"\x89PNG\r\n\x1a\n" + b"0" * 50, "不能接收这种文件"),
        ("空.csv", b"", "请先选择文件"),
        ("", b"", "请先选择文件"),
    ],
)
def test_what_is_no_sheet_is_refused_beside_its_field(office: Office, name: str, content: bytes, said: str) -> None:
    sent = {"sheet": "members.member", "place": office.tree.north.pk}
    if name:
        sent["file"] = SimpleUploadedFile(name, content)
    response = office.browser(office.clerk).post("/desk/imports/add/", sent)
    assert response.status_code == 422
    shown = response.content.decode()
    assert said in shown or "空" in shown
    assert not ImportBatch.objects.unscoped(reason=TEST).exists()


def test_nobody_brings_a_file_for_another_place(office: Office) -> None:
    client = office.browser(office.clerk)
    sent = {
        "sheet": "members.member",
        "place": office.tree.south.pk,
        "file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n"),
    }
    assert client.post("/desk/imports/add/", sent).status_code == 403
    offered = client.get("/desk/imports/places/?q=工会").content.decode()
    assert office.tree.mill.name in offered
    assert office.tree.harbour.name not in offered


# --- matching ---


def test_columns_are_matched_and_told_how(office: Office) -> None:
    batch = office.upload([office.row("单小燕", 1)], headings="人员,身份证号,工会名称,入会时间")
    client = office.browser(office.clerk)
    shown = page(client, batch)
    assert "还缺必须有的列：姓名" in shown
    assert "按常见叫法认出" in shown
    part = client.get(
        f"/desk/imports/{batch.pk}/match/?column-name=1&column-document_number=1&column-post=99",
        headers={"HX-Request": "true", "HX-Target": "match"},
    ).content.decode()
    assert "<html" not in part
    assert part.count("这一列已经对给了别的内容") == 2
    twice = client.post(f"/desk/imports/{batch.pk}/match/", {"column-name": "1", "column-document_number": "1"})
    assert twice.status_code == 422
    assert again(batch).state == BatchState.UPLOADED
    sent = {"column-name": "0", "column-document_number": "1", "column-union": "2", "column-joined_on": "3"}
    assert client.post(f"/desk/imports/{batch.pk}/match/", sent).status_code == 302
    assert again(batch).state == BatchState.CHECKING


def test_only_who_brought_a_file_reads_its_cells(office: Office) -> None:
    batch = office.upload([office.row("单小燕", 1)])
    number = identity_number(date(1990, 2, 3), serial=1)
    assert number in page(office.browser(office.clerk), batch)
    assert number not in page(office.browser(office.chair), batch)


# --- while it works ---


def test_the_progress_asks_again_until_there_is_more_to_see(office: Office) -> None:
    batch, client = office.checked([office.row("单小燕", 1)]), office.browser(office.clerk)
    rows = ImportBatch.objects.unscoped(reason=TEST).filter(pk=batch.pk)
    rows.update(state=BatchState.CHECKING, step_done=400, step_total=1000)
    asked = {"HX-Request": "true", "HX-Target": "progress"}
    part = page(client, batch, **asked)
    assert 'hx-trigger="every 1s"' in part
    assert "400 / 1,000" in part
    rows.update(state=BatchState.CHECKED)
    done = client.get(f"/desk/imports/{batch.pk}/", headers=asked)
    assert done["HX-Refresh"] == "true"


def test_what_failed_says_so_and_goes_on(office: Office) -> None:
    batch, client = office.checked([office.row("单小燕", 1)]), office.browser(office.clerk)
    ImportBatch.objects.unscoped(reason=TEST).filter(pk=batch.pk).update(
        state=BatchState.FAILED, failed_in=BatchState.CHECKING, trouble="磁盘已满。"
    )
    shown = page(client, batch)
    assert "磁盘已满。" in shown
    assert "继续" in shown
    assert client.post(f"/desk/imports/{batch.pk}/resume/").status_code == 302
    assert again(batch).state == BatchState.CHECKING


# --- the preview ---


def test_refused_rows_are_paged_and_opened_by_reason(office: Office) -> None:
    rows = [f"第{n}人,,{office.tree.mill.name},2024-05-06" for n in range(60)]
    batch, client = office.checked([*rows, f"没有厂,{identity_number(serial=5)},无此工会,2024-05-06"]), None
    client = office.browser(office.clerk)
    shown = page(client, batch, "?outcome=refused")
    code = next(code for code, number in batch.problems.items() if number == 1)
    assert shown.count('data-label="文件的行"') == 50
    assert "after=51" in shown
    later = page(client, batch, "?outcome=refused&after=51", **{"HX-Request": "true", "HX-Target": "rows"})
    assert later.count('data-label="文件的行"') == 11
    assert "<html" not in later
    one = page(client, batch, f"?outcome=refused&code={code}")
    assert one.count('data-label="文件的行"') == 1
    assert "无此工会" in one


@pytest.mark.parametrize("query", ["?outcome=x", "?after=x", "?outcome=absent&after=%27", "?code=%25", "?after=-1", "?outcome=refused&code='"])  # fmt: skip
def test_addresses_made_up_by_hand_do_no_harm(office: Office, query: str) -> None:
    page(office.browser(office.clerk), office.checked([office.row("单小燕", 1)]), query)


def test_updates_show_old_and_new_without_full_numbers(office: Office) -> None:
    known = member(office.tree.mill, "林小燕", phone="12400001111")
    row = f"林小燕,{known.person.document_number},12400002222,{office.tree.mill.name}"
    batch = office.check(office.upload([row], headings="姓名,身份证号,手机,所属工会"))
    assert again(batch).outcomes == {"2": 1}
    shown = page(office.browser(office.clerk), batch, "?outcome=updated")
    assert "124****1111" in shown
    assert "124****2222" in shown
    assert "12400002222" not in shown
    assert known.person.document_number not in shown


def test_the_drawer_gives_way_to_the_page(office: Office) -> None:
    batch = office.checked([office.row("单小燕", 1)])
    response = office.browser(office.clerk).get(
        f"/desk/imports/{batch.pk}/", headers={"HX-Request": "true", "HX-Target": "drawer-body"}
    )
    assert response["HX-Redirect"] == f"/desk/imports/{batch.pk}/"


def test_the_same_file_again_is_said(office: Office) -> None:
    rows = [office.row("单小燕", 1)]
    office.checked(rows)
    assert "同样内容的文件" in page(office.browser(office.clerk), office.checked(rows))


def test_a_neighbours_batch_is_not_there(office: Office) -> None:
    batch, client = office.checked([office.row("单小燕", 1)]), office.browser(office.neighbour)
    assert client.get(f"/desk/imports/{batch.pk}/").status_code == 404
    for act in ("commit", "match", "drop", "take-back", "resume", "sheet", "absent", "check"):
        assert client.post(f"/desk/imports/{batch.pk}/{act}/").status_code == 404
    assert "花名册.csv" not in client.get("/desk/imports/").content.decode()
    assert again(batch).state == BatchState.CHECKED


# --- deciding ---


def test_a_form_sent_twice_writes_once(office: Office) -> None:
    batch, client = office.checked([office.row("单小燕", 1)]), office.browser(office.clerk)
    for _ in range(2):
        response = client.post(f"/desk/imports/{batch.pk}/commit/", {"_once": "a-token-of-the-test"})
        assert response.status_code == 302
    committing.commit(batch.pk, now=timezone.now())
    assert Membership.objects.unscoped(reason=TEST).filter(name="单小燕").count() == 1
    shown = page(client, batch)
    assert "新增 1 条" in shown
    assert "整批撤回" in shown
    assert client.post(f"/desk/imports/{batch.pk}/commit/").status_code == 409


def test_only_a_second_person_is_offered_the_approval(office: Office, settings) -> None:
    settings.IMPORT_APPROVAL_ROWS = 0
    batch = office.checked([office.row("单小燕", 1)])
    clerk, chair = office.browser(office.clerk), office.browser(office.chair)
    assert "提交审批" in page(clerk, batch)
    clerk.post(f"/desk/imports/{batch.pk}/commit/")
    assert "同意并写入" not in page(clerk, batch)
    assert "同意并写入" in page(chair, batch)
    assert "待审批的导入" in chair.get("/desk/").content.decode()
    assert "待审批的导入" not in clerk.get("/desk/").content.decode()
    assert clerk.post(f"/desk/imports/{batch.pk}/approve/").status_code == 403
    assert chair.post(f"/desk/imports/{batch.pk}/send-back/", {"reason": ""}).status_code == 409
    assert chair.post(f"/desk/imports/{batch.pk}/approve/").status_code == 302
    assert again(batch).state == BatchState.COMMITTING


def test_possible_leavers_end_with_a_reason_only(office: Office) -> None:
    known = member(office.tree.mill, "林小燕")
    batch, client = office.checked([office.row("单小燕", 1)]), office.browser(office.clerk)
    assert batch.absent == 1
    shown = page(client, batch, "?outcome=absent")
    assert "林小燕" in shown
    assert "不会自动变动" in shown
    sent = {"row": [known.pk], "reason": ""}
    assert client.post(f"/desk/imports/{batch.pk}/absent/", sent).status_code == 409
    known.refresh_from_db()
    assert known.status == 1
    assert client.post(f"/desk/imports/{batch.pk}/absent/", sent | {"reason": "已离职"}).status_code == 302
    known.refresh_from_db()
    assert known.status != 1


def test_what_was_taken_back_says_what_stayed(office: Office) -> None:
    batch, client = office.checked([office.row("单小燕", 1)]), office.browser(office.clerk)
    client.post(f"/desk/imports/{batch.pk}/commit/")
    committing.commit(batch.pk, now=timezone.now())
    assert client.post(f"/desk/imports/{batch.pk}/take-back/", {"reason": "拿错了表"}).status_code == 302
    committing.take_back(batch.pk, now=timezone.now())
    shown = page(client, batch)
    assert "拿错了表" in shown
    assert "恢复到导入以前的样子" in shown
    assert not Membership.objects.unscoped(reason=TEST).filter(name="单小燕").exists()


def test_lists_that_a_file_can_fill_offer_it(office: Office) -> None:
    clerk = office.browser(office.clerk)
    assert "/desk/imports/add/?sheet=members.member" in clerk.get("/desk/members/").content.decode()
    assert "/desk/imports/add/?sheet=organisations.employer" in clerk.get("/desk/employers/").content.decode()
    assert "整张导入" in clerk.get("/desk/members/").content.decode()
    assert "/desk/imports/add/" not in clerk.get("/desk/zones/").content.decode().replace('"/desk/imports/"', "")
    auditor = office.browser(officer("AUDITOR", office.tree.north, "沈雅琴"))
    assert "/desk/imports/" not in auditor.get("/desk/members/").content.decode()
