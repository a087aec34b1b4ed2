"""Another system hands demands over: signed, once each, and hears nothing of what isn't its own."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Stage
from niangjia.modules.exchange.testing import call, partner
from niangjia.modules.organisations.testing import acting_as, small_tree

WHY = "looked at by the test"


@pytest.fixture
def tree(db: None) -> Any:
    return small_tree()


@pytest.fixture
def line(tree: Any) -> Any:
    return partner(tree.county, now=timezone.now())


def handed(number: str = "W-1", **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "content": "工地三个月没发工资，共 5 人。",
        "nature": 3,
        "asker": {"phone": "12480000001"},
    } | more


def cases(**named: Any) -> Any:
    return Case.objects.unscoped(reason=WHY).filter(**named)


def test_a_demand_is_handed_over_and_found_again(line) -> None:
    status, said = call(line, "/api/v1/demands", handed())
    assert status == 201, said
    assert said["partner_number"] == "W-1"
    assert not said["repeated"]
    case = cases(partner=line.code).get()
    assert (case.number, case.partner_number, case.received_scope_id) == (said["number"], "W-1", line.scope_id)
    for number in ("W-1", said["number"]):
        status, found = call(line, f"/api/v1/demands/{number}", method="GET")
        assert (status, found["number"]) == (200, said["number"])
    assert Entry.objects.unscoped(reason=WHY).filter(case=case).first().user_name == "12345热线"


def test_the_same_number_is_the_same_demand(line) -> None:
    first, again = call(line, "/api/v1/demands", handed()), call(line, "/api/v1/demands", handed(content="别的话"))
    assert (first[0], again[0]) == (201, 200)
    assert again[1]["repeated"]
    assert again[1]["number"] == first[1]["number"]
    assert cases().count() == 1


def test_the_earlier_limit_wins(line) -> None:
    soon = timezone.now() + timedelta(minutes=20)
    _, said = call(line, "/api/v1/demands", handed(due_at=soon.isoformat()))
    assert cases(number=said["number"]).get().due_at == soon
    late = timezone.now() + timedelta(days=90)
    _, said = call(line, "/api/v1/demands", handed("W-2", due_at=late.isoformat()))
    assert cases(number=said["number"]).get().due_at < late


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guessed"}, {"key": "nj_nobody"}, {"key": ""}, {"time": "2020-01-01T00:00:00+08:00"},
        {"time": "now"}, {"signature": "0" * 64}, {"sent_path": "/api/v1/demands?x=1"},
    ],
)  # fmt: skip
def test_who_does_not_sign_rightly_gets_nothing(line, wrong) -> None:
    status, said = call(line, "/api/v1/demands", handed(), **wrong)
    assert (status, said["code"]) == (401, "unsigned")
    assert not cases().exists()


def test_a_retired_partner_is_nobody(line) -> None:
    line.retired_at = timezone.now()
    line.save(update_fields=["retired_at"])
    assert call(line, "/api/v1/demands", handed())[0] == 401


def test_another_partners_demand_is_not_there(line, tree) -> None:
    _, said = call(line, "/api/v1/demands", handed())
    other = partner(tree.county, name="省总工会", now=timezone.now())
    for number in ("W-1", said["number"]):
        assert call(other, f"/api/v1/demands/{number}", method="GET")[0] == 404
        assert call(other, f"/api/v1/demands/{number}/urge", {"id": "m1", "text": "快"})[0] == 404


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"content": ""}, "content"), ({"nature": 9}, "nature"), ({"number": "x" * 61}, "number"),
        ({"number": " "}, "number"), ({"kind": "9999"}, "kind"), ({"people": 0}, "people"),
        ({"received_at": "2199-01-01T00:00:00+08:00"}, "received_at"),
        ({"received_at": "2020-01-01T00:00:00+08:00"}, "received_at"), ({"claimed_yuan": "很多"}, "claimed_yuan"),
        ({"asker": {"phone": "x"}}, "phone"), ({"asker": {"party": 3}}, "asker.party"),
        ({"received_at": "2026-11-20T09:00:00"}, "received_at"), ({"due_at": "2026-12-20T09:00:00"}, "due_at"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(line, more, field) -> None:
    status, said = call(line, "/api/v1/demands", handed(**more))
    assert status == 422, said
    assert field in said["field"]
    assert said["message"]
    assert not cases().exists()


def test_a_message_with_the_same_id_acts_once(line) -> None:
    _, said = call(line, "/api/v1/demands", handed())
    for _ in range(2):
        assert call(line, "/api/v1/demands/W-1/urge", {"id": "m1", "text": "催一催"})[0] == 200
    assert cases(number=said["number"]).get().urged == 1
    assert call(line, "/api/v1/demands/W-1/facts", {"id": "m2", "text": "又多了两个人"})[0] == 200
    assert call(line, "/api/v1/demands/W-1/withdraw", {"id": "m3", "text": "已经解决"})[0] == 200
    assert cases(number=said["number"]).get().stage == Stage.WITHDRAWN
    status, refused = call(line, "/api/v1/demands/W-1/urge", {"id": "m4", "text": "再催"})
    assert (status, bool(refused["message"])) == (409, True)


def test_a_rating_from_there_closes_the_loop(line, tree) -> None:
    _, said = call(line, "/api/v1/demands", handed())
    case, chair = cases(number=said["number"]).get(), acting_as("CHAIR", tree.county)
    casework.take_case(case.pk, actor=chair, now=timezone.now())
    casework.answer_case(case.pk, text="工资已经补发。", actor=chair, now=timezone.now())
    casework.remark(case.pk, text="老板态度不好", actor=chair, now=timezone.now())
    _, seen = call(line, "/api/v1/demands/W-1", method="GET")
    told = " ".join(step["text"] for step in seen["steps"])
    assert "工资已经补发" in told
    assert "老板态度" not in told, "an internal note stays in the house"
    status, rated = call(line, "/api/v1/demands/W-1/rating", {"id": "r1", "rating": 5, "is_satisfied": True})
    assert (status, rated["stage"]) == (200, "resolved")


@pytest.mark.django_db(transaction=True)
def test_one_number_sent_by_eight_at_once_is_one_demand() -> None:
    line, answers = partner(small_tree().county, now=timezone.now()), []

    def send() -> None:
        answers.append(call(line, "/api/v1/demands", handed()))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert len({said["number"] for _, said in answers}) == 1
    assert cases().count() == 1
