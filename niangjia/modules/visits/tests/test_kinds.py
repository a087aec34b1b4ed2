"""Kinds of visit: declared at a place, holding under it, the nearest wins; forms by number, edited row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.testing import Tree, acting_as, officer, small_tree
from niangjia.modules.visits.actions.kinds import declare_kind, edit_kind, publish_form, stop_kind, use_kind_again
from niangjia.modules.visits.delivered_forms import DELIVERED
from niangjia.modules.visits.models import VisitForm
from niangjia.modules.visits.queries.kinds import form_of, forms_at, kinds_at
from niangjia.modules.visits.questions import Again, Question, Type
from niangjia.modules.visits.testing import NOW

pytestmark = pytest.mark.django_db
ASKED = (Question("ok", "好吗", Type.YES_NO, required=True),)


@pytest.fixture
def tree() -> Tree:
    return small_tree()


def at(place: Any) -> str:
    return str(place.scope.path)


def publish(place: Any, code: str = "daily", questions: Any = ASKED, seen: int = 0) -> VisitForm:
    return publish_form(place.pk, code, questions, seen_number=seen, actor=acting_as("CHAIR", place), now=NOW)


def test_as_delivered_until_somebody_says_otherwise(tree: Tree) -> None:
    assert [kind.code for kind in kinds_at(at(tree.north))] == list(DELIVERED)
    assert form_of("daily", at(tree.north)) == DELIVERED["daily"]
    with pytest.raises(Missing):
        form_of("unheard_of", at(tree.north))
    with pytest.raises(Missing):
        form_of("daily", at(tree.north), 3)


def test_the_nearest_form_wins_and_a_number_means_one_form(tree: Tree) -> None:
    county = publish(tree.county)
    north = publish(tree.north, questions=(replace(ASKED[0], label="北山问好吗"),), seen=1)
    assert (county.number, north.number) == (1, 2)
    assert form_of("daily", at(tree.south)).number == 1
    assert form_of("daily", at(tree.mill)).questions[0].label == "北山问好吗"
    # a draft that was begun before the township's own form came is still what it was
    assert form_of("daily", at(tree.mill), 1).questions == ASKED
    assert form_of("daily", at(tree.mill), 0).questions == DELIVERED["daily"].questions
    with pytest.raises(Missing):
        form_of("daily", at(tree.south), 2)
    later = publish(tree.county, questions=(replace(ASKED[0], label="又好吗"),), seen=1)
    assert later.number == 3
    assert form_of("daily", at(tree.mill)).number == 2  # still the nearest
    assert forms_at(at(tree.mill))["daily"] == form_of("daily", at(tree.mill))
    assert {code: form.number for code, form in forms_at(at(tree.south)).items() if form.number} == {"daily": 3}


def test_what_may_not_be_published(tree: Tree) -> None:
    with pytest.raises(Refused, match="第 1 题：请写上问题"):
        publish(tree.county, questions=(replace(ASKED[0], label=""),))
    with pytest.raises(Refused, match="至少要有一个问题"):
        publish(tree.county, questions=())
    with pytest.raises(Refused, match="没有改动"):
        publish(tree.county, questions=DELIVERED["daily"].questions)
    publish(tree.county)
    with pytest.raises(Refused, match="刚发布了第 1 版"):
        publish(tree.county, seen=0)
    with pytest.raises(NotPermitted):
        publish_form(tree.north.pk, "daily", ASKED, seen_number=0, actor=acting_as("CLERK", tree.north), now=NOW)
    for actor in (acting_as("CHAIR", tree.south), acting_as("HOTLINE_OPERATOR", tree.north)):
        with pytest.raises(Missing):
            publish_form(tree.north.pk, "daily", ASKED, seen_number=0, actor=actor, now=NOW)


def test_a_kind_of_ones_own(tree: Tree) -> None:
    chair = acting_as("CHAIR", tree.county)
    made = declare_kind(scope_id=tree.county.pk, name=" 金秋助学 ", hint="看孩子上学难不难", actor=chair, now=NOW)
    assert made.code == f"own_{made.pk}"
    assert kinds_at(at(tree.mill))[-1].name == "金秋助学"
    assert form_of(made.code, at(tree.mill)).questions == ()
    publish(tree.county, made.code)
    assert form_of(made.code, at(tree.mill)).questions == ASKED
    with pytest.raises(Refused, match="已经有“金秋助学”"):
        declare_kind(scope_id=tree.county.pk, name="金秋助学", actor=chair, now=NOW)
    edit_kind(tree.north.pk, made.code, name="助学", hint="", actor=acting_as("CHAIR", tree.north), now=NOW)
    assert form_of(made.code, at(tree.mill)).name == "助学"
    assert form_of(made.code, at(tree.mill)).questions == ASKED  # named by the township, asked by the county


def test_out_of_use_here_and_in_use_again(tree: Tree) -> None:
    chair = acting_as("CHAIR", tree.north)
    stop_kind(tree.north.pk, "coolness", actor=chair, now=NOW)
    assert "coolness" not in {kind.code for kind in kinds_at(at(tree.mill))}
    assert "coolness" in {kind.code for kind in kinds_at(at(tree.south))}
    assert form_of("coolness", at(tree.mill)).questions  # what was begun can be handed in
    use_kind_again(tree.north.pk, "coolness", actor=chair, now=NOW)
    assert "coolness" in {kind.code for kind in kinds_at(at(tree.mill))}
    for kind in kinds_at(at(tree.north))[1:]:
        stop_kind(tree.north.pk, kind.code, actor=chair, now=NOW)
    with pytest.raises(Refused, match="至少要留一个"):
        stop_kind(tree.north.pk, "daily", actor=chair, now=NOW)


# --- the page ---


@pytest.fixture
def desk(tree: Tree, client: Client) -> Client:
    client.force_login(officer("CHAIR", tree.county), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def fields(page: Any) -> dict[str, str]:
    """What the editor shows, as the browser would send it back."""
    rows = page.context["editor"].rows
    sent = {"rows": str(len(rows)), "number": str(page.context["number"])}
    for number, row in enumerate(rows):
        for name in ("key", "label", "type", "options", "hint", "field", "again_when", "again_days", "again_what"):
            sent[f"{name}_{number}"] = getattr(row, name)
        sent |= {f"risk_when_{number}": row.risk_when, f"risk_level_{number}": str(row.risk_level)}
        if row.required:
            sent[f"required_{number}"] = "1"
    return sent


@pytest.mark.parametrize("code", list(DELIVERED))
def test_every_delivered_form_goes_through_the_editor_unchanged(desk: Client, code: str) -> None:
    url = reverse("visits:kind_edit", args=[code])
    page = desk.post(url, fields(desk.get(url)) | {"act": "publish"})
    assert page.context["editor"].problem == "没有改动，不用再发布。"


def test_edited_row_by_row(tree: Tree, desk: Client) -> None:
    url = reverse("visits:kind_edit", args=["coolness"])
    first = desk.get(url)
    moved = desk.post(url, fields(first) | {"act": "down:0"})
    assert [row.key for row in moved.context["editor"].rows][:2] == ["places", "workers"]
    less = desk.post(url, fields(moved) | {"act": "remove:0"})
    added = desk.post(url, fields(less) | {"act": "add"})
    last = len(added.context["editor"].rows) - 1
    asked = fields(added) | {
        f"label_{last}": "有没有遮阳", f"type_{last}": "choice", f"options_{last}": "有\r\n没有\r\n", f"hint_{last}": "看",
        f"again_when_{last}": "没有", f"again_days_{last}": "²", f"again_what_{last}": "遮阳棚",
    }  # fmt: skip
    wrong = desk.post(url, asked | {"act": "publish"})
    assert (wrong.status_code, wrong.context["editor"].rows[last].problem) == (422, "回看：请写 1 到 365 天。")
    asked[f"again_days_{last}"] = "10"
    seen = desk.post(url, asked | {"act": "preview"})
    assert "答“没有”，10 天内回看：遮阳棚" in seen.content.decode()
    assert desk.post(url, asked | {"act": "publish"}).status_code == 302
    published = form_of("coolness", at(tree.county))
    assert published.number == 1
    assert published.questions[-1] == Question(
        "q1", "有没有遮阳", Type.CHOICE, ("有", "没有"), hint="看", follow_up=Again("没有", 10, "遮阳棚")
    )
    stale = desk.post(url, asked | {"act": "publish", "label_0": "别的"})
    assert "刚发布了第 1 版" in stale.content.decode()
    assert "第 1 版" in desk.get(reverse("visits:kind", args=["coolness"])).content.decode()


def test_nonsense_in_the_editor_is_only_a_problem(desk: Client) -> None:
    url = reverse("visits:kind_edit", args=["daily"])
    sent = {"rows": "9" * 30, "number": "-1", "act": "down:²", "label_0": "ab", "type_0": "picture"}
    assert desk.post(url, sent).status_code == 200
    one = {
        "rows": "1",
        "act": "publish",
        "label_0": "问",
        "type_0": "number",
        "again_when_0": "很多",
        "again_days_0": "7",
    }
    assert "从多少起算" in desk.post(url, one).content.decode()
    assert desk.get(reverse("visits:kind", args=["unheard-of"])).status_code == 404


def test_pages_of_kinds(desk: Client) -> None:
    assert "稳定排查" in desk.get(reverse("visits:kind_list")).content.decode()
    page = desk.post(reverse("visits:kind_add"), {"name": "金秋助学", "hint": ""}, follow=True)
    assert "接着写要问什么" in page.content.decode()
    assert desk.post(reverse("visits:kind_stop", args=["daily"]), follow=True).status_code == 200
    assert "重新启用" in desk.get(reverse("visits:kind", args=["daily"])).content.decode()
    renamed = desk.post(reverse("visits:kind_rename", args=["stay"]), {"name": "驻点", "hint": "住下来"}, follow=True)
    assert "驻点" in renamed.content.decode()
