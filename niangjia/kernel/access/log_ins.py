"""Log-ins in the trail: an officer's only. When a worker opens the phone is nobody's business for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from niangjia.kernel.access.actions import place_of
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.words import Word

LOG_IN = "access.log_in."
"""What the verbs of this module begin with; other pages leave them out or ask for them alone."""


class LogIn(Word):
    """A step of coming in or going out, as the trail's verb."""

    DONE = f"{LOG_IN}done", "登录"
    CODE_ACCEPTED = f"{LOG_IN}code_accepted", "通过两步验证（动态码）"
    RECOVERY_CODE_ACCEPTED = f"{LOG_IN}recovery_code_accepted", "通过两步验证（恢复码）"
    REFUSED = f"{LOG_IN}refused", "登录失败（密码不对）"
    CODE_REFUSED = f"{LOG_IN}code_refused", "登录失败（动态码不对）"
    LOCKED = f"{LOG_IN}locked", "登录锁定"
    ENDED = f"{LOG_IN}ended", "退出登录"


STRANGERS = frozenset({LogIn.REFUSED, LogIn.CODE_REFUSED, LogIn.LOCKED})
"""What anybody may cause who knows a user name."""
MOST_BY_STRANGERS, WITHIN = 20, timedelta(minutes=15)
_STRANGER = Actor(user_id=None, name="未登录者")


def note_log_in(user: User, step: LogIn, *, now: datetime) -> None:
    """Into the trail, without address and without what was typed. Says nothing of workers' accounts.

    One address is stopped by the lock-out; however many addresses try, an account gets no more than
    MOST_BY_STRANGERS entries by strangers within WITHIN.
    """
    if user.phone_digest or (step in STRANGERS and _is_flooded(user, now)):
        return
    by = _STRANGER if step in STRANGERS else Actor(user_id=user.pk, name=user.name)
    audit.record(actor=by, verb=step, subject=user, path=place_of(user), now=now)


def _is_flooded(user: User, now: datetime) -> bool:
    latest = list(_of(user).order_by("-id").values_list("verb", "at")[:MOST_BY_STRANGERS])
    return len(latest) == MOST_BY_STRANGERS and all(verb in STRANGERS and at > now - WITHIN for verb, at in latest)


def log_ins_of(user: User, *, limit: int = 20) -> list[AuditEntry]:
    """The latest, newest first. The caller has been let see them."""
    return list(_of(user).filter(verb__startswith=LOG_IN).order_by("-id")[:limit])


def _of(user: User) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(subject_kind=audit.kind_of(user), subject_id=user.pk)
