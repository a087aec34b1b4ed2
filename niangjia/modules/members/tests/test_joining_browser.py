"""The officer's pages of joining in Chromium: no fault of access, no overflow; and a rider is taken in by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from niangjia.kernel.access.queries import actor_of
from niangjia.modules.members.actions.deciding import refuse_application
from niangjia.modules.members.actions.joining_codes import add_joining_code
from niangjia.modules.members.actions.proofs import issue_proof
from niangjia.modules.members.models import JoiningApplication, Membership
from niangjia.modules.members.rules import ApplicationState, IdentityAnswer, RequestKind
from niangjia.modules.members.testing import application, member, request_of
from niangjia.modules.organisations.testing import officer, small_tree
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, settled, show_as

pytestmark = pytest.mark.django_db(transaction=True)
ALL = {"reason": "a test looks at everything"}


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def desk(tree):
    """An officer, and every page of joining with something on it."""
    chair, now = officer("CHAIR", tree.county, name="陈国强"), timezone.now()
    actor = actor_of(chair.pk, now=now)
    known = member(tree.harbour, "欧阳明珠")
    waiting = application(
        tree.mill, "曾小明", now=now - timedelta(days=4), categories=[6], employer_text="云岭县蜂鸟配送服务有限公司",
        identity_answer=IdentityAnswer.DIFFERS,
    )  # fmt: skip
    alike = application(tree.mill, known.name, document_number=known.person.document_number, now=now)
    refused = application(tree.harbour, "单小燕", now=now)
    refuse_application(refused.pk, reason="不在本单位工作", actor=actor, now=now)
    asked = request_of(
        member(tree.mill, "单小燕"), RequestKind.TRANSFER, to_scope_id=tree.harbour.pk, note="换到港务上班"
    )
    code = add_joining_code(tree.mill.pk, spot="东门驿站", actor=actor, now=now)
    proof = issue_proof(known.pk, actor=actor, now=now)
    return chair, [
        "/desk/", "/desk/applications/", "/desk/applications/?state=all", "/desk/applications/?q=没有这个人",
        f"/desk/applications/{waiting.pk}/", f"/desk/applications/{alike.pk}/", f"/desk/applications/{refused.pk}/",
        f"/desk/applications/{waiting.pk}/hand-over/", "/desk/applications/requests/",
        f"/desk/applications/requests/{asked.pk}/", "/desk/applications/codes/", "/desk/applications/codes/add/",
        f"/desk/applications/codes/{code.pk}/", "/proof/", f"/proof/{proof.code}/", "/proof/2222222222222222/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("window", "displays"),
    [("page", DISPLAYS[:2]), ("phone", DISPLAYS[2:])],
    ids=["desk, both themes", "phone, both themes in big text"],
)
def test_every_page_in_every_display(desk, live_server, request, window, displays):
    chair, addresses = desk
    page = request.getfixturevalue(window)
    log_in(page, live_server, chair)
    said, found = complaints(page), {}
    for display in displays:
        show_as(page, live_server, **({"theme": "light", "text": "normal"} | display))
        for url in addresses:
            page.goto(live_server.url + url)
            wrong = faults(page)
            if wrong:
                found[(url, *display.values())] = wrong
    assert not found
    # A code that no paper has is answered with 404, which the console repeats.
    assert [line for line in said if "404" not in line] == []


def test_taking_in_one_and_many_by_hand(tree, live_server, page):
    first = application(tree.mill, "曾小明", now=timezone.now())
    for name in ("单小燕", "欧阳明珠"):
        application(tree.mill, name, now=timezone.now())
    log_in(page, live_server, officer("ENTERPRISE_CLERK", tree.mill))
    said = complaints(page)
    page.goto(live_server.url + "/desk/applications/")
    page.get_by_role("link", name="曾小明").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_role("button", name="查看完整手机").click()
    page.locator("dialog.box[open]").get_by_label("查看原因").fill("电话核实身份")
    page.locator("dialog.box[open]").get_by_role("button", name="查看", exact=True).click()
    page.get_by_text(first.phone).wait_for()
    drawer.get_by_role("button", name="同意入会").first.click()
    page.locator("dialog.box[open]").get_by_role("button", name="同意入会").click()
    drawer.get_by_text("已入会", exact=True).wait_for()
    page.keyboard.press("Escape")
    page.locator("#list").get_by_text("曾小明").wait_for(state="detached")
    settled(page)  # a list that is drawn once more forgets what was picked

    page.get_by_label("选中本页全部").check()
    page.get_by_role("button", name="退回补正").click()
    page.locator("dialog.box[open]").get_by_label("原因").fill("请补上用人单位")
    page.locator("dialog.box[open]").get_by_role("button", name="退回补正").click()
    page.get_by_text("已办理 2 份").wait_for()
    states = JoiningApplication.objects.unscoped(**ALL).order_by("pk").values_list("state", flat=True)
    assert list(states) == [ApplicationState.ACCEPTED, ApplicationState.RETURNED, ApplicationState.RETURNED]
    assert Membership.objects.unscoped(**ALL).get().name == "曾小明"
    assert said == []
