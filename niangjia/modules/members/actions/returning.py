"""An account that was silent for long: the number may be somebody else's by now, and a code alone proves the number."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import transaction

from niangjia.kernel.access.models import User
from niangjia.kernel.access.workers import close_worker_account, worker_account
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Refused
from niangjia.modules.members.actions.applying import hold_account, self_of
from niangjia.modules.members.models import Person
from niangjia.modules.members.queries.own import own_application, own_person

SILENCE, TAIL, MOST_TRIES, DAY = timedelta(days=180), 6, 3, timedelta(days=1)
NOT_THE_OWNER = "没有核对上，不能登录这个账号。请核对后再试；号码是刚换来的，请点下面的“这个号码现在是我的”。"
AWAKE = "这个账号刚刚有人办理过，请重新获取验证码。"
TOO_MANY = "核对次数太多。请明天再试，或带身份证件到所在工会办理。"
_PROVED, _NOT_PROVED = "access.worker.owner_proved", "access.worker.owner_not_proved"


def is_silent(user: User, *, now: datetime) -> bool:
    """Whether the account asks for more than the phone: long unused, and of somebody whose number is known."""
    return now - (user.last_login or user.created_at) >= SILENCE and bool(_number_of(user.pk))


def prove_owner(user_id: int, *, tail: str, now: datetime) -> User:
    """By the last six of the identity number. Raises Refused, after three wrong ones for a day.

    A wrong try is kept, whatever the caller does with the refusal.
    """
    with transaction.atomic():
        user = _open_account(user_id)
        tried = AuditEntry.objects.filter(subject_kind=audit.kind_of(user), subject_id=user_id, verb=_NOT_PROVED)
        if tried.filter(at__gt=now - DAY).count() >= MOST_TRIES:
            raise Refused("owner.many", TOO_MANY)
        number, given = _number_of(user_id), tail.strip().upper()
        proved = len(given) == TAIL and compare_digest(number[-TAIL:].encode(), given.encode())
        audit.record(actor=self_of(user), verb=_PROVED if proved else _NOT_PROVED, subject=user, now=now)
    if not proved:
        raise Refused("owner.wrong", NOT_THE_OWNER)
    return user


def begin_afresh(user_id: int, *, now: datetime) -> User:
    """For the number's new owner: the silent account ends, and the number gets one that knows nothing of it.

    The former owner's membership stays as it is. Raises Refused where somebody was quicker.
    """
    with transaction.atomic():
        user = _open_account(user_id)
        if not is_silent(user, now=now):
            raise Refused("owner.awake", AWAKE)
        for person in Person.objects.unscoped(reason="who can't be reached by this phone any more").filter(user=user):
            person.user = None
            person.save(update_fields=["user"])
        phone = user.phone
        close_worker_account(user_id, now=now)
        return worker_account(phone, now=now)


def _open_account(user_id: int) -> User:
    user = hold_account(user_id)
    if not user.phone_digest:
        raise Refused("owner.closed", AWAKE)
    return user


def _number_of(user_id: int) -> str:
    """Empty for somebody who never gave one."""
    known = own_person(user_id) or own_application(user_id)
    return known.document_number.upper() if known else ""
