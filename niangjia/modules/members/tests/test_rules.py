from __future__ import annotations

from datetime import date

import pytest

from niangjia.kernel.errors import Refused
from niangjia.kernel.numbers import identity_check_character
from niangjia.modules.members import rules
from niangjia.modules.members.rules import Change, Document, MembershipState, Read, Sex

TODAY = date(2026, 3, 1)


def numbered(first_17: str) -> str:
    return first_17 + identity_check_character(first_17)


STANDARDS_OWN = "11010519491231002X"  # the example printed in GB 11643


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (Document.RESIDENT, STANDARDS_OWN),
        (Document.RESIDENT, numbered("33020319920229001")),
        (Document.RESIDENCE_PERMIT, numbered("81000019850501123")),
        (Document.RESIDENCE_PERMIT, numbered("83000019850501124")),
        (Document.FOREIGN_RESIDENT, numbered("93384019800115002")),
        (Document.FOREIGN_RESIDENT, "USA330080011502"),
        (Document.PASSPORT, "E12345678"),
        (Document.PASSPORT, "C01X00T47"),
        (Document.HONG_KONG_MACAO_PERMIT, "H12345678"),
        (Document.HONG_KONG_MACAO_PERMIT, "M1234567801"),
        (Document.TAIWAN_PERMIT, "12345678"),
        (Document.TAIWAN_PERMIT, "1234567890B"),
    ],
)
def test_good_documents(kind, number):
    assert rules.check_document(kind, number, today=TODAY) is None


@pytest.mark.parametrize(
    ("kind", "number", "says"),
    [
        (Document.RESIDENT, "", "现在是 0 位"),
        (Document.RESIDENT, "110105491231002", "现在是 15 位"),
        (Document.RESIDENT, STANDARDS_OWN + "1", "现在是 19 位"),
        (Document.RESIDENT, "1101051949123100X2", "前 17 位是数字"),
        (Document.RESIDENT, "11010519491231002Y", "前 17 位是数字"),
        (Document.RESIDENT, "１1010519491231002X", "前 17 位是数字"),
        (Document.RESIDENT, "110105194912310021", "校验位"),
        (Document.RESIDENT, "11010519491213002X", "校验位"),
        (Document.RESIDENT, numbered("99010519491231002"), "省份代码"),
        (Document.RESIDENT, numbered("16010519491231002"), "省份代码"),
        (Document.RESIDENT, numbered("33020319900229001"), "“19900229”不存在"),
        (Document.RESIDENT, numbered("33020320260302001"), "还没有到"),
        (Document.RESIDENT, "440524188001010014", "太早"),
        (Document.RESIDENT, numbered("79000119900228001"), "演示用"),
        (Document.RESIDENCE_PERMIT, numbered("33020319850501123"), "810000"),
        (Document.RESIDENCE_PERMIT, numbered("81000119850501123"), "810000"),
        (Document.FOREIGN_RESIDENT, numbered("33020319850501123"), "以 9 开头"),
        (Document.FOREIGN_RESIDENT, "USA330013150210", "不存在"),
        (Document.FOREIGN_RESIDENT, "US3330080011502", "3 位字母"),
        (Document.PASSPORT, "ABCDEFG", "护照"),
        (Document.PASSPORT, "E1234", "护照"),
        (Document.PASSPORT, "E1234567-8", "护照"),
        (Document.HONG_KONG_MACAO_PERMIT, "A12345678", "H 或 M"),
        (Document.HONG_KONG_MACAO_PERMIT, "H123456789", "H 或 M"),
        (Document.TAIWAN_PERMIT, "1234567", "8 位"),
    ],
)
def test_bad_documents(kind, number, says):
    assert says in (rules.check_document(kind, number, today=TODAY) or "")


@pytest.mark.parametrize("place", range(17))
def test_any_single_slip_is_seen(place):
    for digit in "0123456789":
        slipped = STANDARDS_OWN[:place] + digit + STANDARDS_OWN[place + 1 :]
        good = rules.check_document(Document.RESIDENT, slipped, today=TODAY) is None
        assert good == (slipped == STANDARDS_OWN)


def test_neighbours_swapped_are_seen():
    number = "33028219870605413"
    for place in range(16):
        if number[place] != number[place + 1]:
            swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
            assert identity_check_character(swapped) != identity_check_character(number)


@pytest.mark.parametrize(
    ("kind", "number", "read"),
    [
        (Document.RESIDENT, STANDARDS_OWN, Read(date(1949, 12, 31), Sex.WOMAN)),
        (Document.RESIDENCE_PERMIT, numbered("81000019850501123"), Read(date(1985, 5, 1), Sex.MAN)),
        (Document.RESIDENT, "garbage", None),
        (Document.RESIDENT, numbered("33020319900229001"), None),
        (Document.PASSPORT, "E12345678", None),
    ],
)
def test_reading(kind, number, read):
    assert rules.read_document(kind, number) == read


