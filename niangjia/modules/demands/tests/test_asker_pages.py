"""The asker's pages: saying it with an account, a phone or no name; the own page; the link and its code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.modules.demands.actions.asking import Said, submit_demand
from niangjia.modules.demands.models import AskerConsent, Attachment, Demand
from niangjia.modules.demands.rules import Channel, Party
from niangjia.modules.demands.web.phone import places
from niangjia.modules.members.actions.returning import SILENCE
from niangjia.modules.members.testing import member, phone_number, worker
from niangjia.modules.organisations.actions.employers import add_employer, link_employer_to_union
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
ALL = {"reason": "a test looks at everything"}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NEW = "/phone/demands/new/"
SAID = "好味餐饮拖欠我三个月工资，一直说下个月发。"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 200
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 200
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(range(256))


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def notices(settings, tmp_path):
    settings.NOTIFY_CHANNELS = ["file"]
    settings.NOTIFY_FILE = tmp_path / "messages.jsonl"
    return settings.NOTIFY_FILE


@pytest.fixture
def asker(client) -> User:
    user = worker(now=timezone.now())
    client.force_login(user, backend=BACKEND)
    return user


def sent_code(notices: Path) -> str:
    said = [json.loads(line)["title"] for line in notices.read_text(encoding="utf-8").splitlines()]
    return [found.group(1) for text in said if (found := re.search(r"验证码 (\d{6})", text))][-1]


def form(**more):
    return {"body": SAID, "name": "林小燕", "keeps": "on", "agreed": "1", **more}


def photo(content: bytes = JPEG, name: str = "工资条.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def only() -> Demand:
    return Demand.objects.unscoped(**ALL).select_related("case").get()


def asked(user: User | None = None, **more) -> Demand:
    said = Said(**{"body": SAID, "name": "林小燕", **more})
    return submit_demand(said, user=user, address="203.0.113.9", photos=(), now=timezone.now())


def again(demand: Demand) -> Demand:
    return Demand.objects.unscoped(**ALL).select_related("case").get(pk=demand.pk)


# --- saying it ---


def test_with_an_account_it_takes_one_field(tree, client, asker) -> None:
    answer = client.post(NEW, form())
    demand = only()
    assert answer.headers["Location"] == f"/phone/demands/{demand.pk}/"
    assert (demand.body, demand.asker_user_id, demand.asker_phone) == (SAID, asker.pk, asker.phone)
    assert (demand.channel, demand.asker_name) == (Channel.PHONE_PAGE, "林小燕")
    assert not demand.tells_own_union
    assert AskerConsent.objects.unscoped(**ALL).get(demand=demand).version == 1
    page = client.get(answer.headers["Location"]).content.decode()
    assert "已提交。" in page
    assert 'data-draft-done="demand"' in page
    assert "已提交。" not in client.get(answer.headers["Location"]).content.decode()


def test_the_consent_is_asked_once_a_wording(tree, client, asker) -> None:
    refused = client.post(NEW, form(agreed="")).content.decode()
    assert "再打勾同意" in refused
    assert SAID in refused
    assert not Demand.objects.unscoped(**ALL).exists()
    client.post(NEW, form())
    assert 'name="agreed"' not in client.get(NEW).content.decode()
    assert client.post(NEW, form(agreed="")).status_code == 302


def test_what_was_agreed_to_stands_among_all_consents(tree, client, asker) -> None:
    client.post(NEW, form())
    number = only().case.number
    for address in ("/phone/consents/", "/phone/data/"):
        page = client.get(address).content.decode()
        assert f"办理诉求 {number}" in page, address
        assert "同意（第 1 版）" in page, address


def test_a_phone_and_its_code_open_the_account(tree, client, notices, django_capture_on_commit_callbacks) -> None:
    phone = phone_number()
    assert "获取验证码" in client.post(NEW, form(phone=phone)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(NEW, form(phone=phone, send="1", photos=photo()))
    page = sent.content.decode()
    assert "验证码已发送到" in page
    assert SAID in page
    assert "已收好 1 个" in page
    wrong = client.post(NEW, form(phone=phone, code="000000")).content.decode()
    assert "验证码不对" in wrong
    assert SAID in wrong
    answer = client.post(NEW, form(phone=phone, code=sent_code(notices)))
    demand = only()
    assert answer.headers["Location"] == f"/phone/demands/{demand.pk}/"
    assert demand.asker_user.phone == demand.asker_phone == phone
    assert Attachment.objects.unscoped(**ALL).get(demand=demand).by_asker
    assert client.get(answer.headers["Location"]).status_code == 200


def silent_asker(union) -> User:
    """A member whose account on the phone nobody used for long: the number may be another's by now."""
    user = worker(now=timezone.now())
    person = member(union, phone=user.phone).person
    person.user = user
    person.save(update_fields=["user"])
    User.objects.filter(pk=user.pk).update(last_login=timezone.now() - SILENCE)
    return user


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_by_a_silent_accounts_phone_a_demand_goes_in_and_the_account_stays_shut(
    tree, client, notices, django_capture_on_commit_callbacks, is_anonymous
) -> None:
    user = silent_asker(tree.mill)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(NEW, form(phone=user.phone, send="1"))
    unnamed = {"is_anonymous": "on"} if is_anonymous else {}
    answer = client.post(NEW, form(phone=user.phone, code=sent_code(notices), **unnamed))
    assert "_auth_user_id" not in client.session
    if is_anonymous:  # else the officer would see the number
        assert "请先到“手机号登录”核对本人" in answer.content.decode()
        assert not Demand.objects.unscoped(**ALL).exists()
    else:
        demand = only()
        assert (demand.asker_user, demand.asker_phone) == (None, user.phone)


