"""Another's number in the body of a form does nothing and tells nothing.

The address names a thing of one's own, the body one of a neighbour's: written by hand, as only a person with a tool does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.members.models import Membership
from niangjia.modules.members.testing import identity_number
from niangjia.modules.organisations.models import ZoneEmployer
from tests.cast import NEIGHBOUR, OWN, SUPERIOR, Cast, Corner
from tests.leaks.reading import text_of, words_in

TODAY = timezone.localdate().isoformat()
TOMORROW = (timezone.localdate() + timezone.timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def attempts(mine: Corner, theirs: Corner) -> list[tuple[str, list[int], dict]]:
    """(route, arguments of the address, body)"""
    span = {"from_on": TODAY, "on": TODAY, "reason": "试一试别人的编号", "sure": "on"}
    staff = {
        "name": "试试看", "sex": "F", "contract": "EMPLOYED", "contract_from_on": TODAY, "contract_until_on": "2030-01-01",
        "funding": "COUNTY",
    }  # fmt: skip
    person = {"name": "林试", "document_kind": mine.person.document_kind, "document_number": identity_number()}
    shift = {"part": "ON_DUTY", "on": TOMORROW, "starts_at": "09:00", "ends_at": "17:00"}
    return [
        ("organisations:employer_add", [], {"name": "试一试公司", "division": theirs.employer.division_id, "headcount": 3,
                                            "women": 0, "new_form_workers": 0}),
        ("organisations:employer_link", [mine.employer.pk], {"organisation": theirs.union.pk, **span}),
        ("organisations:zone_add", [], {"organisation": theirs.organisation.pk, "name": "试试片区"}),
        ("organisations:zone_staff_add", [mine.zone.pk], {"user": theirs.user.pk, **span}),
        ("organisations:zone_staff_end", [theirs.zone_staff.pk], span),
        ("organisations:zone_employer_release", [mine.zone.pk, theirs.employer.pk], {}),
        ("organisations:staff_add", [], {"organisation_id": theirs.organisation.pk, **staff}),
        ("organisations:shift_add", [mine.organisation.pk], {"person": theirs.user.pk, **shift}),
        ("organisations:shift_edit", [mine.shift.pk], {"person": theirs.user.pk, **shift}),
        ("organisations:stand_in_add", [mine.organisation.pk], {"absent": theirs.user.pk, "deputy": mine.user.pk,
                                                                "from_on": TODAY, "until_on": TOMORROW}),
        ("organisations:stand_in_add", [mine.organisation.pk], {"absent": mine.user.pk, "deputy": theirs.user.pk,
                                                                "from_on": TODAY, "until_on": TOMORROW}),
        ("organisations:organisation_add", [], {"parent": theirs.organisation.pk, "kind": "PRIMARY_UNION", "name": "试一试公司工会"}),
        ("organisations:organisation_move", [mine.union.pk], {"parent": theirs.organisation.pk, **span}),
        ("organisations:organisation_merge", [mine.union.pk], {"into": theirs.union.pk, **span}),
        ("organisations:officer_invite", [], {"name": "试试", "username": "shishi", "job": "DUTY_OFFICER",
                                              "organisation_id": theirs.organisation.pk, **span}),
        ("organisations:officer_appoint", [], {"username": mine.user.username, "job": "DUTY_OFFICER",
                                               "organisation_id": theirs.organisation.pk, **span}),
        ("organisations:job_end", [mine.user.pk, theirs.grant.pk], span),
        ("organisations:job_prolong", [mine.user.pk, theirs.grant.pk], {"until_on": "2031-01-01"}),
        ("organisations:officer_leave", [mine.user.pk, theirs.organisation.pk], span),
        ("organisations:at_switch", [], {"at": theirs.organisation.pk}),
        ("members:member_add", [], {"organisation": theirs.union.pk, "joined_on": TODAY, **person}),
        ("members:member_add", [], {"organisation": mine.union.pk, "joined_on": TODAY, "employer": theirs.employer.pk, **person}),
        ("members:membership_edit", [mine.membership.pk], {"joined_on": "2024-03-01", "employer": theirs.employer.pk}),
        ("members:membership_transfer", [mine.membership.pk], {"to": theirs.union.pk, **span}),
        ("members:members_transfer", [], {"row": [mine.membership.pk], "to": theirs.union.pk, **span}),
        ("members:members_transfer", [], {"row": [theirs.membership.pk], "to": mine.union.pk, **span}),
        ("members:members_keep", [], {"row": [theirs.membership.pk], **span}),
        ("members:members_leave", [], {"row": [theirs.membership.pk], **span}),
        ("members:members_resume", [], {"row": [theirs.membership.pk], **span}),
        ("members:members_tag", [], {"row": [theirs.membership.pk], "add": [1, 2], **span}),
    ]  # fmt: skip


@pytest.mark.parametrize("job", ["CHAIR", "CLERK", "ENTERPRISE_CLERK", "SYSTEM_ADMINISTRATOR"])
@pytest.mark.parametrize("whose", [NEIGHBOUR, SUPERIOR])
def test_a_number_of_elsewhere_does_nothing(cast: Cast, job: str, whose: str) -> None:
    client, mine, theirs = cast.client(job), cast.corner(job, OWN), cast.corner(job, whose)
    client.raise_request_exception = False
    known, foreign, wrong = AuditEntry.objects.count(), cast.foreign_words(job), []
    for route, arguments, body in attempts(mine, theirs):
        with transaction.atomic():
            response = client.post(reverse(route, args=arguments), body)
            told = words_in(text_of(response), foreign)
            done = AuditEntry.objects.count() - known
            transaction.set_rollback(True)
        if response.status_code >= 500 or done or told:
            wrong.append(f"{response.status_code} {route} {body}: {done} recorded, says {told}")
    assert not wrong, f"{len(wrong)} for {job}:\n" + "\n".join(wrong)


def test_a_zone_takes_no_employer_of_elsewhere(cast: Cast) -> None:
    mine, theirs = cast.corner("CHAIR", OWN), cast.corner("CHAIR", NEIGHBOUR)
    cast.client("CHAIR").post(
        reverse("organisations:zone_employers_add"),
        {"row": [theirs.employer.pk], "zone": mine.zone.pk, "from_on": TODAY},
    )
    there = ZoneEmployer.objects.unscoped(reason="the test's own").filter(employer=theirs.employer, until_on=None)
    assert list(there.values_list("zone", flat=True)) == [theirs.zone.pk]


def test_the_same_bodies_do_something_at_home(cast: Cast) -> None:
    """Else the refusals above would show nothing: with one's own numbers the acts succeed."""
    client, mine, other = cast.client("CHAIR"), cast.corner("CHAIR", OWN), cast.corners["north_union"]
    done = 0
    for route, arguments, body in attempts(mine, other):
        before = AuditEntry.objects.count()
        with transaction.atomic():
            client.post(reverse(route, args=arguments), body)
            done += AuditEntry.objects.count() > before
            transaction.set_rollback(True)
    assert done >= 15
    assert Membership.objects.unscoped(reason="the test's own").count() == len(cast.corners)
