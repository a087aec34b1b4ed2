"""The room's three sheets through the importer itself: from the file to the register and back."""

from __future__ import annotations

import csv
import io

import pytest

from niangjia.engines.imports import actions, checking, committing
from niangjia.engines.imports.models import BatchState, ImportBatch, RowBefore
from niangjia.engines.imports.sheet import Place, sheet_named, sheets_for
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.organisations.actions.employers import add_employer
from niangjia.modules.organisations.models import Employer, Organisation
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return small_tree()


def file_of(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("gb18030")


def now_of(batch):
    return ImportBatch.objects.unscoped(reason="test").get(pk=batch.pk)


def checked(sheet, *rows, at, job="CHAIR"):
    user = officer(job, at)
    actor = actor_of(user.pk, now=NOW)
    batch = actions.upload_batch(
        sheet=sheet, scope_id=at.pk, content=file_of(*rows), name="册.csv", actor=actor, now=NOW
    )
    actions.match_columns(batch.pk, mapping=batch.mapping, actor=actor, now=NOW)
    checking.check(batch.pk, now=NOW)
    return now_of(batch), actor


def brought(sheet, *rows, at):
    batch, actor = checked(sheet, *rows, at=at)
    assert batch.state == BatchState.CHECKED, batch.trouble
    actions.commit_batch(batch.pk, actor=actor, now=NOW)
    committing.commit(batch.pk, now=NOW)
    return now_of(batch), actor


def taken_back(batch, actor):
    actions.take_back_batch(batch.pk, reason="导错了文件", actor=actor, now=NOW)
    committing.take_back(batch.pk, now=NOW)
    return now_of(batch)


ROWS = {
    "organisations.organisation": [
        {"名称": "青山茶行工会", "工会类型": "企业工会", "上级": "青山村联合工会", "工会主席": "", "备注": "无"},
        {"名称": "青山村联合工会", "工会类型": "村联合工会", "上级": "", "工会主席": "", "备注": ""},
    ],
    "organisations.employer": [{"企业名称": "青山茶行", "员工人数": "12", "经济类型": "个体户"}],
    "organisations.officer": [{"姓名": "周敏", "手机号": "12400000013", "单位": "", "角色": "经办"}],
}


@pytest.mark.parametrize("name", ROWS)
def test_from_the_file_to_the_register_and_back(tree, name):
    def counts():
        models = (Organisation.objects.unscoped(reason="test"), Employer.objects.unscoped(reason="test"))
        return [rows.count() for rows in models], User.objects.filter(name="周敏").count()

    rows = ROWS[name]
    officer("AUDITOR", tree.north)
    before = counts()
    batch, actor = brought(name, *rows, at=tree.north)
    assert (batch.state, batch.outcomes) == (BatchState.DONE, {"1": len(rows)})
    assert counts() != before
    entry = AuditEntry.objects.get(verb="imports.batch.committed")
    assert entry.after["new"] == len(rows)
    gone = taken_back(batch, actor)
    assert (gone.state, gone.kept) == (BatchState.TAKEN_BACK, [])
    assert counts() == before
    assert not RowBefore.objects.exists()


@pytest.mark.parametrize("name", ROWS)
def test_the_same_file_again_changes_nothing(tree, name):
    brought(name, *ROWS[name], at=tree.north)
    again, _ = checked(name, *ROWS[name], at=tree.north)
    assert again.outcomes == {"3": len(ROWS[name])}


def test_what_somebody_else_wrote_after_the_preview_is_shown_again(tree):
    batch, actor = checked("organisations.employer", {"单位名称": "青山茶行", "职工人数": "12"}, at=tree.north)
    add_employer(name="青山茶行", division="530999101", actor=acting_as("CLERK", tree.north), now=NOW)
    actions.commit_batch(batch.pk, actor=actor, now=NOW)
    committing.commit(batch.pk, now=NOW)
    batch = now_of(batch)
    assert batch.state == BatchState.CHECKING
    checking.check(batch.pk, now=NOW)
    assert now_of(batch).outcomes == {"2": 1}


@pytest.mark.parametrize(
    ("job", "names"),
    [
        ("CHAIR", set(ROWS)),
        ("CLERK", {"organisations.organisation", "organisations.employer"}),
        ("AUDITOR", set()),
    ],
)
def test_who_is_offered_which_sheet(tree, job, names):
    offered = {sheet.name for sheet in sheets_for(acting_as(job, tree.north)) if sheet.name in ROWS}
    assert offered == names


def test_a_clerk_cannot_bring_officers_nor_anything_for_another_township(tree):
    clerk = actor_of(officer("CLERK", tree.north).pk, now=NOW)
    for sheet, place in (("organisations.officer", tree.north), ("organisations.organisation", tree.south)):
        with pytest.raises((NotPermitted, Refused)):
            actions.upload_batch(
                sheet=sheet, scope_id=place.pk, content=file_of(*ROWS[sheet]), name="册.csv", actor=clerk, now=NOW
            )


@pytest.mark.parametrize("name", ROWS)
def test_every_required_column_and_every_drop_down_is_real(name):
    for column in sheet_named(name).columns:
        assert len(set(column.choices)) == len(column.choices)
    assert any(column.required for column in sheet_named(name).columns)


@pytest.mark.parametrize("name", ROWS)
def test_the_examples_of_the_template_are_right_themselves(name):
    sheet = sheet_named(name)
    place = Place(1, 1, "1", NOW.date(), (), acting_as("CHAIR", Organisation(scope=Scope(path="1"))))
    assert sheet.check([column.example for column in sheet.columns], sheet.facts(place)).problems == []