def test_the_button_of_the_code_answers_in_place(tree, client, notices, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(NEW, {"phone": phone_number(), "send": "1"}, headers={"Accept": "application/json"})
    assert answer.json()["seconds"] == 60
    assert client.post(NEW, {"phone": "12", "send": "1"}, headers={"Accept": "application/json"}).status_code == 422


def test_without_a_name_or_a_number_it_says_what_follows(tree, client, notices) -> None:
    page = client.post(NEW, form(name="")).content.decode()
    assert "请填写姓名" in page
    assert "请填写手机号码" in page
    answer = client.post(NEW, form(name="谁也不是", is_anonymous="on"))
    demand = only()
    assert (demand.is_anonymous, demand.asker_name, demand.asker_phone, demand.asker_user_id) == (
        True,
        None,
        None,
        None,
    ) or (demand.is_anonymous and not demand.asker_name and not demand.asker_phone and demand.asker_user_id is None)
    page = client.get(answer.headers["Location"]).content.decode()
    assert "没有留联系方式" in page
    assert demand.case.number in page


def test_an_unnamed_asker_with_an_account_reads_the_answer_and_shows_no_number(tree, client, asker) -> None:
    client.post(NEW, form(is_anonymous="on"))
    demand = only()
    assert demand.is_anonymous
    assert not demand.asker_name
    assert not demand.asker_phone
    assert client.get(f"/phone/demands/{demand.pk}/").status_code == 200


def test_where_no_message_can_be_sent_a_number_is_taken_as_it_is(tree, client, settings) -> None:
    settings.NOTIFY_CHANNELS = []
    phone = phone_number()
    answer = client.post(NEW, form(phone=phone))
    assert answer.headers["Location"] == "/phone/demands/sent/"
    assert (only().asker_phone, only().asker_user_id) == (phone, None)
    assert "会打您留的电话" in client.get("/phone/demands/sent/").content.decode()


def test_an_employer_asks_too(tree, client, asker) -> None:
    assert "单位名称" in client.get(f"{NEW}?as=employer").content.decode()
    assert "请填写单位名称" in client.post(NEW, form(**{"as": "employer"})).content.decode()
    client.post(NEW, form(**{"as": "employer"}, employer="好味餐饮管理公司", body="想了解怎么建工会"))
    demand = only()
    assert (demand.party, demand.employer_name, demand.employer_id) == (Party.EMPLOYER, "好味餐饮管理公司", None)


def test_the_own_union_of_the_employer_learns_of_it_only_if_agreed(tree, client, asker) -> None:
    now = timezone.now()
    chair = acting_as("CHAIR", tree.county)
    employer = add_employer(name="北山纺织厂", division="530999101", headcount=30, actor=chair, now=now)
    link_employer_to_union(employer.pk, organisation_id=tree.mill.pk, from_on=now.date(), actor=chair, now=now)
    client.post(NEW, form(employer="北山纺织厂"))
    assert only().case.kept_from == [tree.mill.pk]
    client.post(NEW, {key: value for key, value in form(employer="北山纺织厂").items() if key != "keeps"})
    assert Demand.objects.unscoped(**ALL).select_related("case").latest("pk").case.kept_from == []


def test_a_square_on_a_wall_says_where(tree, client, asker) -> None:
    token = places.written(places.Place(tree.north.pk, "东门驿站"))
    answer = client.get(f"/d/new/?place={token}")
    page = client.get(answer.headers["Location"]).content.decode()
    assert "东门驿站" in page
    client.post(NEW, form(place=token))
    assert only().place == "东门驿站"
    forged = client.get(f"{NEW}?place={token[:-2]}xx").content.decode()
    assert "东门驿站" not in forged
    assert client.get(f"{NEW}?place=<script>").status_code == 200


def test_the_desk_makes_the_square_and_its_poster(tree, client) -> None:
    client.force_login(officer("CLERK", tree.north), backend=BACKEND)
    page = client.get("/desk/demands/place-code/", {"spot": "东门驿站"}).content.decode()
    assert tree.north.name in page
    assert "data:image/svg+xml" in page
    poster = client.get("/desk/demands/place-code/poster/", {"spot": "东门驿站"})
    assert poster.content.startswith(b"%PDF")
    assert client.get("/desk/demands/place-code/poster/").status_code == 409
    client.force_login(officer("STATION_KEEPER", tree.north), backend=BACKEND)
    assert client.get("/desk/demands/place-code/").status_code == 403


def test_an_emergency_says_whom_to_call(tree, client, asker) -> None:
    answer = client.post(NEW, form(body="我不想活了，已经站在楼顶准备跳楼。"))
    page = client.get(answer.headers["Location"]).content.decode()
    for number in ("12351", "110", "119", "120"):
        assert f'href="tel:{number}"' in page
    assert "现在就打电话" in page


# --- photos ---


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (HEIC, "IMG_0001.HEIC", "HEIC 照片"),
        (HEIC, "IMG_0001.jpg", "HEIC 照片"),
        (PROGRAM, "现场.jpg", "这是一个程序"),
        (b"<svg onload=alert(1)>", "x.jpg", "不能接收这种文件"),
        (b"", "空.jpg", "文件是空的"),
    ],
)
def test_a_file_that_is_no_photo_is_named(tree, client, asker, content, name, sentence) -> None:  # noqa: PLR0917
    page = client.post(NEW, form() | {"photos": [photo(), photo(content, name)]}).content.decode()
    assert sentence in page
    assert name in page
    assert "已收好 1 个" in page
    assert SAID in page
    client.post(NEW, form())
    assert [row.name for row in Attachment.objects.unscoped(**ALL).filter(demand=only())] == ["工资条.jpg"]


