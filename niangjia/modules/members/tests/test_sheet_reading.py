"""A row by itself: every kind of mistake, all at once, in the forms' own words; and the quick way says what the slow one says."""

from __future__ import annotations

import random
from datetime import date
from unittest import mock

import pytest

from niangjia.engines.imports.sheet import Place
from niangjia.kernel.crypto.ring import digest, ring
from niangjia.kernel.pinyin import initials, name_key
from niangjia.modules.members.actions.facts import MembershipFacts, PersonFacts
from niangjia.modules.members.rules import Document
from niangjia.modules.members.sheets import reading
from niangjia.modules.members.sheets.knowledge import DOCUMENT_AS, PHONE_AS, Knowledge, knowledge_of
from niangjia.modules.members.sheets.reading import STAGED
from niangjia.modules.members.testing import TODAY, identity_number, phone_number
from niangjia.modules.members.tests.rosters import ALL, SHEET, row
from niangjia.modules.organisations.actions.employers import add_employer
from niangjia.modules.organisations.testing import NOW, Tree, acting_as, found_union, small_tree

pytestmark = pytest.mark.django_db
NAMES = tuple(name for name, _ in STAGED)


@pytest.fixture
def tree() -> Tree:
    return small_tree()


def place(organisation, job: str = "CHAIR") -> Place:
    return Place(1, organisation.pk, organisation.scope.path, TODAY, ALL, acting_as(job, organisation))


@pytest.fixture
def known(tree: Tree) -> Knowledge:
    return knowledge_of(place(tree.county))


def check(known: Knowledge, **cells: str):
    return SHEET.check([cells.get(key, "") for key in ALL], known)


def problems(known: Knowledge, **cells: str) -> dict[str, str]:
    return {problem.code: problem.message for problem in check(known, **cells).problems}


def good(tree: Tree, **more: str) -> dict[str, str]:
    return row(union=tree.mill.name, **more)


def staged(known: Knowledge, **cells: str):
    found = check(known, **cells)
    assert not found.problems
    return dict(zip(NAMES, found.staged, strict=True))


def test_a_number_in_the_wrong_column_is_not_quoted(tree: Tree, known: Knowledge) -> None:
    """The sentence stands in the preview, which others see who may not see the number."""
    number = identity_number()
    found = problems(known, **good(tree, sex=number, education=f" {number} ", platform=number))
    assert {"sex.unknown", "education.unknown", "platform.unknown"} <= found.keys()
    assert number[4:14] not in str(found)


def spoilt(number: str) -> str:
    return number[:17] + ("0" if number[17] != "0" else "1")


