"""What the phone takes along and hands in: whatever comes, the answer is a clear one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.models import StoredFile
from niangjia.modules.organisations.actions.employers import edit_employer
from niangjia.modules.organisations.testing import Tree, acting_as, firm, officer, small_tree
from niangjia.modules.visits.actions.planning import add_planned
from niangjia.modules.visits.models import PlannedVisit, Visit, VisitForm, VisitKind
from niangjia.modules.visits.queries.field import taken_along
from niangjia.modules.visits.testing import posting

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HAND_IN, DATA = "/desk/visits/field/hand-in/", "/desk/visits/field/data.json"
OURS = {"reason": "the test's own world"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(200)
ANSWERS = {"union_state": "未建会", "orders": "正常", "wages": "按时"}


@dataclass
class Field:
    tree: Tree
    user: User
    employer: Any
    client: Client


@pytest.fixture
def field() -> Field:
    tree = small_tree()
    user = officer("LIAISON_OFFICER", tree.county, "林驻联")
    posting(tree.county, user, township_ids=[tree.north.pk])
    client = Client()
    client.force_login(user, backend=BACKEND)
    return Field(tree, user, firm("北山冷库", tree.north.division_id), client)


def said(field: Field, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "draft": str(uuid4()), "employer_id": field.employer.pk, "kind": "daily", "form_number": 0, "answers": ANSWERS,
        "arrived_at": (now - timedelta(hours=1)).isoformat(), "device_now": now.isoformat(), "summary": "都好",
        "observations": {"1": {"look": 1, "word": ""}, "2": {"look": None, "word": ""}},
        "findings": [{"text": "食堂关得早", "outcome": 3, "people": 3}],
        "spoken_with": [{"name": "何班长", "phone": "", "post": "班长"}, {"name": "", "phone": "", "post": ""}],
    } | more  # fmt: skip


def hand_in(field: Field, payload: Any, *photos: tuple[str, bytes]) -> tuple[int, dict[str, Any]]:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    files = [SimpleUploadedFile(name, content) for name, content in photos]
    response = field.client.post(HAND_IN, {"payload": text, "photos": files})
    return response.status_code, response.json()


def test_a_visit_is_handed_in_once_however_often_it_is_sent(field: Field) -> None:
    payload = said(field)
    status, first = hand_in(field, payload, ("a.jpg", JPEG), ("b.jpg", JPEG + b"1"))
    again_status, again = hand_in(field, payload | {"device_now": timezone.now().isoformat()}, ("a.jpg", JPEG))
    assert (status, again_status) == (201, 200)
    assert first["address"] == again["address"] == f"/desk/visits/{first['visit']}/"
    visit = Visit.objects.unscoped(**OURS).get()
    assert visit.photos.count() == 2
    assert visit.findings.get().text == "食堂关得早"
    assert [one.name for one in visit.spoken_with.all()] == ["何班长"]
    kept = StoredFile.objects.filter(pk__in=visit.photos.values("file_id"))
    assert {one.expires_at for one in kept} == {None}
    assert StoredFile.objects.exclude(pk__in=kept).get().expires_at is not None, "the third has its day and goes"


DRAFT = str(uuid4())
ODD: list[tuple[str, Any, str]] = [
    ("cut in half", '{"draft": "' + DRAFT + '", "employer', ""),
    ("no JSON", "", ""),
    ("a list", "[1, 2]", ""),
    ("a number", "7", ""),
    ("nested without end", "[" * 50_000, ""),
    ("nested too deep", '{"answers": ' + '{"a": ' * 90 + "1" + "}" * 90 + "}", ""),
    ("far too long", '{"summary": "' + "长" * 500_000 + '"}', ""),
    ("no number of its own", {"draft": "'; drop table"}, "draft"),
    ("a draft that is no text", {"draft": 12}, "draft"),
    ("no employer", {"employer_id": None}, "employer_id"),
    ("an employer in words", {"employer_id": "²"}, "employer_id"),
    ("an employer beyond all numbers", {"employer_id": 2**70}, "employer_id"),
    ("an employer that is a list", {"employer_id": [1]}, "employer_id"),
    ("an employer that is nowhere", {"employer_id": 987_654}, "employer_id"),
    ("no time", {"arrived_at": None}, "arrived_at"),
    ("a time in words", {"arrived_at": "昨天"}, "arrived_at"),
    ("the end of all days", {"arrived_at": "9999-12-31T23:59:59Z"}, "arrived_at"),
    ("before all days", {"arrived_at": "0001-01-01T00:00:00+14:00"}, "arrived_at"),
    ("a phone's clock beyond all days", {"device_now": "9999-12-31T23:59:59Z"}, "device_now"),
    ("left before it came", {"left_at": "2020-01-01T00:00:00Z"}, "left_at"),
    ("a plan in words", {"planned_id": "x"}, "planned_id"),
    ("observations as a list", {"observations": [1]}, "observations"),
    ("a sixth thing to look at", {"observations": {"6": {"look": 1}}}, "observations"),
    ("a look in words", {"observations": {"1": {"look": "好"}}}, "observations"),
    ("an aspect in another script", {"observations": {"²": {"look": 1}}}, "observations"),
    ("findings as words", {"findings": "很多"}, "findings"),
    ("a finding that is a word", {"findings": ["热"]}, "findings"),
    ("a finding without end", {"findings": [{"text": "热", "outcome": 9}]}, "findings"),
    ("explained by nothing", {"findings": [{"text": "热", "outcome": 1, "explanation": " "}]}, "findings"),
    ("more people than there are", {"findings": [{"text": "热", "outcome": 3, "people": 10**9}]}, "findings"),
    ("companions in words", {"companions": ["老王"]}, "companions"),
    ("companions nobody knows", {"companions": [2**31 - 1]}, "companions"),
    ("answers as a list", {"answers": [1]}, "answers"),
    ("an answer that is wanted", {"answers": {}}, "answers.union_state"),
    ("an answer nobody offered", {"answers": ANSWERS | {"orders": "火爆"}}, "answers.orders"),
    ("a kind nobody has", {"kind": "picnic"}, "kind"),
    ("a form nobody published", {"form_number": 99}, "form_number"),
    ("a choice nobody has", {"chosen_over": {"planned": {"kept": "all"}}}, "chosen_over"),
    ("a choice of nothing", {"chosen_over": {"weather": {"kept": "mine"}}}, "chosen_over"),
]


@pytest.mark.parametrize(("what", "payload", "where"), ODD, ids=[one[0] for one in ODD])
def test_what_cant_be_read_is_refused_in_words(field: Field, what: str, payload: Any, where: str) -> None:
    status, answer = hand_in(field, payload if isinstance(payload, str) else said(field, **payload))
    assert status == 422
    assert answer["message"]
    assert not Visit.objects.unscoped(**OURS).exists()
    assert list(answer["problems"]) in ([where], ["employer_id"] if where in {"kind", "form_number"} else [where])


def test_what_is_odd_and_harmless_goes_through(field: Field) -> None:
    """NUL bytes, lone surrogates, infinities, emoji: what no column takes is left out, the rest is kept."""
    odd = said(
        field, latitude=float("inf"), longitude="east", accuracy_metres=True, summary="好\x00的👷\ud800", extra={"x": 1}
    )
    assert hand_in(field, odd)[0] == 201
    visit = Visit.objects.unscoped(**OURS).get()
    assert visit.summary == "好的👷?"
    assert visit.latitude is None
    assert visit.place_state == "unknown"


def test_an_employer_out_of_reach_is_refused(field: Field) -> None:
    field.client.force_login(officer("LIAISON_OFFICER", field.tree.south, "李南湖"), backend=BACKEND)
    status, answer = hand_in(field, said(field))
    assert status == 422
    assert "employer_id" in answer["problems"]


def test_a_photo_that_nobody_can_open_says_what_to_do(field: Field) -> None:
    for name, content in (("IMG_1.HEIC", HEIC), ("x.exe", b"MZ" + bytes(50)), ("leer.jpg", b"")):
        status, answer = hand_in(field, said(field), (name, content))
        assert status == 422
        assert name in answer["problems"]["photos"]
    status, answer = hand_in(field, said(field), *[(f"{n}.jpg", JPEG) for n in range(31)])
    assert status == 422
    assert "最多 30 张" in answer["message"]
    assert not Visit.objects.unscoped(**OURS).exists()


def test_somebody_elses_plan_isnt_told(field: Field) -> None:
    elsewhere = acting_as("CHAIR", field.tree.county)
    stranger = officer("LIAISON_OFFICER", field.tree.south, "李南湖")
    row = add_planned(
        user_id=stranger.pk, employer_id=firm("南湖码头", field.tree.south.division_id).pk, on=timezone.localdate(),
        is_morning=True, note="只有南湖知道", actor=elsewhere, now=timezone.now(),
    )  # fmt: skip
    north = officer("LIAISON_OFFICER", field.tree.north, "王北山")
    field.client.force_login(north, backend=BACKEND)
    assert hand_in(field, said(field, planned_id=row.pk, planned_version=1))[0] == 201
    assert hand_in(field, said(field, planned_id=987_654, planned_version=1))[0] == 201, "planned anew meanwhile"
    assert {one.planned_id for one in Visit.objects.unscoped(**OURS)} == {None}


def test_both_versions_come_back_when_something_changed(field: Field) -> None:
    edit_employer(field.employer.pk, headcount=77, actor=acting_as("CHAIR", field.tree.county), now=timezone.now())
    status, answer = hand_in(field, said(field, employer_mark="old", answers=ANSWERS | {"headcount": "50"}))
    (one,) = answer["differences"]
    assert status == 409
    assert one["subject"] == "employer"
    assert one["theirs"]["职工人数"] == "77"
    assert answer["now"]["employer"]["mark"] == one["mark"]
    assert "单位资料" in answer["message"]
    chosen = {"employer": {"mark": one["mark"], "kept": "mine", "aside": {"职工人数": "77"}}}
    assert hand_in(field, said(field, employer_mark="old", chosen_over=chosen))[0] == 201


def test_a_kind_that_is_gone_leaves_the_choice(field: Field) -> None:
    """Written with a township's own kind; the employer lies elsewhere now."""
    payload = said(field)
    assert hand_in(field, payload)[0] == 201
    status, answer = hand_in(field, payload | {"kind": "own_17", "summary": "又写了几句"})
    assert (status, answer["now"]["form"]) == (409, None)


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_logged_out_is_told_so_in_json(field: Field, method: str) -> None:
    field.client.logout()
    response = field.client.get(DATA) if method == "get" else field.client.post(HAND_IN, {"payload": "{}"})
    assert response.status_code == 401
    assert "稿件都在手机里" in response.json()["message"]
    assert field.client.get("/desk/outbox/").status_code == 401


