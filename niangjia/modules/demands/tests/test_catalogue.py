"""诉求目录: what is delivered, what its words point to, and how a new version comes to hold."""

from __future__ import annotations

import pytest
from django.urls import reverse

from niangjia.engines.casework.rules import Urgency
from niangjia.kernel.access.rights import jobs
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.demands.actions.catalogue import (
    KindFacts,
    add_kind,
    begin_draft,
    discard_draft,
    edit_kind,
    publish_draft,
)
from niangjia.modules.demands.models import CatalogueVersion
from niangjia.modules.demands.queries import catalogue, suggest_kind
from niangjia.modules.demands.queries.versions import changes_of, draft
from niangjia.modules.demands.rules import RIGHTS_GROUPS, Needed
from niangjia.modules.demands.testing import NOW, demand
from niangjia.modules.organisations.testing import Tree, acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def tree() -> Tree:
    return small_tree()


@pytest.fixture
def keeper(tree: Tree):
    return acting_as("CHAIR", tree.county)


def test_the_delivered_one_is_whole() -> None:
    known = catalogue()
    assert len(known.groups) >= 15
    for group in known.groups:
        assert len(known.kinds_in(group.code)) >= (3 if group.code == "17" else 5), group.name
    for kind in known.kinds.values():
        if kind.is_group:
            continue
        assert kind.group in known.kinds, kind
        assert Urgency(kind.urgency)
        assert kind.job in jobs(), kind
        assert set(kind.needs) <= {need.value for need in Needed}, kind
        assert kind.words, kind
        assert kind.hint, kind
        assert kind.answers, kind
        assert all(one["title"] and len(one["text"]) <= 500 for one in kind.answers), kind
    assert set(known.kinds) >= RIGHTS_GROUPS
    words = [word for kind in known.kinds.values() for word in kind.words]
    assert len(words) == len(set(words)), "a word marks two kinds"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("老板跑路了，三个月没发工资", "0101"),
        ("工地包工头不给钱", "0102"),
        ("一直没签劳动合同", "0401"),
        ("怀孕了单位要我走", "0701"),
        ("送餐受伤了平台不管", "0803"),
        ("孩子考上大学交不起学费", "0904"),
        ("想加入工会", "1102"),
        ("今天天气不错", None),
    ],
)
def test_words_point_to_a_kind_and_say_which(text: str, code: str | None) -> None:
    found = suggest_kind(text)
    assert (found[0].code if found else None) == code
    assert all(word in text for one in found for word in one.words)


def test_a_longer_word_hides_the_one_within_it() -> None:
    first = suggest_kind("拖欠工资")[0]
    assert first.words == ("拖欠工资",)


def test_it_changes_with_the_publication_and_not_before(tree: Tree, keeper) -> None:
    begin_draft(actor=keeper, now=NOW)
    edit_kind("0101", KindFacts("被拖欠的工资", urgency=3, words=["不给钱"]), actor=keeper, now=NOW)
    made = add_kind("01", KindFacts("年终奖", words=["年终奖"]), actor=keeper, now=NOW)
    assert made.code == "0107"
    assert catalogue().label_of("0101") == "拖欠工资"
    assert suggest_kind("年终奖没有了") == []
    differs = {one.code: one for one in changes_of(draft())}
    assert set(differs) == {"0101", "0107"}
    assert differs["0107"].is_new
    assert ("名称", "拖欠工资", "被拖欠的工资") in differs["0101"].what
    publish_draft(note="年终奖单列", actor=keeper, now=NOW)
    assert catalogue().number == 2
    assert catalogue().label_of("0101") == "被拖欠的工资"
    assert suggest_kind("年终奖没有了")[0].code == "0107"


def test_a_retired_kind_is_chosen_no_more_and_still_has_its_name(tree: Tree, keeper) -> None:
    row = demand(tree.county, kind="1405", nature=1)
    begin_draft(actor=keeper, now=NOW)
    edit_kind("1405", KindFacts("交友", is_used=False), actor=keeper, now=NOW)
    publish_draft(note="停用交友", actor=keeper, now=NOW)
    known = catalogue()
    assert known.label_of(row.kind) == "交友"
    assert "1405" not in [kind.code for kind in known.kinds_in("14")]
    # Its code is given to nothing else.
    begin_draft(actor=keeper, now=NOW)
    assert add_kind("14", KindFacts("理发"), actor=keeper, now=NOW).code == "1407"


def test_codes_are_for_ever_even_of_a_draft_that_was_dropped_within_a_version(tree: Tree, keeper) -> None:
    begin_draft(actor=keeper, now=NOW)
    add_kind("", KindFacts("农业劳动者"), actor=keeper, now=NOW)
    publish_draft(note="新的一类", actor=keeper, now=NOW)
    begin_draft(actor=keeper, now=NOW)
    assert add_kind("", KindFacts("再一类"), actor=keeper, now=NOW).code == "19"


