"""Asking to be taken in: which union is proposed, what stands against it, and what two tabs do."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.models import User
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.applying import ApplicationFacts, submit_application, withdraw_application
from niangjia.modules.members.actions.consents import give_consents, withdraw_consent
from niangjia.modules.members.actions.deciding import return_application
from niangjia.modules.members.actions.forgetting import forget_old
from niangjia.modules.members.actions.joining_codes import add_joining_code, retire_joining_code
from niangjia.modules.members.models import Consent, JoiningApplication
from niangjia.modules.members.privacy import TEXTS, Purpose, current_version
from niangjia.modules.members.queries.joining import offers
from niangjia.modules.members.rules import TRADE_WORDS, ApplicationState, Category, Ground, Proposal, propose
from niangjia.modules.members.testing import NOW, identity_number, member, worker
from niangjia.modules.organisations.actions.employers import add_employer, link_employer_to_union
from niangjia.modules.organisations.actions.structure import dissolve_organisation, merge_organisations
from niangjia.modules.organisations.queries.joining import trade_unions, union_shown
from niangjia.modules.organisations.testing import OrganisationKind, acting_as, found_union, officer, small_tree

POSTER, EMPLOYER, TRADE, COMMUNITY, TOWNSHIP = range(1, 6)
CASES = (
    # the poster, the employer's union, the trade's, the community's, the township's → the proposals
    (POSTER, (), (), (), None, [(POSTER, Ground.POSTER)]),
    (None, (EMPLOYER,), (TRADE,), (COMMUNITY,), TOWNSHIP,
     [(EMPLOYER, Ground.EMPLOYER), (TRADE, Ground.TRADE), (COMMUNITY, Ground.COMMUNITY)]),
    (None, (), (TRADE,), (COMMUNITY,), TOWNSHIP, [(TRADE, Ground.TRADE), (COMMUNITY, Ground.COMMUNITY)]),
    (None, (), (), (COMMUNITY, 8), TOWNSHIP, [(COMMUNITY, Ground.COMMUNITY), (8, Ground.COMMUNITY)]),
    (None, (), (), (), TOWNSHIP, [(TOWNSHIP, Ground.TOWNSHIP)]),
    (None, (), (), (), None, []),
    (POSTER, (EMPLOYER,), (), (), TOWNSHIP, [(POSTER, Ground.POSTER), (EMPLOYER, Ground.EMPLOYER)]),
    (TRADE, (), (TRADE,), (COMMUNITY,), None, [(TRADE, Ground.POSTER), (COMMUNITY, Ground.COMMUNITY)]),
    (None, (TRADE,), (TRADE,), (), None, [(TRADE, Ground.EMPLOYER)]),
)  # fmt: skip


@pytest.mark.parametrize(("poster", "employer", "trade", "community", "township", "expected"), CASES)
def test_the_right_union_comes_first(poster, employer, trade, community, township, expected):  # noqa: PLR0917
    found = propose(poster=poster, employer=employer, trade=trade, community=community, township=township)
    assert found == tuple(Proposal(*one) for one in expected)


def test_every_new_form_trade_has_its_words():
    assert {Category.FOOD_RIDER, Category.COURIER, Category.TRUCK_DRIVER, Category.RIDE_HAILING_DRIVER} <= set(
        TRADE_WORDS
    )


@pytest.fixture
def tree(db):
    return small_tree()


@pytest.fixture
def riders(tree):
    return found_union(tree.county, "云岭县外卖配送行业工会联合会", OrganisationKind.TRADE_JOINT_UNION)


@pytest.fixture
def rider(db) -> User:
    user = worker()
    give_consents(user.pk, Purpose, now=NOW)
    return user


def facts(**more) -> ApplicationFacts:
    return ApplicationFacts(
        **{"name": "马小骑", "document_number": identity_number(date(1996, 3, 9)), "categories": (6,), **more}
    )


def submit(user, union, *, now=NOW, ground=Ground.POSTER, code=None, **more) -> JoiningApplication:
    return submit_application(user.pk, facts(**more), union_id=union.pk, ground=ground, code=code, now=now)


def applications():
    return JoiningApplication.objects.unscoped(reason="the test's own world")


def named(found) -> list[tuple[str, Ground]]:
    return [(one.union.name, one.ground) for one in found]


def test_nothing_is_handed_in_without_the_consents(tree, rider):
    """Taken back in another tab while the form stood open."""
    withdraw_consent(rider.pk, Purpose.SHARING, now=NOW)
    with pytest.raises(Refused, match="同意"):
        submit(rider, tree.mill)
    assert not applications().exists()


# ---- which union


def test_the_union_is_looked_for_where_one_works(tree, riders):
    village = found_union(tree.north, "北山镇东山村工会联合会", OrganisationKind.VILLAGE_JOINT_UNION)
    found_union(tree.south, "南湖街道湖滨社区工会联合会", OrganisationKind.VILLAGE_JOINT_UNION)
    chair = acting_as("CHAIR", tree.county)
    firm = add_employer(name="北山好味餐饮公司", division="530999101", headcount=30, actor=chair, now=NOW)
    link_employer_to_union(firm.pk, organisation_id=tree.mill.pk, from_on=date(2024, 1, 1), actor=chair, now=NOW)
    said = {"poster": None, "employer_text": "", "categories": (), "division": ""}
    assert named(offers(**said | {"employer_text": " 北山好味餐饮公司"})) == [(tree.mill.name, Ground.EMPLOYER)]
    assert named(offers(**said | {"categories": (6,)})) == [(riders.name, Ground.TRADE)]
    assert named(offers(**said | {"division": "530999101"})) == [(village.name, Ground.COMMUNITY)]
    assert named(offers(**said | {"employer_text": "没有登记的公司"})) == []
    every = offers(poster=union_shown(tree.harbour.pk), employer_text=firm.name, categories=(6,), division="530999101")
    assert named(every) == [
        (tree.harbour.name, Ground.POSTER), (tree.mill.name, Ground.EMPLOYER), (riders.name, Ground.TRADE),
        (village.name, Ground.COMMUNITY),
    ]  # fmt: skip


def test_a_township_without_joint_unions_takes_the_application_itself(tree, rider):
    (offer,) = offers(poster=None, employer_text="", categories=(), division="530999002")
    assert (offer.union.id, offer.ground) == (tree.south.pk, Ground.TOWNSHIP)
    assert submit(rider, tree.south, ground=Ground.TOWNSHIP).scope_id == tree.south.pk


def test_a_federation_of_another_county_is_not_proposed(tree, riders):
    assert [one.id for one in trade_unions(["外卖"], [tree.north.scope.path])] == [riders.pk]
    assert trade_unions([], [tree.north.scope.path]) == []


# ---- applying


def test_it_goes_to_the_union_with_what_the_number_says(tree, rider, riders):
    row = submit(rider, riders, employer_text="东门站点")
    assert (row.scope_id, row.state, row.sex, row.born_on) == (riders.pk, "RECEIVED", "1", date(1996, 3, 9))
    assert (row.phone, row.employer_text, row.categories) == (rider.phone, "东门站点", [6])
    rider.refresh_from_db()
    assert rider.name == "马小骑"
    entry = AuditEntry.objects.filter(verb="members.application.received").get()
    assert entry.path == riders.scope.path
    assert row.document_number not in str(entry.after)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "马"}, "name"),
        ({"document_number": "790000199603090031"}, "document_number"),
        ({"document_number": identity_number(date(2012, 1, 1))}, "document_number"),
        ({"categories": (), "employer_text": ""}, "employer"),
        ({"document_kind": "PASSPORT", "document_number": "E12345678"}, "born_on"),
        ({"platform": 999_999}, "platform"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(tree, rider, riders, wrong, field):
    with pytest.raises(Refused) as refused:
        submit(rider, riders, **wrong)
    assert refused.value.field == field
    assert not applications().exists()


def test_somebody_under_16_is_told_so_kindly(tree, rider, riders):
    born = date(NOW.year - 16, NOW.month, NOW.day)
    with pytest.raises(Refused, match=r"未满 16 周岁.*欢迎再来.*12351"):
        submit(rider, riders, document_number=identity_number(born + timedelta(days=1)))
    submit(rider, riders, document_number=identity_number(born))


def test_a_registered_document_gets_the_same_answer(tree, rider, riders):
    """Whether somebody is a member already is not told to whoever types a number."""
    number = identity_number(date(1991, 2, 3))
    member(tree.mill, "别人", document_number=number)
    assert submit(rider, riders, document_number=number).state == ApplicationState.RECEIVED


def test_the_second_application_waits_for_the_first(tree, rider, riders):
    submit(rider, riders)
    with pytest.raises(Refused, match="已经提交过"):
        submit(rider, riders)
    withdraw_application(rider.pk, now=NOW)
    with pytest.raises(Refused):
        withdraw_application(rider.pk, now=NOW)
    submit(rider, riders)
    assert sorted(applications().values_list("state", flat=True)) == ["RECEIVED", "WITHDRAWN"]


def test_a_returned_one_is_handed_in_again(tree, rider, riders):
    row = submit(rider, riders)
    organiser = officer("ORGANISER", tree.county)
    return_application(row.pk, reason="请写明站点", actor=_at_work(organiser), now=NOW)
    again = submit(rider, riders, employer_text="东门站点")
    assert (again.pk, again.state, again.reason, again.decided_at) == (row.pk, "RECEIVED", "", None)


def _at_work(user):
    from niangjia.kernel.access.queries import actor_of

    return actor_of(user.pk, now=NOW)


@pytest.mark.parametrize("kind", ["county", "closed"])
def test_a_union_that_takes_nobody_gets_none(tree, rider, kind):
    union = tree.county if kind == "county" else tree.mill
    if kind == "closed":
        dissolve_organisation(
            tree.mill.pk, on=date(2026, 11, 1), reason="企业注销", actor=acting_as("CHAIR", tree.county), now=NOW
        )
    with pytest.raises(Refused, match="不能接收"):
        submit(rider, union)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_make_one_application():
    tree, user, refused = small_tree(), worker(), []
    give_consents(user.pk, Purpose, now=NOW)

    def send():
        try:
            submit(user, tree.mill)
        except Refused as refusal:
            refused.append(refusal.code)
        finally:
            connections.close_all()

    tabs = [threading.Thread(target=send) for _ in range(3)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert refused == ["application.open"] * 2
    assert applications().count() == 1


def test_what_came_to_nothing_is_forgotten_after_a_year(tree, rider, riders):
    kept = submit(rider, riders)
    assert forget_old(now=NOW + timedelta(days=800)).applications == 0
    withdraw_application(rider.pk, now=NOW)
    assert forget_old(now=NOW + timedelta(days=364)).applications == 0
    assert forget_old(now=NOW + timedelta(days=366)).applications == 1
    assert not applications().filter(pk=kept.pk).exists()


# ---- consents


def test_each_consent_keeps_its_wording(tree, rider):
    kept = Consent.objects.unscoped(reason="the test's own world").filter(user=rider)
    assert {(row.purpose, row.version) for row in kept} == {(one.value, current_version(one)) for one in Purpose}
    assert all(len(TEXTS[one]) >= current_version(one) for one in Purpose)
    give_consents(rider.pk, Purpose, now=NOW)
    assert kept.count() == len(Purpose)


def test_taking_a_consent_back_ends_what_rests_on_it(tree, rider, riders):
    row = submit(rider, riders)
    withdraw_consent(rider.pk, Purpose.SHARING, now=NOW)
    row.refresh_from_db()
    assert row.state == ApplicationState.WITHDRAWN
    with pytest.raises(Refused):
        withdraw_consent(rider.pk, Purpose.SHARING, now=NOW)
    withdraw_consent(rider.pk, Purpose.PHONE, now=NOW)
    rider.refresh_from_db()
    assert (rider.is_active, rider.phone, rider.phone_digest) == (False, "", None)


# ---- the poster's page


def page(code) -> tuple[int, str]:
    answer = Client().get(f"/join/{code if isinstance(code, str) else code.token}/")
    return answer.status_code, answer.content.decode()


def test_a_poster_leads_to_its_union_whatever_became_of_it(tree):
    organiser = _at_work(officer("ORGANISER", tree.county))
    codes = {
        name: add_joining_code(union.pk, spot="门口", actor=organiser, now=timezone.now())
        for name, union in (("standing", tree.mill), ("merged", tree.harbour))
    }
    status, said = page(codes["standing"])
    assert status == 200
    assert tree.mill.name in said
    merge_organisations(
        tree.harbour.pk, tree.mill.pk, on=timezone.localdate(), reason="合并", actor=acting_as("CHAIR", tree.county),
        now=timezone.now(),
    )  # fmt: skip
    status, said = page(codes["merged"])
    assert f"“{tree.harbour.name}”已经并入“{tree.mill.name}”" in said
    retire_joining_code(codes["standing"].pk, actor=organiser, now=timezone.now())
    status, said = page(codes["standing"])
    assert (status, "这张海报已经停用" in said, "直接申请入会" in said) == (200, True, True)
    status, said = page("nosuchcode")
    assert (status, "没有找到这个入会码" in said) == (404, True)


def test_a_poster_of_a_dissolved_union_says_what_to_do(tree):
    organiser = _at_work(officer("ORGANISER", tree.county))
    code = add_joining_code(tree.mill.pk, spot="门口", actor=organiser, now=timezone.now())
    dissolve_organisation(
        tree.mill.pk,
        on=timezone.localdate(),
        reason="企业注销",
        actor=acting_as("CHAIR", tree.county),
        now=timezone.now(),
    )
    status, said = page(code)
    assert status == 200
    assert f"“{tree.mill.name}”已经撤销" in said
    assert "直接申请入会" in said
    assert tree.north.name in said
