"""What becomes of each row: held against the file, the register, and what the asker may know."""

from __future__ import annotations

from datetime import date

import pytest

from niangjia.engines.imports.sheet import Outcome
from niangjia.modules.members.actions import change_membership, check_register
from niangjia.modules.members.models import Membership, MembershipChange, Person
from niangjia.modules.members.queries.people import ELSEWHERE
from niangjia.modules.members.rules import Change
from niangjia.modules.members.testing import NOW, identity_number, member, phone_number
from niangjia.modules.members.tests.rosters import SHEET, Roster, row
from niangjia.modules.organisations.testing import Tree, acting_as, found_union, small_tree

pytestmark = pytest.mark.django_db
NEW, UPDATED, UNCHANGED, REFUSED = Outcome.NEW, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.REFUSED


@pytest.fixture
def tree() -> Tree:
    return small_tree()


def all_of(model):
    return model.objects.unscoped(reason="a test looks at everything")


def row_of(membership: Membership, **more: str) -> dict[str, str]:
    """As an export would write it."""
    person = all_of(Person).get(pk=membership.person_id)
    return {
        "name": person.name, "document_number": person.document_number, "phone": person.phone,
        "joined_on": membership.joined_on.isoformat(), **more,
    }  # fmt: skip


def test_new_rows_become_members(tree: Tree) -> None:
    roster = Roster(tree.mill, [row("林小燕"), row("王建国", categories="快递员、网约送餐员", education="本科")])
    assert roster.outcomes == [NEW, NEW]
    made = roster.commit()
    assert made.told["history_lines"] == 2
    assert all_of(Membership).count() == 2
    assert not check_register(now=NOW)


def test_a_document_twice_in_the_file_names_the_first_row(tree: Tree) -> None:
    twice = identity_number()
    roster = Roster(tree.mill, [row(document_number=twice), row(), row(document_number=twice)])
    assert roster.outcomes == [NEW, NEW, REFUSED]
    assert roster.messages[2] == "与第 2 行的证件号码相同，一个人只能有一行。"


def test_a_phone_of_two_names_is_refused_unless_allowed(tree: Tree) -> None:
    phone = phone_number()
    rows = [row("林小燕", phone=phone), row("王建国", phone=phone), row("赵敏"), row("林小燕", phone=phone)]
    roster = Roster(tree.mill, rows)
    assert roster.codes == [["phone.shared"], ["phone.shared"], [], ["phone.shared"]]
    assert "第 3 行" in roster.messages[0]
    assert "第 2 行" in roster.messages[1]
    assert Roster(tree.mill, rows, options={"shared_phones": True}).outcomes == [NEW] * 4


def test_a_phone_of_somebody_else_under_the_place_is_refused(tree: Tree) -> None:
    near, far = phone_number(), phone_number()
    member(tree.mill, "周敏", phone=near)
    member(tree.harbour, "吴强", phone=far)
    roster = Roster(tree.mill, [row("林小燕", phone=near), row("王建国", phone=far)])
    assert roster.codes == [["phone.registered"], []]
    assert "周敏" in roster.messages[0]


def test_the_same_again_is_unchanged_and_empty_cells_erase_nothing(tree: Tree) -> None:
    known = member(tree.mill, education="20", ethnicity="01", categories=(2,))
    full = row_of(known, education="大学本科", ethnicity="汉", categories="快递员", union=tree.mill.name, status="正常")
    roster = Roster(tree.mill, [full])
    assert roster.outcomes == [UNCHANGED]
    assert Roster(tree.mill, [{"name": full["name"], "document_number": full["document_number"]}]).outcomes == [
        UNCHANGED
    ]


def test_changed_fields_are_shown_old_and_new(tree: Tree) -> None:
    known = member(tree.mill, education="20", phone="12499990001")
    roster = Roster(
        tree.mill,
        [row_of(known, education="硕士", phone="12499990002", post="焊工", joined_on="2024-02-01", is_migrant="√")],
    )
    assert roster.outcomes == [UPDATED]
    assert {(one.label, one.old, one.new) for one in roster.changes()[2]} == {
        ("学历", "大学本科", "硕士研究生"), ("移动电话", "124****0001", "124****0002"), ("岗位", "", "焊工"),
        ("入会日期", "2024-03-01", "2024-02-01"), ("是否农民工", "", "是"),
    }  # fmt: skip
    roster.commit()
    known.refresh_from_db()
    person = all_of(Person).get(pk=known.person_id)
    assert (person.education, person.phone, person.is_migrant) == ("14", "12499990002", True)
    assert (known.post, known.joined_on, known.phone_tail) == ("焊工", date(2024, 2, 1), "0002")
    assert all_of(MembershipChange).get(membership=known).on == date(2024, 2, 1)
    assert not check_register(now=NOW)
    roster.judge()
    assert roster.outcomes == [UNCHANGED]


