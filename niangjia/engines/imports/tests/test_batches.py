"""From the file to the register and back, in one process."""

from __future__ import annotations

import csv
import errno
import io
from datetime import timedelta

import openpyxl
import psycopg
import pytest
import xlwt
from django.db import connection, connections

from niangjia.engines.imports import (
    actions,
    checking,
    committing,
    keeping,
    queries,
    sending_back,
    staging,
    steps,
    testing,
)
from niangjia.engines.imports.models import BatchState, ImportBatch, RowBefore
from niangjia.engines.imports.sheet import Change, Outcome
from niangjia.engines.imports.testing import TOY, csv_of, toys
from niangjia.engines.imports.tests.world import NOW, World, again, checked, upload, written
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.files.queries import content_of
from niangjia.kernel.jobs.models import BackgroundTask, TaskState
from niangjia.kernel.notify.models import Message
from niangjia.kernel.processes import OrphanedError

FIVE = csv_of(("A1", "北门", 12), ("A2", "", "多"), ("A3", "南门", ""), ("A1", "又北门", 3), ("", "无号", 1))


def outcomes(batch: ImportBatch) -> dict[Outcome, int]:
    return {Outcome(int(code)): rows for code, rows in batch.outcomes.items()}


def file_of(file_id: int | None) -> StoredFile:
    return StoredFile.objects.get(pk=file_id)


def csv_rows(stored: StoredFile) -> list[list[str]]:
    with content_of(stored) as content:
        return list(csv.reader(io.StringIO(content.read().decode("utf-8-sig"))))


def test_headings_are_matched_by_name_and_alias_and_remembered(world: World) -> None:
    batch = upload(world, csv_of(("A1", "北门", 12), headings=("* 编号（必填）", "站名", "座位数")))
    assert batch.mapping == {"code": 0, "seats": 2}
    with pytest.raises(Refused, match="名称"):
        actions.match_columns(batch.pk, mapping=batch.mapping, actor=world.clerk, now=NOW)
    with pytest.raises(Refused, match="同时对应"):
        actions.match_columns(batch.pk, mapping={"code": 0, "name": 0}, actor=world.clerk, now=NOW)
    with pytest.raises(Refused, match="对应关系"):
        actions.match_columns(batch.pk, mapping={"code": 0, "name": 9}, actor=world.clerk, now=NOW)
    actions.match_columns(batch.pk, mapping={**batch.mapping, "name": 1}, actor=world.clerk, now=NOW)
    assert again(batch).state == BatchState.CHECKING
    later = upload(world, csv_of(("A2", "南门"), headings=("编号", "站名")))
    assert later.mapping == {"code": 0, "name": 1}
    actions.match_columns(later.pk, mapping={"code": 1, "name": 0}, actor=world.clerk, now=NOW)
    assert queries.propose_mapping(TOY, ["编号", "站名"], world.scope.pk) == {"code": 1, "name": 0}
    assert queries.propose_mapping(TOY, ["编号", "站名"], world.beside.pk) == {"code": 0}


def test_the_first_rows_are_shown_before_anything_is_checked(world: World) -> None:
    batch = upload(world, FIVE)
    assert queries.sample_rows(batch, 2) == [(2, ["A1", "北门", "12"]), (3, ["A2", "", "多"])]


