"""Rows that came by COPY pass what rows made by actions pass: constraints, rules, and the things kept beside them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from niangjia.engines.imports.models import ImportBatch
from niangjia.kernel.access.models import Scope, ScopePath, User
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.kernel.ltree import is_under
from niangjia.kernel.notify.models import Dispatch
from niangjia.kernel.numbers import check_phone
from niangjia.kernel.pinyin import initials, name_key, title_key
from niangjia.modules.members.actions import check_register
from niangjia.modules.members.models import (
    DuplicatePair,
    JoiningApplication,
    JoiningCode,
    MemberFlow,
    Membership,
    MembershipRequest,
    MemberTally,
    Person,
)
from niangjia.modules.members.rules import ACTIVE, Document, Sex, check_document, check_name, read_document
from niangjia.modules.members.seed import fill, joining_link, log_ins, spare_identity_number
from niangjia.modules.organisations.rules import OrganisationKind, check_employer_credit_code, ensure_may_sit_under
from niangjia.modules.organisations.synthetic import SIZES, Scale

pytestmark = pytest.mark.django_db
WHY = "the test looks at every row"


def test_people_and_memberships_hold_what_the_actions_hold(small_register: None) -> None:
    today = timezone.localdate()
    people = Person.objects.unscoped(reason=WHY).in_bulk()
    for person in people.values():
        person.full_clean()
        assert check_name(person.name) is None
        assert check_document(Document.RESIDENT, person.document_number, today=today, synthetic=True) is None
        assert check_document(Document.RESIDENT, person.document_number, today=today) is not None
        if person.phone:
            assert check_phone(person.phone, synthetic=True) is None
            assert check_phone(person.phone) is not None
        read = read_document(Document.RESIDENT, person.document_number)
        assert read is not None
        assert (read.birth_on, read.sex) == (person.born_on, Sex(person.sex))
        assert bytes(person.document_digest) == digest(person.document_number)
        assert person.phone_digest == (digest(person.phone) if person.phone else None)
    assert 0 < sum(not person.phone for person in people.values()) < len(people) / 20
    for membership in Membership.objects.unscoped(reason=WHY):
        membership.full_clean()
        person = people[membership.person_id]
        assert (membership.name, membership.name_key) == (person.name, name_key(person.name))
        assert membership.initials == initials(person.name)
        assert membership.phone_tail == person.phone[-4:]


def test_the_register_has_its_size_and_its_tally(small_register: None) -> None:
    rows = Membership.objects.unscoped(reason=WHY)
    assert rows.filter(status__in=ACTIVE).count() == SIZES[Scale.SMALL].members
    assert Scope.objects.count() == SIZES[Scale.SMALL].unions
    for tally in MemberTally.objects.all():
        here = rows.filter(scope=tally.scope_id, status=tally.status)
        if tally.category:
            here = here.filter(categories__contains=[tally.category])
        assert here.count() == tally.n
    assert sum(flow.n for flow in MemberFlow.objects.all()) == SIZES[Scale.SMALL].members


def test_the_tree_is_one_that_staff_could_have_built(small_register: None) -> None:
    from niangjia.modules.organisations.models import Employer, Organisation

    organisations = {row.pk: row for row in Organisation.objects.unscoped(reason=WHY).select_related("scope")}
    for row in organisations.values():
        row.full_clean()
        parent = organisations.get(row.scope.parent_id)
        ensure_may_sit_under(OrganisationKind(row.kind), OrganisationKind(parent.kind) if parent else None)
        assert parent is None or is_under(row.scope.path, parent.scope.path)
        assert row.name_key == title_key(row.name)
        assert ScopePath.objects.get(scope=row.pk, until_on=None).path == row.scope.path
    for employer in Employer.objects.unscoped(reason=WHY):
        employer.full_clean()
        assert check_employer_credit_code(employer.credit_code or "") is None


def test_the_next_rows_get_ids_of_their_own(small_register: None) -> None:
    with connection.cursor() as cursor:
        for table in ("members_person", "members_membership", "access_scope", "access_user", "organisations_employer"):
            cursor.execute(f"select max(id) < nextval(pg_get_serial_sequence('{table}', 'id')) from {table}")
            assert (cursor.fetchone() or (False,))[0], table


def test_what_lately_happened_is_there_to_be_worked_on(small_register: None) -> None:
    def states(rows: Any) -> Counter[str]:
        return Counter(rows.values_list("state", flat=True))

    applications = JoiningApplication.objects.unscoped(reason=WHY)
    assert states(applications) == {"RECEIVED": 8, "RETURNED": 2, "ACCEPTED": 2, "REFUSED": 1}
    for row in applications:
        row.full_clean(exclude=["decided_by", "decided_at", "reason", "code", "membership", "identity_checked_at"])
        assert row.received_at < timezone.now()
    assert JoiningCode.objects.unscoped(reason=WHY).filter(retired_at=None).count() == 3
    assert states(MembershipRequest.objects.unscoped(reason=WHY)) == {"RECEIVED": 4}
    assert states(DuplicatePair.objects.unscoped(reason=WHY)) == {"OPEN": 2}
    batches = ImportBatch.objects.unscoped(reason=WHY).order_by("pk")
    assert [(batch.state, batch.outcomes) for batch in batches] == [
        ("DONE", {"0": 3, "1": 20, "2": 7}),
        ("WAITING", {"0": 3, "1": 520, "2": 7}),
    ]
    assert not Dispatch.objects.filter(sent_at=None).exists()
    assert not check_register(now=timezone.now())


def test_those_who_log_in_are_told(small_register: None) -> None:
    told = log_ins()
    assert {"zhuxi", "jingban", "zhuangan", "jingshen", "rexian", "guanli"} <= {username for _, _, username, _ in told}
    assert all(User.objects.get(username=username).check_password(password) for _, _, username, password in told)


def test_one_poster_is_told(small_register: None) -> None:
    link, spot = joining_link()
    code = JoiningCode.objects.unscoped(reason=WHY).get(spot=spot)
    assert link == f"/join/{code.token}/"
    spare, today = spare_identity_number(), timezone.localdate()
    assert check_document(Document.RESIDENT, spare, today=today, synthetic=True) is None
    assert not Person.objects.unscoped(reason=WHY).filter(document_digest=digest(spare)).exists()


def test_a_filled_register_is_not_filled_again(small_register: None) -> None:
    before = Person.objects.unscoped(reason=WHY).count()
    with pytest.raises(Refused):
        fill(Scale.SMALL, seed=2)
    assert Person.objects.unscoped(reason=WHY).count() == before


def test_the_same_seed_gives_the_same_people() -> None:
    from niangjia.modules.members.seed import placed
    from niangjia.modules.members.synthetic import people_of
    from niangjia.modules.organisations.synthetic import plan

    today = timezone.localdate()

    def names(seed: int) -> list[str]:
        block = next(iter(placed(plan(Scale.SMALL, seed=seed, today=today)))).block
        return [one.name for one in people_of(block, seed=seed, today=today)]

    assert names(1) == names(1) != names(2)
