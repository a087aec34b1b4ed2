"""The sheet of unions: every way in which a row ends, superiors in the same file, and the way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from niangjia.engines.imports.sheet import Outcome
from niangjia.engines.metrics.models import ScopeFact
from niangjia.kernel.access.models import Scope, ScopePath
from niangjia.modules.organisations.actions.employers import ALREADY_ELSEWHERE, add_employer
from niangjia.modules.organisations.actions.organisations import add_organisation, edit_organisation
from niangjia.modules.organisations.actions.terms import appoint_post, start_term
from niangjia.modules.organisations.models import Division, Employer, Organisation, Post, StructureChange, Term
from niangjia.modules.organisations.rules import ChosenBy, credit_code_check_character
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.rules import Post as PostKind
from niangjia.modules.organisations.sheets.unions import COLUMNS, UnionSheet, number_of_term
from niangjia.modules.organisations.testing import NOW, acting_as, found_union, small_tree
from niangjia.modules.organisations.tests.importing import Import

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
NORTH, SOUTH = "530999101", "530999002"
CODE = "统一社会信用代码"


def union_code(number: int) -> str:
    first = f"81530999{number:09d}"
    return first + credit_code_check_character(first)


@pytest.fixture
def tree():
    tree = small_tree()
    county, _ = Division.objects.get_or_create(code="530999", defaults={"name": "云岭县"})
    Division.objects.filter(code__in=(NORTH, SOUTH)).update(parent=county)
    return tree


def bring(tree, *rows, job="ORGANISER", at=None):
    at = at or tree.north
    return Import(UnionSheet(), list(rows), actor=acting_as(job, at), at=at)


def every():
    return Organisation.objects.unscoped(reason="test")


def named(name):
    return every().select_related("scope").get(name=name)


TEA = {
    "工会名称": "北山茶厂工会", "类型": "企业工会", "上级工会": "北山镇总工会", CODE: union_code(1), "所在镇街": "北山镇",
    "地址": "茶山 1 号", "办公电话": "83012345", "成立日期": "2019年5月6日", "届次": "第二届", "任期开始": "2024/5/6",
    "任期届满": "2029-05-06", "产生方式": "选举", "主席姓名": "周 敏", "用人单位": "北山茶厂、北山茶园",
}  # fmt: skip


@pytest.fixture
def firms(tree):
    clerk = acting_as("CLERK", tree.north)
    return [add_employer(name=name, division=NORTH, actor=clerk, now=NOW) for name in ("北山茶厂", "北山茶园")]


def test_a_new_union_is_written_with_all_that_the_row_says(tree, firms):
    batch = bring(tree, TEA)
    assert batch.outcomes == {Outcome.NEW: 1}, batch.problems()
    assert not every().filter(name="北山茶厂工会").exists()
    batch.commit()
    row = named("北山茶厂工会")
    assert (row.kind, row.credit_code, row.division_id, row.address) == (
        K.PRIMARY_UNION,
        union_code(1),
        NORTH,
        "茶山 1 号",
    )
    assert row.scope.path == f"{tree.north.scope.path}.{row.pk}"
    assert row.founded_on == date(2019, 5, 6)
    term, post = row.terms.get(), row.posts.get()
    assert (term.number, str(term.from_on), str(term.until_on)) == (2, "2024-05-06", "2029-05-06")
    assert (post.kind, post.name, post.from_on, post.term) == (PostKind.CHAIR, "周敏", date(2024, 5, 6), term)
    assert {link.employer.name for link in row.employers.all()} == {"北山茶厂", "北山茶园"}
    assert row.changes.get().kind == "FOUNDED"


def test_the_same_sheet_again_changes_nothing(tree, firms):
    bring(tree, TEA).commit()
    again = bring(tree, TEA)
    assert again.outcomes == {Outcome.UNCHANGED: 1}, (again.problems(), again.changes())


def test_without_a_superior_it_stands_under_the_place_of_the_import(tree):
    bring(tree, {"工会名称": "北山酒厂工会", "类型": "基层工会"}).commit()
    row = named("北山酒厂工会")
    assert row.scope.parent_id == tree.north.pk
    assert row.division_id == NORTH


def test_a_superior_in_a_later_row(tree):
    batch = bring(
        tree,
        {"工会名称": "青山小组第一组", "类型": "工会小组", "上级工会": "青山茶行工会"},
        {"工会名称": "青山茶行工会", "类型": "基层工会", "上级工会": "青山村联合工会"},
        {"工会名称": "青山村联合工会", "类型": "村联合工会"},
    )
    assert batch.outcomes == {Outcome.NEW: 3}
    batch.commit()
    village = named("青山村联合工会")
    firm = named("青山茶行工会")
    assert (village.scope.parent_id, firm.scope.parent_id) == (tree.north.pk, village.pk)
    assert named("青山小组第一组").scope.parent_id == firm.pk
    assert batch.take_back() == []
    assert not every().filter(name__startswith="青山").exists()


def test_superiors_in_a_ring(tree):
    batch = bring(
        tree,
        {"工会名称": "青山茶行工会", "类型": "基层工会", "上级工会": "青山集团工会"},
        {"工会名称": "青山集团工会", "类型": "基层工会", "上级工会": "青山茶行工会"},
        {"工会名称": "青山茶店工会", "类型": "基层工会", "上级工会": "青山茶行工会"},
    )
    assert "第 2 行→第 3 行→第 2 行" in batch.problems(2)["union.ring"]
    assert "union.ring" in batch.problems(3)
    assert "第 2 行" in batch.problems(4)["union.superior_refused"]


def test_under_a_refused_superior(tree):
    batch = bring(
        tree,
        {"工会名称": "青山村联合工会", "类型": "村联合工会", "成立日期": "明年"},
        {"工会名称": "青山茶行工会", "类型": "基层工会", "上级工会": "青山村联合工会"},
    )
    assert "第 2 行" in batch.problems(3)["union.superior_refused"]


def test_all_that_is_wrong_with_a_row_is_said_at_once(tree):
    batch = bring(
        tree,
        {
            "工会名称": "茶", "类型": "茶会", CODE: union_code(1)[:-1] + "O", "所在镇街": "北山乡", "成立日期": "05/06/2024",
            "届次": "本届", "任期开始": "2027-01-01", "产生方式": "抓阄", "上级工会": "没有的工会", "用人单位": "没有的厂",
        },
    )  # fmt: skip
    assert {"name", "kind", "credit_code", "founded_on", "number", "term_from", "elected_by"} <= batch.columns()
    batch = bring(
        tree,
        {
            "工会名称": "北山酒厂工会", "类型": "基层工会", CODE: union_code(1)[:-1] + "O", "所在镇街": "北山乡",
            "上级工会": "没有的工会", "用人单位": "没有的厂", "届次": "第一届", "主席姓名": "周敏",
        },
    )  # fmt: skip
    assert batch.columns() == {"credit_code", "division", "parent", "employers", "term_until"}


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({CODE: "8.15310E+17"}, "mangled", "科学记数"),
        ({CODE: "91530999000000001T"}, "organisation.credit_code", ""),
        ({"成立日期": "2027-01-01"}, "organisation.founded_ahead", "不能晚于今天"),
        ({"类型": ""}, "union.kind", "类型"),
        ({"类型": "县总工会"}, "organisation.wrong_parent", "不能设在"),
        ({"上级工会": "北山纺织厂"}, "union.unknown", "北山纺织厂工会"),
        ({"上级工会": "南湖港务公司工会"}, "union.unknown", "范围"),
        ({"类型": "工会小组"}, "organisation.wrong_parent", "不能设在"),
        ({"届次": "第一届", "任期开始": "2024-05-06", "任期届满": "2028-05-06"}, "term.length", "3 年或 5 年"),
        ({"届次": "第一届", "任期届满": "2028-05-06"}, "term.incomplete", "都填上"),
        ({"届次": "第一届", "任期开始": "2024-05-06", "任期届满": "2029-05-06", "产生方式": "上级委派"},
         "term.elected_by", "选举产生"),
        ({"主席姓名": "周敏"}, "post.no_term", "请先登记届次"),
        ({"用人单位": "北山茶"}, "employer.unknown", "北山茶厂"),
    ],
)  # fmt: skip
def test_why_a_row_is_refused(tree, firms, row, code, words):
    batch = bring(tree, {"工会名称": "北山酒厂工会", "类型": "基层工会"} | row)
    assert batch.outcome() is Outcome.REFUSED
    assert words in batch.problems()[code]


def test_one_out_of_scope_is_only_said_to_be_registered(tree):
    Organisation.objects.unscoped(reason="test").filter(pk=tree.harbour.pk).update(credit_code=union_code(7))
    batch = bring(tree, {"工会名称": "北山港务工会", "类型": "基层工会", CODE: union_code(7)})
    assert list(batch.problems()) == ["organisation.code_taken"]
    assert "南湖" not in str(batch.problems())
    assert ALREADY_ELSEWHERE not in str(batch.problems())


def test_who_may_not_found_unions_may_still_correct_them(tree):
    batch = bring(
        tree,
        {"工会名称": "北山酒厂工会", "类型": "基层工会"},
        {"工会名称": "北山纺织厂工会", "地址": "新址"},
        job="CLERK",
    )
    assert "not_permitted" in batch.problems(2)
    assert batch.outcome(3) is Outcome.UPDATED
    batch.commit()
    assert named("北山纺织厂工会").address == "新址"


def test_nothing_lands_outside_the_place_of_the_import(tree):
    """The same name stands in both townships: the sheet of the north means the northern one."""
    found_union(tree.south, "青山茶行工会")
    batch = bring(tree, {"工会名称": "青山茶行工会", "类型": "基层工会", "地址": "北山"})
    assert batch.outcome() is Outcome.NEW
    batch.commit()
    assert {row.address for row in every().filter(name="青山茶行工会")} == {"", "北山"}
    county = bring(tree, {"工会名称": "青山茶行工会", "地址": "何处"}, at=tree.county)
    assert "union.ambiguous" in county.problems()
    told = bring(tree, {"工会名称": "青山茶行工会", "地址": "湖边", "上级工会": "南湖街道总工会"}, at=tree.county)
    assert told.outcome() is Outcome.UPDATED
    told.commit()
    assert {row.address for row in every().filter(name="青山茶行工会")} == {"湖边", "北山"}


def test_a_village_of_the_same_name_in_two_townships(tree):
    rows = [
        {"工会名称": "新村联合工会", "类型": "村联合工会", "上级工会": parent}
        for parent in ("北山镇总工会", "南湖街道总工会")
    ]
    batch = bring(
        tree, *rows, {"工会名称": "新村茶行工会", "类型": "基层工会", "上级工会": "新村联合工会"}, at=tree.county
    )
    assert batch.outcomes == {Outcome.NEW: 2, Outcome.REFUSED: 1}
    assert "第 2、3 行" in batch.problems(4)["union.ambiguous"]


def test_twice_in_the_file(tree):
    batch = bring(
        tree,
        {"工会名称": "北山酒厂工会", "类型": "基层工会"},
        {"工会名称": "北山酒厂工会", "类型": "基层工会"},
        {"工会名称": "北山茶厂工会", "类型": "基层工会", CODE: union_code(1)},
        {"工会名称": "北山药厂工会", "类型": "基层工会", CODE: union_code(1)},
        {"工会名称": "北山纺织厂工会", "地址": "一"},
        {"工会名称": "北山纺织厂工会", "地址": "二"},
    )
    assert [batch.problems(number).get("sheet.twice") for number in (3, 5, 7)] == [
        f"与第 {number} 行重复，请只留一行。" for number in (2, 4, 6)
    ]


def test_an_update_shows_old_and_new_and_an_empty_cell_erases_nothing(tree):
    edit_organisation(tree.mill.pk, address="旧址", telephone="83012345", actor=acting_as("CHAIR", tree.north), now=NOW)
    batch = bring(tree, {"工会名称": "北山纺织厂工会", "地址": "新址", "办公电话": "", CODE: union_code(3)})
    assert {(one.label, one.old, one.new) for one in batch.changes()} == {
        ("地址", "旧址", "新址"), (CODE, "", union_code(3)),
    }  # fmt: skip
    batch.commit()
    row = named("北山纺织厂工会")
    assert (row.address, row.telephone, row.credit_code) == ("新址", "83012345", union_code(3))


def test_name_kind_and_superior_of_a_registered_union_are_not_changed_by_a_sheet(tree):
    every().filter(pk=tree.mill.pk).update(credit_code=union_code(3))
    assert "union.other_name" in bring(tree, {"工会名称": "北山新纺织厂工会", CODE: union_code(3)}).problems()
    assert "union.kind_fixed" in bring(tree, {"工会名称": "北山纺织厂工会", "类型": "联合工会"}).problems()
    moved = {"工会名称": "北山纺织厂工会", CODE: union_code(3), "上级工会": "南湖街道总工会"}
    assert "union.other_superior" in bring(tree, moved, at=tree.county).problems()


def elect(union, number=1, begin=date(2021, 5, 6), chair="林小燕"):
    who = {"actor": acting_as("CHAIR", union), "now": NOW}
    term = start_term(
        union.pk, number=number, from_on=begin, until_on=begin.replace(year=begin.year + 5), elected_by=ChosenBy.CONGRESS,
        **who,
    )  # fmt: skip
    post = appoint_post(union.pk, kind=PostKind.CHAIR, name=chair, from_on=begin, chosen_by=ChosenBy.CONGRESS, **who)
    return term, post


NEW_TERM = {
    "工会名称": "北山纺织厂工会",
    "届次": "2",
    "任期开始": "2026-05-06",
    "任期届满": "2031-05-06",
    "主席姓名": "周敏",
}


def test_a_new_term_ends_the_one_before_and_taking_back_opens_it_again(tree):
    term, post = elect(tree.mill)
    batch = bring(tree, NEW_TERM)
    assert [(one.label, one.old, one.new) for one in batch.changes()] == [
        ("届次", "第一届", "第二届"), ("任期届满", "2026-05-06", "2031-05-06"), ("主席姓名", "", "周敏"),
    ]  # fmt: skip
    batch.commit()
    term.refresh_from_db()
    post.refresh_from_db()
    assert (term.ended_on, post.until_on) == (date(2026, 5, 6), date(2026, 5, 6))
    assert tree.mill.posts.get(until_on=None).name == "周敏"
    assert batch.take_back() == []
    term.refresh_from_db()
    post.refresh_from_db()
    assert (term.ended_on, post.until_on, post.ended_by) == (None, None, "")
    assert tree.mill.terms.count() == 1


def test_a_new_term_in_which_somebody_was_elected_since_stays(tree):
    elect(tree.mill)
    batch = bring(tree, NEW_TERM)
    batch.commit()
    appoint_post(
        tree.mill.pk, kind=PostKind.VICE_CHAIR, name="陈明", from_on=TODAY, chosen_by=ChosenBy.CO_OPTED,
        actor=acting_as("CHAIR", tree.mill), now=NOW,
    )  # fmt: skip
    assert batch.take_back() == ["“北山纺织厂工会”：新一届或主席在导入后改过，保留。"]
    assert tree.mill.terms.count() == 2
    assert tree.mill.posts.filter(until_on=None).count() == 2


def test_another_chair_while_one_is_in_office(tree):
    elect(tree.mill)
    batch = bring(tree, {"工会名称": "北山纺织厂工会", "主席姓名": "周敏"})
    assert "由林小燕担任，请先办理离任" in batch.problems()["post.taken"]
    assert bring(tree, {"工会名称": "北山纺织厂工会", "主席姓名": "林小燕"}).outcome() is Outcome.UNCHANGED


def test_a_term_that_stands_otherwise_in_the_register(tree):
    elect(tree.mill)
    same = {"工会名称": "北山纺织厂工会", "届次": "第一届", "任期开始": "2021-05-06", "任期届满": "2026-05-06"}
    assert bring(tree, same).outcome() is Outcome.UNCHANGED
    assert "term.differs" in bring(tree, same | {"任期届满": "2026-11-06"}).problems()
    assert bring(tree, {"工会名称": "北山纺织厂工会", "任期届满": "2026-05-06"}).outcome() is Outcome.UNCHANGED


def test_a_township_gets_ground_only_from_its_county(tree):
    county = Division.objects.get(code="530999")
    every().filter(pk=tree.county.pk).update(division=county)
    Division.objects.create(code="530999103", name="东岭镇", parent=county)
    Division.objects.create(code="530888103", name="西岭镇", parent=None)
    batch = bring(
        tree,
        {"工会名称": "东岭镇总工会", "类型": "镇总工会", "所在镇街": "东岭镇"},
        {"工会名称": "西岭镇总工会", "类型": "镇总工会", "所在镇街": "西岭镇"},
        at=tree.county,
    )
    assert batch.outcome(2) is Outcome.NEW
    assert "organisation.ground" in batch.problems(3)
    own = bring(tree, {"工会名称": "北山镇总工会", "所在镇街": "南湖街道"}, job="CHAIR")
    assert "organisation.ground" in own.problems()


def test_the_place_of_the_import_may_stand_in_its_own_sheet(tree):
    batch = bring(
        tree, {"工会名称": "北山镇总工会", "类型": "镇街总工会", "上级工会": "云岭县总工会", "地址": "镇前路"}
    )
    assert batch.outcome() is Outcome.UPDATED


def test_taking_back_leaves_nothing_of_what_was_made(tree, firms):
    scopes = Scope.objects.count()
    batch = bring(tree, TEA, {"工会名称": "北山酒厂工会", "类型": "基层工会"})
    batch.commit()
    assert batch.take_back() == []
    assert Scope.objects.count() == scopes == ScopePath.objects.count()
    for model in (Term, Post):
        assert not model.objects.unscoped(reason="test").exists()
    assert StructureChange.objects.unscoped(reason="test").count() == every().count()
    assert set(Employer.objects.unscoped(reason="test").values_list("union_state", flat=True)) == {"NONE"}


def test_taking_back_leaves_what_was_touched_since_and_says_so(tree, firms):
    batch = bring(
        tree, TEA, {"工会名称": "北山酒厂工会", "类型": "基层工会"}, {"工会名称": "北山药厂工会", "类型": "基层工会"},
        {"工会名称": "北山纺织厂工会", "地址": "新址", "办公电话": "83010000"},
    )  # fmt: skip
    batch.commit()
    later = {"actor": acting_as("CHAIR", tree.north), "now": NOW + timedelta(hours=1)}
    edit_organisation(named("北山酒厂工会").pk, address="山上", **later)
    found_union(named("北山茶厂工会"), "北山茶厂第一小组", K.GROUP)
    edit_organisation(tree.mill.pk, address="更新的地址", **later)
    assert batch.take_back() == [
        "“北山酒厂工会”：导入后改过，保留。",
        "“北山茶厂工会”：导入后已有下级、会员、干部等记录，保留。",
        "“北山纺织厂工会”：地址在导入后改过，保留现在的内容。",
    ]
    assert not every().filter(name="北山药厂工会").exists()
    row = named("北山茶厂工会")
    assert (row.terms.count(), row.posts.count(), row.employers.count()) == (1, 1, 2)
    mill = named("北山纺织厂工会")
    assert (mill.address, mill.telephone) == ("更新的地址", "")


def test_how_terms_are_numbered():
    assert [number_of_term(text) for text in ("第三届", "三", "3", "第十二届", "本届")] == [3, 3, 3, 12, None]


def test_headings_and_aliases_mean_one_column_each():
    words = [word for column in COLUMNS for word in (column.heading, *column.aliases)]
    assert len(words) == len(set(words))


def test_a_union_by_the_sheet_is_one_by_hand(tree):
    """Many are founded by the table: field by field as the actions would."""
    who = {"actor": acting_as("CHAIR", tree.north), "now": NOW}
    bring(tree, {key: text for key, text in TEA.items() if key != "用人单位"}, job="CHAIR").commit()
    by_sheet = named("北山茶厂工会")
    by_hand = add_organisation(
        parent_id=tree.north.pk, name="北山酒厂工会", kind=K.PRIMARY_UNION, credit_code=union_code(2), division=NORTH,
        address="茶山 1 号", telephone="83012345", founded_on=date(2019, 5, 6), **who,
    )  # fmt: skip
    start_term(
        by_hand.pk, number=2, from_on=date(2024, 5, 6), until_on=date(2029, 5, 6), elected_by=ChosenBy.CONGRESS, **who
    )
    appoint_post(
        by_hand.pk, kind=PostKind.CHAIR, name="周敏", from_on=date(2024, 5, 6), chosen_by=ChosenBy.CONGRESS, **who
    )

    def told(union):
        own = {"scope_id": "id", "scope": "id", "organisation_id": "id", "id": "id", "term_id": "term"}
        own |= {"name": "name", "name_key": "name", "credit_code": "code", "path": "path", "path_after": "path"}
        rows = [union, union.scope, *ScopePath.objects.filter(scope=union.scope)]
        rows += [*union.changes.all(), *union.terms.all()]
        facts = [
            {
                field.attname: own.get(field.attname) or getattr(row, field.attname)
                for field in row._meta.concrete_fields
            }
            for row in rows
        ]
        own["name"] = ""
        posts = [
            {
                field.attname: own.get(field.attname) or getattr(row, field.attname)
                for field in row._meta.concrete_fields
            }
            for row in union.posts.all()
        ]
        return [*facts, *posts]

    assert told(by_sheet) == told(named("北山酒厂工会"))


def test_the_top_of_the_tree_stands_in_its_own_sheet_without_a_superior(tree):
    batch = bring(tree, {"工会名称": "云岭县总工会", "类型": "县(市、区)总工会"}, at=tree.county)
    assert batch.outcome() is Outcome.UNCHANGED


def test_figures_of_the_night_keep_nothing(tree):
    batch = bring(tree, {"工会名称": "北山酒厂工会", "类型": "基层工会"})
    batch.commit()
    ScopeFact.objects.create(scope=named("北山酒厂工会").scope, name="unions", n=1)
    assert batch.take_back() == []
    assert not every().filter(name="北山酒厂工会").exists()