def test_every_row_ends_as_one_of_four_and_all_its_problems_are_told(world: World) -> None:
    written(world, csv_of(("A1", "北门", 12), ("A3", "老南门", 5), ("A9", "没提到", 1)))
    batch = checked(world, FIVE)
    assert batch.state == BatchState.CHECKED
    assert (batch.rows, outcomes(batch)) == (5, {Outcome.REFUSED: 3, Outcome.UPDATED: 1, Outcome.UNCHANGED: 1})
    assert batch.problems == {"name_empty": 1, "seats": 1, "twice": 1, "code_empty": 1}
    rows = queries.preview_rows(batch)
    assert [(row.number, row.label, row.outcome) for row in rows] == [
        (2, "北门", Outcome.UNCHANGED), (3, "", Outcome.REFUSED), (4, "南门", Outcome.UPDATED),
        (5, "又北门", Outcome.REFUSED), (6, "无号", Outcome.REFUSED),
    ]  # fmt: skip
    assert rows[2].changes == [Change("名称", "老南门", "南门")]
    assert [problem.code for problem in rows[1].problems] == ["name_empty", "seats"]
    assert rows[3].problems[0].message == "与第 2 行的编号相同。"
    assert [row.number for row in queries.preview_rows(batch, outcome=Outcome.REFUSED, after=3, size=1)] == [5]
    assert [row.number for row in queries.preview_rows(batch, code="twice")] == [5]
    counts = {count.code: (count.column, count.rows) for count in queries.problem_counts(batch)}
    assert counts["seats"] == ("座位", 1)
    assert batch.absent == 1
    assert [label for _, label, _ in queries.absent_rows(batch, world.clerk, today=NOW.date())] == ["A9"]
    assert toys() == [("A1", "北门", 12), ("A3", "老南门", 5), ("A9", "没提到", 1)]  # nothing is written yet


def test_judging_again_says_what_holds_now(world: World) -> None:
    from niangjia.engines.imports import judging

    batch = checked(world, FIVE)
    first = batch.fingerprint, batch.outcomes, batch.problems
    with connection.cursor() as cursor:
        cursor.execute(f"insert into {testing.TABLE} (code, name) values ('A3', '南门')")
    place = checking.place_of_batch(batch, NOW)
    judging.judge(batch, TOY, place, again=True)
    assert batch.fingerprint != first[0]
    assert batch.problems == first[2]
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {testing.TABLE}")
    judging.judge(batch, TOY, place, again=True)
    assert (batch.fingerprint, batch.outcomes, batch.problems) == first


def test_the_failed_rows_come_back_as_they_were(world: World) -> None:
    batch = checked(world, FIVE)
    stored = file_of(batch.refused_file_id)
    assert (stored.name, stored.owner_id) == ("册-退回原因.csv", world.clerk.user_id)
    assert csv_rows(stored) == [
        ["编号", "名称", "座位", "退回原因"],
        ["A2", "", "多", "名称：没有名称。；座位：座位数不是数字：多。"],
        ["A1", "又北门", "3", "编号：与第 2 行的编号相同。"],
        ["", "无号", "1", "编号：没有编号。"],
    ]


def test_corrected_rows_may_be_sent_again_with_our_column(world: World) -> None:
    again_sent = csv_of(("A2", "", 4, "没有名称。"), headings=("编号", "名称", "座位", "退回原因"))
    batch = checked(world, again_sent)
    assert csv_rows(file_of(batch.refused_file_id)) == [
        ["编号", "名称", "座位", "退回原因"], ["A2", "", "4", "名称：没有名称。"],
    ]  # fmt: skip


def test_a_workbook_comes_back_as_a_workbook(world: World) -> None:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (["编号", "名称", "座位"], ["A1", "", 12], ["A2", "南门", 3]):
        book.active.append(row)
    book.save(content)
    batch = checked(world, content.getvalue(), name="册.xlsx")
    with content_of(file_of(batch.refused_file_id)) as back:
        rows = list(openpyxl.load_workbook(io.BytesIO(back.read())).active.values)
    assert rows == [("编号", "名称", "座位", "退回原因"), ("A1", None, "12", "名称：没有名称。")]


def test_an_old_workbook_comes_back_as_a_new_one(world: World) -> None:
    book, content = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("册")
    for number, row in enumerate((["编号", "名称", "座位"], ["A1", "", 12], ["A2", "南门", 3])):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    book.save(content)
    batch = checked(world, content.getvalue(), name="册.xls")
    assert (batch.file_kind, outcomes(batch)) == ("xls", {Outcome.REFUSED: 1, Outcome.NEW: 1})
    stored = file_of(batch.refused_file_id)
    with content_of(stored) as back:
        assert list(openpyxl.load_workbook(io.BytesIO(back.read())).active.values)[1][:3] == ("A1", None, "12")
    assert stored.name == "册-退回原因.xlsx"


