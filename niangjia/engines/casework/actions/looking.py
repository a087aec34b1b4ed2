"""Named looks at a case that is not open to everybody at its place."""

from __future__ import annotations

from datetime import datetime

from niangjia.engines.casework.actions.stepping import stepping, take_part
from niangjia.engines.casework.models import Case, Role
from niangjia.engines.casework.queries.people import heads, kept_out
from niangjia.engines.casework.rules import Verb
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.errors import Refused


def let_look(case_id: int, *, user_id: int, reason: str, actor: Actor, now: datetime) -> Case:
    with stepping(case_id, Verb.LET_LOOK, actor=actor, now=now, reason=reason) as step:
        user = User.objects.filter(pk=user_id, is_active=True).first()
        if user is None or user_id in kept_out(step.case, now=now):
            raise Refused("case.user", "这个人不能查看，请另选。", "user_id")
        if not reason.strip():
            raise Refused("case.reason", "请写明为什么让他知悉。", "reason")
        take_part(step.case, user_id, Role.LOOKER, now=now)
        step.text = f"{user.name}：{reason.strip()}"
        step.data = {"user": user_id, "name": user.name}
        step.tell([user_id], "请您知悉")
    return step.case


def let_heads_look(case: Case, *, now: datetime) -> None:
    """A confidential case that nobody leads would be seen by nobody: the head of the place sees it and gives it on."""
    for told in heads(case, now=now):
        take_part(case, told.user_id, Role.LOOKER, now=now)
