"""An application is decided once, by who may decide there, and the applicant is told; requests of members alike."""

from __future__ import annotations

import threading
from datetime import date
from functools import partial

import pytest
from django.db import connection, connections
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.crypto.masks import mask_identity
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.queries import inbox
from niangjia.modules.members.actions.deciding import (
    accept_application,
    accept_applications,
    hand_over_application,
    refuse_application,
    refuse_applications,
    return_application,
    return_applications,
    reveal_application,
)
from niangjia.modules.members.actions.granting import grant_request, grant_requests, refuse_request
from niangjia.modules.members.actions.identity import check_identity_of
from niangjia.modules.members.actions.memberships import change_membership
from niangjia.modules.members.models import JoiningApplication, Membership, MembershipRequest, MemberTally, Person
from niangjia.modules.members.queries.applications import likenesses, open_applications_at, waiting_counts
from niangjia.modules.members.rules import ApplicationState, Change, Ground, IdentityAnswer, RequestKind, RequestState
from niangjia.modules.members.testing import NOW, application, identity_number, member, request_of, worker
from niangjia.modules.organisations.testing import acting_as, officer, small_tree

pytestmark = pytest.mark.django_db
ALL = {"reason": "a test looks at everything"}


@pytest.fixture
def tree():
    return small_tree()


def clerk(union) -> Actor:
    return actor_of(officer("ENTERPRISE_CLERK", union).pk, now=NOW)


def again(row):
    return type(row).objects.unscoped(**ALL).get(pk=row.pk)


def test_accepting_makes_a_member_and_tells_the_worker(tree) -> None:
    waiting, actor = application(tree.mill, categories=[6]), clerk(tree.mill)
    made = accept_application(waiting.pk, actor=actor, now=NOW)
    row = again(waiting)
    assert (row.state, row.membership_id, row.decided_by_id) == (ApplicationState.ACCEPTED, made.pk, actor.user_id)
    assert (made.scope_id, made.person.user_id, made.categories) == (tree.mill.pk, waiting.user_id, [6])
    assert (made.person.phone, made.person.document_number) == (waiting.phone, waiting.document_number)
    assert User.objects.get(pk=waiting.user_id).name == "曾小明"
    assert "北山纺织厂工会" in inbox(waiting.user_id).get().body
    assert MemberTally.objects.get(scope=tree.mill.pk, status=1, category=0).n == 1
    entry = AuditEntry.objects.get(verb="members.application.accepted")
    assert waiting.document_number not in str((entry.before, entry.after))


def test_a_decided_one_is_not_decided_again(tree) -> None:
    waiting, actor = application(tree.mill), clerk(tree.mill)
    refuse_application(waiting.pk, reason="不在本单位工作", actor=actor, now=NOW)
    for act in (accept_application, lambda pk, **more: return_application(pk, reason="材料不全", **more)):
        with pytest.raises(Refused, match="不予受理"):
            act(waiting.pk, actor=actor, now=NOW)
    assert "不在本单位工作" in inbox(waiting.user_id).get().body
    assert not Membership.objects.unscoped(**ALL).exists()


@pytest.mark.parametrize("act", [return_application, refuse_application])
def test_saying_no_asks_for_a_reason(tree, act) -> None:
    waiting = application(tree.mill)
    with pytest.raises(Refused, match="原因"):
        act(waiting.pk, reason=" 无 ", actor=clerk(tree.mill), now=NOW)
    assert again(waiting).state == ApplicationState.RECEIVED


def test_a_returned_one_waits_for_the_worker_and_may_still_be_refused(tree) -> None:
    waiting, actor = application(tree.mill), clerk(tree.mill)
    return_application(waiting.pk, reason="证件号码与姓名不符", actor=actor, now=NOW)
    with pytest.raises(Refused):
        accept_application(waiting.pk, actor=actor, now=NOW)
    refuse_application(waiting.pk, reason="一个月没有补正", actor=actor, now=NOW)
    assert again(waiting).state == ApplicationState.REFUSED