def test_what_stands_beside_the_headings_is_said(world: World) -> None:
    batch = checked(world, csv_of(("A1", "北门", 12, "多出来的"), ("A2", "南门", 3)))
    assert batch.trouble.startswith("第 2 行在最后一个表头右边")
    assert batch.state == BatchState.CHECKED


def test_the_whole_sheet_says_what_became_of_each_row(world: World) -> None:
    written(world, csv_of(("A1", "北门", 12), ("A3", "老南门", 5)))
    batch = written(world, FIVE)
    task_id = actions.order_sheet_back(batch.pk, actor=world.clerk, now=NOW)
    sending_back.whole_sheet(batch, task_id, now=NOW)
    task = BackgroundTask.objects.get(pk=task_id)
    assert task.state == TaskState.DONE
    assert [row[-1] for row in csv_rows(file_of(task.file_id))] == [
        "处理结果", "无变化", "退回：名称：没有名称。；座位：座位数不是数字：多。", "更新：名称",
        "退回：编号：与第 2 行的编号相同。", "退回：编号：没有编号。",
    ]  # fmt: skip


def test_a_commit_writes_once_and_leaves_one_entry(world: World) -> None:
    batch = written(world, FIVE)
    assert (batch.state, toys()) == (BatchState.DONE, [("A1", "北门", 12), ("A3", "南门", 0)])
    first, last = batch.ranges[TOY.name]
    assert last - first == 1
    committing.commit(batch.pk, now=NOW)  # the same job once more
    assert len(toys()) == 2
    with pytest.raises(Refused, match="已导入"):
        actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    entry = AuditEntry.objects.get(verb="imports.batch.committed")
    assert (entry.subject_id, entry.after["new"], entry.after["toys"]) == (batch.pk, 2, 2)


def test_the_same_file_again_changes_nothing(world: World) -> None:
    first = written(world, FIVE)
    second = checked(world, FIVE)
    assert outcomes(second) == {Outcome.UNCHANGED: 2, Outcome.REFUSED: 3}
    assert [batch.pk for batch in queries.earlier_with_same_file(second, world.clerk)] == [first.pk]
    with pytest.raises(Refused, match="没有需要"):
        actions.commit_batch(second.pk, actor=world.clerk, now=NOW)


def test_what_was_shown_is_what_is_written_or_nothing(world: World) -> None:
    mine, theirs = checked(world, FIVE), checked(world, FIVE, actor=world.chair)
    for batch, actor in ((mine, world.clerk), (theirs, world.chair)):
        actions.commit_batch(batch.pk, actor=actor, now=NOW)
    committing.commit(mine.pk, now=NOW)
    committing.commit(theirs.pk, now=NOW)
    assert len(toys()) == 2
    assert again(theirs).state == BatchState.CHECKING
    checking.check(theirs.pk, now=NOW)
    theirs = again(theirs)
    assert (theirs.state, theirs.trouble) == (BatchState.CHECKED, committing.CHANGED)
    assert outcomes(theirs)[Outcome.UNCHANGED] == 2


def test_a_row_that_turned_up_by_hand_stops_the_commit(world: World) -> None:
    batch = checked(world, FIVE)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(f"insert into {testing.TABLE} (code, name) values ('A3', '手工')")
    committing.commit(batch.pk, now=NOW)  # the unique index says so
    assert (again(batch).state, toys()) == (BatchState.CHECKING, [("A3", "手工", 0)])


