"""The pages of the tree over HTTP: they open, they act, they show nobody more than he may see."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from niangjia.modules.organisations.actions.terms import appoint_post, start_term
from niangjia.modules.organisations.models import Organisation, Post, Term
from niangjia.modules.organisations.rules import ChosenBy, term_end
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.rules import Post as PostKind
from niangjia.modules.organisations.testing import NOW, acting_as, found_union, officer, small_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def as_job(client):
    """`as_job('CHAIR', county)`: the test client, logged in."""

    def log_in(job, at):
        client.force_login(officer(job, at), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


def page(name, *args):
    return reverse(f"organisations:{name}", args=args)


def text_of(response) -> str:
    return response.content.decode()


def elect(tree, union):
    """For a term that ends within half a year."""
    clerk, began = acting_as("CLERK", tree.county), timezone.localdate() - timedelta(days=5 * 365 - 60)
    start_term(
        union.pk, number=2, from_on=began, until_on=term_end(began, 5), elected_by=ChosenBy.CONGRESS, actor=clerk,
        now=NOW,
    )  # fmt: skip
    appoint_post(
        union.pk, kind=PostKind.CHAIR, name="李强", from_on=began, chosen_by=ChosenBy.CONGRESS, actor=clerk, now=NOW
    )


PAGES = [
    "organisation", "organisation_terms", "organisation_structure", "organisation_history", "organisation_edit",
    "organisation_rename", "organisation_retype", "organisation_move", "organisation_merge", "organisation_dissolve", "term_add",
]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_pages_open_for_the_chair_above_and_stay_shut_for_the_neighbour(tree, as_job, name):
    elect(tree, tree.mill)
    assert as_job("CHAIR", tree.county).get(page(name, tree.mill.pk)).status_code == 200
    assert as_job("CHAIR", tree.south).get(page(name, tree.mill.pk)).status_code == 404
    assert as_job("CHAIR", tree.mill).get(page(name, tree.north.pk)).status_code == 404


def test_lists_and_tree_open(tree, as_job):
    client = as_job("CHAIR", tree.county)
    for name in ("organisation_list", "organisation_tree", "term_list", "structure_seating", "organisation_add"):
        assert client.get(page(name)).status_code == 200
    said = text_of(client.get(page("organisation_list")))
    assert tree.mill.name in said
    assert tree.harbour.name in said
    said = text_of(as_job("CLERK", tree.north).get(page("organisation_list")))
    assert tree.mill.name in said
    assert tree.harbour.name not in said
    said = text_of(client.get(page("organisation_tree")))
    assert tree.north.name in said
    assert tree.south.name not in said


def test_logged_out_and_without_the_right(tree, client, as_job):
    assert client.get(page("organisation_list")).status_code == 302
    client = as_job("AUDITOR", tree.county)
    assert client.get(page("organisation", tree.mill.pk)).status_code == 200
    assert client.get(page("organisation_edit", tree.mill.pk)).status_code == 403
    assert client.get(page("organisation_move", tree.mill.pk)).status_code == 403
    assert client.get(page("term_add", tree.mill.pk)).status_code == 403


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=纺织", {"北山纺织厂工会"}),
        ("kind=TOWNSHIP_UNION", {"北山镇总工会", "南湖街道总工会"}),
        ("ground=530999101", {"北山镇总工会", "北山纺织厂工会"}),
        ("term=SOON", {"北山纺织厂工会"}),
        ("no_code=1&kind=PRIMARY_UNION", {"北山纺织厂工会", "南湖港务公司工会"}),
        ("state=DISSOLVED", set()),
        ("q=没有这个", set()),
    ],
)
def test_list_filters(tree, as_job, query, expected):
    elect(tree, tree.mill)
    said = text_of(as_job("CHAIR", tree.county).get(page("organisation_list") + "?" + query))
    rows = {row.name for row in Organisation.objects.unscoped(reason="test") if f">{row.name}</a>" in said}
    assert rows == expected


def test_founding_by_the_form(tree, as_job):
    client = as_job("CHAIR", tree.county)
    form = {"parent_id": tree.north.pk, "kind": "PRIMARY_UNION", "name": "北山水泥厂工会", "credit_code": "123"}
    answer = client.post(page("organisation_add"), form)
    assert answer.status_code == 422
    assert "应为 18 位" in text_of(answer)
    answer = client.post(page("organisation_add"), form | {"credit_code": ""})
    made = Organisation.objects.unscoped(reason="test").get(name="北山水泥厂工会")
    assert answer.headers["Location"] == page("organisation", made.pk)


def test_moving_by_the_form_says_what_stays(tree, as_job):
    client = as_job("CHAIR", tree.county)
    form = {"parent": tree.south.pk, "on": "2026-11-20", "reason": "区划调整"}
    assert client.post(page("organisation_move", tree.mill.pk), form).status_code == 422  # not confirmed
    answer = client.post(page("organisation_move", tree.mill.pk), form | {"sure": "on"}, follow=True)
    assert answer.status_code == 200
    assert "按当日隶属关系统计" in text_of(answer)
    said = text_of(client.get(page("organisation_structure", tree.mill.pk)))
    assert "调整到“南湖街道总工会”之下" in said
    assert "原来：云岭县总工会 › 北山镇总工会" in said


def test_terms_and_posts_by_the_forms(tree, as_job):
    client = as_job("CLERK", tree.north)
    client.post(
        page("term_add", tree.mill.pk),
        {"number": 1, "elected_by": "CONGRESS", "from_on": "2024-01-01", "years": "3"},
    )
    term = Term.objects.unscoped(reason="test").get()
    assert term.until_on == date(2027, 1, 1)
    chair = {"kind": "CHAIR", "name": "李强", "from_on": "2024-01-01"}
    refused = client.post(page("post_add", tree.mill.pk, "congress"), chair | {"roles": ["HEAD"]})
    assert "不能担任本单位工会主席" in text_of(refused)
    client.post(page("post_add", tree.mill.pk, "congress"), chair)
    post = Post.objects.unscoped(reason="test").get()
    client.post(page("post_end", post.pk), {"ended_by": "REMOVED", "on": "2026-11-01"})
    said = text_of(client.get(page("organisation_terms", tree.mill.pk)))
    assert "已离任 1 人" in said
    assert "免去" in said
    assert client.get(page("post_add", tree.mill.pk, "nonsense")).status_code == 404
    for name, pk in (("post_end", post.pk), ("term_end", term.pk), ("term_extend", term.pk)):
        assert client.get(page(name, pk)).status_code == 200
        assert as_job("CLERK", tree.south).get(page(name, pk)).status_code == 404
        as_job("CLERK", tree.north)


def test_pickers_offer_only_what_is_in_sight(tree, as_job):
    client = as_job("CHAIR", tree.north)
    said = text_of(client.get(page("organisation_options") + "?q=工会"))
    assert tree.mill.name in said
    assert tree.harbour.name not in said
    said = text_of(client.get(page("organisation_options") + "?kind=TOWNSHIP_UNION"))
    assert tree.north.name in said
    assert tree.mill.name not in said
    said = text_of(client.get(page("structure_options", tree.mill.pk, "parent") + "?q=总工会"))
    assert tree.north.name in said
    assert as_job("CHAIR", tree.south).get(page("structure_options", tree.mill.pk, "parent")).status_code == 404


def test_switching_narrows_the_lists(tree, as_job):
    client = as_job("CHAIR", tree.county)
    assert tree.north.name in text_of(client.get(page("at_choices")))
    assert tree.harbour.name in text_of(client.get(page("at_choices") + "?q=港务"))
    client.post(page("at_switch"), {"at": tree.south.pk, "back": page("organisation_list")})
    said = text_of(client.get(page("organisation_list")))
    assert f">{tree.harbour.name}</a>" in said
    assert f">{tree.mill.name}</a>" not in said
    client.post(page("at_switch"), {"at": ""})
    assert f">{tree.mill.name}</a>" in text_of(client.get(page("organisation_list")))
    assert as_job("CHAIR", tree.north).post(page("at_switch"), {"at": tree.south.pk}).status_code == 404


def test_a_choice_out_of_sight_no_longer_counts(tree, as_job):
    client = as_job("CHAIR", tree.north)
    session = client.session
    session["at"] = tree.south.pk
    session.save()
    said = text_of(client.get(page("organisation_list")))
    assert f">{tree.mill.name}</a>" in said
    assert tree.harbour.name not in said


def test_the_tree_opens_on_demand(tree, as_job):
    client = as_job("CHAIR", tree.county)
    assert tree.mill.name in text_of(client.get(page("tree_branch", tree.north.pk)))
    for number in range(103):
        found_union(tree.south, f"南湖第{number:03d}商行工会")
    said = text_of(client.get(page("tree_branch", tree.south.pk)))
    assert said.count("<li>") == 101
    assert "?after=100" in said
    assert text_of(client.get(page("tree_branch", tree.south.pk) + "?after=100")).count("<li>") == 4
    assert as_job("CHAIR", tree.north).get(page("tree_branch", tree.south.pk)).status_code == 404


@pytest.mark.parametrize("name", ["organisation_list", "organisation_tree", "term_list", "organisation"])
def test_as_many_queries_for_three_rows_as_for_fifty(tree, as_job, name):
    client = as_job("CHAIR", tree.county)
    address = page(name, tree.north.pk) if name == "organisation" else page(name)
    if name == "organisation_tree":
        address = page("tree_branch", tree.north.pk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    def grow(count: int) -> None:
        for _ in range(count):
            elect(tree, found_union(tree.north))

    grow(2)
    queries()  # what is looked up once per process
    few = queries()
    grow(47)
    assert queries() == few


def test_a_system_committee_has_no_congress(tree, as_job):
    committee = found_union(tree.county, "教育系统工委", K.SYSTEM_COMMITTEE)
    client = as_job("CHAIR", tree.county)
    said = text_of(client.get(page("term_add", committee.pk)))
    assert "上级委派" in said
    assert "选举产生" not in said
    assert "不开会员代表大会" in text_of(client.get(page("organisation_terms", committee.pk)))


def test_home_reminds_of_re_elections_and_shows_the_place(tree, as_job):
    elect(tree, tree.mill)
    said = text_of(as_job("CLERK", tree.north).get("/desk/"))
    assert "半年内要换届" in said
    assert "本级概况" in said
    assert "上年末的数字按当日隶属关系统计" in said
    assert "半年内要换届" not in text_of(as_job("CLERK", tree.south).get("/desk/"))


def test_what_is_edited_is_told_in_chinese(tree, as_job):
    client = as_job("CLERK", tree.north)
    client.post(page("organisation_edit", tree.mill.pk), {"address": "北山路 1 号", "division": "530999002"})
    said = text_of(client.get(page("organisation_history", tree.mill.pk)))
    assert "修改资料" in said
    assert "地址：空 → 北山路 1 号" in said
    assert "行政区划：北山镇 → 南湖街道" in said
    assert "organisations." not in said.split("timeline")[1].split("</ol>")[0]


@pytest.mark.parametrize("number", ["99999999999999999999999", "²", "-1", "x"])
def test_numbers_that_mean_nothing(tree, as_job, number):
    client = as_job("CHAIR", tree.county)
    assert client.get(page("organisation_add") + f"?parent={number}").status_code in (200, 404)
    assert client.post(page("at_switch"), {"at": number}).status_code == 404
    assert client.get(page("tree_branch", tree.county.pk) + f"?after={number}").status_code == 200
    form = {"parent_id": number, "kind": "PRIMARY_UNION", "name": "北山水泥厂工会"}
    assert client.post(page("organisation_add"), form).status_code in (404, 422)
    if number.isdecimal():
        assert client.get(f"/desk/organisations/{number}/").status_code == 404
