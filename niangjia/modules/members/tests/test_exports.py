"""Members as a file: what stands in it, who may have it, and what is left behind when it goes wrong."""

from __future__ import annotations

import errno
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pyzipper
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from niangjia.engines.exports import jobs, writing
from niangjia.engines.exports.actions import Wish, ask_for_export, new_password
from niangjia.engines.exports.models import Export, ExportLayout
from niangjia.engines.exports.queries import asked
from niangjia.engines.exports.source import source_of
from niangjia.engines.imports.sheet import Outcome
from niangjia.kernel.access.models import Grant
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.crypto.masks import mask_identity, mask_phone
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.files.queries import open_file
from niangjia.kernel.jobs.models import BackgroundTask, TaskState
from niangjia.kernel.sheets.reading import open_sheet
from niangjia.modules.members.actions import MembershipFacts, admit_member, change_membership
from niangjia.modules.members.models import Platform
from niangjia.modules.members.rules import Change
from niangjia.modules.members.sheets.columns import COLUMNS
from niangjia.modules.members.testing import member, person_facts
from niangjia.modules.members.tests.rosters import Roster, row
from niangjia.modules.organisations.testing import Tree, acting_as, officer, small_tree

PASSWORD = "k7mp-3wth-9xpd"
WISH = Wish(layout="shown", kind="csv", reason="上报第四季度名册", password=PASSWORD)
ROSTER = Wish(layout="roster", kind="csv", reason="上报第四季度名册", password=PASSWORD)


@pytest.fixture
def tree(db: None) -> Tree:
    return small_tree()


@pytest.fixture
def clerk(tree: Tree) -> Any:
    return officer("CLERK", tree.north, "钱经办")


def exported(
    user: Any, wish: Wish = WISH, *, name: str = "members.member", query: str = "", within: str = "", keys: Any = ()
) -> BackgroundTask:
    actor = actor_of(user.pk, now=timezone.now())
    wanted = asked(name, query=query, within=within, keys=keys, actor=actor)
    task = ask_for_export(wanted, wish, query=query, actor=actor, now=timezone.now())
    jobs.make_file(Export.objects.get(task_id=task.pk).pk)
    task.refresh_from_db()
    return task


def content(task: BackgroundTask, password: str = PASSWORD) -> bytes:
    assert task.state == TaskState.DONE, task.result
    stored, file = open_file(task.file_id, actor_of(task.user_id, now=timezone.now()), now=timezone.now())
    raw = file.read()
    if not stored.name.endswith(".zip"):
        return raw
    with pyzipper.AESZipFile(io.BytesIO(raw)) as archive:
        archive.setpassword(password.encode())
        return archive.read(archive.namelist()[0])


def rows_of(task: BackgroundTask, tmp_path: Path) -> list[dict[str, str]]:
    raw = content(task)
    path = tmp_path / f"{task.pk}.bin"
    path.write_bytes(raw)
    sheet = open_sheet(path, "名册.xlsx" if raw.startswith(b"PK") else "名册.csv")
    return [dict(zip(sheet.headings, cells, strict=True)) for _, cells in sheet.rows()]


def test_the_columns_on_the_screen_for_all_rows_in_sight(tree, clerk, tmp_path):
    member(tree.mill, "林小燕")
    member(tree.mill, "陈志强")
    member(tree.harbour, "黄海生")
    task = exported(clerk, keys=("name", "union", "joined_on"))
    rows = rows_of(task, tmp_path)
    assert [row["姓名"] for row in rows] == ["陈志强", "林小燕"]
    assert set(rows[0]) == {"姓名", "所在工会", "入会日期"}
    assert rows[0]["所在工会"] == tree.mill.name
    assert "共 2 行" in task.result
    assert "口令" in task.result
    stored = StoredFile.objects.get(pk=task.file_id)
    assert stored.name.endswith(".zip")
    assert timedelta(days=6) < stored.expires_at - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_roster_is_masked_unless_asked_for_in_full(tree, clerk, tmp_path, kind):
    who = member(tree.mill, "林小燕", phone="12400000001").person
    wish = Wish("roster", kind, "上报第四季度名册", password=PASSWORD)
    masked = rows_of(exported(clerk, wish), tmp_path)[0]
    assert list(masked) == [column.heading for column in COLUMNS]
    assert (masked["证件号码"], masked["移动电话"]) == (mask_identity(who.document_number), mask_phone(who.phone))
    wish = Wish("roster", kind, "上报第四季度名册", in_full=True, password=PASSWORD)
    full = rows_of(exported(clerk, wish), tmp_path)[0]
    assert (full["证件号码"], full["移动电话"]) == (who.document_number, who.phone)
    assert (full["性别"], full["出生日期"], full["证件类型"]) == ("男", "1990-05-17", "居民身份证")
    assert (full["所属工会"], full["会籍状态"]) == (tree.mill.name, "正常")


