"""No file says a word of what stands elsewhere in the tree, whatever is written into the address."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
import pyzipper
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.exports.jobs import make_file
from niangjia.engines.exports.models import Export, ExportLayout
from niangjia.engines.exports.queries import asked, layouts_for
from niangjia.kernel.errors import NotPermitted
from niangjia.kernel.files.queries import open_file
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.lists.spec import registered
from tests.cast import Cast
from tests.leaks.reading import words_in

PASSWORD = "k7mp-3wth-9xpd"
EXPORTERS = ("CHAIR", "CLERK", "ENTERPRISE_CLERK", "AUDITOR")


def taken_away(cast: Cast, job: str, list_name: str, layout: str, *, kind: str, within: str, query: str) -> str:
    """All that stands in the file, by way of the page; empty where there are no rows."""
    form = {
        "list": list_name, "query": query, "within": within, "layout": layout, "kind": kind, "reason": "核对有没有泄露",
        "password": PASSWORD, "in_full": "on",
    }  # fmt: skip
    response = cast.client(job).post(reverse("exports:export_add"), form)
    if response.status_code == 422:
        assert "没有记录" in response.content.decode()
        return ""
    assert response.status_code == 302, response.content.decode()
    task_id = int(re.search(r"\d+", response.headers["Location"])[0])
    make_file(Export.objects.get(task_id=task_id).pk)
    task = BackgroundTask.objects.get(pk=task_id)
    assert task.file_id, task.result
    stored, file = open_file(task.file_id, cast.actor(job), now=timezone.now())
    raw = file.read()
    if stored.name.endswith(".zip"):
        with pyzipper.AESZipFile(io.BytesIO(raw)) as archive:
            archive.setpassword(PASSWORD.encode())
            raw = archive.read(archive.namelist()[0])
    if not raw.startswith(b"PK"):
        return raw.decode("utf-8-sig", "replace") if raw.startswith(b"\xef") else raw.decode("gb18030")
    sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
    return "\n".join(str(cell or "") for row in sheet.iter_rows(values_only=True) for cell in row)


@pytest.mark.parametrize("job", EXPORTERS)
def test_every_list_by_every_layout_stays_within_sight(cast: Cast, job: str) -> None:
    foreign = cast.foreign_words(job)
    wrong, files = [], 0
    for spec in registered():
        try:
            wanted = asked(spec.name, query="", within="", keys=(), actor=cast.actor(job))
        except NotPermitted:
            continue
        for layout in layouts_for(wanted):
            everything = cast.places["city"].scope.path
            text = taken_away(cast, job, spec.name, layout.code, kind="csv", within=everything, query="status=all&x=1")
            files += bool(text)
            said = words_in(text, foreign)
            if said:
                wrong.append(f"{spec.name} {layout.code} says {said}")
    assert files > 15
    assert not wrong, "\n".join(wrong)


def test_the_words_would_be_found(cast: Cast) -> None:
    """A test that can't fail shows nothing."""
    text = taken_away(cast, "CHAIR", "members.member", "roster", kind="xlsx", within="", query="")
    for name in ("north_union", "south_union"):
        corner = cast.corners[name]
        assert corner.person.name in text
        assert corner.person.document_number in text
    assert cast.corners["city"].person.name not in text


def test_a_layout_of_a_neighbour_is_not_offered(cast: Cast) -> None:
    wanted = asked("members.member", query="", within="", keys=(), actor=cast.actor("CLERK"))
    names = {one.name for one in layouts_for(wanted)}
    assert {"上级报送格式", cast.corners["county"].export_layout.name, "会员名册（可再导入）"} <= names
    assert not {cast.corners[one].export_layout.name for one in ("other_county", "south_union")} & names
    other: ExportLayout = cast.corners["other_county"].export_layout
    form = {"list": "members.member", "layout": f"layout:{other.pk}", "kind": "csv", "reason": "核对有没有泄露"}
    response = cast.client("CLERK").post(reverse("exports:export_add"), {**form, "password": PASSWORD})
    assert response.status_code == 422
    assert not Export.objects.exists()


def test_the_page_offers_full_numbers_only_with_the_right(cast: Cast) -> None:
    address = f"{reverse('exports:export_add')}?list=members.member&column=name"
    assert 'name="in_full"' in cast.client("CLERK").get(address).content.decode()
    assert 'name="in_full"' not in cast.client("AUDITOR").get(address).content.decode()
    form = {"list": "members.member", "layout": "roster", "kind": "csv", "reason": "年度审计抽查", "password": PASSWORD}
    client = cast.client("AUDITOR")
    assert client.post(reverse("exports:export_add"), {**form, "in_full": "on"}).status_code == 302
    assert Export.objects.get().in_full is False


def test_only_those_who_may_export_see_the_button(cast: Cast) -> None:
    for job, shown in (("CHAIR", True), ("AUDITOR", True), ("HOTLINE_OPERATOR", False)):
        assert ("data-list-export" in cast.client(job).get("/desk/members/").content.decode()) is shown


NAMES_OF_OFFICE = {"organisations.officer"}  # who holds which office is no private matter


def test_files_about_people_are_locked() -> None:
    """A list that names private people says so, or its files would lie open."""
    wrong = [
        f"{spec.name}.{column.key}"
        for spec in registered()
        for column in spec.columns
        if column.label in {"姓名", "申请人", "会员", "手机", "手机号", "移动电话", "手机尾号", "证件号码"}
        and not column.personal
        and spec.name not in NAMES_OF_OFFICE
    ]
    assert not wrong