def test_a_draft_of_somebody_else_on_this_phone_isnt_taken(field: Field) -> None:
    payload = {"payload": json.dumps(said(field))}
    for owner, status in ((str(field.user.pk + 1), 401), ("", 201)):
        answer = field.client.post(HAND_IN, payload, headers={"X-Outbox-Owner": owner})
        assert answer.status_code == status


def test_without_the_token_nothing_is_taken(field: Field) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(field.user, backend=BACKEND)
    assert strict.post(HAND_IN, {"payload": json.dumps(said(field))}).status_code == 403
    token = strict.get("/desk/outbox/").json()["token"]
    answer = strict.post(HAND_IN, {"payload": json.dumps(said(field))}, headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_the_shell_holds_no_word_about_anybody(field: Field) -> None:
    page = field.client.get("/desk/visits/field/").content.decode()
    assert field.user.name not in page
    assert field.employer.name not in page
    assert "csrf" not in page.lower()
    worker = field.client.get("/desk/visits/field/worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "/desk/visits/field/" in worker.content.decode()
    manifest = field.client.get("/desk/visits/field/manifest.webmanifest").json()
    assert manifest["scope"] == manifest["start_url"] == "/desk/visits/field/"
    assert manifest["short_name"] == "走访"


def test_the_phone_takes_along_what_it_needs_in_few_queries(
    field: Field, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    ours = acting_as("CHAIR", field.tree.county)
    add_planned(
        user_id=field.user.pk, employer_id=field.employer.pk, on=timezone.localdate(), is_morning=False, note="带表格",
        actor=ours, now=now,
    )  # fmt: skip
    for n in range(30):
        firm(f"第{n}车间", field.tree.north.division_id)
    firm("南湖码头", field.tree.south.division_id)
    payload = said(field, observations={"3": {"look": 3, "word": "闷"}})
    assert hand_in(field, payload)[0] == 201
    with django_assert_max_num_queries(30):
        data = field.client.get(DATA).json()
    assert data["me"] == {"user": field.user.pk, "name": "林驻联"}
    assert [(one["name"], one["note"]) for one in data["plan"]] == [("北山冷库", "带表格")]
    assert len(data["employers"]) == 31
    assert "南湖码头" not in json.dumps(data, ensure_ascii=False)
    arrived = datetime.fromisoformat(payload["arrived_at"])
    assert data["employers"][str(field.employer.pk)]["last"] == str(timezone.localdate(arrived))
    assert "闷" in data["follow_ups"][0]["what"]
    assert {"daily", "stay", "screening"} <= set(data["forms"][0])
    assert {one["type"] for form in data["forms"][0].values() for one in form["questions"]} >= {
        "text",
        "number",
        "many",
    }
    assert not {"risk", "follow_up"} & {
        name for form in data["forms"][0].values() for one in form["questions"] for name in one
    }


def test_a_townships_own_form_goes_along_for_its_employers(field: Field) -> None:
    kind = VisitKind.objects.create(scope=field.tree.north.scope, code="daily", name="北山走访")
    asked = [{"key": "tea", "label": "喝茶没有", "type": "yes_no"}]
    VisitForm.objects.create(kind=kind, number=1, questions=asked, published_at=timezone.now(), published_by_name="王")
    data = taken_along(_actor(field), now=timezone.now())
    form = data["forms"][data["employers"][field.employer.pk]["forms"]]["daily"]
    assert (form["number"], form["name"], form["questions"]) == (1, "北山走访", asked)
    assert data["forms"][0]["daily"]["number"] == 0
    assert hand_in(field, said(field))[0] == 409, "the county's form was filled in where the township has its own"


def test_a_search_finds_employers_by_name(field: Field) -> None:
    firm("北山纺织厂", field.tree.north.division_id)
    found = field.client.get("/desk/visits/field/employers.json?q=纺织").json()["employers"]
    assert [one["name"] for one in found] == ["北山纺织厂"]
    for odd in ("", "纺", "%00", "²" * 300, "' or 1=1"):
        assert field.client.get("/desk/visits/field/employers.json", {"q": odd}).status_code in (200, 400)


def test_the_plan_is_this_weeks_and_ones_own(field: Field) -> None:
    now, today = timezone.now(), timezone.localdate()
    common = {
        "scope": field.tree.north.scope, "employer": field.employer, "reason": "by_hand", "changed_at": now, "kind": "daily",
    }  # fmt: skip
    PlannedVisit.objects.create(user=field.user, on=today, note="本周", **common)
    PlannedVisit.objects.create(user=field.user, on=today + timedelta(days=8), note="下周", **common)
    PlannedVisit.objects.create(user=officer("CLERK", field.tree.north, "钱"), on=today, note="别人的", **common)
    assert [one["note"] for one in taken_along(_actor(field), now=now)["plan"]] == ["本周"]


def _actor(field: Field) -> Any:
    return actor_of(field.user.pk, now=timezone.now())
