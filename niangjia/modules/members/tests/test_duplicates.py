"""One human being registered twice: found, merged with a choice for each fact, and taken apart again."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection
from django.test import Client

from niangjia.engines.imports.sheet import Outcome
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.members.actions import (
    change_membership,
    check_register,
    edit_person,
    find_duplicates,
    keep_apart,
    merge_people,
    transfer_member,
    undo_merge,
)
from niangjia.modules.members.models import DuplicatePair, Membership, Person
from niangjia.modules.members.queries import headcount
from niangjia.modules.members.queries.people import registered
from niangjia.modules.members.rules import Change, PairState
from niangjia.modules.members.testing import NOW, TODAY, member, phone_number
from niangjia.modules.members.tests.rosters import Roster, row
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
WHY = "a test looks at everything"
REASON = "电话核实为同一人"


def pair_of(one: Membership, other: Membership) -> DuplicatePair:
    find_duplicates(now=NOW)
    first, second = sorted([one.person_id, other.person_id])
    return DuplicatePair.objects.unscoped(reason=WHY).get(first=first, second=second)


def everything() -> dict:
    """All that a merge may touch, without when and by whom."""
    fields = ("id", "name", "phone", "education", "native_place", "merged_into_id", "user_id")
    people = {row.pk: tuple(getattr(row, name) for name in fields) for row in Person.objects.unscoped(reason=WHY)}
    rows = Membership.objects.unscoped(reason=WHY).order_by("pk")
    memberships = [(row.pk, row.person_id, row.status, row.joined_on, row.ended_on, row.name) for row in rows]
    return {"people": people, "memberships": memberships}


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def twice(tree):
    """The same rider, once by each union, one of the two document numbers copied wrongly."""
    phone = phone_number()
    one = member(tree.mill, "林小燕", phone=phone, joined_on=date(2022, 3, 1), education="20")
    two = member(tree.harbour, "林小燕", phone=phone, joined_on=date(2024, 5, 1), native_place="浙江宁波")
    return one, two


def test_who_has_the_same_name_and_phone_is_found(tree, twice) -> None:
    member(tree.mill, "王芳", phone=twice[0].person.phone)
    member(tree.mill, "林小燕")
    assert find_duplicates(now=NOW) == 1
    assert find_duplicates(now=NOW) == 0


def test_a_pair_that_is_alike_no_more_goes_by_itself(tree, twice) -> None:
    pair_of(*twice)
    edit_person(twice[0].person_id, changes={"phone": ""}, actor=acting_as("CLERK", tree.county), now=NOW)
    find_duplicates(now=NOW)
    assert not DuplicatePair.objects.unscoped(reason=WHY).exists()


def test_two_people_after_all_are_not_shown_again(tree, twice) -> None:
    pair, county = pair_of(*twice), acting_as("CLERK", tree.county)
    with pytest.raises(Refused):
        keep_apart(pair.pk, reason="否", actor=county, now=NOW)
    keep_apart(pair.pk, reason="是一对姐妹，名字相同", actor=county, now=NOW)
    find_duplicates(now=NOW)
    assert DuplicatePair.objects.unscoped(reason=WHY).get().state == PairState.DIFFERENT


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("continues", [0, 1])
def test_a_merge_and_its_undoing_leave_everything_as_it_was(tree, twice, keep, continues) -> None:
    county, before = acting_as("CLERK", tree.county), everything()
    heads = [
        headcount(place.scope.path, on)
        for place in (tree.county, tree.mill, tree.harbour)
        for on in (None, date(2025, 1, 1))
    ]
    pair = pair_of(*twice)
    kept = twice[keep].person_id
    merge_people(
        pair.pk, keep=kept, take=[], continues=twice[continues].pk, reason=REASON, actor=county, now=NOW
    )  # fmt: skip
    assert headcount(tree.county.scope.path) == 1
    assert headcount(tree.county.scope.path, date(2025, 1, 1)) == 1, "nobody counts twice on a day of the past"
    going_on = Membership.objects.unscoped(reason=WHY).get(status=1)
    assert (going_on.pk, going_on.person_id) == (twice[continues].pk, kept)
    assert not check_register(now=NOW)
    person = Person.objects.unscoped(reason=WHY).get(pk=kept)
    assert (person.education, person.native_place) == ("20", "浙江宁波"), "what one side alone knows is not lost"

    assert undo_merge(pair.pk, reason=REASON, actor=county, now=NOW) == []
    assert everything() == before
    again = [
        headcount(place.scope.path, on)
        for place in (tree.county, tree.mill, tree.harbour)
        for on in (None, date(2025, 1, 1))
    ]
    assert again == heads
    assert not check_register(now=NOW)


def test_each_fact_is_taken_from_the_side_that_was_chosen(tree) -> None:
    phone = phone_number()
    one = member(tree.mill, "林小燕", phone=phone, education="20", native_place="宁波")
    two = member(tree.mill, "林小燕", phone=phone, education="30", native_place="绍兴")
    pair = pair_of(one, two)
    merge_people(
        pair.pk, keep=one.person_id, take=["education"], reason=REASON, actor=acting_as("CLERK", tree.mill), now=NOW
    )
    person = Person.objects.unscoped(reason=WHY).get(pk=one.person_id)
    assert (person.education, person.native_place) == ("30", "宁波")


def test_the_other_document_number_leads_to_who_was_kept(tree, twice) -> None:
    one, two = twice
    county = acting_as("CLERK", tree.county)
    merge_people(pair_of(one, two).pk, keep=one.person_id, take=[], reason=REASON, actor=county, now=NOW)
    found = registered(two.person.document_number, county)
    assert found is not None
    assert found.person.pk == one.person_id
    assert found.obstacle
    with pytest.raises(Refused):
        member(tree.mill, "林小燕", document_number=two.person.document_number)


def test_a_sheet_with_either_document_number_means_who_was_kept(tree, twice) -> None:
    one, two = twice
    county = acting_as("CLERK", tree.county)
    phone = one.person.phone
    merge_people(
        pair_of(one, two).pk, keep=one.person_id, take=[], continues=one.pk, reason=REASON, actor=county, now=NOW
    )
    of_two = {"joined_on": one.joined_on.isoformat(), "document_number": two.person.document_number, "phone": phone}
    roster = Roster(tree.mill, [row("林小燕", **of_two)])
    assert roster.outcomes == [Outcome.UNCHANGED]
    both = Roster(
        tree.mill, [row("林小燕", **of_two), row("林小燕", **of_two | {"document_number": one.person.document_number})]
    )
    assert both.outcomes == [Outcome.UNCHANGED, Outcome.REFUSED]
    assert both.codes[1] == ["document_number.merged"]


def test_what_was_changed_since_a_merge_stays(tree, twice) -> None:
    one, two = twice
    county = acting_as("CLERK", tree.county)
    pair = pair_of(one, two)
    merge_people(pair.pk, keep=one.person_id, take=[], continues=two.pk, reason=REASON, actor=county, now=NOW)
    edit_person(one.person_id, changes={"native_place": "杭州"}, actor=county, now=NOW)
    change_membership(two.pk, change=Change.KEPT, on=TODAY, actor=county, now=NOW)
    lines = undo_merge(pair.pk, reason=REASON, actor=county, now=NOW)
    assert len(lines) == 2
    assert Person.objects.unscoped(reason=WHY).get(pk=one.person_id).native_place == "杭州"
    row = Membership.objects.unscoped(reason=WHY).get(pk=two.pk)
    assert (row.person_id, row.status) == (two.person_id, 2)
    assert not check_register(now=NOW)


@pytest.mark.parametrize("keep", [0, 1])
def test_a_former_membership_that_ran_beside_the_other_counts_no_more(tree, twice, keep) -> None:
    one, two = twice  # since 2022-03-01, and since 2024-05-01
    county = acting_as("CLERK", tree.county)
    change_membership(one.pk, change=Change.LEFT, on=date(2025, 6, 1), actor=county, now=NOW)
    before = everything()
    pair = pair_of(one, two)
    merge_people(pair.pk, keep=twice[keep].person_id, take=[], reason=REASON, actor=county, now=NOW)
    assert headcount(tree.county.scope.path, date(2025, 1, 1)) == 1
    assert not check_register(now=NOW)
    assert undo_merge(pair.pk, reason=REASON, actor=county, now=NOW) == []
    assert everything() == before


def test_who_keeps_one_side_alone_cannot_undo_a_merge(tree, twice) -> None:
    """The union of who was kept would open a membership again in a union where it has no right."""
    one, two = twice
    pair = pair_of(one, two)
    county = acting_as("CLERK", tree.county)
    merge_people(pair.pk, keep=one.person_id, take=[], continues=one.pk, reason=REASON, actor=county, now=NOW)
    before = everything()
    with pytest.raises(NotPermitted):
        undo_merge(pair.pk, reason=REASON, actor=acting_as("CLERK", tree.mill), now=NOW)
    assert everything() == before


def test_a_merge_is_not_undone_into_two_memberships_of_one(tree, twice) -> None:
    one, two = twice
    pair, county = pair_of(one, two), acting_as("CLERK", tree.county)
    merge_people(pair.pk, keep=one.person_id, take=[], continues=two.pk, reason=REASON, actor=county, now=NOW)
    transfer_member(two.pk, to=tree.mill.pk, on=TODAY, actor=county, now=NOW)
    before = everything()
    with pytest.raises(Refused, match="两份会籍"):
        undo_merge(pair.pk, reason=REASON, actor=county, now=NOW)
    assert everything() == before
    assert not check_register(now=NOW)


def test_who_sees_only_one_side_sees_no_pair(tree, twice) -> None:
    pair = pair_of(*twice)
    north, auditor = acting_as("CLERK", tree.north), acting_as("AUDITOR", tree.county)
    assert not DuplicatePair.objects.visible_to(north).exists()
    with pytest.raises(Missing):
        merge_people(pair.pk, keep=twice[0].person_id, take=[], reason=REASON, actor=north, now=NOW)
    with pytest.raises(NotPermitted):
        merge_people(pair.pk, keep=twice[0].person_id, take=[], reason=REASON, actor=auditor, now=NOW)
    assert DuplicatePair.objects.unscoped(reason=WHY).get().state == PairState.OPEN


def test_who_went_is_merged_no_second_time(tree, twice) -> None:
    one, two = twice
    county = acting_as("CLERK", tree.county)
    three = member(tree.mill, "林小燕", phone=one.person.phone)
    first, second = pair_of(one, two), pair_of(two, three)
    merge_people(first.pk, keep=one.person_id, take=[], reason=REASON, actor=county, now=NOW)
    with pytest.raises(Refused):
        merge_people(first.pk, keep=one.person_id, take=[], reason=REASON, actor=county, now=NOW)
    with pytest.raises(Refused):
        merge_people(second.pk, keep=three.person_id, take=[], reason=REASON, actor=county, now=NOW)
    with pytest.raises(Refused):
        merge_people(first.pk, keep=0, take=[], reason=REASON, actor=county, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_officers_merging_at_once_merge_once() -> None:
    tree = small_tree()
    phone = phone_number()
    one, two = member(tree.mill, "林小燕", phone=phone), member(tree.harbour, "林小燕", phone=phone)
    pair, county, results = pair_of(one, two), acting_as("CLERK", tree.county), []
    start = threading.Barrier(2)

    def merge(keep: int) -> None:
        try:
            start.wait()
            merge_people(pair.pk, keep=keep, take=[], reason=REASON, actor=county, now=NOW)
            results.append("merged")
        except Refused:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=merge, args=[keep]) for keep in (one.person_id, two.person_id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["merged", "refused"]
    assert Person.objects.unscoped(reason=WHY).filter(merged_into__isnull=False).count() == 1


def test_the_pages(tree, twice) -> None:
    pair = pair_of(*twice)
    client = Client()
    client.force_login(officer("CHAIR", tree.county), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "林小燕" in client.get("/desk/duplicates/").content.decode()
    page = client.get(f"/desk/duplicates/{pair.pk}/").content.decode()
    assert "北山纺织厂工会" in page
    assert "南湖港务公司工会" in page
    assert twice[0].person.phone not in page, "masked"
    sent = {"keep": twice[0].person_id, "continues": twice[1].pk, "reason": "短"}
    assert client.post(f"/desk/duplicates/{pair.pk}/merge/", sent).status_code == 422
    assert client.post(f"/desk/duplicates/{pair.pk}/merge/", sent | {"reason": REASON}).status_code == 302
    assert "撤销合并" in client.get(f"/desk/duplicates/{pair.pk}/").content.decode()
    assert "林小燕" in client.get("/desk/duplicates/?state=MERGED").content.decode()
    assert client.post(f"/desk/duplicates/{pair.pk}/undo/", {"reason": REASON}).status_code == 302
    assert client.post(f"/desk/duplicates/{pair.pk}/apart/", {"reason": REASON}).status_code == 302
