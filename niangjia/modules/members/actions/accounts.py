"""The account on a phone and the person in the register are one human being."""

from __future__ import annotations

from datetime import datetime

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Refused
from niangjia.kernel.notify.actions import notify
from niangjia.modules.members.models import Person

SOMEBODY_ELSES = "这个手机账号已经是另一位会员的，一个账号只能对应一个人。请先与本人核对手机号和证件。"


def link_account(person: Person, user: User, *, actor: Actor, now: datetime, path: str | None) -> None:
    """From now on the account speaks for the person; one that did before is told that it no longer does.

    Part of an act that has asked for the right. Raises Refused for an account of somebody else.
    """
    if person.user_id == user.pk:
        return
    people = Person.objects.unscoped(reason="one account is one person, wherever the membership is")
    if people.filter(user=user).exclude(pk=person.pk).exists():
        raise Refused("account.taken", SOMEBODY_ELSES, "phone")
    before = person.user_id
    person.user = user
    person.save(update_fields=["user"])
    User.objects.filter(pk=user.pk).update(name=person.name)
    audit.record(
        actor=actor, verb="members.person.linked", subject=person, path=path, now=now,
        before={"user": before}, after={"user": user.pk},
    )  # fmt: skip
    if before is not None:
        notify(
            [before], now=now, title="您的会员信息已改由另一个手机号登录",
            body="如果不是您本人办理的，请马上联系所在工会。",
        )  # fmt: skip