def test_forty_megabytes_and_no_more(tree, client, asker, settings) -> None:
    settings.FILES_MAX_BYTES = 1024 * 1024
    page = client.post(NEW, form(photos=photo(JPEG + b"\x00" * 1024 * 1024))).content.decode()
    assert "文件太大，最大 1 MB" in page


def test_photos_are_the_askers_and_stay_inert(tree, client, asker) -> None:
    client.post(NEW, form(photos=photo()))
    demand, row = only(), Attachment.objects.unscoped(**ALL).get()
    url = f"/phone/demands/{demand.pk}/files/{row.file_id}/"
    answer = client.get(url)
    assert answer["Content-Type"] == "image/jpeg"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert b"".join(answer.streaming_content) == JPEG
    other = Client()
    other.force_login(worker(now=timezone.now()), backend=BACKEND)
    assert other.get(url).status_code == 404


# --- many ---


def test_one_phone_says_only_so_much_a_day(tree, client, asker) -> None:
    answers = [client.post(NEW, form(body=f"第 {n} 次说同一件事")) for n in range(12)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [200] * 2
    assert "12351" in answers[-1].content.decode()


def test_one_network_without_an_account_too(tree, client, settings) -> None:
    settings.DEMANDS_PER_ADDRESS = 3
    answers = [client.post(NEW, form(is_anonymous="on", body=f"第 {n} 次")) for n in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 200]
    assert "提交得太频繁" in answers[-1].content.decode()


def test_a_form_from_elsewhere_is_refused(tree, asker) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(asker, backend=BACKEND)
    demand = asked(asker)
    assert strict.post(NEW, form()).status_code == 403
    assert strict.post(f"/phone/demands/{demand.pk}/withdraw/", {}).status_code == 403
    assert strict.post("/d/whatever/", {"send": "1"}).status_code == 403


def test_what_was_typed_is_shown_as_text(tree, client, asker) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    answer = client.post(NEW, form(body=evil, name=evil[:50], employer=evil))
    pages = [client.get(url).content.decode() for url in (answer.headers["Location"], "/phone/demands/", "/")]
    client.post(f"{answer.headers['Location']}give/", {"text": evil})
    pages.append(client.get(answer.headers["Location"]).content.decode())
    pages.append(
        client.post(NEW, form(body=evil, employer=evil, name=evil, agreed="", phone=evil, place=evil)).content.decode()
    )
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
