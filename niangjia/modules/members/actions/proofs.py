"""Giving out the paper that says somebody is a member."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import path_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.members.models import ACTIVE_STATES, Membership, MembershipProof
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.people import membership_in_sight
from niangjia.modules.members.rules import UNMISTAKABLE

CODE_LENGTH = 16
"""79 bits: nobody comes upon somebody else's paper by trying."""


def issue_proof(membership_id: int, *, actor: Actor, now: datetime) -> MembershipProof:
    """By an officer who keeps the register there. Raises Missing, NotPermitted, Refused for who is no member."""
    with transaction.atomic():
        membership = membership_in_sight(membership_id, actor)
        path = path_of(membership, actor, Permission.MEMBER_EDIT)
        return _issued(membership, path, actor, now)


def issue_own_proof(user_id: int, *, now: datetime) -> MembershipProof:
    """By the member, on the phone. Raises Missing without an active membership."""
    with transaction.atomic():
        rows = Membership.objects.unscoped(reason="one's own membership").select_related("person", "scope")
        membership = rows.filter(person__user=user_id, status__in=ACTIVE_STATES).first()
        if membership is None:
            raise Missing("您现在还没有会籍，入会以后就可以在这里开会员证明。")
        actor = Actor(user_id=user_id, name=membership.name)
        return _issued(membership, membership.scope.path, actor, now)


def _issued(membership: Membership, path: str | None, actor: Actor, now: datetime) -> MembershipProof:
    if membership.status not in ACTIVE_STATES:
        raise Refused("proof.state", "会籍已经终止，不能出具会员证明。")
    proof: MembershipProof = MembershipProof.objects.create(
        membership=membership, union=membership.scope, issued_at=now, issued_by_id=actor.user_id,
        code="".join(secrets.choice(UNMISTAKABLE) for _ in range(CODE_LENGTH)),
    )  # fmt: skip
    audit.record(
        actor=actor, verb="members.proof.issued", subject=membership, path=path, now=now,
        after={"number": proof.number},
    )  # fmt: skip
    return proof