def test_only_who_keeps_the_register_there_decides(tree) -> None:
    waiting = application(tree.mill)
    beyond = (
        clerk(tree.harbour),
        acting_as("AUDITOR", tree.county),  # sees the register, not what is asked of it
        acting_as("STATION_KEEPER", tree.mill),
    )
    for actor in beyond:
        for act, facts in (
            (accept_application, {}),
            (refuse_application, {"reason": "理由充分"}),
            (hand_over_application, {"to": tree.harbour.pk, "reason": "转给别处"}),
            (reveal_application, {"field": "phone", "reason": "电话核实"}),
        ):
            with pytest.raises((Missing, NotPermitted)):
                act(waiting.pk, actor=actor, now=NOW, **facts)
    assert again(waiting).state == ApplicationState.RECEIVED


def test_who_is_registered_elsewhere_is_not_taken_in_twice(tree) -> None:
    known = member(tree.harbour)
    waiting = application(tree.mill, known.name, document_number=known.person.document_number)
    with pytest.raises(Refused, match="请办理会籍转接"):
        accept_application(waiting.pk, actor=clerk(tree.mill), now=NOW)
    assert again(waiting).state == ApplicationState.RECEIVED
    assert again(known.person).user_id is None


def test_somebody_under_sixteen_is_not_taken_in(tree) -> None:
    born = date(2011, 3, 1)
    waiting = application(tree.mill, document_number=identity_number(born), born_on=born)
    with pytest.raises(Refused, match="未满 16 周岁"):
        accept_application(waiting.pk, actor=clerk(tree.mill), now=NOW)
    assert not Person.objects.unscoped(**ALL).exists()


def test_one_account_is_one_person(tree) -> None:
    first = accept_application(application(tree.mill).pk, actor=clerk(tree.mill), now=NOW)
    again_applied = application(tree.mill, "单小燕", user=first.person.user)
    with pytest.raises(Refused, match="一个账号只能对应一个人"):
        accept_application(again_applied.pk, actor=clerk(tree.mill), now=NOW)


def test_a_new_phone_takes_over_and_the_old_one_is_told(tree) -> None:
    first = accept_application(application(tree.mill).pk, actor=clerk(tree.mill), now=NOW)
    old, person = first.person.user_id, first.person
    change_membership(first.pk, change=Change.LEFT, on=timezone.localdate(NOW), actor=clerk(tree.mill), now=NOW)
    later = application(tree.harbour, person.name, document_number=person.document_number)
    said = [one.text for one in likenesses(later, acting_as("CHAIR", tree.county))]
    assert any("另一个手机号" in text for text in said)
    accept_application(later.pk, actor=clerk(tree.harbour), now=NOW)
    assert again(person).user_id == later.user_id
    assert "另一个手机号" in inbox(old).first().title


def test_hints_say_no_more_than_one_may_know(tree) -> None:
    known = member(tree.harbour, "曾小明", document_number=identity_number(date(1990, 5, 17)))
    same_phone = member(tree.harbour, "单小燕")
    user = worker()
    waiting = application(tree.mill, "曾小明", user=user, phone=same_phone.person.phone)
    here, county = likenesses(waiting, clerk(tree.mill)), likenesses(waiting, acting_as("CHAIR", tree.county))
    assert here == []
    assert {one.person_id for one in county} == {known.person_id, same_phone.person_id}
    assert not any("单小燕" in one.text or "曾小明" in one.text for one in county)
    copied = application(tree.mill, "曾小明", document_number=known.person.document_number)
    assert [(one.person_id, one.stops) for one in likenesses(copied, clerk(tree.mill))] == [(None, True)]