def test_one_draft_at_most(tree: Tree, keeper) -> None:
    assert begin_draft(actor=keeper, now=NOW).pk == begin_draft(actor=keeper, now=NOW).pk
    discard_draft(actor=keeper, now=NOW)
    with pytest.raises(Missing):
        discard_draft(actor=keeper, now=NOW)
    assert catalogue().number == 1
    assert CatalogueVersion.objects.count() == 1


def test_only_the_top_keeps_it(tree: Tree) -> None:
    for actor in (acting_as("CHAIR", tree.north), acting_as("CLERK", tree.county), acting_as("AUDITOR", tree.county)):
        with pytest.raises(NotPermitted):
            begin_draft(actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (KindFacts(""), "name"),
        (KindFacts("克扣、罚款"), "name"),  # another of the group has it
        (KindFacts("好", urgency=9), "urgency"),
        (KindFacts("好", job="KING"), "job"),
        (KindFacts("好", needs=["blood"]), "needs"),
        (KindFacts("好", words=["一"]), "words"),
        (KindFacts("好", answers=[{"title": "只有标题", "text": ""}]), "answers"),
        (KindFacts("好", limits={"answer": [0, "working_days"]}), "limits"),
        (KindFacts("好", limits={"sleep": [1, "working_days"]}), "limits"),
    ],
)
def test_what_makes_no_sense_is_refused(tree: Tree, keeper, facts: KindFacts, field: str) -> None:
    begin_draft(actor=keeper, now=NOW)
    with pytest.raises(Refused) as refusal:
        edit_kind("0101", facts, actor=keeper, now=NOW)
    assert refusal.value.field == field


def test_the_kinds_own_limits_hold(tree: Tree, keeper) -> None:
    begin_draft(actor=keeper, now=NOW)
    edit_kind("0101", KindFacts("拖欠工资", limits={"answer": [2, "working_days"]}), actor=keeper, now=NOW)
    publish_draft(note="两天答复", actor=keeper, now=NOW)
    assert demand(tree.county, kind="0101", urgency=1).case.limits["answer"] == [2, "working_days"]


def test_by_the_pages_from_draft_to_publication(tree: Tree, client) -> None:
    client.force_login(officer("CHAIR", tree.county), backend=BACKEND)
    page = reverse("demands:catalogue")
    assert "开始修改" in client.get(page).content.decode()
    client.post(reverse("demands:catalogue_begin"))
    form = client.get(reverse("demands:kind_edit", args=["0101"]))
    assert form.status_code == 200
    sent = {
        "name": "工资拖欠", "urgency": 2, "job": "RIGHTS_OFFICER", "needs": ["employer"], "hint": "问清",
        "words": "欠薪、没发工资，讨薪", "is_used": "on", "answer_amount": 3, "answer_unit": "working_days",
        "answer_title_0": "怎么要", "answer_text_0": "<script>alert(1)</script>先协商。", "answer_title_1": "",
        "answer_text_1": "",
    }  # fmt: skip
    wrong = client.post(reverse("demands:kind_edit", args=["0101"]), {**sent, "words": "薪"})
    assert wrong.status_code == 422
    assert "2 到 12 个字之间" in wrong.content.decode()
    assert client.post(reverse("demands:kind_edit", args=["0101"]), sent).status_code == 302
    added = client.post(f"{reverse('demands:kind_add')}?group=01", {**sent, "name": "年终奖", "words": "年终奖"})
    assert added.headers["Location"].endswith("kind=0107")
    compared = client.get(reverse("demands:catalogue_publish")).content.decode()
    assert "有 2 处不同" in compared
    assert "<script>alert(1)" not in compared
    assert client.post(reverse("demands:catalogue_publish"), {"note": ""}).status_code == 422
    client.post(reverse("demands:catalogue_publish"), {"note": "改名"})
    shown = client.get(f"{page}?kind=0101").content.decode()
    assert "工资拖欠" in shown
    assert "3 个工作日" in shown
    assert "<script>alert(1)" not in shown


def test_messages_in_ones_own_words(tree: Tree, client) -> None:
    client.force_login(officer("CHAIR", tree.county), backend=BACKEND)
    page, one = reverse("demands:asker_messages"), reverse("demands:asker_message", args=[tree.county.pk, "accepted"])
    assert client.get(page).status_code == 200
    wrong = client.post(one, {"text": "您好 {name}"})
    assert wrong.status_code == 422
    assert "不认识 {name}" in wrong.content.decode()
    assert client.post(one, {"text": "您的事 {number} 我们接了。"}).status_code == 302
    assert "本级自定" in client.get(page).content.decode()
    assert client.post(one, {"reset": "1"}).status_code == 302
    assert "本级自定" not in client.get(page).content.decode()