def test_nobody_gets_full_numbers_without_the_right_to_see_them(tree):
    member(tree.mill)
    auditor = officer("AUDITOR", tree.county, "李经审")
    with pytest.raises(NotPermitted):
        exported(auditor, Wish("roster", "csv", "年度审计抽查", in_full=True, password=PASSWORD))
    assert not Export.objects.exists()


def test_a_job_that_sees_but_may_not_export_gives_nothing_to_one_that_may(tree, tmp_path):
    """A clerk of one township who takes the county's calls sees all of it, and takes away only the township's."""
    user = officer("CLERK", tree.north)
    Grant.objects.create(
        user=user, job="HOTLINE_OPERATOR", scope=tree.county.scope, from_on=date(2020, 1, 1), granted_at=timezone.now()
    )
    member(tree.mill, "林小燕")
    member(tree.harbour, "黄海生")
    assert [row["姓名"] for row in rows_of(exported(user), tmp_path)] == ["林小燕"]
    operator = officer("HOTLINE_OPERATOR", tree.county, "周话务")
    with pytest.raises(NotPermitted):
        exported(operator)


def test_the_union_that_somebody_left_takes_nothing_more_of_them_away(tree, tmp_path):
    left = member(tree.mill, "林小燕", phone="12400000001")
    change_membership(
        left.pk, change=Change.LEFT, on=date(2026, 1, 5), reason="换了工作", actor=acting_as("CLERK", tree.north),
        now=timezone.now(),
    )  # fmt: skip
    wish = Wish("roster", "csv", "核对离会人员", in_full=True, password=PASSWORD)
    north = officer("CLERK", tree.north)
    assert rows_of(exported(north, wish, query="status=all"), tmp_path)[0]["移动电话"] == "12400000001"
    facts = person_facts("林小燕", document_number=left.person.document_number, phone="12400000002")
    admit_member(
        organisation_id=tree.harbour.pk, person=facts, membership=MembershipFacts(joined_on=date(2026, 2, 1)),
        actor=acting_as("CLERK", tree.south), now=timezone.now(),
    )  # fmt: skip
    row = rows_of(exported(north, wish, query="status=all"), tmp_path)[0]
    assert (row["姓名"], row["会籍状态"]) == ("林小燕", "退会")
    assert not any(row[heading] for heading in ("证件号码", "移动电话", "出生日期", "性别"))
    county = rows_of(exported(officer("CHAIR", tree.county), wish, query="status=all"), tmp_path)
    assert {row["移动电话"] for row in county} == {"12400000002"}


def test_filters_search_and_place_hold_for_the_file(tree, tmp_path):
    chair = officer("CHAIR", tree.county)
    member(tree.mill, "林小燕", categories=[2])
    member(tree.mill, "陈志强")
    member(tree.harbour, "林海", categories=[2])
    assert len(rows_of(exported(chair), tmp_path)) == 3
    assert [row["姓名"] for row in rows_of(exported(chair, query="category=2&after=x&view=9"), tmp_path)] == [
        "林海",
        "林小燕",
    ]
    assert [row["姓名"] for row in rows_of(exported(chair, query="q=林小燕"), tmp_path)] == ["林小燕"]
    within = tree.north.scope.path
    assert [row["姓名"] for row in rows_of(exported(chair, query="category=2", within=within), tmp_path)] == ["林小燕"]
    with pytest.raises(Missing):
        exported(chair, within="1.2.3); drop")
    with pytest.raises(Refused, match="没有记录"):
        exported(chair, query="category=14")


