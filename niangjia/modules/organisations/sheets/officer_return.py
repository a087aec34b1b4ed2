"""Taking a sheet of officers back: accounts that nobody has used go, jobs of others end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Invitation, User
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.officers import end_job
from niangjia.modules.organisations.models import Post
from niangjia.modules.organisations.queries.officers import job_label
from niangjia.modules.organisations.sheets.kept import TakingBack, referenced

REASON = "rows of officers that an import made"


def take_back_officers(batch_id: int, *, actor: Actor, now: datetime) -> list[str]:
    back = TakingBack(batch_id)
    _take_posts(back)
    grants, changed = back.untouched(Grant)
    unused = _unused_accounts(back, {grant.pk for grant in grants})
    for grant in grants:
        if grant.user_id not in unused:
            _end(grant, back, actor, now)
    # What ended meanwhile is as it should be.
    back.lines += [f"{_who(grant)}：导入后调整过，保留。" for grant in changed if grant.ended_at is None]
    Invitation.objects.filter(user__in=unused).delete()
    Grant.objects.unscoped(reason=REASON).filter(user__in=unused).delete()
    User.objects.filter(pk__in=unused).delete()
    back.restore(Grant, _who, {"until_on": "截止日期"})
    return back.lines


def _take_posts(back: TakingBack) -> None:
    posts, edited = back.untouched(Post)
    Post.objects.unscoped(reason=REASON).filter(pk__in=[post.pk for post in posts]).delete()
    back.lines += [f"{post.name}在“{post.organisation.name}”的职务：导入后改过，保留。" for post in edited]


def _unused_accounts(back: TakingBack, own_grants: set[int]) -> set[int]:
    """Made by the import, without a password yet, and with nothing to their name but what the import gave."""
    same, _ = back.untouched(User)
    fresh = {user.pk for user in same if user.last_login is None and not user.has_usable_password()}
    used = referenced(User, fresh, apart=(Grant, Invitation))
    others = Grant.objects.unscoped(reason=REASON).filter(user__in=fresh).exclude(pk__in=own_grants)
    used |= set(others.values_list("user_id", flat=True))
    return fresh - used


def _end(grant: Grant, back: TakingBack, actor: Actor, now: datetime) -> None:
    try:
        end_job(grant.pk, actor=actor, now=now, reason="撤回导入")
    except (Refused, NotPermitted, Missing) as no:
        back.lines.append(f"{_who(grant)}：{no.message}")
        return
    if grant.user_id in back.made(User):
        back.lines.append(f"{_who(grant)}：账号已启用，保留账号，岗位已免去。")


def _who(grant: Any) -> str:
    return f"{grant.user.name}的{job_label(grant.job)}"
