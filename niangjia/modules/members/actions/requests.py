"""What a member asks of the own union, and proving to be one."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import IntegrityError, transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.accounts import link_account
from niangjia.modules.members.actions.applying import hold_account
from niangjia.modules.members.models import Membership, MembershipRequest, Person
from niangjia.modules.members.queries.own import own_active, own_person, own_request
from niangjia.modules.members.rules import (
    REQUESTED,
    MembershipState,
    RequestKind,
    RequestState,
    ensure_may_change,
    tidy_name,
)
from niangjia.modules.organisations.queries.joining import union_shown

TAIL, MOST_TRIES, HOUR = 6, 5, timedelta(hours=1)
NOT_PROVED = (
    "没有查到与您填写的信息和登录手机号一致的会籍。请核对后再试；登记的手机号换过的，请带身份证件到所在工会更新。"
)
_TRIED = "access.worker.not_proved"


def prove_membership(user_id: int, *, name: str, tail: str, now: datetime) -> Person:
    """Links the account to the person whose registered phone it proved, by name and the document's last six.

    Raises Refused, in the same words whatever does not fit; more than five wrong ones an hour wait.
    """
    with transaction.atomic():
        user = hold_account(user_id)
        if own_person(user_id) is not None:  # else who shares a phone could try the other's digits uncounted
            raise Refused("proof.linked", "您的会籍信息已经核对过，不用再核对。")
        tried = AuditEntry.objects.filter(subject_kind=audit.kind_of(user), subject_id=user_id, verb=_TRIED)
        if tried.filter(at__gt=now - HOUR).count() >= MOST_TRIES:
            raise Refused("proof.many", "核对次数太多，请一小时后再试，或到所在工会查询。")
        person = _fitting(user, tidy_name(name), tail.strip().upper())
        actor = Actor(user_id=user.pk, name=user.name or tidy_name(name)[:50])
        if person is None:
            audit.record(actor=actor, verb=_TRIED, subject=user, now=now)
        else:
            link_account(person, user, actor=actor, now=now, path=_place(person))
    if person is None:
        raise Refused("proof.none", NOT_PROVED)
    return person


def _fitting(user: User, name: str, tail: str) -> Person | None:
    if len(tail) != TAIL:
        return None
    people = Person.objects.unscoped(reason="the person behind a phone that proved itself")
    found = {
        person.merged_into_id or person.pk
        for person in people.filter(phone_digest=digest(user.phone), name=name)
        if compare_digest(person.document_number[-TAIL:].encode(), tail.encode())
    }
    return people.select_for_update().get(pk=found.pop()) if len(found) == 1 else None


def _place(person: Person) -> str | None:
    rows = Membership.objects.unscoped(reason="the place of the entry about a person").filter(person=person)
    return rows.order_by("status", "-joined_on").values_list("scope__path", flat=True).first()


def ask(
    user_id: int, kind: RequestKind, *, note: str = "", to_union: int | None = None, now: datetime
) -> MembershipRequest:
    """A request to the own union. Raises Refused where the membership doesn't allow it, or it was asked already."""
    with transaction.atomic():
        user = hold_account(user_id)
        membership = own_active(user_id)
        if membership is None:
            raise Refused("request.none", "没有查到您现在的会籍。")
        said = " ".join(note.split())[:300]
        if kind in REQUESTED:
            ensure_may_change(MembershipState(membership.status), REQUESTED[kind], reason=said)
        if kind is RequestKind.CORRECTION and not said:
            raise Refused("request.note", "请写明哪一项不对、应该是什么。", "note")
        target = _target(kind, to_union, membership)
        try:
            with transaction.atomic():
                row: MembershipRequest = MembershipRequest.objects.create(
                    membership=membership, user=user, kind=kind.value, to_scope_id=target, note=said,
                    state=RequestState.RECEIVED.value, received_at=now,
                )  # fmt: skip
        except IntegrityError as error:
            raise Refused("request.open", f"您已经提交过“{kind.label}”，正在办理，不用重复提交。") from error
        audit.record(
            actor=Actor(user_id=user.pk, name=user.name), verb="members.request.received", subject=row,
            path=membership.scope.path, after=audit.snapshot(row), now=now,
        )  # fmt: skip
    return row


def _target(kind: RequestKind, to_union: int | None, membership: Membership) -> int | None:
    if kind is not RequestKind.TRANSFER:
        return None
    union = union_shown(to_union) if to_union else None
    if union is None or not union.takes_members:
        raise Refused("request.union", "请选择要转到哪个工会。", "union")
    if union.id == membership.scope_id:
        raise Refused("request.same", "您的会籍已经在这个工会。", "union")
    return union.id


def withdraw_request(pk: int, user_id: int, *, now: datetime) -> None:
    """Raises Missing for somebody else's, Refused for one that is decided."""
    with transaction.atomic():
        user = hold_account(user_id)
        own_request(pk, user_id)
        row = MembershipRequest.objects.unscoped(reason="the worker's own request").select_for_update().get(pk=pk)
        if row.state != RequestState.RECEIVED:
            raise Refused("request.decided", "这条申请已经办结，不能撤回。")
        before = audit.snapshot(row)
        row.state, row.decided_at = RequestState.WITHDRAWN.value, now
        row.save(update_fields=["state", "decided_at"])
        audit.record(
            actor=Actor(user_id=user.pk, name=user.name), verb="members.request.withdrawn", subject=row,
            path=row.membership.scope.path, before=before, after=audit.snapshot(row), now=now,
        )  # fmt: skip