def test_the_trail_says_who_took_what_and_why_and_no_number(tree, clerk):
    someone = member(tree.mill, "林小燕", phone="12400000001").person
    exported(clerk, ROSTER, query=f"q={someone.document_number}")
    begun, done = AuditEntry.objects.filter(verb__startswith="exports.list").order_by("pk")
    assert (begun.verb, done.verb) == ("exports.list.asked", "exports.list.exported")
    assert str(done.path) == tree.north.scope.path
    assert (done.actor_name, done.reason) == ("钱经办", ROSTER.reason)
    assert done.after["rows"] == 1
    assert done.after["in_full"] is False
    assert "证件号码" in done.after["headings"]
    assert "会员" in done.after["said"]
    assert someone.document_number not in str(begun.after) + str(done.after)
    export = Export.objects.get()
    assert (export.password, export.rows) == ("", 1)
    with connection.cursor() as cursor:
        cursor.execute("select password, query from exports_export")
        password, query = cursor.fetchone()
    assert password is None
    assert someone.document_number.encode() not in bytes(query)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "看看"}, "reason"),
        ({"password": "short"}, "password"),
        ({"password": "口令口令口令口令口令"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"kind": "pdf"}, "kind"),
    ],
)
def test_wishes_that_are_refused(tree, clerk, change, field):
    member(tree.mill)
    with pytest.raises(Refused) as refused:
        exported(
            clerk, Wish(**{"layout": "shown", "kind": "csv", "reason": "上报名册", "password": PASSWORD, **change})
        )
    assert refused.value.field == field
    assert not BackgroundTask.objects.exists()


def test_generated_passwords_pass_the_rule_and_differ():
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 14 for one in made)


def test_the_password_waits_sealed_until_the_file_is_locked(tree, clerk):
    member(tree.mill)
    actor = actor_of(clerk.pk, now=timezone.now())
    wanted = asked("members.member", query="", within="", keys=(), actor=actor)
    ask_for_export(wanted, WISH, query="", actor=actor, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "select password, (select string_agg(args::text, ' ') from procrastinate_jobs) from exports_export"
        )
        sealed, arguments = cursor.fetchone()
    assert PASSWORD.encode() not in bytes(sealed)
    assert PASSWORD not in arguments
    assert Export.objects.get().password == PASSWORD


def waiting(user: Any, wish: Wish = WISH) -> Export:
    actor = actor_of(user.pk, now=timezone.now())
    wanted = asked("members.member", query="", within="", keys=(), actor=actor)
    task = ask_for_export(wanted, wish, query="", actor=actor, now=timezone.now())
    return Export.objects.get(task_id=task.pk)


def task_of(export: Export) -> BackgroundTask:
    return BackgroundTask.objects.get(pk=export.task_id)


def test_a_grant_that_ended_meanwhile_ends_the_export(tree, clerk):
    member(tree.mill)
    export = waiting(clerk)
    Grant.objects.unscoped(reason="the test's own").filter(user=clerk).update(ended_at=timezone.now())
    jobs.make_file(export.pk)
    task = task_of(export)
    assert (task.state, task.file_id) == (TaskState.FAILED, None)
    assert "权限" in task.result
    assert Export.objects.get().password == ""
    assert AuditEntry.objects.filter(verb="exports.list.failed", path=tree.north.scope.path).count() == 1


def test_a_grant_that_ends_while_the_file_is_written_keeps_it_back(tree, clerk, monkeypatch):
    member(tree.mill)
    export, lock = waiting(clerk), writing.lock_in_zip

    def end_first(*args: Any) -> None:
        Grant.objects.unscoped(reason="the test's own").filter(user=clerk).update(ended_at=timezone.now())
        lock(*args)

    monkeypatch.setattr(writing, "lock_in_zip", end_first)
    jobs.make_file(export.pk)
    assert task_of(export).state == TaskState.FAILED
    assert not StoredFile.objects.exists()