def test_a_member_of_another_union_is_named_only_to_those_who_see_her(tree: Tree) -> None:
    other = found_union(tree.north, "北山机械厂工会")
    near, far = member(other), member(tree.harbour)
    rows = [row_of(near, union=tree.mill.name), row_of(far, union=tree.mill.name)]
    roster = Roster(tree.north, rows)
    assert roster.codes == [["document_number.other_union"], ["document_number.elsewhere"]]
    assert roster.messages == ["林小燕是“北山机械厂工会”的会员，转到这个工会请办理会籍转接。", ELSEWHERE]
    # In the county both are in sight; in the mill neither is.
    assert Roster(tree.county, rows).codes == [["document_number.other_union"]] * 2
    assert Roster(tree.mill, rows).messages == [ELSEWHERE, ELSEWHERE]


def test_another_name_is_refused(tree: Tree) -> None:
    known, gone = member(tree.mill), member(tree.harbour)
    change_membership(
        gone.pk, change=Change.LEFT, on=date(2025, 1, 1), actor=acting_as("CHAIR", tree.county), now=NOW, reason="离开"
    )
    roster = Roster(tree.mill, [row_of(known) | {"name": "王建国"}, row_of(gone) | {"name": "王建国"}])
    assert roster.codes == [["name.registered"], ["document_number.elsewhere"]]


def test_who_left_joins_again_and_who_died_does_not(tree: Tree) -> None:
    county = acting_as("CHAIR", tree.county)
    left, died, far = member(tree.mill), member(tree.mill), member(tree.harbour, phone="12499990003")
    change_membership(left.pk, change=Change.LEFT, on=date(2025, 1, 1), actor=county, now=NOW)
    change_membership(died.pk, change=Change.DIED, on=date(2025, 1, 1), actor=county, now=NOW)
    change_membership(far.pk, change=Change.LEFT, on=date(2025, 1, 1), actor=county, now=NOW)
    rows = [
        row_of(left, joined_on="2025-06-01", education="本科"), row_of(died, joined_on="2025-06-01"),
        row_of(far, joined_on="2025-06-01", phone="12499990004"), row_of(left, joined_on="2024-12-01"),
    ]  # fmt: skip
    assert Roster(tree.mill, [rows[3]]).codes == [["joined_on.overlaps"]]
    roster = Roster(tree.mill, rows[:3])
    assert roster.codes == [[], ["document_number.died"], []]
    assert roster.outcomes == [NEW, REFUSED, NEW]
    roster.commit()
    person = all_of(Person).get(pk=left.person_id)
    assert person.education == "20"
    assert all_of(Membership).filter(person=person).count() == 2
    assert {m.phone_tail for m in all_of(Membership).filter(person=far.person_id)} == {"0004"}
    assert not check_register(now=NOW)


def test_who_left_and_is_named_as_one_who_left_is_unchanged(tree: Tree) -> None:
    left = member(tree.mill)
    change_membership(left.pk, change=Change.LEFT, on=date(2025, 1, 1), actor=acting_as("CHAIR", tree.county), now=NOW)
    rows = [
        row_of(left, status="退会", change="退会", change_on="2025-01-01"), row_of(left, status="除名", joined_on=""),
        row("王建国", status="退会"),
    ]  # fmt: skip
    assert Roster(tree.mill, rows[:1]).outcomes == [UNCHANGED]
    assert Roster(tree.mill, rows[1:]).codes == [["status.gone"], ["status.gone"]]


