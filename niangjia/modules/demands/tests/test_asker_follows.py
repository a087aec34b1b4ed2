"""Following one's own demand: by the account, and by a link that a stolen telephone message does not open."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from niangjia.engines.casework import actions as casework
from niangjia.engines.casework.models import Case, Entry
from niangjia.engines.casework.rules import Stage
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.notify.models import Message
from niangjia.modules.demands.actions.asker_side import link_for
from niangjia.modules.demands.models import AskerLink, Attachment, Demand
from niangjia.modules.demands.testing import demand as recorded
from niangjia.modules.demands.tests.test_asker_pages import (
    ALL,
    SAID,
    again,
    asked,
    asker,
    notices,
    photo,
    sent_code,
    tree,
)
from niangjia.modules.members.testing import phone_number, worker
from niangjia.modules.organisations.testing import officer

__all__ = ["asker", "notices", "tree"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def chair(tree):
    """Who works on it, at the top of the tree."""
    return actor_of(officer("CHAIR", tree.county, "郑主席").pk, now=timezone.now())


def answered(demand: Demand, actor, text: str = "单位已承诺月底前发清。") -> None:
    now = timezone.now()
    if again(demand).case.stage == Stage.RECEIVED:
        casework.accept_case(demand.pk, actor=actor, now=now)
    casework.answer_case(demand.pk, text=text, actor=actor, now=now)


def page_of(client: Client, demand: Demand) -> str:
    return client.get(f"/phone/demands/{demand.pk}/").content.decode()


def post(client: Client, demand: Demand, act: str, **said):
    return client.post(f"/phone/demands/{demand.pk}/{act}/", said)


# --- by the account ---


def test_where_it_is_and_who_has_it(tree, client, asker, chair) -> None:
    tree.county.telephone = "0871-62345678"
    tree.county.save(update_fields=["telephone"])
    demand = asked(asker)
    page = page_of(client, demand)
    assert "等工会受理" in page
    assert tree.county.name in page
    assert 'href="tel:0871-62345678"' in page
    casework.accept_case(demand.pk, actor=chair, now=timezone.now())
    assert "答复期限" in page_of(client, demand)
    casework.remark(demand.pk, text="单位老板是熟人", actor=chair, now=timezone.now())
    casework.reply(demand.pk, text="明天去单位了解情况", actor=chair, now=timezone.now())
    page = page_of(client, demand)
    assert "明天去单位了解情况" in page
    assert "单位老板是熟人" not in page
    assert "郑主席" not in page
    assert SAID in client.get("/phone/demands/").content.decode() or demand.case.title in page


def test_not_satisfied_puts_it_back_in_hand_with_the_words(tree, client, asker, chair) -> None:
    demand = asked(asker)
    assert post(client, demand, "rate", is_satisfied="yes", rating="5").status_code == 200
    answered(demand, chair)
    page = page_of(client, demand)
    assert "单位已承诺月底前发清。" in page
    assert "这件事办得怎么样" in page
    assert "已答复，请评价" in client.get("/").content.decode()
    refused = post(client, demand, "rate", is_satisfied="no", rating="1").content.decode()
    assert "请写一句哪里还没解决" in refused
    assert post(client, demand, "rate", is_satisfied="no", rating="1", text="只发了一个月").status_code == 302
    assert again(demand).case.stage == Stage.IN_HAND
    assert "只发了一个月" in page_of(client, demand)
    answered(demand, chair, "剩下两个月已经到账。")
    post(client, demand, "rate", is_satisfied="yes", rating="5", text="谢谢")
    case = again(demand).case
    assert (case.stage, case.rating, case.is_satisfied) == (Stage.RESOLVED, 5, True)
    assert "您确认已经解决" in page_of(client, demand)


def test_a_refused_act_keeps_what_was_typed(tree, client, asker, chair) -> None:
    demand = asked(asker)
    answered(demand, chair)
    page = post(client, demand, "rate", rating="9", text="我想说的很长很长").content.decode()
    assert "我想说的很长很长" in page
    assert post(client, demand, "nothing").status_code == 404


def test_more_facts_and_a_photo(tree, client, asker, chair) -> None:
    demand = asked(asker)
    assert "请写下要补充的情况" in post(client, demand, "give").content.decode()
    assert post(client, demand, "give", text="有聊天记录", photos=photo()).status_code == 302
    row = Attachment.objects.unscoped(**ALL).get(demand=demand)
    assert Entry.objects.unscoped(**ALL).get(case=demand.pk, verb="give_facts").file_ids == [row.file_id]
    casework.ask_facts(demand.pk, text="请拍一下劳动合同", actor=chair, now=timezone.now())
    page = page_of(client, demand)
    assert "请您补充" in page
    assert "请拍一下劳动合同" in page
    post(client, demand, "give", text="合同在这里")
    assert again(demand).case.stage == Stage.RECEIVED


def test_urging_counts_once_a_day(tree, client, asker) -> None:
    demand = asked(asker)
    assert post(client, demand, "urge", text="等着用钱").status_code == 302
    assert again(demand).case.urged == 1
    assert "今天已经催过一次" in post(client, demand, "urge").content.decode()
    assert "催一催" not in page_of(client, demand)
    Entry.objects.unscoped(**ALL).filter(case=demand.pk, verb="urge").update(at=timezone.now() - timedelta(hours=25))
    assert post(client, demand, "urge").status_code == 302


def test_reopening_within_fourteen_days(tree, client, asker, chair) -> None:
    demand = asked(asker)
    answered(demand, chair)
    post(client, demand, "rate", is_satisfied="yes", rating="4")
    assert "重新办理" in page_of(client, demand)
    cases = Case.objects.unscoped(**ALL).filter(pk=demand.pk)
    cases.update(ended_at=timezone.now() - timedelta(days=15))
    assert "办结后 14 天内" not in page_of(client, demand)
    assert "已超过 14 天" in post(client, demand, "reopen", reason="又拖欠了").content.decode()
    cases.update(ended_at=timezone.now() - timedelta(days=13))
    assert "请写一句为什么还要办" in post(client, demand, "reopen").content.decode()
    assert post(client, demand, "reopen", reason="又拖欠了").status_code == 302
    assert again(demand).case.reopened == 1


def test_withdrawing(tree, client, asker) -> None:
    demand = asked(asker)
    assert post(client, demand, "withdraw").status_code == 302
    assert again(demand).case.stage == Stage.WITHDRAWN
    assert "您撤回了诉求" in page_of(client, demand)
    assert post(client, demand, "withdraw").status_code == 200


def test_another_workers_demand_is_not_there(tree, client, asker) -> None:
    other = asked(worker(now=timezone.now()))
    assert client.get(f"/phone/demands/{other.pk}/").status_code == 404
    for act in ("give", "urge", "rate", "reopen", "withdraw"):
        assert post(client, other, act, text="x", reason="x").status_code == 404
    assert other.case.number not in client.get("/phone/demands/").content.decode()
    assert Client().get(f"/phone/demands/{other.pk}/").headers["Location"].startswith("/phone/log-in/")


def test_a_call_from_the_same_number_is_ones_own(tree, client, asker) -> None:
    called = recorded(tree.county, "在热线里说的事情", asker_phone=asker.phone)
    assert called.case.number in client.get("/phone/demands/").content.decode()
    assert client.get(f"/phone/demands/{called.pk}/").status_code == 200
    Case.objects.unscoped(**ALL).filter(pk=called.pk).update(
        stage=Stage.RESOLVED, ended_at=timezone.now() - timedelta(days=31)
    )
    assert client.get(f"/phone/demands/{called.pk}/").status_code == 404


def test_of_merged_ones_each_reads_the_answer_and_rates_alone(tree, client, asker, chair) -> None:
    first, now = asked(worker(now=timezone.now()), body="好味餐饮欠薪，我是厨师老王家的"), timezone.now()
    mine = asked(asker)
    casework.merge_cases([mine.pk], into_id=first.pk, reason="同一件事", actor=chair, now=now)
    casework.reply(first.pk, text="明天到单位去", actor=chair, now=timezone.now())
    casework.give_facts(first.pk, text="我的银行卡流水", actor=casework.ASKER, now=timezone.now())
    page = page_of(client, mine)
    assert "明天到单位去" in page
    assert "我的银行卡流水" not in page
    assert "厨师老王" not in page
    assert "您单独评价" in page
    assert post(client, mine, "urge", text="我急用钱").status_code == 302
    answered(first, chair)
    assert "单位已承诺月底前发清。" in page_of(client, mine)
    assert post(client, mine, "rate", is_satisfied="yes", rating="4").status_code == 302
    assert (again(mine).case.rating, again(first).case.rating) == (4, None)
    assert again(first).case.stage == Stage.ANSWERED
    assert "我急用钱" not in "".join(row.text for row in Entry.objects.unscoped(**ALL).filter(case=first.pk))


def test_of_merged_ones_each_hears_of_a_refusal_and_is_heard_unsatisfied(tree, client, asker, chair) -> None:
    first, mine = asked(worker(now=timezone.now())), asked(asker)
    casework.merge_cases([mine.pk], into_id=first.pk, reason="同一件事", actor=chair, now=timezone.now())
    casework.refuse_case(first.pk, reason="属于仲裁范围", elsewhere="县仲裁院", actor=chair, now=timezone.now())
    page = page_of(client, mine)
    assert "属于仲裁范围" in page
    assert "县仲裁院" in page
    assert Message.objects.filter(user_id=asker.pk, title__contains="不予受理").count() == 1
    second, mine = asked(worker(now=timezone.now())), asked(asker)
    casework.merge_cases([mine.pk], into_id=second.pk, reason="同一件事", actor=chair, now=timezone.now())
    casework.close_at_once(second.pk, text="已当面说明", actor=chair, now=timezone.now())
    assert Message.objects.filter(user_id=asker.pk, title__contains="已答复").count() == 1
    said = client.post(
        f"/phone/demands/{mine.pk}/rate/", {"is_satisfied": "no", "rating": "1", "text": "没说清"}, follow=True
    )
    assert "已转告办理的工会" in said.content.decode()


def test_the_home_page_shows_what_goes_on(tree, client, asker) -> None:
    assert "说诉求" in client.get("/").content.decode()
    demand = asked(asker)
    assert demand.case.title in client.get("/").content.decode()
    assert demand.case.title not in Client().get("/").content.decode()


# --- by a link ---


@pytest.fixture
def called(tree):
    """Somebody who rang and left a number."""
    return recorded(tree.county, "好味餐饮欠薪三个月", asker_phone=phone_number())


def code_for(client: Client, link: str, notices, django_capture_on_commit_callbacks) -> str:
    with django_capture_on_commit_callbacks(execute=True):
        client.post(link, {"send": "1"})
    return sent_code(notices)


def test_a_link_and_the_code_open_one_demand(tree, client, called, notices, django_capture_on_commit_callbacks) -> None:
    other = recorded(tree.county, "另一件事", asker_phone=called.asker_phone)
    link, second = link_for(called, timezone.now()), link_for(other, timezone.now())
    code = code_for(client, link, notices, django_capture_on_commit_callbacks)
    assert client.post(link, {"code": code}).headers["Location"] == link
    page = client.get(link).content.decode()
    assert called.case.number in page
    assert client.post(f"{link}give/", {"text": "补充一句"}).headers["Location"] == f"{link}#main"
    assert "补充一句" in client.get(link).content.decode()
    assert other.case.number not in client.get(second).content.decode()
    assert client.get("/phone/demands/").status_code == 302
    assert client.get(f"/phone/demands/{called.pk}/").status_code == 302


def test_a_stolen_link_shows_nothing(tree, client, called, notices, django_capture_on_commit_callbacks) -> None:
    link = link_for(called, timezone.now())
    page = client.get(link).content.decode()
    shown = [called.case.number, called.case.title, called.asker_phone, called.asker_phone[-4:], "林小燕", "林"]
    assert not [word for word in shown if word in page]
    assert client.post(f"{link}give/", {"text": "我是小偷"}).headers["Location"] == link
    assert client.post(f"{link}withdraw/").headers["Location"] == link
    assert client.get(f"{link}files/1/").headers["Location"] == link
    assert again(called).case.stage != Stage.WITHDRAWN
    code = code_for(client, link, notices, django_capture_on_commit_callbacks)
    for guess in range(5):
        wrong = f"{(int(code) + guess + 1) % 1_000_000:06}"
        assert "验证码不对" in client.post(link, {"code": wrong}).content.decode()
    assert "验证码不对" in client.post(link, {"code": code}).content.decode()
    assert called.case.title not in client.get(link).content.decode()


def test_known_unknown_and_old_links_answer_alike(tree, called, notices) -> None:
    live, gone = link_for(called, timezone.now()), link_for(called, timezone.now())
    newest = AskerLink.objects.latest("pk")
    newest.expires_at = timezone.now() - timedelta(minutes=1)
    newest.save()

    def said(link: str) -> list[str]:
        client = Client()
        pages = [client.get(link), client.post(link, {"send": "1"}), client.post(link, {"code": "123456"})]
        pages.append(client.post(link, {"send": "1"}, headers={"Accept": "application/json"}))
        return [without_tokens(page.content.decode()) for page in pages]

    assert said(live) == said(gone) == said("/d/never-was-any/")


def without_tokens(page: str) -> str:
    return re.sub(r'nonce="[^"]+"|value="\w{20,}"', "", page)


def test_thirty_days_after_the_end_it_is_over(
    tree, client, called, notices, django_capture_on_commit_callbacks
) -> None:
    link = link_for(called, timezone.now())
    code = code_for(client, link, notices, django_capture_on_commit_callbacks)
    client.post(link, {"code": code})
    cases = Case.objects.unscoped(**ALL).filter(pk=called.pk)
    cases.update(stage=Stage.RESOLVED, ended_at=timezone.now() - timedelta(days=29))
    assert called.case.number in client.get(link).content.decode()
    cases.update(ended_at=timezone.now() - timedelta(days=31))
    assert called.case.number not in client.get(link).content.decode()


def test_what_a_code_opened_closes_after_two_hours(  # noqa: PLR0917
    tree, client, called, notices, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    link = link_for(called, timezone.now())
    client.post(link, {"code": code_for(client, link, notices, django_capture_on_commit_callbacks)})
    assert called.case.number in client.get(link).content.decode()
    later = timezone.now() + timedelta(hours=2, minutes=1)
    monkeypatch.setattr("niangjia.modules.demands.web.phone.by_link.timezone.now", lambda: later)
    assert called.case.number not in client.get(link).content.decode()


def test_a_code_for_following_logs_nobody_in(tree, client, called, notices, django_capture_on_commit_callbacks) -> None:
    code = code_for(client, link_for(called, timezone.now()), notices, django_capture_on_commit_callbacks)
    client.post("/phone/log-in/", {"phone": called.asker_phone, "code": code})
    assert client.get("/phone/demands/").status_code == 302


def test_only_the_digest_of_a_link_is_kept(tree, called) -> None:
    link = link_for(called, timezone.now())
    token = link.split("/")[2].encode()
    assert not any(token in bytes(row.token_digest) for row in AskerLink.objects.all())
    nobody = recorded(tree.county, "没有留电话", asker_phone="", is_anonymous=True)
    assert link_for(nobody, timezone.now()) == ""


def test_only_own_files_and_nothing_stays_in_the_cache(tree, client, asker) -> None:
    demand = asked(asker)
    assert client.get(f"/phone/demands/{demand.pk}/files/1/").status_code == 404
    assert client.get(f"/phone/demands/{demand.pk}/").headers["Cache-Control"] == "no-store, private"