def test_handing_over_goes_where_one_sees_or_up(tree) -> None:
    waiting, chair = application(tree.mill), acting_as("CHAIR", tree.county)
    with pytest.raises(Refused, match="从列表中选择"):
        hand_over_application(waiting.pk, to=tree.harbour.pk, reason="在港务上班", actor=clerk(tree.mill), now=NOW)
    hand_over_application(waiting.pk, to=tree.north.pk, reason="不是本厂的人", actor=clerk(tree.mill), now=NOW)
    with pytest.raises(Refused, match="不直接发展会员"):
        accept_application(waiting.pk, actor=chair, now=NOW)
    hand_over_application(waiting.pk, to=tree.harbour.pk, reason="在港务上班", actor=chair, now=NOW)
    row = again(waiting)
    assert (row.scope_id, row.ground, row.state) == (tree.harbour.pk, Ground.HANDED_OVER, ApplicationState.RECEIVED)
    assert accept_application(waiting.pk, actor=clerk(tree.harbour), now=NOW).scope_id == tree.harbour.pk
    assert [message.title[:8] for message in inbox(waiting.user_id)] == [
        "您的入会申请已通",
        "您的入会申请已转",
        "您的入会申请已转",
    ]


def test_many_at_once_tells_row_by_row(tree) -> None:
    born = date(2012, 3, 1)
    good = [application(tree.mill), application(tree.harbour, "单小燕")]
    young = application(tree.mill, "欧阳明珠", document_number=identity_number(born), born_on=born)
    beyond, actor = application(tree.harbour), acting_as("CHAIR", tree.north)
    results = accept_applications([good[0].pk, young.pk, beyond.pk], actor=actor, now=NOW)
    assert {result.pk: bool(result.problem) for result in results} == {
        good[0].pk: False, young.pk: True, beyond.pk: True,
    }  # fmt: skip
    assert next(result for result in results if result.pk == beyond.pk).name == ""
    said = return_applications([young.pk], reason="证件上的年龄不够", actor=actor, now=NOW)
    assert [result.problem for result in said] == [""]
    assert refuse_applications([good[0].pk], reason="重复提交了", actor=actor, now=NOW)[0].problem
    with pytest.raises(Refused, match="勾选"):
        accept_applications([], actor=actor, now=NOW)


@pytest.mark.parametrize("phone", ["same", "another", "none"])
def test_who_comes_back_with_another_phone_is_not_accepted_in_a_heap(tree, phone) -> None:
    """The number of somebody's document must not be enough to come into all that is known of them."""
    user, actor = worker(), clerk(tree.mill)
    known = {"same": {"phone": user.phone}, "another": {}, "none": {"phone": ""}}[phone]
    former = member(tree.mill, "曾小明", **known)
    change_membership(former.pk, change=Change.LEFT, on=date(2026, 1, 5), actor=actor, now=NOW)
    waiting = application(tree.mill, user=user, document_number=former.person.document_number, phone=user.phone)
    results = accept_applications([waiting.pk], actor=actor, now=NOW)
    if phone == "same":
        assert [result.problem for result in results] == [""]
        return
    assert "单独办理" in results[0].problem
    assert "请先核对是本人" in likenesses(again(waiting), actor)[0].text
    assert again(waiting).state == ApplicationState.RECEIVED
    assert Person.objects.unscoped(**ALL).get().user_id is None
    assert accept_application(waiting.pk, actor=actor, now=NOW).person.user_id == user.pk


def test_a_look_leaves_a_trace(tree) -> None:
    waiting, actor = application(tree.mill), clerk(tree.mill)
    assert reveal_application(waiting.pk, field="phone", reason="电话核实", actor=actor, now=NOW) == waiting.phone
    assert AuditEntry.objects.get(verb="members.application.revealed").reason == "电话核实"
    for field, reason, refusal in (("phone", "看", Refused), ("user", "电话核实", Missing)):
        with pytest.raises(refusal):
            reveal_application(waiting.pk, field=field, reason=reason, actor=actor, now=NOW)
    assert mask_identity(waiting.document_number) != waiting.document_number


