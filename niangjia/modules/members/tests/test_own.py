"""What a member does on the own phone: prove to be one, ask, look, take along, and never see another's."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from niangjia.kernel.access.workers import worker_account
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, Refused
from niangjia.kernel.notify.queries import inbox
from niangjia.modules.members.actions.applying import ApplicationFacts, submit_application
from niangjia.modules.members.actions.consents import give_consents, withdraw_consent
from niangjia.modules.members.actions.granting import grant_request
from niangjia.modules.members.actions.memberships import change_membership
from niangjia.modules.members.actions.people import reveal
from niangjia.modules.members.actions.requests import ask, prove_membership, withdraw_request
from niangjia.modules.members.models import Person
from niangjia.modules.members.privacy import Purpose
from niangjia.modules.members.queries.own import own_active, own_person, own_requests
from niangjia.modules.members.rules import Change, Ground, MembershipState, RequestKind, RequestState, requests_from
from niangjia.modules.members.testing import NOW, TODAY, identity_number, member, worker
from niangjia.modules.organisations.testing import OrganisationKind, acting_as, found_union, small_tree

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def tree(db):
    return small_tree()


def linked(union, name="林小燕", **more):
    """A member who has proved to be one: the account and the membership."""
    user = worker()
    membership = member(union, name, phone=user.phone, **more)
    prove_membership(user.pk, name=name, tail=membership.person.document_number[-6:], now=NOW)
    user.refresh_from_db()
    return user, membership


def at(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


# ---- proving


def test_phone_name_and_six_digits_prove_it(tree):
    user, membership = linked(tree.mill)
    assert own_person(user.pk) == membership.person
    assert own_active(user.pk) == membership
    assert user.name == "林小燕"


@pytest.mark.parametrize("wrong", ["name", "tail", "phone", "nobody"])
def test_whatever_does_not_fit_gets_one_answer(tree, wrong):
    user = worker()
    registered = {} if wrong == "phone" else {"phone": user.phone}
    tail = "000000"
    if wrong != "nobody":
        membership = member(tree.mill, "林小燕", **registered)
        tail = membership.person.document_number[-6:]
    with pytest.raises(Refused) as refused:
        prove_membership(
            user.pk, name="林大燕" if wrong == "name" else "林小燕", tail="12345X" if wrong == "tail" else tail, now=NOW
        )
    assert (refused.value.code, refused.value.field) == ("proof.none", None)
    assert own_person(user.pk) is None


def test_six_digits_can_not_be_tried_through(tree):
    user = worker()
    membership = member(tree.mill, "林小燕", phone=user.phone)
    for guess in range(5):
        with pytest.raises(Refused):
            prove_membership(user.pk, name="林小燕", tail=f"00000{guess}", now=NOW)
    tail = membership.person.document_number[-6:]
    with pytest.raises(Refused, match="一小时后"):
        prove_membership(user.pk, name="林小燕", tail=tail, now=NOW)
    prove_membership(user.pk, name="林小燕", tail=tail, now=NOW + timedelta(hours=1, seconds=1))


def test_whoever_the_phone_belongs_to_now_takes_over_and_the_other_is_told(tree):
    old, membership = linked(tree.mill)
    new = worker()
    person = Person.objects.unscoped(reason="the clerk enters the new number").get(pk=membership.person_id)
    person.phone = new.phone
    person.save()
    prove_membership(new.pk, name="林小燕", tail=person.document_number[-6:], now=NOW)
    assert own_person(old.pk) is None
    assert own_person(new.pk) == person
    assert inbox(old.pk).exists()


def test_who_is_linked_does_not_try_the_digits_of_another(tree):
    """Two of one name share a phone: a right guess must not be told from a wrong one, tried without end."""
    user, _ = linked(tree.mill)
    other = member(tree.harbour, "林小燕", phone=user.phone)
    for tail in (other.person.document_number[-6:], "000000"):
        with pytest.raises(Refused) as refused:
            prove_membership(user.pk, name="林小燕", tail=tail, now=NOW)
        assert refused.value.code == "proof.linked"


# ---- asking


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (MembershipState.NORMAL, {"TRANSFER", "LEAVE", "KEEP", "CORRECTION"}),
        (MembershipState.KEPT, {"TRANSFER", "LEAVE", "RESUME", "CORRECTION"}),
        (MembershipState.LEFT, set()),
        (None, set()),
    ],
)
def test_what_may_be_asked_follows_the_membership(state, kinds):
    assert {kind.value for kind in requests_from(state)} == kinds


def test_a_transfer_is_asked_for_and_granted(tree):
    user, membership = linked(tree.mill)
    row = ask(user.pk, RequestKind.TRANSFER, to_union=tree.harbour.pk, note="换到港务公司", now=NOW)
    grant_request(row.pk, actor=acting_as("CHAIR", tree.county), now=NOW)
    now_in = own_active(user.pk)
    assert (now_in.scope_id, now_in.person_id) == (tree.harbour.pk, membership.person_id)
    assert [one.state for one in own_requests(user.pk)] == [RequestState.DONE]
    assert inbox(user.pk).exists()


def test_the_union_to_move_to_is_found_like_the_one_to_join(tree):
    user, _ = linked(tree.mill)
    village = found_union(tree.south, "南湖街道湖滨社区工会联合会", OrganisationKind.VILLAGE_JOINT_UNION)
    client, url = at(user), "/phone/requests/TRANSFER/"
    assert "没有找到可以转去的工会" in client.post(url, {"note": "搬家了"}).content.decode()
    said = {"division": "530999002", "note": "搬家了"}
    choice = client.post(url, said).content.decode()
    assert village.name in choice
    assert tree.mill.name not in choice
    assert client.post(url, said | {"union": tree.harbour.pk}).status_code == 200  # not offered
    assert own_requests(user.pk) == []
    assert client.post(url, said | {"union": village.pk, "edit": "1"}).status_code == 200
    assert client.post(url, said | {"union": village.pk})["Location"] == "/phone/requests/"
    (row,) = own_requests(user.pk)
    assert (row.kind, row.to_scope_id, row.note) == ("TRANSFER", village.pk, "搬家了")


def test_requests_are_refused_where_they_make_no_sense(tree):
    user, membership = linked(tree.mill)
    for kind, more in (
        (RequestKind.RESUME, {}),
        (RequestKind.TRANSFER, {}),
        (RequestKind.TRANSFER, {"to_union": tree.mill.pk}),
        (RequestKind.TRANSFER, {"to_union": tree.county.pk}),
        (RequestKind.CORRECTION, {"note": "  "}),
    ):
        with pytest.raises(Refused):
            ask(user.pk, kind, now=NOW, **more)
    ask(user.pk, RequestKind.LEAVE, now=NOW)
    with pytest.raises(Refused, match="已经提交过"):
        ask(user.pk, RequestKind.LEAVE, now=NOW)
    change_membership(
        membership.pk, change=Change.LEFT, on=TODAY, actor=acting_as("ENTERPRISE_CLERK", tree.mill), now=NOW
    )
    with pytest.raises(Refused, match="没有查到"):
        ask(user.pk, RequestKind.CORRECTION, note="姓名不对", now=NOW)


def test_one_withdraws_only_the_own(tree):
    mine, _ = linked(tree.mill)
    other, _ = linked(tree.mill, "陈大伟")
    row = ask(mine.pk, RequestKind.LEAVE, now=NOW)
    with pytest.raises(Missing):
        withdraw_request(row.pk, other.pk, now=NOW)
    assert at(other).post(f"/phone/requests/{row.pk}/withdraw/").status_code == 404
    withdraw_request(row.pk, mine.pk, now=NOW)
    with pytest.raises(Refused):
        withdraw_request(row.pk, mine.pk, now=NOW)


# ---- what is held


PAGES = ("/", "/phone/mine/", "/phone/messages/", "/phone/union/", "/phone/application/", "/phone/requests/",
         "/phone/data/", "/phone/consents/", "/join/apply/")  # fmt: skip


def test_no_page_says_a_word_of_anybody_else(tree):
    mine, membership = linked(tree.mill, "林小燕")
    other, theirs = linked(tree.harbour, "陈大伟")
    third = worker()
    give_consents(third.pk, Purpose, now=NOW)
    facts = ApplicationFacts("马小骑", identity_number(), categories=(6,))
    submit_application(third.pk, facts, union_id=tree.harbour.pk, ground=Ground.POSTER, code=None, now=NOW)
    ask(other.pk, RequestKind.CORRECTION, note="我的学历不对", now=NOW)
    give_consents(mine.pk, Purpose, now=NOW)
    foreign = {
        "陈大伟", "马小骑", "我的学历不对", theirs.person.document_number[-4:], other.phone[-4:], third.phone[-4:],
        tree.harbour.name,
    }  # fmt: skip
    client = at(mine)
    for url in PAGES:
        said = client.get(url, follow=True).content.decode()
        assert not [word for word in foreign if word in said], url
    for answer in (client.post("/phone/data/"), client.post("/phone/data/export/", {"as": "json"})):
        said = answer.content.decode()
        assert membership.person.document_number in said
        assert not [word for word in foreign if word in said]


def test_numbers_are_masked_until_asked_for_and_the_look_is_kept(tree):
    user, membership = linked(tree.mill)
    number, client = membership.person.document_number, at(user)
    assert number not in client.get("/phone/data/").content.decode()
    assert user.phone not in client.get("/phone/data/").content.decode()
    assert number in client.post("/phone/data/").content.decode()
    assert AuditEntry.objects.filter(verb="access.worker.looked", actor_id=user.pk).count() == 1


def test_the_export_reads_alone_and_by_machine(tree):
    user, membership = linked(tree.mill)
    reveal(
        membership.person_id, field="phone", reason="核对电话", actor=acting_as("ENTERPRISE_CLERK", tree.mill), now=NOW
    )
    told = at(user).post("/phone/data/export/", {"as": "json"})
    assert told["Content-Disposition"].startswith("attachment")
    assert "no-store" in told["Cache-Control"]
    said = json.loads(told.content)
    assert said["个人资料"][0]["证件号码"] == membership.person.document_number
    assert said["会籍"][0]["所在工会"] == tree.mill.name
    assert "查看了移动电话" in str(said["谁查看过我的完整信息"])
    page = at(user).post("/phone/data/export/", {"as": "page"}).content.decode()
    assert membership.person.document_number in page
    assert "<script" not in page


def test_taking_back_the_phone_logs_out(tree):
    user, _ = linked(tree.mill)
    give_consents(user.pk, Purpose, now=NOW)
    client = at(user)
    answer = client.post("/phone/consents/PHONE/withdraw/")
    assert answer["Location"] == "/"
    assert client.get("/phone/union/")["Location"].startswith("/phone/log-in/")
    assert client.post("/phone/consents/NOTHING/withdraw/").status_code == 302


def test_taking_back_the_phone_takes_back_what_was_asked(tree):
    """Else it would stand in the way of asking again, with nobody to withdraw it."""
    user, membership = linked(tree.mill)
    give_consents(user.pk, Purpose, now=NOW)
    row = ask(user.pk, RequestKind.LEAVE, now=NOW)
    withdraw_consent(user.pk, Purpose.PHONE, now=NOW)
    assert [one.state for one in own_requests(user.pk)] == [RequestState.WITHDRAWN]
    again = worker_account(membership.person.phone, now=NOW)
    prove_membership(again.pk, name="林小燕", tail=membership.person.document_number[-6:], now=NOW)
    assert ask(again.pk, RequestKind.LEAVE, now=NOW).pk != row.pk


def test_the_page_without_network_keeps_nobody_s_message(tree):
    """The service worker fetches and stores it at any moment, also when a message waits."""
    user, _ = linked(tree.mill)
    give_consents(user.pk, Purpose, now=NOW)
    client = at(user)
    client.post("/phone/consents/SHARING/withdraw/")
    assert "已撤回" not in client.get("/phone/offline/").content.decode()
    assert "已撤回" in client.get("/phone/consents/").content.decode()


TYPED = ("²", "9" * 30, "9999-12-31", "𠮷\u202e<b>", "x" * 10_000, "a\x00b", "RESIDENT")
FORMS = {
    "/join/apply/": ("name", "document_number", "document_kind", "born_on", "sex", "employer", "category", "platform",
                     "division", "union", "code", "edit"),
    "/join/consent/": ("PHONE", "code"),
    "/phone/union/": ("name", "tail"),
    "/phone/requests/TRANSFER/": ("employer", "category", "platform", "division", "note", "union"),
    "/phone/requests/CORRECTION/": ("note",),
    "/phone/requests/x/": ("note",),
    "/phone/log-in/": ("phone", "code", "next"),
    "/phone/data/export/": ("as",),
    "/phone/display/": ("back", "text"),
}  # fmt: skip


@pytest.mark.parametrize("is_member", [True, False])
def test_nothing_typed_into_a_form_breaks_it(tree, is_member):
    user = linked(tree.mill)[0] if is_member else worker()
    give_consents(user.pk, Purpose, now=NOW)
    client = at(user)
    client.raise_request_exception = False
    broken = []
    for url, names in FORMS.items():
        for bad in TYPED:
            for fields in (dict.fromkeys(names, bad), dict.fromkeys(names[:-1], bad)):
                answer = client.post(url, fields)
                broken += [f"{url} {bad[:20]!r}"] if answer.status_code >= 500 else []
            broken += [f"{url}?{bad[:20]!r}"] if client.get(url, dict.fromkeys(names, bad)).status_code >= 500 else []
    assert not broken


# ---- the two faces stay apart


def test_a_worker_has_no_desk_and_no_password(tree):
    user, _ = linked(tree.mill)
    client = at(user)
    for url in ("/desk/", "/desk/members/", "/desk/account/", "/accounts/password/change/", "/accounts/2fa/"):
        answer = client.get(url)
        assert answer.status_code == 403
        assert "回首页" in answer.content.decode()
        assert 'href="/"' in answer.content.decode()


def test_an_officer_is_no_worker(tree):
    from niangjia.modules.organisations.testing import officer

    client = at(officer("CHAIR", tree.county))
    assert client.get("/").status_code == 200
    assert client.get("/phone/data/")["Location"].startswith("/phone/log-in/")