@pytest.mark.parametrize(
    ("cells", "code", "sentence"),
    [
        ({"name": ""}, "name.wrong", "姓名应为 2 到 50 个字。"),
        ({"name": "林小燕1"}, "name.wrong", "姓名里不能有数字。"),
        ({"document_number": ""}, "document_number.missing", "请填写证件号码。"),
        ({"document_number": "1.23457E+17"}, "document_number.mangled", "科学计数法"),
        ({"document_number": "79000019900517"}, "document_number.length", "应为 18 位，现在是 14 位"),
        ({"document_number": "00000019900517001X"}, "document_number.wrong", "省份代码"),
        ({"document_number": spoilt(identity_number(serial=7))}, "document_number.checksum", "校验位不对"),
        ({"document_kind": "驾驶证"}, "document_kind.unknown", "证件类型没有“驾驶证”这一项"),
        ({"document_kind": "护照", "document_number": "A"}, "document_number.wrong", "护照号码"),
        ({"sex": "男", "document_number": identity_number(woman=True, serial=8)}, "sex.differs", "号码里是“女”"),
        ({"sex": "公"}, "sex.unknown", "性别没有“公”这一项"),
        ({"born_on": "1991-01-01"}, "born_on.differs", "号码里是 1990-05-17"),
        ({"born_on": "九零年"}, "born_on.day", "2024-05-06"),
        ({"ethnicity": "汉人"}, "ethnicity.unknown", "汉族"),
        ({"education": "大学本课"}, "education.unknown", "大学本科"),
        ({"phone": "1381234"}, "phone.wrong", "手机号码应为 11 位，现在是 7 位。"),
        ({"phone": "1.38123E+10"}, "phone.mangled", "科学计数法"),
        ({"is_migrant": "也许"}, "is_migrant.yes_no", "只能填“是”或“否”"),
        ({"categories": "快递员、宇航员"}, "categories.unknown", "宇航员"),
        ({"platform": "没有的平台"}, "platform.unknown", "没有找到平台"),
        ({"post": "焊" * 41}, "post.wrong", "最多 40 个字。"),
        ({"household_place": "某" * 61}, "household_place.wrong", "最多 60 个字。"),
        ({"joined_on": "2999-01-01"}, "joined_on.day_far", "1900 到 2199"),
        ({"joined_on": "2027-01-01"}, "joined_on.wrong", "不能晚于今天"),
        ({"joined_on": "2005-01-01"}, "joined_on.young", "未满 16 周岁"),
        ({"joined_on": "05/06/2024"}, "joined_on.day_order", "分不清"),
        ({"union": "北山纺织工会"}, "union.unknown", "北山纺织厂工会"),
        ({"union": "北山镇总工会"}, "union.unknown", "直接管理会员"),
        ({"union": ""}, "union.missing", "请填写所属工会。"),
        ({"employer": "北山纺织厂"}, "employer.unknown", "请先导入用人单位"),
        ({"employer_code": "91110000"}, "employer_code.wrong", "应为 18 位"),
        ({"employer_code": "9.11E+17"}, "employer_code.mangled", "科学计数法"),
        ({"status": "在岗中"}, "status.unknown", "会籍状态没有"),
        ({"change": "退会"}, "change_on.missing", "请填写会籍变化日期。"),
        ({"change": "除名", "change_on": "2025-01-01"}, "change_reason.missing", "办理“除名”要写明原因。"),
        ({"change": "退会", "change_on": "2027-01-01"}, "change_on.ahead", "日期不能晚于今天"),
        ({"change": "退会", "change_on": "2025-01-01", "status": "正常"}, "status.differs", "后会籍是“退会”"),
        ({"change_on": "2025-01-01"}, "change.missing", "还要填写会籍变化类型"),
    ],
)
def test_each_mistake_is_told(tree: Tree, known: Knowledge, cells: dict[str, str], code: str, sentence: str) -> None:
    found = problems(known, **{**good(tree), **cells})
    assert [*found] == [code]
    assert sentence in found[code]


def test_all_mistakes_of_a_row_are_told_at_once(tree: Tree, known: Knowledge) -> None:
    found = problems(
        known, name="林小燕", document_number="1.2E+17", phone="12", union="哪里", education="?", joined_on="昨天"
    )
    assert {*found} == {
        "document_number.mangled", "phone.wrong", "union.unknown", "education.unknown", "joined_on.day",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "written", "code"),
    [
        ("sex", "女性", "2"), ("sex", "F", "2"), ("ethnicity", "汉", "01"), ("ethnicity", "维吾尔族", "05"),
        ("education", "本科", "20"), ("education", " 大专 ", "30"), ("education", "中专/技校/职高", "40"),
        ("political_status", "党员", "01"), ("marital_status", "已婚", "20"), ("is_migrant", "√", True),
        ("is_migrant", "否", False), ("categories", "快递员、骑手", "{2,6}"), ("categories", "骑手;快递;骑手", "{2,6}"),
        ("joined_on", "2024年3月", date(2024, 3, 1)), ("joined_on", "45352", date(2024, 3, 1)), ("status", "在会", 1),
        ("skill_grade", "二级", "5"), ("employment_status", "退休人员", "6"), ("household_kind", "农村", "2"),
        ("phone_tail", "", "0000"), ("name", "买买提 • 艾力", "买买提·艾力"),
    ],
)  # fmt: skip
def test_words_are_read_as_hands_write_them(tree: Tree, known: Knowledge, key: str, written: str, code: object) -> None:
    cells = good(tree, **{"sex": "", key: written}) if key != "sex" else good(tree, sex=written)
    cells["document_number"] = identity_number(woman=True)
    cells["phone"] = "+86 124-0000-0000"
    assert staged(known, **cells)[key] == code