def test_what_waits_is_counted_and_keeps_a_union_from_being_dissolved(tree) -> None:
    application(tree.mill)
    request_of(member(tree.mill), RequestKind.LEAVE)
    assert waiting_counts(acting_as("CHAIR", tree.north)) == (1, 1)
    assert waiting_counts(acting_as("CHAIR", tree.south)) == (0, 0)
    assert open_applications_at(tree.mill.pk) == 1


class Angry:
    def answer(self, *, name, kind, number):
        raise ConnectionError(f"nobody there: https://example.org/?id={number}")


class Sure:
    def answer(self, *, name, kind, number):
        return IdentityAnswer.MATCHES


@pytest.mark.parametrize(
    ("adapter", "expected"),
    [("Angry", IdentityAnswer.UNKNOWN), ("Sure", IdentityAnswer.MATCHES), ("", IdentityAnswer.UNKNOWN)],
)
def test_the_identity_check_is_an_adapter(tree, settings, caplog, adapter, expected) -> None:
    if adapter:
        settings.IDENTITY_CHECK = f"{__name__}.{adapter}"
    waiting = application(tree.mill)
    assert check_identity_of(waiting.pk, now=NOW) == expected
    assert again(waiting).identity_answer == expected
    assert waiting.document_number not in caplog.text
    refuse_application(waiting.pk, reason="不在本单位工作", actor=clerk(tree.mill), now=NOW)
    assert check_identity_of(waiting.pk, now=NOW) is None


# --- requests ---


@pytest.mark.parametrize(
    ("kind", "status"), [(RequestKind.LEAVE, 4), (RequestKind.KEEP, 2), (RequestKind.CORRECTION, 1)]
)
def test_granting_does_what_was_asked(tree, kind, status) -> None:
    made = member(tree.mill)
    asked = request_of(made, kind, note="我要回老家")
    grant_request(asked.pk, actor=clerk(tree.mill), now=NOW)
    assert (again(made).status, again(asked).state) == (status, RequestState.DONE)
    assert kind.label in inbox(asked.user_id).get().title
    with pytest.raises(Refused, match="已办结"):
        grant_request(asked.pk, actor=clerk(tree.mill), now=NOW)


def test_a_transfer_needs_the_right_at_both_ends(tree) -> None:
    made = member(tree.mill)
    asked = request_of(made, RequestKind.TRANSFER, to_scope_id=tree.harbour.pk)
    with pytest.raises(Refused, match="共同的上级"):
        grant_request(asked.pk, actor=clerk(tree.mill), now=NOW)
    assert again(asked).state == RequestState.RECEIVED
    grant_request(asked.pk, actor=acting_as("CHAIR", tree.county), now=NOW)
    assert Membership.objects.unscoped(**ALL).get(person=made.person_id, status=1).scope_id == tree.harbour.pk


def test_refusing_says_why(tree) -> None:
    asked = request_of(member(tree.mill), RequestKind.LEAVE)
    with pytest.raises(Refused):
        refuse_request(asked.pk, reason="", actor=clerk(tree.mill), now=NOW)
    refuse_request(asked.pk, reason="请先交还借用物品", actor=clerk(tree.mill), now=NOW)
    assert "请先交还借用物品" in inbox(asked.user_id).get().body
    with pytest.raises(Missing):
        refuse_request(asked.pk, reason="请先交还借用物品", actor=clerk(tree.harbour), now=NOW)


def test_many_requests_at_once(tree) -> None:
    asked = [request_of(member(tree.mill), kind) for kind in (RequestKind.LEAVE, RequestKind.RESUME)]
    results = grant_requests([row.pk for row in asked], actor=clerk(tree.mill), now=NOW)
    assert [bool(result.problem) for result in results] == [False, True]
    assert [again(row).state for row in asked] == [RequestState.DONE, RequestState.RECEIVED]


# --- two at once, on real connections ---


def at_once(*acts) -> list[str]:
    """Each in a thread of its own, let go together; what each said."""
    gate, said = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act) -> None:
        gate.wait()
        try:
            act()
            said[number] = "done"
        except Refused as refusal:
            said[number] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return said


