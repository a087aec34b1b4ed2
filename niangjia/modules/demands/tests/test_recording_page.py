"""The doors at which an officer writes: window, letter, petition, on behalf; what is refused comes back filled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.demands.models import Call, Demand
from niangjia.modules.demands.rules import Channel, Party
from niangjia.modules.demands.testing import demand
from niangjia.modules.organisations.testing import firm, officer, small_tree

pytestmark = pytest.mark.django_db
BODY = "在北山纺织厂上班，三个月没有发工资了。"
ODD = "<script>alert(1)</script>"


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def clerk(tree):
    return officer("CLERK", tree.county, "钱经办")


@pytest.fixture
def desk(clerk):
    client = Client()
    client.force_login(clerk, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def address(channel="window"):
    return f"{reverse('demands:record')}?channel={channel}"


def said(**more):
    return {"body": BODY, "nature": "3", "people": "1", "party": "1", "act": "route", **more}


def every():
    return Demand.objects.unscoped(reason="test").select_related("case")


@pytest.mark.parametrize("channel", ["window", "letter", "petition", "on_behalf", "station", "nonsense"])
def test_each_door_has_its_form(desk, channel):
    shown = desk.get(address(channel)).content.decode()
    assert "诉求内容" in shown
    assert ("收到日期" in shown) == (channel in ("letter", "petition"))


def test_a_petition_counts_by_the_statute_from_the_day_it_came(desk):
    day = timezone.localdate() - timedelta(days=3)
    answer = desk.post(address("petition"), said(received_on=str(day), paper_number="浙信〔2026〕18号"))
    row = every().get()
    assert answer.url == reverse("demands:recorded", args=[row.pk])
    assert (row.channel, row.paper_number) == (Channel.PETITION, "浙信〔2026〕18号")
    assert timezone.localdate(row.case.received_at) == day
    assert row.case.limits["accept"] == [15, "natural_days"]
    shown = desk.get(answer.url).content.decode()
    assert row.case.number in shown
    assert "打印受理告知书" in shown


def test_a_letter_of_tomorrow_is_refused_and_kept(desk):
    day = timezone.localdate() + timedelta(days=1)
    answer = desk.post(address("letter"), said(received_on=str(day), employer_name=ODD, place=ODD, title=ODD))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "收到日期不能晚于今天" in shown
    assert BODY in shown
    assert ODD not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    assert not every().exists()


def test_papers_come_along_or_nothing_does(desk):
    photo = SimpleUploadedFile("现场.png", b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    program = SimpleUploadedFile("照片.jpg", b"MZ\x90\x00" + b"0" * 64)
    assert desk.post(address(), said(papers=[photo, program])).status_code == 422
    assert not every().exists()
    photo.seek(0)
    desk.post(address(), said(papers=[photo]))
    assert every().get().attachments.count() == 1


def test_an_employer_asks(desk):
    refused = desk.post(address(), said(party="2", nature="2"))
    assert "用人单位提的诉求" in refused.content.decode()
    desk.post(address(), said(party="2", nature="2", asker_name="北山纺织有限公司"))
    assert every().get().party == Party.EMPLOYER


def test_a_typed_number_gives_no_name_of_elsewhere(tree):
    near, far = firm("北山毛巾厂", "530999101"), firm("南湖船厂", "530999002")
    client = Client()
    client.force_login(
        officer("CLERK", tree.north, "孙经办"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    shown = [
        client.post(address(), said(body="", employer=pk, asker_employer=pk)).content.decode()
        for pk in (near.pk, far.pk)
    ]
    assert shown[0].count("北山毛巾厂") == 2
    assert "南湖船厂" not in shown[1]


def test_nobody_handles_what_is_said_of_him(desk, tree):
    other = officer("CLERK", tree.county, "何某")
    desk.post(address(), said(accused_user=str(other.pk)))
    row = every().get()
    assert row.accused_user_id == other.pk
    assert not Demand.objects.visible_to(actor_of(other.pk, now=timezone.now())).exists()


def test_an_answer_on_the_spot(desk):
    assert desk.post(address(), said(act="close")).status_code == 422
    desk.post(address(), said(act="close", nature="1", answer="可以保留会籍。"))
    assert every().get().case.stage == Stage.RESOLVED


def test_a_thousand_digits_do_no_harm(desk):
    answer = desk.post(address(), said(asker_phone="1" * 1000, people="9" * 300, claimed_fen="9" * 300))
    assert answer.status_code == 422
    assert BODY in answer.content.decode()


# --- call-backs ---


@pytest.fixture
def answered(tree, clerk):
    from niangjia.engines.casework import actions as casework

    now = timezone.now()
    actor = actor_of(clerk.pk, now=now)
    row = demand(tree.county, BODY, now=now - timedelta(hours=2))
    if row.case.stage == Stage.RECEIVED:
        casework.accept_case(row.pk, actor=actor, now=now)
    casework.take_case(row.pk, actor=actor, now=now)
    casework.answer_case(row.pk, text="工资已经补发。", actor=actor, now=now)
    return row


def test_who_is_reached_decides(desk, answered):
    listed = desk.get(reverse("demands:call_backs")).content.decode()
    assert answered.case.number in listed
    page = reverse("demands:call_back", args=[answered.pk])
    assert "工资已经补发" in desk.get(page).content.decode()
    desk.post(page, {"heard": "satisfied", "rating": "5", "text": "谢谢"})
    answered.case.refresh_from_db()
    assert (answered.case.stage, answered.case.rating) == (Stage.RESOLVED, 5)


def test_not_satisfied_is_back_in_hand(desk, answered):
    desk.post(reverse("demands:call_back", args=[answered.pk]), {"heard": "unsatisfied", "text": "还差一个月"})
    answered.case.refresh_from_db()
    assert answered.case.stage == Stage.IN_HAND


def test_not_reached_needs_the_next_time(desk, answered):
    page = reverse("demands:call_back", args=[answered.pk])
    refused = desk.post(page, {"heard": "missed", "text": "关机"})
    assert refused.status_code == 422
    assert "关机" in refused.content.decode()
    later = timezone.localtime() + timedelta(hours=3)
    desk.post(page, {"heard": "missed", "text": "关机", "next_at": later.strftime("%Y-%m-%dT%H:%M")})
    answered.case.refresh_from_db()
    assert (answered.case.stage, answered.case.tries) == (Stage.ANSWERED, 1)
    assert later.strftime("%m-%d %H:%M") in desk.get(reverse("demands:call_backs")).content.decode()


def test_a_promised_call_is_made(tree):
    operator = officer("HOTLINE_OPERATOR", tree.county, "周话务")
    now = timezone.now()
    call = Call.objects.create(
        scope=tree.county.scope, operator=operator, phone="13800138000", began_at=now, ended_at=now, outcome="PROMISED",
        call_back_at=now + timedelta(hours=1),
    )  # fmt: skip
    client = Client()
    client.force_login(operator, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "138****8000" in client.get(reverse("demands:call_backs")).content.decode()
    number = client.post(reverse("demands:call_reveal", args=[call.pk]), {"reason": "约定回电"})
    assert number.content.decode() == "13800138000"
    client.post(reverse("demands:call_return", args=[call.pk]), {"heard": "reached", "text": "说好了"})
    call.refresh_from_db()
    assert call.called_back_at is not None
