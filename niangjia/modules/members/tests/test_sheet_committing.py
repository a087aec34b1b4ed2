"""What a commit writes equals what the actions write, and what it wrote can be taken back."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from niangjia.engines.imports.models import RowBefore
from niangjia.engines.imports.sheet import Outcome
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.members.actions import (
    MembershipFacts,
    PersonFacts,
    admit_member,
    change_membership,
    check_register,
    edit_membership,
    edit_person,
    find_duplicates,
    keep_apart,
    move_members,
)
from niangjia.modules.members.models import (
    DuplicatePair,
    MemberFlow,
    Membership,
    MembershipChange,
    MemberTally,
    Person,
    Platform,
)
from niangjia.modules.members.rules import Change
from niangjia.modules.members.testing import NOW, identity_number, member, phone_number
from niangjia.modules.members.tests.rosters import Roster, row
from niangjia.modules.members.tests.test_sheet_judging import all_of, row_of
from niangjia.modules.organisations.testing import Tree, acting_as, found_union, small_tree

NEW, UPDATED, UNCHANGED = Outcome.NEW, Outcome.UPDATED, Outcome.UNCHANGED


@pytest.fixture
def tree() -> Tree:
    return small_tree()


def values_of(instance: Any, *without: str) -> dict[str, Any]:
    return {
        field.attname: bytes(value) if isinstance(value := getattr(instance, field.attname), memoryview) else value
        for field in instance._meta.concrete_fields
        if field.attname not in {"id", *without}
    }


def counts() -> tuple[Any, ...]:
    tally = MemberTally.objects.filter(n__gt=0).order_by("scope_id", "status", "category")
    flow = MemberFlow.objects.exclude(n=0).order_by("scope_id", "on")
    return (
        [*tally.values_list("scope_id", "status", "category", "n")], [*flow.values_list("scope_id", "on", "n")],
    )  # fmt: skip


def everything() -> tuple[Any, ...]:
    """The register to the last value, sealed ones as they were sealed."""
    with connection.cursor() as cursor:
        found = []
        for table in ("members_person", "members_membership", "members_membershipchange"):
            cursor.execute(f"select * from {table} order by id")
            found.append(cursor.fetchall())
    return (*found, *counts())


@pytest.mark.django_db
def test_rows_equal_those_that_the_action_makes(tree: Tree) -> None:
    platform = Platform.objects.create(name="燕归快递")
    number, phone = identity_number(woman=True), phone_number()
    made = admit_member(
        organisation_id=tree.mill.pk,
        person=PersonFacts(
            name="林小燕", document_kind="RESIDENT", document_number=number, ethnicity="01", political_status="13",
            education="30", skill_grade="3", household_kind="4", household_place="安徽省阜阳市", is_migrant=True,
            marital_status="20", phone=phone,
        ),
        membership=MembershipFacts(
            joined_on=date(2024, 3, 1), categories=(2, 6), employment_status="1", post="快递员", platform=platform.pk
        ),
        actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip
    Roster(
        tree.harbour,
        [{
            "name": "林小燕", "document_number": identity_number(woman=True), "ethnicity": "汉", "political_status": "群众",
            "education": "大专", "skill_grade": "中级工", "household_kind": "外地农村", "household_place": "安徽省阜阳市",
            "is_migrant": "是", "marital_status": "已婚", "phone": phone_number(), "joined_on": "2024-03-01",
            "categories": "网约送餐员、快递员", "employment_status": "在岗", "post": "快递员", "platform": "燕归快递",
        }],
        actor=acting_as("CHAIR", tree.county),
    ).commit()  # fmt: skip
    other = all_of(Membership).exclude(pk=made.pk).get()
    person, copied = (all_of(Person).get(pk=pk) for pk in (made.person_id, other.person_id))
    theirs = ("document_number", "document_digest", "phone", "phone_digest")
    assert values_of(copied, *theirs) == values_of(person, *theirs)
    assert values_of(other, "person_id", "scope_id", "phone_tail") == values_of(
        made, "person_id", "scope_id", "phone_tail"
    )
    lines = [values_of(line, "membership_id", "to_scope_id") for line in all_of(MembershipChange).order_by("id")]
    assert lines[0] == lines[1]
    person.full_clean()
    copied.full_clean()
    other.full_clean()
    assert not check_register(now=NOW)


@pytest.mark.django_db
def test_an_empty_row_equals_an_empty_form(tree: Tree) -> None:
    made = admit_member(
        organisation_id=tree.mill.pk,
        person=PersonFacts(name="Ann Lee", document_kind="PASSPORT", document_number="A12345678"),
        membership=MembershipFacts(joined_on=date(2024, 3, 1)), actor=acting_as("CHAIR", tree.mill), now=NOW,
    )  # fmt: skip
    Roster(
        tree.mill,
        [{"name": "Ann Lee", "document_kind": "护照", "document_number": "A12345679", "joined_on": "2024-03-01"}],
    ).commit()
    other = all_of(Membership).exclude(pk=made.pk).get()
    theirs = ("document_number", "document_digest", "person_id")
    assert values_of(other, *theirs) == values_of(made, *theirs)
    assert values_of(all_of(Person).get(pk=other.person_id), *theirs) == values_of(made.person, *theirs)


@pytest.mark.django_db
def test_a_sheet_of_our_own_comes_back_unchanged(tree: Tree) -> None:
    Platform.objects.create(name="燕归快递")
    rows = [
        row("林小燕", categories="快递员", platform="燕归快递", education="硕士", sex="", is_migrant="否"),
        row("买买提·艾力", ethnicity="维吾尔族", household_place="喀什", marital_status="已婚", phone=""),
        row("王建国", status="保留", change="保留", change_on="2025-01-01", change_reason="退休"),
        row("赵敏", change="转入", change_on="2024-03-01"),
    ]
    Roster(tree.mill, rows).commit()
    assert Roster(tree.mill, [dict(one, union=tree.mill.name) for one in rows]).outcomes == [UNCHANGED] * 4


@pytest.mark.django_db
def test_ids_follow_the_union_and_the_name(tree: Tree) -> None:
    roster = Roster(
        tree.county,
        [row("赵敏", union=tree.harbour.name), row("王建国", union=tree.mill.name), row("白云", union=tree.mill.name)],
    )
    made = roster.commit()
    assert [m.name for m in all_of(Membership).order_by("id")] == ["白云", "王建国", "赵敏"]
    assert [p.name for p in all_of(Person).order_by("id")] == ["白云", "王建国", "赵敏"]
    first, last = made.ranges["members.membership"]
    assert [*all_of(Membership).order_by("id").values_list("pk", flat=True)] == [*range(first, last + 1)]
    # Who is admitted by hand afterwards gets an id beyond.
    assert member(tree.mill).pk > last


@pytest.mark.django_db
def test_a_register_that_changed_is_judged_again(tree: Tree) -> None:
    known, number = member(tree.mill), identity_number()
    edited = Roster(tree.mill, [row_of(known, education="本科")])
    edit_person(known.person_id, changes={"post": "", "education": "30"}, actor=acting_as("CHAIR", tree.mill), now=NOW)
    with pytest.raises(IntegrityError):
        edited.commit()
    edited.judge()
    edited.commit()
    fresh = Roster(tree.mill, [row(document_number=number)])
    member(tree.mill, document_number=number)
    with pytest.raises(IntegrityError):
        fresh.commit()
    closed = Roster(tree.north, [row(union=tree.mill.name)])
    tree.mill.closed_on = date(2026, 11, 1)
    tree.mill.save()
    with pytest.raises(IntegrityError):
        closed.commit()


@pytest.mark.django_db
def test_taken_back_whole_nothing_remains(tree: Tree) -> None:
    county = acting_as("CHAIR", tree.county)
    edited, ended, kept = member(tree.mill, categories=(2,)), member(tree.mill), member(tree.mill, phone="12499990011")
    gone = member(tree.mill)
    change_membership(gone.pk, change=Change.LEFT, on=date(2025, 1, 1), actor=county, now=NOW)
    before = everything()
    roster = Roster(
        tree.mill,
        [
            row("新人"), row("新骨干", categories="保安员"),
            row_of(edited, education="本科", categories="保安、快递", joined_on="2024-01-01", phone=phone_number()),
            row_of(ended, change="退会", change_on="2025-05-05"),
            row_of(kept, status="保留", change_on="2025-05-05", phone="12499990012"),
            row_of(gone, joined_on="2025-06-01", education="本科"),
        ],
    )  # fmt: skip
    assert roster.outcomes == [NEW, NEW, UPDATED, UPDATED, UPDATED, NEW]
    roster.commit()
    assert not check_register(now=NOW)
    texts = str([*RowBefore.objects.values_list("before", "after")])
    assert "12499990011" not in texts
    assert "12499990012" not in texts
    assert roster.take_back() == []
    assert everything() == before
    assert not check_register(now=NOW)


@pytest.mark.django_db
def test_what_was_edited_since_stays_and_is_told(tree: Tree) -> None:
    county = acting_as("CHAIR", tree.county)
    first, second, third = member(tree.mill, "周敏"), member(tree.mill, "吴强"), member(tree.mill, "郑洁")
    roster = Roster(
        tree.mill,
        [
            row("甲一"), row("乙二"), row("丙三"),
            row_of(first, education="本科", post="焊工"), row_of(second, change="退会", change_on="2025-05-05"),
            row_of(third, education="本科"),
        ],
    )  # fmt: skip
    roster.commit()
    made = {m.name: m for m in all_of(Membership)}
    edit_membership(made["甲一"].pk, changes={"post": "钳工"}, actor=county, now=NOW)
    edit_person(made["乙二"].person_id, changes={"education": "30"}, actor=county, now=NOW)
    edit_person(first.person_id, changes={"education": "30"}, actor=county, now=NOW)
    change_membership(second.pk, change=Change.CORRECTED, on=date(2025, 6, 6), actor=county, now=NOW, reason="录错了")
    lines = roster.take_back()
    assert len(lines) == 4
    assert {line[:2] for line in lines} == {"甲*", "乙*", "周*", "吴*"}
    assert "“学历”导入后又有变动，已保留。" in next(line for line in lines if line.startswith("周"))
    assert "“会籍状态”" in next(line for line in lines if line.startswith("吴"))
    assert {m.name for m in all_of(Membership)} == {"甲一", "乙二", "周敏", "吴强", "郑洁"}
    assert {p.name: p.education for p in all_of(Person)} == {
        "甲一": "", "乙二": "30", "周敏": "30", "吴强": "", "郑洁": "",
    }  # fmt: skip
    first.refresh_from_db()
    assert first.post == ""
    assert not check_register(now=NOW)


@pytest.mark.django_db
def test_a_merger_before_and_a_merger_after(tree: Tree) -> None:
    """Members whose union was merged were elsewhere on earlier days, and stay when a batch is taken back."""
    county, other = acting_as("CHAIR", tree.county), found_union(tree.north, "北山机械厂工会")
    old = member(other, categories=(2,))
    roster = Roster(tree.north, [row("甲一", union=other.name), row("乙二", union=tree.mill.name)])
    roster.commit()
    move_members(gone_id=other.pk, into_id=tree.mill.pk, on=date(2026, 1, 1), actor=county, now=NOW)
    assert not check_register(now=NOW)
    change = Roster(
        tree.mill, [row_of(old, joined_on="2024-02-02", change="退会", change_on="2026-05-05", categories="保安员")]
    )
    before = everything()
    assert change.outcomes == [UPDATED]
    change.commit()
    assert not check_register(now=NOW)
    flow = {(f.scope_id, f.on): f.n for f in MemberFlow.objects.exclude(n=0)}
    assert flow[other.pk, date(2024, 2, 2)] == 1
    assert change.take_back() == []
    assert everything() == before
    assert [line[:2] for line in roster.take_back()] == ["甲*"]
    assert not check_register(now=NOW)


@pytest.mark.django_db
def test_taking_back_never_gives_a_second_membership(tree: Tree) -> None:
    known = member(tree.mill)
    roster = Roster(tree.mill, [row_of(known, change="退会", change_on="2025-05-05")])
    roster.commit()
    admit_member(
        organisation_id=tree.harbour.pk,
        person=PersonFacts("林小燕", "RESIDENT", all_of(Person).get(pk=known.person_id).document_number),
        membership=MembershipFacts(joined_on=date(2025, 6, 1)), actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip
    assert len(roster.take_back()) == 1
    known.refresh_from_db()
    assert known.status == 4
    assert not check_register(now=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("beside", [True, False], ids=["two at once", "one after the other"])
def test_two_imports_of_one_file(tree: Tree, beside: bool) -> None:
    """However they fall: every person once; whoever comes second finds the register changed."""
    rows = [row(name) for name in ("甲一", "乙二", "丙三", "丁四")]
    rosters = [Roster(tree.mill, rows), Roster(tree.mill, rows[::-1])]
    refused: list[str] = []

    def commit(roster: Roster) -> None:
        try:
            roster.commit()
        except IntegrityError:
            refused.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=commit, args=[roster]) for roster in rosters]
    for thread in threads:
        thread.start()
        if not beside:
            thread.join()
    for thread in threads:
        thread.join()
    assert refused == ["refused"]
    assert all_of(Person).count() == all_of(Membership).count() == 4
    assert not check_register(now=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False], ids=["while it is being dissolved", "control"])
def test_a_union_that_is_just_being_closed_takes_nobody(tree: Tree, waits: bool) -> None:
    roster = Roster(tree.north, [row(union=tree.mill.name)])
    holding, done = threading.Event(), []

    def close() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("select 1 from access_scope where id = %s for no key update", [tree.mill.pk])
                    if waits:
                        cursor.execute(
                            "update organisations_organisation set closed_on = '2026-11-01' where scope_id = %s",
                            [tree.mill.pk],
                        )
                holding.set()
                time.sleep(0.4)
            done.append(True)
        finally:
            connections.close_all()

    thread = threading.Thread(target=close)
    thread.start()
    holding.wait()
    try:
        roster.commit()
        written = True
    except IntegrityError:
        written = False
    thread.join()
    assert done
    assert written is not waits


@pytest.mark.django_db
def test_the_trail_is_the_batch_and_not_a_million_lines(tree: Tree) -> None:
    before = AuditEntry.objects.count()
    Roster(tree.mill, [row(), row("王建国")]).commit()
    assert AuditEntry.objects.count() == before


@pytest.mark.django_db
def test_a_pair_found_by_night_keeps_nothing_from_being_taken_back(tree: Tree) -> None:
    """Only what somebody decided about two people holds them."""
    phone = phone_number()
    known = member(tree.harbour, "林小燕", phone=phone)
    roster = Roster(tree.mill, [row("林小燕", phone=phone), row("林小燕", phone=phone)])
    roster.commit()
    assert find_duplicates(now=NOW) == 3
    assert roster.take_back() == []
    assert [one.pk for one in Person.objects.unscoped(reason="a test")] == [known.person_id]
    assert not DuplicatePair.objects.unscoped(reason="a test").exists()
    assert not check_register(now=NOW)


@pytest.mark.django_db
def test_a_pair_that_somebody_decided_holds_its_people(tree: Tree) -> None:
    phone = phone_number()
    roster = Roster(tree.mill, [row("林小燕", phone=phone), row("林小燕", phone=phone)])
    roster.commit()
    find_duplicates(now=NOW)
    pair = DuplicatePair.objects.unscoped(reason="a test").get()
    keep_apart(pair.pk, reason="两姐妹，名字相同", actor=acting_as("CHAIR", tree.mill), now=NOW)
    assert len(roster.take_back()) == 2
    assert DuplicatePair.objects.unscoped(reason="a test").get().pk == pair.pk