def test_an_empty_union_is_the_one_for_which_the_sheet_is_imported(tree: Tree) -> None:
    assert staged(knowledge_of(place(tree.mill)), **row())["scope_id"] == tree.mill.pk
    # And no other union of the register exists for it.
    assert problems(knowledge_of(place(tree.mill)), **row(union=tree.harbour.name)).keys() == {"union.unknown"}


def test_unions_of_one_name_are_told_apart_by_their_superior(tree: Tree) -> None:
    one, other = found_union(tree.north, "联合工会"), found_union(tree.south, "联合工会")
    known = knowledge_of(place(tree.county))
    found = problems(known, **row(union="联合工会"))
    assert found.keys() == {"union.ambiguous"}
    assert "北山镇总工会/联合工会" in found["union.ambiguous"]
    assert staged(known, **row(union="北山镇总工会/联合工会"))["scope_id"] == one.pk
    assert staged(known, **row(union="南湖街道总工会／联合工会"))["scope_id"] == other.pk


def code_of(n: int) -> str:
    """An employer's credit code that no office gave."""
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    first = f"9153010000{n:07}"
    total = sum(alphabet.index(character) * weight for character, weight in zip(first, weights, strict=True))
    return first + alphabet[-total % 31]


def test_employers_by_code_and_by_name(tree: Tree) -> None:
    def employer(name: str, code: str, division: str = "530999101") -> int:
        return add_employer(
            name=name, credit_code=code, division=division, headcount=20, actor=acting_as("CHAIR", tree.county), now=NOW
        ).pk

    mill, port = employer("北山纺织厂", code_of(1)), employer("南湖港务公司", code_of(2), "530999002")
    known = knowledge_of(place(tree.county))

    def found(**cells: str):
        return staged(known, **good(tree, **cells))["employer_id"]

    def refused(**cells: str) -> set[str]:
        return {*problems(known, **good(tree, **cells))}

    assert found(employer="北山纺织厂") == found(employer_code=code_of(1).lower()) == mill
    assert found(employer="北山 纺织厂", employer_code=code_of(1)) == mill
    # The code decides beside a name that nobody has, not beside another employer's.
    assert found(employer="纺织厂老厂区", employer_code=code_of(1)) == mill
    assert refused(employer="南湖港务公司", employer_code=code_of(1)) == {"employer.differs"}
    assert refused(employer="南湖港务公司", employer_code=code_of(3)) == {"employer_code.unknown"}
    assert refused(employer_code=code_of(1)[:-1] + "I") == {"employer_code.wrong"}
    assert found(employer="南湖港务公司") == port
    # An employer out of sight is one that isn't there.
    there = knowledge_of(place(tree.north))
    assert {*problems(there, **good(tree, employer="南湖港务公司"))} == {"employer.unknown"}
    assert (
        "南湖港务公司" not in problems(there, **good(tree, employer="南湖港务"))["employer.unknown"].split("最接近")[-1]
    )


