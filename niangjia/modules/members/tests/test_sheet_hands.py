"""Two connections write one commit: wholly or not at all, whoever dies when."""

from __future__ import annotations

from unittest import mock

import pytest
from django.db import IntegrityError, connection, transaction

from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.modules.members.actions import check_register
from niangjia.modules.members.models import Membership, MembershipChange, Person
from niangjia.modules.members.sheets import committing, hands
from niangjia.modules.members.testing import NOW, member
from niangjia.modules.members.tests.rosters import SHEET, Roster, row
from niangjia.modules.members.tests.test_sheet_judging import all_of
from niangjia.modules.organisations.testing import Tree, small_tree

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("甲一", "乙二", "丙三", "丁四", "戊五")


@pytest.fixture
def tree() -> Tree:
    if not hands.can_help():
        pytest.skip("this server was started before it prepared transactions")
    return small_tree()


@pytest.fixture(autouse=True)
def both_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "BOTH_HANDS_FROM", 2)


def roster(tree: Tree) -> Roster:
    rows = [row(name, union=union.name) for name in NAMES for union in (tree.mill, tree.harbour)]
    rows[3] |= {"status": "保留", "change_on": "2025-01-01"}
    return Roster(tree.county, rows)


def prepared() -> int:
    return len(hands._left())


def test_both_halves_are_there_as_if_one_had_written_them(tree: Tree) -> None:
    known = member(tree.mill)
    rows = roster(tree)
    made = rows.commit()
    assert prepared() == 0
    assert all_of(Membership).count() == all_of(Person).count() == 11
    first, last = made.ranges["members.membership"]
    ids = all_of(Membership).exclude(pk=known.pk).order_by("scope_id", "name_key").values_list("pk", flat=True)
    assert [*ids] == [*range(first, last + 1)]
    lines = all_of(MembershipChange).exclude(membership=known).order_by("id").values_list("id", "kind")
    assert [pk for pk, _ in lines] == [*range(made.ranges["members.membershipchange"][0], first_of_next(made))]
    assert [kind for _, kind in lines].count("KEPT") == 1
    assert not check_register(now=NOW)
    assert rows.take_back() == []
    assert all_of(Membership).count() == 1
    assert not check_register(now=NOW)


def first_of_next(made) -> int:
    return made.ranges["members.membershipchange"][1] + 1


def test_what_the_second_hand_meets_undoes_both(tree: Tree) -> None:
    rows = roster(tree)
    member(tree.harbour, document_number=rows.rows[-1]["document_number"])  # south comes last, so the second has it
    with pytest.raises(IntegrityError):
        rows.commit()
    assert prepared() == 0
    assert all_of(Membership).count() == 1
    assert not check_register(now=NOW)


def test_what_comes_after_the_second_was_ready_undoes_it(tree: Tree) -> None:
    rows = roster(tree)
    with (
        mock.patch.object(committing.SetTally, "write", side_effect=IntegrityError("meanwhile")),
        pytest.raises(IntegrityError),
    ):
        rows.commit()
    assert prepared() == 0
    assert all_of(Person).count() == 0


@pytest.mark.parametrize("done", [True, False], ids=["after the commit", "before it"])
def test_a_worker_killed_in_between_leaves_what_is_settled_later(tree: Tree, done: bool) -> None:
    rows = roster(tree)
    with mock.patch.object(hands, "_finish", side_effect=SystemExit), pytest.raises(SystemExit):
        rows.commit()  # killed: nobody finishes it
    assert prepared() == 1
    assert all_of(Membership).count() == 5
    left = {"state": BatchState.DONE, "committed_at": NOW} if done else {"state": BatchState.COMMITTING}
    ImportBatch.objects.unscoped(reason="as the engine leaves it").filter(pk=rows.batch.pk).update(**left)
    assert hands.settle() == 1
    assert prepared() == 0
    assert all_of(Membership).count() == (10 if done else 5)
    if done:
        assert not check_register(now=NOW)


@pytest.mark.parametrize("settled", [True, False])
def test_taking_back_what_a_killed_worker_left_takes_back_both_halves(tree: Tree, settled: bool) -> None:
    """Within the minute until it is settled, somebody may have asked for it to be taken back."""
    rows = roster(tree)
    taking = {"state": BatchState.TAKING_BACK, "committed_at": NOW}
    dying = mock.patch.object(hands, "_finish", side_effect=SystemExit)
    with dying, pytest.raises(SystemExit), transaction.atomic():
        rows.made = SHEET.commit(rows.table, rows.place, now=NOW)
    ImportBatch.objects.unscoped(reason="as the engine leaves it").filter(pk=rows.batch.pk).update(**taking)
    if settled:
        hands.settle()
        assert all_of(Membership).count() == 10
    assert rows.take_back() == []
    assert prepared() == all_of(Membership).count() == all_of(Person).count() == 0
    assert not check_register(now=NOW)


def test_another_try_begins_without_what_the_last_one_left(tree: Tree) -> None:
    rows = roster(tree)
    facts = {"low": 1, "high": 0, "line": 1}
    second = hands.SecondHand(rows.batch.pk, [("update access_scope set path = path where id = %(low)s", facts)])
    second._thread.join()
    assert prepared() == 1
    rows.commit()
    assert prepared() == 0
    assert all_of(Membership).count() == 10


def test_the_same_rows_by_one_hand_and_by_two(tree: Tree) -> None:
    def told() -> list[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                """select m.scope_id, m.name, m.status, m.joined_on, m.phone_tail, c.kind, c."on", c.to_scope_id
                   from members_membership m join members_membershipchange c on c.membership_id = m.id order by 1, 2, 6"""
            )
            return cursor.fetchall()

    rows = roster(tree)
    rows.commit()
    by_two = told()
    rows.take_back()
    again = Roster(tree.county, rows.rows)
    with mock.patch.object(committing, "BOTH_HANDS_FROM", 1_000):
        again.commit()
    assert told() == by_two
