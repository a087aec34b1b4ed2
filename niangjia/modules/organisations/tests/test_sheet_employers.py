"""The sheet of employers: every way in which a row ends, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from niangjia.engines.imports.sheet import Outcome
from niangjia.modules.organisations.actions import employers as acts
from niangjia.modules.organisations.models import Division, Employer, EmployerUnion
from niangjia.modules.organisations.rules import Attempt, Coverage
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.sheets.employers import COLUMNS, EmployerSheet
from niangjia.modules.organisations.testing import NOW, acting_as, found_union, small_tree
from niangjia.modules.organisations.tests.importing import Import
from niangjia.modules.organisations.tests.test_employers import code_of

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
NORTH, SOUTH = "530999101", "530999002"
CODE = "统一社会信用代码"


@pytest.fixture
def tree():
    tree = small_tree()
    county, _ = Division.objects.get_or_create(code="530999", defaults={"name": "云岭县"})
    Division.objects.filter(code__in=(NORTH, SOUTH)).update(parent=county)
    return tree


@pytest.fixture
def clerk(tree):
    return acting_as("CLERK", tree.north)


def bring(tree, *rows, actor=None, at=None):
    at = at or tree.north
    return Import(EmployerSheet(), list(rows), actor=actor or acting_as("CLERK", at), at=at)


def every():
    return Employer.objects.unscoped(reason="test")


def add(clerk, name="北山纺织有限公司", **facts):
    return acts.add_employer(name=name, division=NORTH, actor=clerk, now=NOW, **facts)


FULL = {
    "单位名称": "北山纺织有限公司", CODE: code_of(1), "所在镇街": "北山镇", "地址": "北山路 8 号", "行业": "制造业",
    "性质": "民营企业", "职工人数": "1,200人", "女职工人数": "700", "新就业形态劳动者人数": "0",
    "人数核对日期": "2026年10月1日", "建会情况": "已单独建会", "所属工会": "北山纺织厂工会",
}  # fmt: skip


def test_a_new_employer_is_written_with_its_union(tree):
    batch = bring(tree, FULL)
    assert batch.outcomes == {Outcome.NEW: 1}, batch.problems()
    assert not every().exists()
    assert batch.commit() == {"links": 1}
    row = every().get()
    assert (row.name, row.credit_code, row.division_id, row.industry) == ("北山纺织有限公司", code_of(1), NORTH, "C")
    assert (row.nature, row.headcount, row.women, row.union_state) == ("PRIVATE", 1200, 700, Coverage.OWN)
    assert str(row.counted_on) == "2026-10-01"
    assert row.name_key
    assert row.unions.get().organisation == tree.mill


def test_the_same_sheet_again_changes_nothing(tree):
    bring(tree, FULL).commit()
    again = bring(tree, FULL)
    assert again.outcomes == {Outcome.UNCHANGED: 1}
    again.commit()
    assert every().count() == 1
    assert not again.changes()


def test_the_only_township_need_not_be_named(tree):
    batch = bring(tree, {"单位名称": "北山茶厂"})
    batch.commit()
    assert every().get().division_id == NORTH


def test_all_that_is_wrong_with_a_row_is_said_at_once(tree):
    batch = bring(
        tree,
        {
            "单位名称": "厂", CODE: code_of(1)[:-1] + "I", "所在镇街": "南湖街道", "行业": "纺织", "性质": "大厂",
            "职工人数": "一百", "女职工人数": "-3", "人数核对日期": "05/06/2024", "建会情况": "也许", "所属工会": "没有的工会",
            "地址": "路" * 201,
        },
    )  # fmt: skip
    assert batch.outcome() is Outcome.REFUSED
    assert batch.columns() == {
        "name", "credit_code", "division", "industry", "nature", "headcount", "women", "counted_on", "union_state",
        "unions", "address",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({CODE: "9.15310E+17"}, "mangled", "科学记数"),
        ({CODE: "81" + "3" * 16}, "employer.credit_code", ""),
        ({"职工人数": "20", "女职工人数": "30"}, "employer.women", "多于职工总数"),
        ({"职工人数": "20", "新就业形态劳动者人数": "21"}, "employer.new_form", "多于职工总数"),
        ({"人数核对日期": "2027-01-01"}, "employer.counted", "不能晚于今天"),
        ({"所在镇街": "南湖街道"}, "employer.elsewhere", "不在您的管辖范围内"),
        ({"所在镇街": "北山乡"}, "division.unknown", "北山镇"),
        ({"所在镇街": "云岭县"}, "employer.elsewhere", ""),
        ({"行业": "纺织服装"}, "employer.industry", "请从列表里选择"),
        ({"所属工会": "北山纺织厂工"}, "union.unknown", "北山纺织厂工会"),
        ({"所属工会": "南湖港务公司工会"}, "union.unknown", "范围"),
        ({"所属工会": "北山镇总工会"}, "employer_union.kind", "不直接吸收职工"),
        ({"建会情况": "已建会"}, "employer.no_union", "所属工会"),
        ({"建会情况": "未建会", "所属工会": "北山纺织厂工会"}, "employer.state", "核对"),
    ],
)
def test_why_a_row_is_refused(tree, row, code, words):
    batch = bring(tree, {"单位名称": "北山茶厂"} | row)
    assert batch.outcome() is Outcome.REFUSED
    assert words in batch.problems()[code]


def test_an_ambiguous_township_is_asked_back(tree):
    other, _ = Division.objects.get_or_create(code="530998", defaults={"name": "青石县"})
    Division.objects.create(code="530998101", name="北山镇", parent=other)
    tree.county.division_id = "530999"
    tree.county.save()
    assert bring(tree, {"单位名称": "北山茶厂", "所在镇街": "北山镇"}).outcome() is Outcome.NEW
    batch = bring(tree, {"单位名称": "北山茶厂", "所在镇街": "云岭县"}, at=tree.county)
    assert "employer.township" in batch.problems()
    batch = bring(tree, {"单位名称": "北山茶厂"}, at=tree.county)
    assert "employer.division" in batch.problems()
    assert bring(tree, {"单位名称": "北山茶厂", "所在镇街": "云岭县北山镇"}, at=tree.county).outcome() is Outcome.NEW
    assert bring(tree, {"单位名称": "北山茶厂", "所在镇街": NORTH + "000"}, at=tree.county).outcome() is Outcome.NEW


def test_twice_in_the_file(tree):
    batch = bring(
        tree,
        {"单位名称": "北山茶厂", CODE: code_of(1)},
        {"单位名称": "北山茶业", CODE: code_of(1)},
        {"单位名称": "北山酒厂"},
        {"单位名称": "北山酒厂"},
        {"单位名称": "北山药厂", CODE: code_of(2)},
        {"单位名称": "北山药厂", CODE: code_of(3)},
    )
    assert batch.problems(3) == {"sheet.twice": "与第 2 行重复，请只留一行。"}
    assert batch.problems(5) == {"sheet.twice": "与第 4 行重复，请只留一行。"}
    assert batch.outcomes == {Outcome.NEW: 4, Outcome.REFUSED: 2}


def test_one_row_by_code_and_one_by_name_mean_the_same(tree, clerk):
    add(clerk, credit_code=code_of(1))
    batch = bring(tree, {"单位名称": "北山新纺织厂", CODE: code_of(1)}, {"单位名称": "北山纺织有限公司"})
    assert "sheet.twice" in batch.problems(3)
    batch.commit()
    assert every().get().name == "北山新纺织厂"


def test_an_update_shows_old_and_new_and_an_empty_cell_erases_nothing(tree, clerk):
    add(clerk, credit_code=code_of(1), headcount=100, women=40, address="北山路 8 号", industry="C")
    batch = bring(tree, {"单位名称": "北山纺织有限公司", CODE: code_of(1), "职工人数": "120", "地址": "", "行业": ""})
    assert batch.outcome() is Outcome.UPDATED
    assert [(one.label, one.old, one.new) for one in batch.changes()] == [("职工人数", "100", "120")]
    batch.commit()
    row = every().get()
    assert (row.headcount, row.women, row.address, row.industry) == (120, 40, "北山路 8 号", "C")


def test_fewer_workers_than_the_registered_women(tree, clerk):
    add(clerk, headcount=100, women=40)
    batch = bring(tree, {"单位名称": "北山纺织有限公司", "职工人数": "30"})
    assert "employer.women" in batch.problems()


def test_a_code_is_added_to_the_namesake_without_one(tree, clerk):
    add(clerk)
    batch = bring(tree, {"单位名称": "北山纺织有限公司", CODE: code_of(1)})
    assert batch.outcome() is Outcome.UPDATED
    batch.commit()
    assert every().get().credit_code == code_of(1)


def test_another_code_is_another_firm(tree, clerk):
    add(clerk, credit_code=code_of(1))
    batch = bring(tree, {"单位名称": "北山纺织有限公司", CODE: code_of(2)})
    assert batch.outcome() is Outcome.NEW
    batch.commit()
    assert "employer.ambiguous" in bring(tree, {"单位名称": "北山纺织有限公司"}).problems()


def test_a_new_name_that_stands_there_already(tree, clerk):
    add(clerk, credit_code=code_of(1))
    add(clerk, name="北山茶厂")
    batch = bring(tree, {"单位名称": "北山茶厂", CODE: code_of(1)})
    assert "employer.name_twice" in batch.problems()


def test_one_out_of_scope_is_only_said_to_be_registered(tree):
    south = acting_as("CLERK", tree.south)
    acts.add_employer(name="南湖水泥厂", division=SOUTH, credit_code=code_of(1), actor=south, now=NOW)
    batch = bring(tree, {"单位名称": "北山水泥厂", CODE: code_of(1)})
    assert batch.problems() == {"employer.registered": acts.ALREADY_ELSEWHERE}


def test_a_closed_one_is_refused_by_name(tree, clerk):
    row = add(clerk, credit_code=code_of(1))
    acts.close_employer(row.pk, on=TODAY, actor=clerk, now=NOW)
    batch = bring(tree, {"单位名称": "北山茶厂", CODE: code_of(1)})
    assert "已注销" in batch.problems()["employer.registered"]


def test_one_moves_to_another_township(tree, clerk):
    add(clerk, credit_code=code_of(1))
    batch = bring(
        tree, {"单位名称": "北山纺织有限公司", CODE: code_of(1), "所在镇街": "南湖街道"}, at=tree.county,
        actor=acting_as("CLERK", tree.county),
    )  # fmt: skip
    assert [(one.old, one.new) for one in batch.changes()] == [("北山镇", "南湖街道")]
    batch.commit()
    assert every().get().division_id == SOUTH


def test_a_union_is_added_and_none_taken_away(tree, clerk):
    row = add(clerk)
    acts.link_employer_to_union(row.pk, organisation_id=tree.mill.pk, from_on=TODAY, actor=clerk, now=NOW)
    park = found_union(tree.north, "北山园区联合工会", K.PARK_JOINT_UNION)
    batch = bring(tree, {"单位名称": "北山纺织有限公司", "所属工会": "北山园区联合工会"})
    assert [(one.old, one.new) for one in batch.changes()] == [("北山纺织厂工会", "北山园区联合工会、北山纺织厂工会")]
    batch.commit()
    assert {link.organisation for link in row.unions.all()} == {tree.mill, park}
    batch.take_back()
    assert {link.organisation for link in row.unions.all()} == {tree.mill}
    assert every().get().union_state == Coverage.OWN


def test_what_changed_since_the_preview_is_not_written(tree, clerk):
    batch = bring(tree, {"单位名称": "北山纺织有限公司", "职工人数": "30"})
    add(clerk)
    with pytest.raises(IntegrityError):
        batch.commit()
    batch.judge()
    assert batch.outcome() is Outcome.UPDATED
    batch.commit()
    assert every().get().headcount == 30


def test_taking_back_deletes_what_was_made_and_restores_what_was_changed(tree, clerk):
    add(clerk, credit_code=code_of(1), headcount=100)
    batch = bring(
        tree,
        {"单位名称": "北山纺织有限公司", CODE: code_of(1), "职工人数": "120", "所属工会": "北山纺织厂工会"},
        {"单位名称": "北山茶厂", "所属工会": "北山纺织厂工会"},
    )
    batch.commit()
    assert every().count() == 2
    assert batch.take_back() == []
    row = every().get()
    assert (row.headcount, row.union_state, row.counted_on) == (100, Coverage.NONE, TODAY)
    assert not EmployerUnion.objects.unscoped(reason="test").exists()


def test_taking_back_leaves_what_was_touched_since_and_says_so(tree, clerk):
    add(clerk, credit_code=code_of(1), headcount=100, address="旧址")
    batch = bring(
        tree,
        {"单位名称": "北山纺织有限公司", CODE: code_of(1), "职工人数": "120", "地址": "新址"},
        {"单位名称": "北山茶厂"},
        {"单位名称": "北山酒厂"},
        {"单位名称": "北山药厂"},
    )
    batch.commit()
    later = {"actor": clerk, "now": NOW + timedelta(hours=1)}
    acts.edit_employer(every().get(credit_code=code_of(1)).pk, headcount=130, **later)
    acts.edit_employer(every().get(name="北山茶厂").pk, address="山上", **later)
    acts.record_attempt(
        every().get(name="北山酒厂").pk, outcome=Attempt.EXPLAINED, on=TODAY, next_on=TODAY + timedelta(days=9), **later
    )
    lines = batch.take_back()
    assert lines == [
        "“北山纺织有限公司”：职工人数在导入后改过，保留现在的内容。",
        "“北山茶厂”：导入后改过，保留。",
        "“北山酒厂”：导入后已有走访、片区、会员等记录，保留。",
    ]
    assert set(every().values_list("name", flat=True)) == {"北山纺织有限公司", "北山茶厂", "北山酒厂"}
    row = every().get(credit_code=code_of(1))
    assert (row.headcount, row.address) == (130, "旧址")


def test_headings_and_aliases_mean_one_column_each():
    words = [word for column in COLUMNS for word in (column.heading, *column.aliases)]
    assert len(words) == len(set(words))


def test_one_elsewhere_that_belongs_to_a_union_here_may_stand_in_the_sheet(tree):
    """It is in our list, so our own file has it; but it can't be given to a third township."""
    south = acting_as("CLERK", tree.county)
    row = acts.add_employer(name="南湖水泥厂", division=SOUTH, actor=south, now=NOW)
    acts.link_employer_to_union(row.pk, organisation_id=tree.mill.pk, from_on=TODAY, actor=south, now=NOW)
    told = {"单位名称": "南湖水泥厂", "所在镇街": "南湖街道"}
    assert bring(tree, told | {"所属工会": "北山纺织厂工会"}).outcome() is Outcome.UNCHANGED
    assert bring(tree, told | {"职工人数": "12"}).outcome() is Outcome.UPDATED
    assert "employer.elsewhere" in bring(tree, told | {"单位名称": "南湖新厂"}).problems()


def test_a_township_of_the_same_name_elsewhere_is_not_meant_for_one_that_stands(tree):
    other, _ = Division.objects.get_or_create(code="530998", defaults={"name": "青石县"})
    Division.objects.create(code="530998101", name="南湖街道", parent=other)
    row = acts.add_employer(
        name="南湖水泥厂", division=SOUTH, credit_code=code_of(4), actor=acting_as("CLERK", tree.county), now=NOW
    )
    again = {"单位名称": row.name, CODE: row.credit_code, "所在镇街": "南湖街道"}
    assert bring(tree, again, at=tree.county).outcome() is Outcome.UNCHANGED


def test_taking_back_never_makes_a_row_that_cannot_be(tree, clerk):
    row = add(clerk, headcount=100, women=40)
    batch = bring(tree, {"单位名称": row.name, "职工人数": "200"})
    batch.commit()
    acts.edit_employer(row.pk, women=150, actor=clerk, now=NOW)
    assert batch.take_back() == ["“北山纺织有限公司”：原来的内容与后来的修改不能并存，保留现在的内容。"]
    assert every().get().headcount == 200
