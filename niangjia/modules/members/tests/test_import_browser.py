"""The importer's pages in Chromium, in every state of a batch: no fault of access, no overflow, no complaint."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.modules.members.testing import identity_number, member
from niangjia.modules.members.tests.office import TEST, Office
from niangjia.ui.testing import DISPLAYS, complaints, faults, log_in, settled, show_as

NAMES = ("仇小梅", "曾丽丽", "解文文")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def addresses(settings) -> tuple[Office, list[str]]:
    """A batch in each state; the rows are new, updated, refused, and some members are left out."""
    office = Office()
    known = member(office.tree.mill, "林小燕", phone="12400001111")
    member(office.tree.mill, "单小燕")
    serials = iter(range(1, 99))

    def roster() -> ImportBatch:
        rows = [f"{office.row(name, serial)},12400003{serial:03}" for name, serial in zip(NAMES, serials, strict=False)]
        rows.append(f"林小燕,{known.person.document_number},{office.tree.mill.name},,12400002222")
        rows += [f"没有证件,,{office.tree.mill.name},2024-05-06,", "没有厂,1.23457E+17,无此工会,2024-13-06,"]
        return office.upload(rows, headings="姓名,身份证号,工会名称,入会时间,手机")

    matching, checked = roster(), office.check(roster())
    settings.IMPORT_APPROVAL_ROWS = 1
    waiting = office.commit(office.check(roster()))
    settings.IMPORT_APPROVAL_ROWS = 500
    done, taken = office.commit(office.check(roster())), office.commit(office.check(roster()))
    office.take_back(taken)
    running, failed, dropped = roster(), roster(), roster()
    states = {
        running: {
            "state": BatchState.CHECKING,
            "step_done": 300,
            "step_total": 1000,
            "step_began_at": done.committed_at,
        },
        failed: {"state": BatchState.FAILED, "failed_in": BatchState.CHECKING, "trouble": "磁盘已满。"},
        dropped: {"state": BatchState.DROPPED},
    }
    for batch, changed in states.items():
        ImportBatch.objects.unscoped(reason=TEST).filter(pk=batch.pk).update(**changed)
    one = "/desk/imports/{}/".format
    tabs = [f"{one(checked.pk)}?outcome={tab}" for tab in ("refused", "updated", "new", "absent")]
    pages = [one(batch.pk) for batch in (matching, waiting, done, taken, running, failed, dropped)]
    return office, ["/desk/imports/", "/desk/imports/add/?sheet=members.member", *tabs, *pages]


@pytest.mark.parametrize(
    ("window", "displays"),
    [("page", DISPLAYS[:2]), ("phone", DISPLAYS[2:])],
    ids=["desk, both themes", "phone, both themes in big text"],
)
def test_every_state_in_every_display(addresses, live_server, request, window, displays):
    office, urls = addresses
    page = request.getfixturevalue(window)
    log_in(page, live_server, office.chair)
    said, found = complaints(page), {}
    for display in displays:
        show_as(page, live_server, **({"theme": "light", "text": "normal"} | display))
        for url in urls:
            page.goto(live_server.url + url)
            wrong = faults(page)
            if wrong:
                found[(url, *display.values())] = wrong
    assert not found
    assert said == []


CHOOSE_BOTH = """() => {
    for (const [key, heading] of [["name", "称呼"], ["post", "干什么活"]]) {
        const field = document.getElementById(`column-${key}`);
        field.value = [...field.options].find((one) => one.text === heading).value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
    }
}"""


def test_a_choice_is_kept_that_was_made_while_the_one_before_was_answered(live_server, page):
    office = Office()
    union, number = office.tree.mill.name, identity_number()
    batch = office.upload([f"林小燕,{number},{union},客服"], headings="称呼,身份证号,工会名称,干什么活")
    log_in(page, live_server, office.clerk)
    page.goto(f"{live_server.url}/desk/imports/{batch.pk}/")
    page.evaluate(CHOOSE_BOTH)
    expect(page.locator("#match")).to_contain_text("必须有的列都对上了")
    settled(page)
    expect(page.locator("#column-post option:checked")).to_have_text("干什么活")
