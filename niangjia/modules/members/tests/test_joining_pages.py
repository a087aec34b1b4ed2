"""The officer's pages of joining: lists, one paper in the drawer, decisions, codes and posters, proofs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.documents.tests.test_typesetting import text_of
from niangjia.modules.members.actions import change_membership
from niangjia.modules.members.actions.joining_codes import add_joining_code, retire_joining_code
from niangjia.modules.members.actions.proofs import issue_own_proof, issue_proof
from niangjia.modules.members.models import JoiningApplication, JoiningCode, Membership, MembershipProof
from niangjia.modules.members.queries.proofs import DAYS_VALID, proof_answer
from niangjia.modules.members.rules import ApplicationState, Change, RequestKind, RequestState
from niangjia.modules.members.testing import NOW, TODAY, application, member, request_of
from niangjia.modules.organisations.actions.structure import dissolve_organisation, merge_organisations
from niangjia.modules.organisations.testing import acting_as, found_union, officer, small_tree

pytestmark = pytest.mark.django_db
ALL = {"reason": "a test looks at everything"}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def clerk(tree, client):
    user = officer("ENTERPRISE_CLERK", tree.mill)
    client.force_login(user, backend=BACKEND)
    return user


def again(row):
    return type(row).objects.unscoped(**ALL).get(pk=row.pk)


def actor_of(user):
    from niangjia.kernel.access.queries import actor_of

    return actor_of(user.pk, now=NOW)


def test_the_list_shows_what_waits_and_no_secrets(tree, client, clerk) -> None:
    waiting = application(tree.mill, "曾小明", employer_text="北山纺织厂")
    done = application(tree.mill, "单小燕", state=ApplicationState.REFUSED)
    elsewhere = application(tree.harbour, "欧阳明珠")
    page = client.get(reverse("members:applications")).content.decode()
    assert "曾小明" in page
    assert "单小燕" not in page
    assert "欧阳明珠" not in page
    assert waiting.phone not in page
    assert waiting.document_number not in page
    everything = client.get(reverse("members:applications"), {"state": "all"}).content.decode()
    assert done.name in everything
    assert elsewhere.name not in everything
    found = client.get(reverse("members:applications"), {"q": done.phone}).content.decode()
    assert "单小燕" in found
    assert "欧阳明珠" not in client.get(reverse("members:applications"), {"q": elsewhere.phone}).content.decode()


def test_the_filters_of_waiting(tree, client, clerk) -> None:
    old = application(tree.mill, "曾小明", now=NOW - timedelta(days=5))
    application(tree.mill, "单小燕", received_at=NOW + timedelta(days=3650))
    page = client.get(reverse("members:applications"), {"days": "3", "union": str(tree.mill.pk)}).content.decode()
    assert old.name in page
    assert "单小燕" not in page


def test_one_in_full_masks_until_somebody_says_why(tree, client, clerk) -> None:
    waiting = application(tree.mill)
    url = reverse("members:application", args=[waiting.pk])
    page = client.get(url).content.decode()
    assert "北山镇总工会" in page
    assert waiting.phone not in page
    shown = client.post(reverse("members:application_reveal", args=[waiting.pk, "phone"]), {"reason": "电话核实"})
    assert shown.content.decode() == waiting.phone
    assert shown["Cache-Control"] == "no-store"
    assert client.post(reverse("members:application_reveal", args=[waiting.pk, "phone"])).status_code == 409
    for beyond in (application(tree.harbour).pk, 999):
        assert client.get(reverse("members:application", args=[beyond])).status_code == 404


def test_deciding_one(tree, client, clerk) -> None:
    waiting = application(tree.mill)
    sent = client.post(reverse("members:application_accept", args=[waiting.pk]), follow=True).content.decode()
    assert "已同意“曾小明”入会" in sent
    assert "会员页面" in sent
    twice = client.post(reverse("members:application_accept", args=[waiting.pk]))
    assert twice.status_code == 409
    other = application(tree.mill, "单小燕")
    assert client.post(reverse("members:application_return", args=[other.pk]), {"reason": ""}).status_code == 409
    client.post(reverse("members:application_return", args=[other.pk]), {"reason": "号码抄错一位"})
    assert again(other).state == ApplicationState.RETURNED
    client.post(reverse("members:application_refuse", args=[other.pk]), {"reason": "一直没有补正"})
    assert again(other).state == ApplicationState.REFUSED


def test_in_the_drawer_the_answer_is_the_drawer(tree, client, clerk) -> None:
    waiting = application(tree.mill)
    headers = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "drawer-body"}
    sent = client.post(reverse("members:application_accept", args=[waiting.pk]), **headers)
    assert sent["HX-Trigger"] == "list-changed"
    assert "已入会" in sent.content.decode()


def test_handing_over_and_up(tree, client, clerk) -> None:
    waiting = application(tree.mill)
    url = reverse("members:application_hand_over", args=[waiting.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"to": tree.harbour.pk, "reason": "在港务上班"}).status_code == 422
    gone = client.post(reverse("members:application_hand_up", args=[waiting.pk]), {"reason": "不是本厂的人"})
    assert gone["Location"] == reverse("members:applications")
    assert again(waiting).scope_id == tree.north.pk


def test_many_at_once_tells_what_could_not_be_done(tree, client, clerk) -> None:
    known = member(tree.harbour)
    good = application(tree.mill)
    bad = application(tree.mill, known.name, document_number=known.person.document_number)
    rows = {"row": [good.pk, bad.pk, application(tree.harbour).pk]}
    page = client.post(reverse("members:applications_accept"), rows).content.decode()
    assert "2 份没有办成" in page
    assert "请办理会籍转接" in page
    assert again(good).state == ApplicationState.ACCEPTED
    sent = client.post(reverse("members:applications_return"), {"row": [bad.pk], "reason": "请到原工会办转接"})
    assert sent["Location"] == reverse("members:applications")
    assert client.post(reverse("members:applications_refuse"), {"reason": "没有勾选呢"}).status_code == 409


def test_requests_of_members(tree, client, clerk) -> None:
    leaving = request_of(member(tree.mill, "单小燕"), RequestKind.LEAVE, note="回老家了")
    keeping = request_of(member(tree.mill, "欧阳明珠"), RequestKind.KEEP)
    request_of(member(tree.harbour, "曾小明"), RequestKind.LEAVE)
    page = client.get(reverse("members:requests")).content.decode()
    assert "单小燕" in page
    assert "曾小明" not in page
    assert "回老家了" in client.get(reverse("members:request", args=[leaving.pk])).content.decode()
    client.post(reverse("members:request_grant", args=[leaving.pk]))
    assert again(leaving).state == RequestState.DONE
    assert again(leaving.membership).status == 4
    client.post(reverse("members:requests_refuse"), {"row": [keeping.pk], "reason": "还在岗工作"})
    assert again(keeping).state == RequestState.REFUSED
    assert client.post(reverse("members:request_grant", args=[keeping.pk])).status_code == 409
    resuming = request_of(again(keeping.membership), RequestKind.RESUME)
    assert "没有办成" in client.post(reverse("members:requests_grant"), {"row": [resuming.pk]}).content.decode()


def test_what_waits_stands_in_the_menu_and_at_home(tree, client, clerk) -> None:
    application(tree.mill)
    application(tree.harbour)
    request_of(member(tree.mill), RequestKind.LEAVE)
    home = client.get("/desk/").content.decode()
    assert "待办理的入会申请" in home
    assert "待办理的会员申办" in home
    menu = client.get(reverse("members:applications")).content.decode()
    assert re.search(r'count-badge">2<span', menu)


# --- codes and posters ---


def poster_of(client, code):
    return client.get(reverse("members:joining_code_poster", args=[code.pk]))


def test_making_a_code_and_its_poster(tree, client, clerk) -> None:
    url = reverse("members:joining_code_add")
    assert client.post(url, {"organisation": tree.mill.pk, "spot": " "}).status_code == 422
    made = client.post(url, {"organisation": tree.mill.pk, "spot": "东门驿站"}, follow=True).content.decode()
    code = JoiningCode.objects.unscoped(**ALL).get()
    assert code.token in made
    poster = poster_of(client, code)
    assert poster["Content-Type"] == "application/pdf"
    assert "attachment" in poster["Content-Disposition"]
    assert set("北山纺织厂工会扫码加入东门驿站") <= set(text_of(poster.content))
    assert len(poster.content) < 120_000
    assert "东门驿站" in client.get(reverse("members:joining_codes")).content.decode()


def test_codes_are_made_where_one_may_admit(tree, client, clerk) -> None:
    url = reverse("members:joining_code_add")
    for union in (tree.harbour, tree.north):
        assert client.post(url, {"organisation": union.pk, "spot": "东门驿站"}).status_code in (403, 404, 422)
    assert not JoiningCode.objects.unscoped(**ALL).exists()
    other = add_joining_code(tree.harbour.pk, spot="码头", actor=actor_of(officer("CLERK", tree.south)), now=NOW)
    for name in ("joining_code", "joining_code_poster"):
        assert client.get(reverse(f"members:{name}", args=[other.pk])).status_code == 404
    assert client.post(reverse("members:joining_code_retire", args=[other.pk])).status_code == 404


def test_a_retired_code_is_not_printed_again(tree, client, clerk) -> None:
    code = add_joining_code(tree.mill.pk, spot="东门驿站", actor=actor_of(clerk), now=NOW)
    assert client.post(reverse("members:joining_code_retire", args=[code.pk])).status_code == 302
    assert poster_of(client, code).status_code == 409
    assert "已停用" in client.get(reverse("members:joining_code", args=[code.pk])).content.decode()
    first = again(code).retired_at
    retire_joining_code(code.pk, actor=actor_of(clerk), now=NOW + timedelta(days=1))
    assert again(code).retired_at == first


@pytest.mark.parametrize("end", ["dissolved", "merged"])
def test_a_poster_of_a_dissolved_union(tree, client, end) -> None:
    """It leads nobody in, is not printed again, and the officer is told to take it down."""
    chair = officer("CHAIR", tree.county)
    client.force_login(chair, backend=BACKEND)
    code = add_joining_code(tree.mill.pk, spot="东门驿站", actor=actor_of(chair), now=NOW)
    if end == "dissolved":
        dissolve_organisation(tree.mill.pk, on=TODAY, reason="企业注销", actor=acting_as("CHAIR", tree.county), now=NOW)
    else:
        other = found_union(tree.north, "北山毛巾厂工会")
        merge_organisations(
            tree.mill.pk, other.pk, on=TODAY, reason="两厂合并", actor=acting_as("CHAIR", tree.county), now=NOW
        )
    assert poster_of(client, code).status_code == 409
    assert "摘下海报" in client.get(reverse("members:joining_code", args=[code.pk])).content.decode()
    assert "工会已撤并" in client.get(reverse("members:joining_codes")).content.decode()
    client.logout()
    scanned = client.get(reverse("worker:join", args=[code.token]), follow=True).content.decode()
    assert "不能用" in scanned or "北山毛巾厂工会" in scanned
    assert not JoiningApplication.objects.unscoped(**ALL).exists()


# --- proofs ---


def test_a_proof_and_what_a_stranger_learns(tree, client, clerk) -> None:
    made = member(tree.mill, "欧阳明珠")
    paper = client.post(reverse("members:proof_issue", args=[made.pk]))
    said = text_of(paper.content)
    assert paper["Content-Type"] == "application/pdf"
    assert set("欧阳明珠北山纺织厂工会会员证明正常") <= set(said)
    assert made.person.document_number[6:14] not in said
    assert AuditEntry.objects.get(verb="members.proof.issued").after["number"]
    proof = MembershipProof.objects.unscoped(**ALL).get()
    client.logout()
    page = client.get(reverse("proof:answer", args=[proof.code])).content.decode()
    assert "证明有效" in page
    assert "欧***" in page
    for hidden in ("欧阳明珠", "北山纺织厂工会", made.person.phone, made.person.document_number):
        assert hidden not in page
    spaced = " ".join(proof.code[at : at + 4] for at in range(0, 16, 4)).upper()
    assert client.get(reverse("proof:check"), {"code": spaced})["Location"] == reverse(
        "proof:answer", args=[proof.code]
    )


def test_a_proof_ends_with_the_membership_and_with_time(tree, clerk) -> None:
    made = member(tree.mill)
    proof = issue_proof(made.pk, actor=actor_of(clerk), now=NOW)
    assert proof_answer(proof.code, now=NOW).is_valid
    assert not proof_answer(proof.code, now=NOW + timedelta(days=DAYS_VALID + 1)).is_valid
    change_membership(made.pk, change=Change.LEFT, on=TODAY, actor=actor_of(clerk), now=NOW)
    assert "会籍有变动" in proof_answer(proof.code, now=NOW).why


def test_nobody_guesses_a_proof(client) -> None:
    assert client.get(reverse("proof:answer", args=["aaaa"])).status_code == 404
    assert "没有这份证明" in client.get(reverse("proof:answer", args=["7k3mwq2a7k3mwq2a"])).content.decode()
    assert client.get(reverse("proof:check")).status_code == 200


def test_proofs_are_given_out_where_one_keeps_the_register(tree, client, clerk) -> None:
    assert client.post(reverse("members:proof_issue", args=[member(tree.harbour).pk])).status_code == 404
    gone = member(tree.mill)
    change_membership(gone.pk, change=Change.LEFT, on=TODAY, actor=actor_of(clerk), now=NOW)
    assert client.post(reverse("members:proof_issue", args=[gone.pk])).status_code == 409
    assert not MembershipProof.objects.unscoped(**ALL).exists()


def test_a_member_prints_the_own_proof(tree, client) -> None:
    made = request_of(member(tree.mill, "单小燕"), RequestKind.LEAVE).membership
    user = again(made.person).user
    assert client.post(reverse("proof:own")).status_code == 302
    client.force_login(user, backend=BACKEND)
    paper = client.post(reverse("proof:own"))
    assert set("单小燕") <= set(text_of(paper.content))
    assert AuditEntry.objects.get(verb="members.proof.issued").actor_id == user.pk
    Membership.objects.unscoped(**ALL).filter(pk=made.pk).update(status=4, ended_on=TODAY)
    assert client.post(reverse("proof:own")).status_code == 404
    assert issue_own_proof.__doc__