def test_a_second_run_makes_no_second_file(tree, clerk):
    member(tree.mill)
    task = exported(clerk)
    jobs.make_file(Export.objects.get().pk)
    assert StoredFile.objects.count() == 1
    assert AuditEntry.objects.filter(verb="exports.list.exported").count() == 1
    assert BackgroundTask.objects.get(pk=task.pk).file_id == task.file_id


def test_what_a_killed_worker_left_is_thrown_away(tree, clerk):
    member(tree.mill)
    export = waiting(clerk)
    left = settings.FILES_ROOT / ".exports" / f"{export.pk}-left"
    left.mkdir(parents=True)
    (left / "会员.csv").write_text("林小燕,half")
    jobs.make_file(export.pk)
    assert task_of(export).state == TaskState.DONE
    assert list((settings.FILES_ROOT / ".exports").glob(f"{export.pk}-*")) == []


@pytest.mark.parametrize("where", ["store", "write_sheet"])
def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(tree, clerk, monkeypatch, where):
    member(tree.mill)
    export = waiting(clerk)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, where, full)
    jobs.make_file(export.pk)
    assert "磁盘空间不足" in task_of(export).result
    assert Export.objects.get().password == ""
    assert list((settings.FILES_ROOT / ".exports").glob(f"{export.pk}-*")) == []
    assert not StoredFile.objects.exists()


def test_an_export_that_was_given_up_is_forgotten(tree, clerk):
    member(tree.mill)
    export = waiting(clerk)
    Export.objects.update(created_at=timezone.now() - timedelta(days=2))
    left = settings.FILES_ROOT / ".exports" / f"{export.pk}-left"
    left.mkdir(parents=True)
    jobs.clear(0)
    assert Export.objects.get().password == ""
    assert task_of(export).state == TaskState.FAILED
    assert not left.exists()


def test_only_the_owner_opens_the_file(tree, clerk):
    member(tree.mill)
    task = exported(clerk)
    other = officer("CHAIR", tree.county, "郑主席")
    with pytest.raises(Missing):
        open_file(task.file_id, actor_of(other.pk, now=timezone.now()), now=timezone.now())
    later = timezone.now() + timedelta(days=8)
    with pytest.raises(Missing):
        open_file(task.file_id, actor_of(clerk.pk, now=later), now=later)
    with pytest.raises(RuntimeError):
        content(task, "another-password")


def test_queries_stay_flat_and_batches_keep_the_order(tree, clerk, monkeypatch, tmp_path):
    for n in range(24):
        member(tree.mill, f"林{'一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑寅卯'[n]}")
    monkeypatch.setattr(writing, "BATCH", 24)
    whole, once = waiting(clerk, ROSTER), waiting(clerk, ROSTER)
    with CaptureQueriesContext(connection) as one_batch:
        jobs.make_file(whole.pk)
    monkeypatch.setattr(writing, "BATCH", 4)
    with CaptureQueriesContext(connection) as six_batches:
        jobs.make_file(once.pk)
    each = (len(six_batches) - len(one_batch)) / 5
    assert each <= 8
    assert rows_of(task_of(whole), tmp_path) == rows_of(task_of(once), tmp_path)


def test_too_many_rows_for_a_worksheet_are_refused_at_once(tree, clerk, monkeypatch):
    member(tree.mill, "林小燕")
    member(tree.mill, "陈志强")
    monkeypatch.setattr(writing, "MOST_SHEET_ROWS", 2)
    task = exported(clerk, Wish("shown", "xlsx", "上报名册", password=PASSWORD))
    assert task.state == TaskState.FAILED
    assert "CSV" in task.result


# --- layouts of other systems ---


def layout(name: str) -> ExportLayout:
    return ExportLayout.objects.unscoped(reason="the examples").get(name__startswith=name)