def test_after_a_while_the_register_is_asked_again_before_writing(world: World) -> None:
    written(world, csv_of(("A1", "老北门", 12)))
    batch = checked(world, csv_of(("A1", "北门", 12), ("A2", "南门", 1)))
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(f"update {testing.TABLE} set name = '北门'")
        cursor.execute("update imports_importbatch set checked_at = checked_at - interval '1 hour'")
    committing.commit(batch.pk, now=NOW)
    assert (again(batch).state, toys()) == (BatchState.CHECKING, [("A1", "北门", 12)])


def test_what_went_wrong_is_told_in_words() -> None:
    full = OSError(errno.EFBIG, "File too large")
    hidden = RuntimeError("the workbook could not be closed")
    hidden.__cause__ = full
    assert {steps.sentence_for(full), steps.sentence_for(hidden)} == {steps.DISK_FULL}
    assert steps.sentence_for(psycopg.errors.DiskFull("no space")) == steps.DISK_FULL
    assert steps.sentence_for(Refused("x", "看不懂。")) == "看不懂。"
    assert steps.sentence_for(OrphanedError()) == steps.KILLED
    assert steps.sentence_for(KeyError("x")) == steps.UNKNOWN
    assert steps.connection_was_lost(psycopg.OperationalError("server closed the connection"))
    assert not steps.connection_was_lost(psycopg.errors.DiskFull("no space"))


def test_taking_back_leaves_what_was_edited_since(world: World) -> None:
    written(world, csv_of(("A1", "北门", 12), ("A3", "老南门", 5)))
    batch = written(world, csv_of(("A1", "大北门", 20), ("A3", "南门", 5), ("B1", "东门", 1), ("B2", "西门", 2)))
    with connection.cursor() as cursor:
        cursor.execute(f"update {testing.TABLE} set name = '新南门' where code = 'A3'")
        cursor.execute(f"update {testing.TABLE} set touched = true where code = 'B2'")
    with pytest.raises(Refused, match="原因"):
        actions.take_back_batch(batch.pk, reason=" ", actor=world.clerk, now=NOW)
    actions.take_back_batch(batch.pk, reason="传错了", actor=world.clerk, now=NOW)
    committing.take_back(batch.pk, now=NOW)
    committing.take_back(batch.pk, now=NOW)
    with pytest.raises(Refused, match="一年"):
        actions.take_back_batch(
            written(world, csv_of(("C1", "新", 1))).pk, reason="晚了", actor=world.clerk, now=NOW + timedelta(days=400)
        )
    batch = again(batch)
    assert (batch.state, batch.kept) == (BatchState.TAKEN_BACK, ["西门：导入后改过，保留。"])
    assert toys() == [("A1", "北门", 12), ("A3", "新南门", 5), ("B2", "西门", 2), ("C1", "新", 1)]
    assert not RowBefore.objects.filter(batch=batch).exists()
    assert AuditEntry.objects.get(verb="imports.batch.taken_back").reason == "传错了"
    assert not queries.preview_stands(batch)


def test_absent_rows_end_only_when_asked(world: World) -> None:
    written(world, csv_of(("A1", "北门", 12), ("A9", "没提到", 1)))
    batch = written(world, csv_of(("A1", "北门", 13)))
    assert len(toys()) == 2
    ids = [pk for pk, _, _ in queries.absent_rows(batch, world.clerk, today=NOW.date())]
    assert actions.end_absent(batch.pk, ids=ids, reason="已拆除", actor=world.clerk, now=NOW) == 1
    assert (again(batch).absent, toys()) == (0, [("A1", "北门", 13)])


def test_a_batch_is_seen_and_run_only_with_the_right(world: World) -> None:
    batch = checked(world, FIVE)
    assert queries.batch_in_sight(batch.pk, world.chair) == batch
    for actor in (world.stranger, world.operator):
        with pytest.raises(Missing):
            queries.batch_in_sight(batch.pk, actor)
        with pytest.raises(Missing):
            actions.commit_batch(batch.pk, actor=actor, now=NOW)
        with pytest.raises(NotPermitted):
            upload(world, FIVE, actor=actor)
    with pytest.raises(Missing):
        actions.upload_batch(
            sheet="no.such", scope_id=world.scope.pk, content=FIVE, name="a.csv", actor=world.clerk, now=NOW
        )


