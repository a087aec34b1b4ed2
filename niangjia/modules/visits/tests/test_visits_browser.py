"""The pages of visits with a browser's eyes: axe, nothing wider than the window, the drawer, a proposal accepted in it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.actions import store
from niangjia.modules.organisations.testing import firm, officer, small_tree
from niangjia.modules.visits.rules import Aspect, Look
from niangjia.modules.visits.testing import explained, key_employer, passed_on, posting, visit
from niangjia.ui.testing import complaints, faults, log_in, settled, show_as

SHOTS = os.environ.get("SHOTS")  # a folder, to look at what the tests saw
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def made(db: None) -> Any:
    tree, now = small_tree(), timezone.now()
    chair, liaison = officer("CHAIR", tree.county, "郑主席"), officer("LIAISON_OFFICER", tree.county, "何走访")
    mill, harbour = firm("北山纺织厂", "530999101"), firm("南湖港务集团有限公司第三作业区", "530999002")
    post = posting(tree.county, liaison, township_ids=[tree.north.pk, tree.south.pk])
    key_employer(tree.county, mill, posting_id=post.pk)
    key_employer(tree.county, harbour)
    picture = store(PNG, name="车间.png", owner_id=liaison.pk, now=now)
    row = visit(
        mill, actor_of(liaison.pk, now=now), now=now, file_ids=[picture.pk], answers={"headcount": "180", "women": "90"},
        observations={
            Aspect.MIND: (Look.GOOD, "安心"), Aspect.UNION: (Look.FAIR, "活动少"), Aspect.EMPLOYMENT: (Look.GOOD, ""),
            Aspect.HELP: (Look.GOOD, ""), Aspect.RIGHTS: (Look.POOR, "加班太多，三班倒的夜班津贴没有按月发"),
        },
        spoken_with=[("林小燕", "12480000001", "挡车工"), ("周大勇", "", "班组长")], latitude=32.1, longitude=119.1,
        accuracy_metres=18.0, findings=[explained(asker_name="林小燕", asker_phone="12480000001"), passed_on(people=3)],
        summary="车间干净，职工情绪稳定。\n夜班津贴三个月没有发，已转县总工会权益部。",
    )  # fmt: skip
    visit(harbour, actor_of(liaison.pk, now=now), now=now, kind="daily")
    return chair, row, post


PAGES = ("", "findings/", "covered/", "proposals/", "follow-ups/", "postings/", "groups/", "key-employers/", "weeks/", "postings/add/", "key-employers/add/")  # fmt: skip


def test_the_pages_of_visits_are_accessible(page: Any, live_server: Any, made: Any) -> None:
    chair, row, post = made
    log_in(page, live_server, chair)
    said = complaints(page)
    for name in (*PAGES, f"{row.pk}/", f"postings/{post.pk}/"):
        page.goto(f"{live_server.url}/desk/visits/{name}")
        page.wait_for_load_state("networkidle")
        shoot(page, f"desk_{name.replace('/', '_') or 'list'}")
        assert (name, faults(page)) == (name, [])
    page.goto(f"{live_server.url}/desk/employers/{row.employer_id}/")
    page.get_by_text("全部 1 次走访").wait_for()
    shoot(page, "desk_employer")
    assert faults(page) == said == []


def test_words_have_room_where_nothing_stands_beside_them(page: Any, live_server: Any, made: Any) -> None:
    chair, row, _ = made
    log_in(page, live_server, chair)
    for name, field in ((f"{row.pk}/edit/", "summary"), ("years/open/", "")):
        page.goto(f"{live_server.url}/desk/visits/{name}")
        shoot(page, f"form_{field or 'year'}")
        grid = page.locator(".form-grid").bounding_box()["width"]
        widths = [one.bounding_box()["width"] for one in page.locator(".form-grid > .field").all()]
        assert (max(widths) > 0.95 * grid) is bool(field), name


def test_a_proposal_is_accepted_in_the_drawer(page: Any, live_server: Any, made: Any) -> None:
    chair, _, _ = made
    log_in(page, live_server, chair)
    said = complaints(page)
    page.goto(f"{live_server.url}/desk/visits/")
    page.get_by_role("link", name="北山纺织厂").click()
    drawer = page.locator("#drawer-body")
    drawer.get_by_role("button", name=re.compile(r"^更新\s*职工人数")).click()
    page.get_by_text("单位资料已更新。").wait_for()
    drawer.get_by_text("已更新", exact=True).first.wait_for()
    settled(page)
    shoot(page, "desk_drawer")
    assert faults(page) == said == []


def test_the_pages_of_visits_on_a_phone(phone: Any, live_server: Any, made: Any) -> None:
    chair, row, post = made
    log_in(phone, live_server, chair)
    show_as(phone, live_server, theme="dark", text="large")
    said = complaints(phone)
    for name in ("", "key-employers/", "weeks/", f"{row.pk}/", f"postings/{post.pk}/", "postings/add/"):
        phone.goto(f"{live_server.url}/desk/visits/{name}")
        phone.wait_for_load_state("networkidle")
        shoot(phone, f"phone_{name.replace('/', '_') or 'list'}")
        assert (name, faults(phone)) == (name, [])
    assert said == []