@pytest.mark.django_db
def test_the_examples_are_made_of_fields_that_there_are():
    for one in ExportLayout.objects.unscoped(reason="the examples"):
        known = source_of(one.list_name).known
        assert one.as_layout().sources <= known.keys()
        assert len(source_of(one.list_name).samples(one.as_layout().columns)) == 5
    assert ExportLayout.objects.unscoped(reason="the examples").count() == 3


def test_the_provinces_layout(tree, clerk, tmp_path):
    member(tree.mill, "林小燕", joined_on=date(2024, 3, 1))
    wish = Wish(f"layout:{layout('省').pk}", "csv", "报送省系统", in_full=True, password=PASSWORD)
    task = exported(clerk, wish)
    assert StoredFile.objects.get(pk=task.file_id).name.startswith("省工会系统")
    row = rows_of(task, tmp_path)[0]
    assert (row["性别代码"], row["出生年月日"], row["入会时间"]) == ("1", "19900517", "20240301")
    assert (row["证件种类代码"], row["会籍状态代码"], row["民族"], row["数据来源"]) == ("111", "01", "不详", "地方平台")


def test_the_registers_layout_is_gb18030(tree, clerk):
    member(tree.mill, "林小燕")
    wish = Wish(f"layout:{layout('全国').pk}", "xlsx", "报送实名库", password=PASSWORD)
    assert content(exported(clerk, wish)).decode("gb18030").splitlines()[0].startswith("XM,XB,ZJLX")


def test_the_statistics_count_what_stands_below_and_need_no_password(tree, tmp_path):
    chair = officer("CHAIR", tree.county)
    member(tree.mill, "林小燕", categories=[2])
    member(tree.mill, "陈志强")
    member(tree.harbour, "黄海生", categories=[6])
    wish = Wish(f"layout:{layout('工会统计').pk}", "xlsx", "年报统计")
    task = exported(chair, wish, name="organisations.organisation")
    assert StoredFile.objects.get(pk=task.file_id).name.endswith(".xlsx")
    path = tmp_path / "a.xlsx"
    path.write_bytes(content(task))
    rows = list(open_sheet(path, "a.xlsx", known={"填报单位", "会员人数"}).rows())
    by_name = {cells[0]: cells[4:9] for _, cells in rows}
    assert by_name[tree.county.name] == ["3", "0", "0", "1", "1"]
    assert by_name[tree.north.name] == ["2", "0", "0", "1", "0"]
    assert by_name[tree.mill.name][0] == "2"


def test_a_layout_that_was_switched_off_ends_the_export(tree, clerk):
    member(tree.mill)
    row = layout("省")
    export = waiting(clerk, Wish(f"layout:{row.pk}", "csv", "报送省系统", password=PASSWORD))
    row.is_active = False
    row.save()
    jobs.make_file(export.pk)
    assert "已停用" in task_of(export).result


# --- out and in again ---


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_our_own_roster_comes_back_unchanged(tree, clerk, tmp_path, kind):
    Platform.objects.create(name="燕归快递")
    ground = acting_as("CHAIR", tree.north)
    rows = [
        row("林小燕", categories="快递员、网约送餐员", platform="燕归快递", education="硕士研究生", is_migrant="否"),
        row("买买提·艾力", ethnicity="维吾尔族", household_place="喀什", marital_status="已婚", phone=""),
        row("王建国", status="保留", change="保留", change_on="2025-01-01", change_reason="退休"),
        row("赵敏", change="转入", change_on="2024-03-01", household_kind="外地农村", post="-快递员"),
        row("Ann Lee", document_kind="护照", document_number="A12345678", sex="女", born_on="1990-05-17"),
    ]
    Roster(tree.mill, rows, actor=ground).commit()
    wish = Wish("roster", kind, "核对名册", in_full=True, password=PASSWORD)
    exported_rows = rows_of(exported(clerk, wish), tmp_path)
    assert len(exported_rows) == 5
    back = [{column.key: one[column.heading] for column in COLUMNS} for one in exported_rows]
    again = Roster(tree.north, back, actor=ground)
    assert again.outcomes == [Outcome.UNCHANGED] * 5, (again.messages, again.changes())
