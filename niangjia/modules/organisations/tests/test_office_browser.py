"""The pages of officers, staff, duty roster and audit trail in Chromium: no fault of access, no overflow, no complaint."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from niangjia.kernel.access.actions import invite
from niangjia.kernel.access.models import Grant
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.organisations.actions.duty import add_shift, add_stand_in
from niangjia.modules.organisations.actions.staff import add_staff_member, add_training
from niangjia.modules.organisations.rules import DutyPart
from niangjia.modules.organisations.testing import acting_as, officer, small_tree
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, show_as

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def addresses():
    tree = small_tree()
    now, today = timezone.now(), timezone.localdate()
    chair = acting_as("CHAIR", tree.county)
    user = officer("CHAIR", tree.county, name="陈国强")
    clerk, other = officer("CLERK", tree.north, name="周敏"), officer("DUTY_OFFICER", tree.north, name="何伟")
    Grant.objects.unscoped(reason="test").filter(user=other).update(until_on=today + timedelta(days=9))
    member = add_staff_member(
        organisation_id=tree.north.pk, actor=chair, now=now, name="林小燕", sex="F", born_on=None, education="20",
        phone="12400000002", username="", contract="DISPATCHED", contract_from_on=today - timedelta(days=90),
        contract_until_on=today + timedelta(days=30), funding="COUNTY", pay_grade="",
    )  # fmt: skip
    add_training(member.pk, title="新任职培训", on=today, hours=16, actor=chair, now=now)
    shift = add_shift(
        organisation_id=tree.north.pk, user_id=clerk.pk, part=DutyPart.LEADER, from_at=now,
        until_at=now + timedelta(hours=9), actor=chair, now=now, note="值班电话 88012351",
    )  # fmt: skip
    add_stand_in(
        organisation_id=tree.north.pk, absent_id=clerk.pk, deputy_id=other.pk, from_on=today,
        until_on=today + timedelta(days=3), actor=chair, now=now, reason="年休假",
    )  # fmt: skip
    entry = AuditEntry.objects.get(verb="organisations.staff_member.added")
    token = invite(officer("CLERK", tree.south, name="方圆"), actor=chair, now=now)
    return user, [
        "/desk/", "/desk/officers/", f"/desk/officers/{clerk.pk}/", "/desk/officers/invite/", "/desk/officers/appoint/",
        "/desk/officers/jobs/", f"/desk/officers/{clerk.pk}/leave/{tree.north.pk}/", "/desk/staff/", "/desk/staff/add/",
        "/desk/staff/headcount/", f"/desk/staff/{member.pk}/", f"/desk/duty/?organisation={tree.north.pk}",
        f"/desk/duty/?organisation={tree.north.pk}&print=1", f"/desk/duty/shifts/{shift.pk}/",
        f"/desk/duty/{tree.north.pk}/stand-ins/add/", "/desk/audit/", f"/desk/audit/{entry.pk}/",
        f"/accounts/invitation/{token}/", "/accounts/invitation/wrong/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("window", "displays"),
    [("page", DISPLAYS[:2]), ("phone", DISPLAYS[2:])],
    ids=["desk, both themes", "phone, both themes in big text"],
)
def test_every_page_in_every_display(addresses, live_server, request, window, displays):
    user, urls = addresses
    page = request.getfixturevalue(window)
    log_in(page, live_server, user)
    said, found = complaints(page), {}
    for display in displays:
        show_as(page, live_server, **({"theme": "light", "text": "normal"} | display))
        for url in urls:
            page.goto(live_server.url + url)
            wrong = faults(page)
            if wrong:
                found[(url, *display.values())] = wrong
    assert not found
    assert [line for line in said if "404" not in line] == []


def test_the_successor_is_chosen_by_name(addresses, live_server, page):
    """The picker, with the keyboard."""
    user, urls = addresses
    log_in(page, live_server, user)
    page.goto(live_server.url + next(url for url in urls if "/leave/" in url))
    page.get_by_role("combobox").fill("何伟")
    page.get_by_role("option", name="何伟").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="办理离任").click()
    page.get_by_text("已办理离任，移交1 个值班班次").wait_for()
