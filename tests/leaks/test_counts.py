"""Counts stop where the officer's sight stops, also those that a job makes later."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from niangjia.kernel.access.models import Grant
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.lists.actions import count_exactly
from niangjia.kernel.lists.jobs import count_rows
from niangjia.modules.members.models import Membership
from niangjia.modules.organisations.models import Employer, Organisation, StaffMember, Zone
from tests.cast import Cast

LISTS = {
    "members.member": ("/desk/members/", Membership),
    "organisations.organisation": ("/desk/organisations/", Organisation),
    "organisations.employer": ("/desk/employers/", Employer),
    "organisations.staff_member": ("/desk/staff/", StaffMember),
    "organisations.zone": ("/desk/zones/", Zone),
}


def number_in(text: str) -> int:
    found = re.search(r"共\D{0,5}([\d,]+)\D{0,6}条", text)
    assert found, text[:300]
    return int(found[1].replace(",", ""))


def counted_later(cast: Cast, job: str, name: str, within: str) -> BackgroundTask:
    user = cast.officers[job]
    task = count_exactly(name, query="", within=within, actor=cast.actor(job), now=timezone.now())
    count_rows(task.pk, name, "", within, user.pk)
    task.refresh_from_db()
    return task


@pytest.mark.parametrize("job", ["CHAIR", "CLERK", "ENTERPRISE_CLERK"])
@pytest.mark.parametrize("name", LISTS)
def test_every_count_is_of_what_is_in_sight(cast: Cast, job: str, name: str) -> None:
    address, model = LISTS[name]
    client, everything = cast.client(job), cast.places["city"].scope.path
    seen = model.objects.visible_to(cast.actor(job)).count()
    assert 0 < seen < model.objects.unscoped(reason="the test's own").count()
    assert number_in(client.get(address).content.decode()) == seen
    assert number_in(client.get(f"{address}?count=1").content.decode()) == seen
    # The place comes from a body that anybody can write: it narrows, never widens.
    assert number_in(counted_later(cast, job, name, everything).result) == seen


def test_a_job_counts_with_the_rights_of_the_moment_it_runs(cast: Cast) -> None:
    user, within = cast.officers["CLERK"], cast.places["north"].scope.path
    task = count_exactly("members.member", query="", within=within, actor=cast.actor("CLERK"), now=timezone.now())
    Grant.objects.unscoped(reason="the test's own").filter(user=user).update(ended_at=timezone.now())
    count_rows(task.pk, "members.member", "", within, user.pk)
    task.refresh_from_db()
    assert (task.state, "条" in task.result) == ("FAILED", False)