def test_many_rows_want_a_second_person(world: World, settings) -> None:
    settings.IMPORT_APPROVAL_ROWS = 1
    batch = checked(world, FIVE, actor=world.chair)
    assert actions.commit_batch(batch.pk, actor=world.chair, now=NOW).state == BatchState.WAITING
    batch = again(batch)
    assert not queries.may_approve(batch, world.chair)
    with pytest.raises(Refused, match="不能自己审批"):
        actions.approve_batch(batch.pk, actor=world.chair, now=NOW)
    with pytest.raises(NotPermitted):
        actions.approve_batch(batch.pk, actor=world.clerk, now=NOW)
    committing.commit(batch.pk, now=NOW)  # a job that should not be
    assert toys() == []


def test_who_asks_for_approval_does_not_approve(world: World, settings) -> None:
    settings.IMPORT_APPROVAL_ROWS = 1
    batch = checked(world, FIVE, actor=world.clerk)
    actions.commit_batch(batch.pk, actor=world.chair, now=NOW)  # the chair asks for the clerk's file
    batch = again(batch)
    assert not queries.may_approve(batch, world.chair)
    assert queries.waiting_for(world.chair) == 0
    with pytest.raises(Refused, match="不能自己审批"):
        actions.approve_batch(batch.pk, actor=world.chair, now=NOW)


def test_the_second_person_is_told_and_decides(world: World, settings) -> None:
    settings.IMPORT_APPROVAL_ROWS = 1
    batch = checked(world, FIVE)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    assert Message.objects.filter(user_id=world.chair.user_id, title="驿站册导入待审批").count() == 1
    assert (
        queries.waiting_for(world.chair),
        queries.waiting_for(world.clerk),
        queries.waiting_for(world.stranger),
    ) == (1, 0, 0)
    actions.send_back_batch(batch.pk, reason="单位不对", actor=world.chair, now=NOW)
    assert again(batch).trouble == "chair退回：单位不对"
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    actions.approve_batch(batch.pk, actor=world.chair, now=NOW)
    committing.commit(batch.pk, now=NOW)
    assert (again(batch).state, again(batch).approver_name, len(toys())) == (BatchState.DONE, "chair", 2)


def test_who_lost_the_right_writes_nothing(world: World) -> None:
    from niangjia.kernel.access.models import Grant

    batch = checked(world, FIVE)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    Grant.objects.unscoped(reason="the test's own").filter(user_id=world.clerk.user_id).update(ended_at=NOW)
    with pytest.raises(Refused, match="权限"):
        committing.commit(batch.pk, now=NOW)
    assert toys() == []


def test_lost_rows_are_read_again_before_they_are_written(world: World) -> None:
    batch = checked(world, FIVE)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {batch.staging}")  # what a killed database leaves of an unlogged table
    assert not queries.preview_stands(batch)
    assert queries.preview_rows(batch) == []
    committing.commit(batch.pk, now=NOW)
    assert (again(batch).state, len(toys())) == (BatchState.DONE, 2)


def test_lost_rows_of_a_waiting_batch_come_back_by_themselves(world: World, settings) -> None:
    settings.IMPORT_APPROVAL_ROWS = 1
    batch = checked(world, FIVE)
    actions.commit_batch(batch.pk, actor=world.clerk, now=NOW)
    staging.drop(batch)
    keeping.look_after(now=NOW)
    assert again(batch).state == BatchState.CHECKING
    checking.check(batch.pk, now=NOW)
    assert (again(batch).state, queries.preview_stands(batch)) == (BatchState.WAITING, True)