@pytest.mark.parametrize(
    ("cells", "state", "ended"),
    [
        ({"change": "退会", "change_on": "2025-05-01"}, 4, date(2025, 5, 1)),
        ({"change": "去世", "change_on": "2025-05-01", "status": "去世"}, 7, date(2025, 5, 1)),
        ({"status": "除名", "change_on": "2025-05-01", "change_reason": "刑事犯罪"}, 6, date(2025, 5, 1)),
        ({"status": "保留", "change_on": "2025-05-01", "change_reason": "退休"}, 2, None),
    ],
)
def test_changes_are_applied_as_the_action_would(tree: Tree, cells: dict[str, str], state: int, ended: date) -> None:
    known = member(tree.mill, categories=(2, 6))
    roster = Roster(tree.mill, [row_of(known, **cells)])
    assert roster.outcomes == [UPDATED]
    assert [one.label for one in roster.changes()[2]] == ["会籍状态"]
    roster.commit()
    known.refresh_from_db()
    assert (known.status, known.ended_on) == (state, ended)
    line = all_of(MembershipChange).filter(membership=known).latest("id")
    assert (line.on, line.reason) == (date(2025, 5, 1), cells.get("change_reason", ""))
    assert not check_register(now=NOW)
    # The same sheet again has nothing to say.
    roster.judge()
    assert roster.outcomes == [UNCHANGED]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"change": "转出", "change_on": "2025-05-01"}, "change.transfer"),
        ({"change": "转入", "change_on": "2025-05-01"}, "change.transfer"),
        ({"status": "转出"}, "change.transfer"),
        ({"change": "更正", "change_on": "2025-05-01", "change_reason": "录错"}, "change.by_hand"),
        ({"status": "退会"}, "change_on.missing"),
        ({"status": "除名", "change_on": "2025-05-01"}, "change_reason.missing"),
        ({"change": "退会", "change_on": "2023-05-01"}, "change_on.early"),
    ],
)
def test_changes_that_a_sheet_cannot_bring_about(tree: Tree, cells: dict[str, str], code: str) -> None:
    known = member(tree.mill)
    assert Roster(tree.mill, [row_of(known, **cells)]).codes == [[code]]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"joined_on": ""}, "joined_on.missing"),
        ({"status": "退会"}, "status.gone"),
        ({"change": "恢复", "change_on": "2025-05-01"}, "change.new"),
        ({"status": "保留"}, "change_on.missing"),
        ({"status": "保留", "change_on": "2023-05-01"}, "change_on.early"),
    ],
)
def test_what_a_new_member_cannot_be(tree: Tree, cells: dict[str, str], code: str) -> None:
    assert Roster(tree.mill, [row(**cells)]).codes == [[code]]


def test_new_members_may_have_come_from_elsewhere_or_keep_their_membership(tree: Tree) -> None:
    roster = Roster(
        tree.mill,
        [
            row(joined_on="", change="转入", change_on="2025-02-01", change_reason="换单位"),
            row("王建国", status="保留", change_on="2025-03-01", change_reason="退休"),
        ],
    )
    roster.commit()
    first, second = all_of(Membership).order_by("-status")
    lines = all_of(MembershipChange).order_by("id")
    assert {(one.membership_id, one.kind, one.on, one.reason, one.to_scope_id) for one in lines} == {
        (second.pk, "MOVED_IN", date(2025, 2, 1), "换单位", tree.mill.pk),
        (first.pk, "JOINED", date(2024, 3, 1), "", tree.mill.pk),
        (first.pk, "KEPT", date(2025, 3, 1), "退休", None),
    }
    assert [(m.status, m.joined_on) for m in (first, second)] == [(2, date(2024, 3, 1)), (1, date(2025, 2, 1))]
    assert not check_register(now=NOW)


def test_a_joining_day_must_lie_before_what_happened_since(tree: Tree) -> None:
    known = member(tree.mill)
    change_membership(known.pk, change=Change.KEPT, on=date(2025, 1, 1), actor=acting_as("CHAIR", tree.county), now=NOW)
    assert Roster(tree.mill, [row_of(known) | {"joined_on": "2025-02-01"}]).codes == [["joined_on.late"]]


def test_a_closed_union_takes_nobody(tree: Tree) -> None:
    roster = Roster(tree.north, [row(union=tree.mill.name)])
    assert roster.outcomes == [NEW]
    tree.mill.closed_on = date(2026, 11, 1)
    tree.mill.save()
    roster.judge()
    assert roster.codes == [["union.closed"]]
    assert Roster(tree.north, [row(union=tree.mill.name)]).codes == [["union.unknown"]]


def test_who_is_missing_from_the_sheet(tree: Tree) -> None:
    here, also, elsewhere = member(tree.mill), member(tree.mill, "王建国"), member(tree.harbour)
    bad = row_of(also, education="不知道")
    roster = Roster(tree.mill, [row_of(here), bad])
    assert SHEET.absent_count(roster.table, roster.place) == 0
    gone = member(tree.mill, "赵敏")
    roster.judge()
    assert SHEET.absent_count(roster.table, roster.place) == 1
    found = SHEET.absent(roster.table, roster.place, after="", size=50)
    assert [(pk, label) for pk, label, _ in found] == [(gone.pk, "赵敏")]
    assert SHEET.absent(roster.table, roster.place, after=str(gone.pk), size=50) == []
    assert SHEET.end_absent([gone.pk, elsewhere.pk], roster.place, reason="名册中没有", now=NOW) == 1
    gone.refresh_from_db()
    assert gone.status == 4
    assert not check_register(now=NOW)