def test_the_control_two_who_only_look_both_take(transactional_db) -> None:
    """Without the lock both would see it waiting: the test below shows something."""
    tree = small_tree()
    waiting, seen, gate = application(tree.mill), [], threading.Barrier(2)

    def look() -> None:
        seen.append(JoiningApplication.objects.unscoped(**ALL).get(pk=waiting.pk).state)
        gate.wait()

    assert at_once(look, look) == ["done", "done"]
    assert seen == [ApplicationState.RECEIVED] * 2


@pytest.mark.parametrize("other", ["accept", "refuse"])
def test_two_officers_decide_once(transactional_db, other) -> None:
    tree = small_tree()
    officers = [clerk(tree.mill), actor_of(officer("CLERK", tree.north, name="李强").pk, now=NOW)]
    for turn in range(5):
        waiting = application(tree.mill, f"曾小{'一二三四五'[turn]}")
        first = partial(accept_application, waiting.pk, actor=officers[0], now=NOW)
        second = partial(accept_application, waiting.pk, actor=officers[1], now=NOW)
        if other == "refuse":
            second = partial(refuse_application, waiting.pk, reason="不在本单位工作", actor=officers[1], now=NOW)
        said = at_once(first, second)
        assert sorted(said) == ["application.decided", "done"], said
        assert inbox(waiting.user_id).count() == 1
    made = Membership.objects.unscoped(**ALL).count()
    accepted = JoiningApplication.objects.unscoped(**ALL).filter(state=ApplicationState.ACCEPTED).count()
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(sum(n), 0) from members_membertally where category = 0")
        assert made == accepted == cursor.fetchone()[0]


def test_two_bulk_acceptances_finish_together(transactional_db) -> None:
    """Each union's rows are taken in the same order by everybody."""
    tree = small_tree()
    waiting = [application(union, f"曾明{number}".replace("0", "零").replace("1", "一").replace("2", "二").replace("3", "三"))
               for number in range(4) for union in (tree.mill, tree.harbour)]  # fmt: skip
    pks = [row.pk for row in waiting]
    chairs = [actor_of(officer("CHAIR", tree.county, name=name).pk, now=NOW) for name in ("陈国强", "李强")]
    results: list = []
    said = at_once(
        lambda: results.extend(accept_applications(pks, actor=chairs[0], now=NOW)),
        lambda: results.extend(accept_applications(pks[::-1], actor=chairs[1], now=NOW)),
    )
    assert said == ["done", "done"]
    assert sum(not result.problem for result in results) == len(pks)
    assert Membership.objects.unscoped(**ALL).count() == len(pks)
    assert not MembershipRequest.objects.unscoped(**ALL).exists()


def test_withdrawing_while_an_officer_accepts(transactional_db) -> None:
    """Whoever is first has it; the two never wait for each other."""
    from niangjia.modules.members.actions.applying import withdraw_application

    tree = small_tree()
    actor = clerk(tree.mill)
    for turn in range(6):
        waiting = application(tree.mill, f"曾小{'一二三四五六'[turn]}")
        said = at_once(
            partial(accept_application, waiting.pk, actor=actor, now=NOW),
            partial(withdraw_application, waiting.user_id, now=NOW),
        )
        assert sorted(said) in (["application.decided", "done"], ["application.none", "done"]), said
    states = JoiningApplication.objects.unscoped(**ALL).values_list("state", flat=True)
    assert Membership.objects.unscoped(**ALL).count() == list(states).count(ApplicationState.ACCEPTED)


def test_an_application_is_not_handed_up_to_a_union_that_has_closed(tree) -> None:
    waiting = application(tree.mill)
    tree.north.closed_on = NOW.date()
    tree.north.save(update_fields=["closed_on"])
    with pytest.raises(Refused, match="上级工会已不再运行"):
        hand_over_application(waiting.pk, to=tree.north.pk, reason="不是本厂的人", actor=clerk(tree.mill), now=NOW)