def test_a_step_without_a_job_is_given_up_and_goes_on_when_told(world: World) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    batch = upload(world, FIVE)
    actions.match_columns(batch.pk, mapping=batch.mapping, actor=world.clerk, now=NOW)
    keeping.look_after(now=NOW)
    assert again(batch).state == BatchState.CHECKING
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'failed' where task_name = 'imports.check'")
    keeping.look_after(now=NOW)
    assert (again(batch).state, again(batch).failed_in) == (BatchState.FAILED, BatchState.CHECKING)
    actions.resume_batch(batch.pk, actor=world.clerk, now=NOW)
    checking.check(batch.pk, now=NOW)
    assert (again(batch).state, again(batch).trouble) == (BatchState.CHECKED, "")
    assert ProcrastinateJob.objects.filter(task_name="imports.check").count() == 2


def test_a_dropped_batch_leaves_no_rows_behind(world: World) -> None:
    batch = checked(world, FIVE)
    actions.drop_batch(batch.pk, actor=world.clerk, now=NOW)
    assert (again(batch).state, queries.preview_stands(batch)) == (BatchState.DROPPED, False)
    running = upload(world, FIVE)
    actions.match_columns(running.pk, mapping=running.mapping, actor=world.clerk, now=NOW)
    actions.drop_batch(running.pk, actor=world.clerk, now=NOW)
    checking.check(running.pk, now=NOW)
    assert again(running).state == BatchState.DROPPED


def test_old_rows_are_forgotten(world: World) -> None:
    done, open_ = written(world, FIVE), checked(world, csv_of(("Z", "新", 1)))
    assert keeping.forget(now=NOW + timedelta(days=29)) == 0
    assert keeping.forget(now=NOW + timedelta(days=31)) == 2
    assert not queries.preview_stands(done)
    assert again(open_).state == BatchState.DROPPED


def test_rows_of_a_step_that_nobody_took_up_again_are_forgotten(world: World) -> None:
    failed, taking_back = checked(world, FIVE), written(world, csv_of(("Z", "新", 1)))
    for batch, step in ((failed, BatchState.COMMITTING), (taking_back, BatchState.TAKING_BACK)):
        batch.state, batch.failed_in = BatchState.FAILED, step
        batch.save()
    assert keeping.forget(now=NOW + timedelta(days=31)) == 2
    assert not queries.preview_stands(failed)
    assert not queries.preview_stands(taking_back)
    assert (again(failed).state, again(taking_back).state) == (BatchState.DROPPED, BatchState.FAILED)
    assert toys(), "what was written can still be taken back"


def test_the_trail_says_who_confirmed_a_batch(world: World) -> None:
    batch = checked(world, FIVE, actor=world.clerk)
    actions.commit_batch(batch.pk, actor=world.chair, now=NOW)
    entry = AuditEntry.objects.get(verb="imports.batch.confirmed", subject_id=batch.pk)
    assert entry.actor_id == world.chair.user_id


def test_a_step_that_fails_leaves_no_lock_on_a_pooled_connection(world: World, monkeypatch) -> None:
    wrapper = type(connections["default"])
    kept, copy = [], wrapper.copy

    def pooled(self, alias=None):
        kept.append(copy(self, alias))
        monkeypatch.setattr(kept[-1], "close", lambda: None)
        return kept[-1]

    monkeypatch.setattr(wrapper, "copy", pooled)
    batch = upload(world, csv_of())
    actions.match_columns(batch.pk, mapping=batch.mapping, actor=world.clerk, now=NOW)
    with pytest.raises(Refused):
        checking.check(batch.pk, now=NOW)
    with kept[0].cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
    kept[0].connection.close()


def test_empty_and_unreadable_files_are_refused(world: World) -> None:
    with pytest.raises(Refused):
        upload(world, b"\x00\x01\x02binary")
    batch = upload(world, csv_of())
    actions.match_columns(batch.pk, mapping=batch.mapping, actor=world.clerk, now=NOW)
    with pytest.raises(Refused, match="没有数据"):
        checking.check(batch.pk, now=NOW)