def cells_at_random(chance: random.Random, tree: Tree) -> dict[str, str]:
    """Right for the most part, wrong in every way that the quick look might miss."""
    born = date(chance.randint(1935, 2012), chance.randint(1, 12), chance.randint(1, 28))
    if chance.random() < 0.05:
        born = date(2008, 2, 29)
    woman = chance.random() < 0.5
    number = identity_number(born, woman=woman)

    def pick(choices: list[str]) -> str:
        return choices[0] if chance.random() < 0.7 else chance.choice(choices)

    return {
        "name": pick(["林小燕", "王建国", "欧阳娜娜", "买买提·艾力", "艾力•库尔班", "Ann Lee", "林", "林1", "〇明", "㐀明", " 赵 敏", "𠮷野"]),
        "document_number": pick(
            [number] * 6
            + [number.lower(), f" {number}", number[:-1], spoilt(number), "11" + number[2:], "99" + number[2:],
               number[:6] + "19001301" + number[14:], number[:10] + "0230" + number[14:], number.replace("1", "１"),
               "A12345678", "", "1.23E+17", number[:14] + "+12" + number[17]]
        ),
        "document_kind": pick(["", "", "", "居民身份证", "身份证", "护照", "港澳居民居住证", "外国人永久居留身份证"]),
        "sex": pick(["", "", "男", "女", "未知", "未说明"]),
        "born_on": pick(["", "", born.isoformat(), born.strftime("%Y/%m/%d"), "1990-05-17", "2030-01-01"]),
        "phone": pick(["", phone_number(), "13812342013", "138 1234 2013", "+8613812342013", "12812342013", "138", "手机"]),
        "joined_on": pick(["", "2024-03-01", "2004-05-01", "1920-12-31", "1921-01-01", "2024-02-29", "2026-11-22", "2026-11-23"]),
        "post": pick(["", "焊工", " 焊工 ", "焊" * 40, "焊" * 41]),
        "household_place": pick(["", "安徽省", "安" * 61]),
        "education": pick(["", "本科"]),
        "union": tree.mill.name,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_the_quick_way_says_what_the_forms_say(tree: Tree, known: Knowledge, seed: int) -> None:
    chance = random.Random(seed)
    quick = 0
    for _ in range(1_000):
        cells = cells_at_random(chance, tree)
        fast = check(known, **cells)
        with mock.patch.object(reading, "_plain", return_value=None):
            slow = check(known, **cells)
        assert fast.problems == slow.problems
        assert unsealed(fast.staged) == unsealed(slow.staged)
        quick += not fast.problems
        compare_with_the_form(cells, fast, known)
    assert 200 < quick < 800


def unsealed(values):
    if values is None:
        return None
    found = dict(zip(NAMES, values, strict=True))
    for name, column in (("document_number", DOCUMENT_AS), ("phone", PHONE_AS)):
        if found[name] is not None:
            found[name] = ring().open(found[name], column)
    return found


def compare_with_the_form(cells: dict[str, str], checked, known: Knowledge) -> None:
    """A form gets the same facts already typed; what it refuses, the sheet refuses, and the other way round."""
    words, days = known.words, known.days
    known.problems.clear()
    born, joined = days["born_on"][cells["born_on"]], days["joined_on"][cells["joined_on"]]
    sex = words["sex"][cells["sex"]]
    person = PersonFacts(
        name=cells["name"], document_kind=words["document_kind"][cells["document_kind"]] or Document.RESIDENT.value,
        document_number=cells["document_number"], sex="" if sex in (None, "0") else sex, born_on=born,
        phone=cells["phone"], household_place=cells["household_place"],
    ).tidied()  # fmt: skip
    membership = MembershipFacts(joined_on=joined or TODAY, post=cells["post"]).tidied()
    form = person.problems(today=TODAY, synthetic=True) | membership.problems(
        today=TODAY, born_on=person.born_on if joined else None
    )
    mangled = "+" in cells["document_number"] and "E" in cells["document_number"]
    assert {p.column for p in checked.problems} | ({"sex", "born_on"} & form.keys()) == {*form}
    if not mangled:
        assert {p.column: p.message for p in checked.problems} == form
    if not form:
        found = unsealed(checked.staged)
        assert found["name"] == person.name
        assert found["name_key"] == name_key(person.name)
        assert found["initials"] == initials(person.name)
        assert found["document_number"] == person.document_number
        assert found["document_digest"] == digest(person.document_number)
        assert (found["sex"] or "0", found["born_on"]) == (person.sex, person.born_on)
        assert (found["phone"] or "") == person.phone
        assert (found["phone_tail"] or "") == person.phone[-4:]
        assert (found["post"] or "", found["household_place"] or "") == (membership.post, person.household_place)