def test_synthetic_is_welcome_only_where_it_belongs():
    number = numbered("79000119900228001")
    assert rules.check_document(Document.RESIDENT, number, today=TODAY, synthetic=True) is None
    assert "校验位" in (rules.check_document(Document.RESIDENT, number[:16] + "22", today=TODAY, synthetic=True) or "")


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        (" 110105 19491231 002x ", STANDARDS_OWN),
        ("１１０１０５１９４９１２３１００２Ｘ", STANDARDS_OWN),
        ("h12345678（01）", "H1234567801"),
    ],
)
def test_tidy_document(raw, tidy):
    assert rules.tidy_document(raw) == tidy


@pytest.mark.parametrize(
    ("born", "today", "good"),
    [
        (date(2010, 3, 1), date(2026, 3, 1), True),
        (date(2010, 3, 2), date(2026, 3, 1), False),
        (date(2008, 2, 29), date(2024, 2, 28), False),
        (date(2008, 2, 29), date(2024, 2, 29), True),
    ],
)
def test_youngest_member(born, today, good):
    assert (rules.check_age(born, today=today) is None) == good


def test_what_stands_beside_the_number_agrees_with_it():
    read = Read(date(1990, 5, 1), Sex.MAN)
    assert rules.check_agrees(read, birth_on=date(1990, 5, 1), sex=Sex.MAN) is None
    assert rules.check_agrees(read, birth_on=None, sex=None) is None
    assert rules.check_agrees(read, birth_on=None, sex=Sex.UNSTATED) is None
    assert "1990-05-01" in (rules.check_agrees(read, birth_on=date(1990, 5, 2), sex=None) or "")
    assert "“男”" in (rules.check_agrees(read, birth_on=None, sex=Sex.WOMAN) or "")


# --- names ---


@pytest.mark.parametrize(
    "name", ["王芳", "欧阳娜娜", "买买提·艾力", "〇一", "王𠀀", "John Smith", "O'Neill", "José García", "J. Müller"]
)
def test_good_names(name):
    assert rules.check_name(name) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("王", "2 到 50"),
        ("王" * 51, "2 到 50"),
        ("王芳1", "数字"),
        ("王芳（女）", "其他符号"),
        ("·艾力", "其他符号"),
        ("买买提··艾力", "其他符号"),
        ("<b>王</b>", "其他符号"),
    ],
)
def test_bad_names(name, says):
    assert says in (rules.check_name(name) or "")


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        (" 王 芳 ", "王芳"),
        ("王\u3000芳", "王芳"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提 ． 艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
    ],
)
def test_tidy_name(raw, tidy):
    assert rules.tidy_name(raw) == tidy


# --- membership ---

S = MembershipState


@pytest.mark.parametrize(
    ("state", "change", "follows"),
    [
        (None, Change.JOINED, S.NORMAL),
        (None, Change.MOVED_IN, S.NORMAL),
        (S.NORMAL, Change.KEPT, S.KEPT),
        (S.KEPT, Change.RESUMED, S.NORMAL),
        (S.NORMAL, Change.MOVED_OUT, S.MOVED_OUT),
        (S.KEPT, Change.LEFT, S.LEFT),
        (S.NORMAL, Change.LAPSED, S.LAPSED),
        (S.NORMAL, Change.EXPELLED, S.EXPELLED),
        (S.KEPT, Change.DIED, S.DIED),
        (S.DIED, Change.CORRECTED, S.NORMAL),
    ],
)
def test_changes(state, change, follows):
    assert rules.ensure_may_change(state, change, reason="有据") is follows
    assert change in rules.changes_from(state)
    if state is not None:
        rules.ensure_may_become(state, follows)


@pytest.mark.parametrize(
    ("state", "change"),
    [
        (None, Change.LEFT),
        (S.NORMAL, Change.JOINED),
        (S.NORMAL, Change.RESUMED),
        (S.KEPT, Change.KEPT),
        (S.LEFT, Change.JOINED),
        (S.DIED, Change.LEFT),
        (S.EXPELLED, Change.RESUMED),
        (S.NORMAL, Change.CORRECTED),
    ],
)
def test_changes_refused(state, change):
    with pytest.raises(Refused, check=lambda refusal: refusal.code == "membership.change"):
        rules.ensure_may_change(state, change, reason="有据")


@pytest.mark.parametrize("change", [Change.EXPELLED, Change.LAPSED])
def test_some_changes_need_a_reason(change):
    with pytest.raises(Refused, match="原因"):
        rules.ensure_may_change(S.NORMAL, change, reason=" ")


def test_states_that_cannot_follow():
    with pytest.raises(Refused):
        rules.ensure_may_become(S.LEFT, S.DIED)
    with pytest.raises(Refused):
        rules.ensure_may_become(S.NORMAL, S.NORMAL)


# --- dictionaries ---


def test_dictionaries():
    assert " ".join(group.label for group in rules.EIGHT_GROUPS) == (
        "货车司机 快递员 护工护理员 家政服务员 商场信息员 网约送餐员 房产中介员 保安员"
    )
    assert len([code for code in rules.ETHNICITIES if code <= "56"]) == 56
    assert (rules.ETHNICITIES["01"], rules.ETHNICITIES["22"], rules.ETHNICITIES["56"]) == ("汉族", "畲族", "基诺族")
    assert {state.label for state in rules.ACTIVE} == {"正常", "保留"}
    assert [state.value for state in rules.ACTIVE | {S.DIED}] == [1, 2, 7]
