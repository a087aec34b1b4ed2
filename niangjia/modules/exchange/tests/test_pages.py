"""The pages of whoever looks after the partners."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.exchange.models import Delivery, Partner
from niangjia.modules.exchange.testing import call, partner
from niangjia.modules.exchange.web.described import operations
from niangjia.modules.organisations.testing import officer, small_tree

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOW = timezone.now()


@pytest.fixture
def tree(db: None) -> Any:
    return small_tree()


@pytest.fixture
def chair(tree: Any) -> Client:
    client = Client()
    client.force_login(officer("CHAIR", tree.county), backend=BACKEND)
    return client


def test_a_partner_is_added_and_its_secret_shown_once(chair, tree) -> None:
    answer = chair.post(
        "/desk/exchange/partners/add/", {"name": "市12345热线", "code": "city-12345", "address": ""}, follow=True
    )
    row = Partner.objects.unscoped(reason="made by the page").get()
    assert str(row.secret) in answer.content.decode()
    again = chair.get(f"/desk/exchange/partners/{row.pk}/").content.decode()
    assert str(row.secret) not in again
    assert row.key in again
    assert call(row, "/api/v1/demands", {"number": "1", "content": "想学电工"})[0] == 201
    trail = str(list(AuditEntry.objects.filter(verb__startswith="exchange").values_list("after", flat=True)))
    assert str(row.secret) not in trail


def test_what_is_wrong_stands_beside_its_field(chair, tree) -> None:
    partner(tree.county, now=NOW)
    taken = Partner.objects.unscoped(reason="made by the test").get().code
    for said, words in (
        ({"name": "", "code": "ab"}, "必填|请填写|这个字段"),
        ({"name": "12345", "code": "市"}, "代号用小写字母开头"),
        ({"name": "12345", "code": taken}, "已有别的单位在用"),
        ({"name": "12345", "code": "other", "address": "example.cn"}, "https://"),
    ):
        answer = chair.post("/desk/exchange/partners/add/", said)
        assert answer.status_code == 422
        assert re.search(words, answer.content.decode()), said


def test_a_new_secret_ends_the_old_one(chair, tree) -> None:
    row = partner(tree.county, now=NOW)
    old = str(row.secret)
    chair.post(f"/desk/exchange/partners/{row.pk}/renew/")
    row.refresh_from_db()
    assert str(row.secret) != old
    assert call(row, "/api/v1/demands", {"number": "1", "content": "想学电工"}, secret=old)[0] == 401
    assert call(row, "/api/v1/demands", {"number": "1", "content": "想学电工"})[0] == 201


def test_retiring_needs_a_reason(chair, tree) -> None:
    row = partner(tree.county, now=NOW)
    assert chair.post(f"/desk/exchange/partners/{row.pk}/retire/", {"reason": " "}).status_code == 409
    chair.post(f"/desk/exchange/partners/{row.pk}/retire/", {"reason": "合同到期"})
    assert call(row, "/api/v1/demands", {"number": "1", "content": "想学电工"})[0] == 401
    page = chair.get(f"/desk/exchange/partners/{row.pk}/").content.decode()
    assert "已停用" in page


def test_what_was_sent_can_be_looked_at(chair, tree) -> None:
    row = partner(tree.county, address="http://127.0.0.1:9/", now=NOW)
    call(row, "/api/v1/demands", {"number": "W-9", "content": "想学电工"})
    call(row, "/api/v1/demands/W-9/withdraw", {"id": "1", "text": "<script>alert(1)</script>"})
    pk = Delivery.objects.unscoped(reason="made by the test").get().pk
    listed, shown = chair.get("/desk/exchange/deliveries/"), chair.get(f"/desk/exchange/deliveries/{pk}/")
    assert "W-9" in listed.content.decode()
    assert "<script>alert" not in shown.content.decode()
    assert chair.post(f"/desk/exchange/deliveries/{pk}/send/").status_code == 302


def test_the_description_says_every_operation(chair, tree) -> None:
    page = chair.get("/desk/exchange/api/").content.decode()
    for operation in operations():
        assert operation.path in page
        assert all(value.said for value in operation.values if value.name != "number"), operation
    names = [value.name for value in operations()[0].values]
    assert "asker.phone" in names
    assert "number" in names
    assert chair.get("/desk/exchange/api/openapi.json").json()["info"]["title"] == "娘家开放接口"
