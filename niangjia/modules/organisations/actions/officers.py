"""Officers: invited, appointed, prolonged, ended, gone. Nobody gives more than he holds or may pass on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actions import close_user, create_user, end_grant, ensure_may_give, grant_job, invite
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.rights import permissions_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.ltree import is_under
from niangjia.kernel.notify.actions import notify, tell_once
from niangjia.kernel.numbers import check_phone, tidy_phone
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.queries.handover import Leaving, Successor, hand_over, in_hand
from niangjia.modules.organisations.queries.officers import (
    ensure_may_manage,
    grants_in_sight,
    job_label,
    officer_in_sight,
    open_on,
)
from niangjia.modules.organisations.queries.organisations import organisation_in_sight, placed

Link = Callable[[str], str]
"""The address of an invitation by its token."""


@dataclass(frozen=True)
class Invited:
    """The link is known now and never again."""

    user: User
    link: str


def invite_officer(
    *,
    username: str,
    name: str,
    phone: str,
    job: str,
    organisation_id: int,
    from_on: date,
    actor: Actor,
    now: datetime,
    link: Link,
    until_on: date | None = None,
) -> Invited:
    """A new account with one job, and the link by which its owner sets the password.

    Raises Missing for an organisation out of sight, NotPermitted beyond what the actor may give,
    Refused for a taken user name, a closed organisation or a span that can't be.
    """
    with transaction.atomic():
        user = enrol_officer(
            username=username, name=name, phone=phone, job=job, organisation_id=organisation_id, from_on=from_on,
            until_on=until_on, actor=actor, now=now,
        )  # fmt: skip
        path = organisation_in_sight(organisation_id, actor).scope.path
        return send_invitation(user, path=path, link=link, actor=actor, now=now)


def enrol_officer(
    *,
    username: str,
    name: str,
    phone: str,
    job: str,
    organisation_id: int,
    from_on: date,
    actor: Actor,
    now: datetime,
    until_on: date | None = None,
) -> User:
    """The account and its job alone: nobody can log in before an invitation was sent. Raises as `invite_officer`."""
    organisation = _open_organisation(organisation_id, actor)
    path = organisation.scope.path
    ensure_may_give(actor, job, path)
    with transaction.atomic():
        user = create_user(
            username=username, name=name.strip(), phone=checked_phone(phone), actor=actor, now=now, path=path
        )
        grant_job(
            user=user, job=job, scope=organisation.scope, from_on=from_on, until_on=until_on, actor=actor, now=now
        )
    return user


def invite_again(user_id: int, *, actor: Actor, now: datetime, link: Link) -> Invited:
    """A new link, also for somebody who forgot the password; the old link ends, the old password holds until it is used.

    Raises Missing, NotPermitted for somebody with jobs that the actor could not give, Refused for a closed account.
    """
    user, path = _managed(user_id, actor, now)
    if not user.is_active:
        raise Refused("user_closed", "这个账号已停用，不能再邀请。")
    return send_invitation(user, path=path, link=link, actor=actor, now=now)


def send_invitation(user: User, *, path: str, link: Link, actor: Actor, now: datetime) -> Invited:
    """For those who have asked for the right; the link goes to the telephone and to the caller, and is not kept."""
    with transaction.atomic():
        address = link(invite(user, actor=actor, now=now, path=path))
        tell_once(name=user.name, phone=user.phone, title="请在 7 天内打开链接，设置登录密码", url=address)
    return Invited(user, address)


def appoint_officer(
    *,
    username: str,
    job: str,
    organisation_id: int,
    from_on: date,
    actor: Actor,
    now: datetime,
    until_on: date | None = None,
) -> Grant:
    """One more job for somebody who has an account; whoever knows the user name may give it.

    Raises as `invite_officer`, and Refused for an unknown user name or a job already held.
    """
    organisation = _open_organisation(organisation_id, actor)
    ensure_may_give(actor, job, organisation.scope.path)
    user = _user_named(username, "username")
    with transaction.atomic():
        grant = grant_job(
            user=user, job=job, scope=organisation.scope, from_on=from_on, until_on=until_on, actor=actor, now=now
        )
        until = f"，至 {until_on} 止" if until_on else ""
        notify(
            [user.pk],
            title=f"您已任{organisation.name}{job_label(job)}",
            body=f"自 {from_on} 起{until}。由{actor.name}办理。",
            url="/desk/",
            now=now,
        )
    return grant


def change_job_end(grant_id: int, *, until_on: date | None, actor: Actor, now: datetime) -> Grant:
    """Prolongs or shortens a job; None leaves it open. Raises Missing, NotPermitted, Refused for a day not to come."""
    with transaction.atomic():
        grant = _grant_in_sight(grant_id, actor)
        ensure_may_give(actor, grant.job, grant.scope.path)
        _ensure_not_oneself(grant.user_id, actor)
        if grant.ended_at is not None or (grant.until_on and grant.until_on <= timezone.localdate(now)):
            # Prolonged, it would have been held all the while; and a new job ends open links, this would not.
            raise Refused("job_ended", "这个岗位已经免去或到期，需要时请重新任命。")
        if until_on is not None and until_on <= max(grant.from_on, timezone.localdate(now)):
            raise Refused("span", "结束日期要晚于今天和任命日期；今天就结束请用“免去”。", "until_on")
        before = audit.snapshot(grant)
        grant.until_on = until_on
        grant.save(update_fields=["until_on"])
        audit.record(
            actor=actor, verb="access.grant.changed", subject=grant, path=grant.scope.path,
            before=before, after=audit.snapshot(grant), now=now,
        )  # fmt: skip
    return grant


def end_job(grant_id: int, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Takes a job away at once.

    Raises Missing, NotPermitted as giving it would, Refused for one's own job, and for the last job
    at an organisation while work there is still in hand: that is what leaving an office is for.
    """
    with transaction.atomic():
        grant = _grant_in_sight(grant_id, actor)
        ensure_may_give(actor, grant.job, grant.scope.path)
        _ensure_not_oneself(grant.user_id, actor)
        if grant.ended_at is not None:
            return
        today = timezone.localdate(now)
        others = _open_grants(grant.user_id, grant.scope_id, today).exclude(pk=grant.pk)
        if not others.exists():
            _ensure_nothing_in_hand(Leaving(grant.user_id, grant.scope.path, today))
        end_grant(grant, actor=actor, now=now, reason=reason)
        notify([grant.user_id], title=f"您不再担任{job_label(grant.job)}", body=f"由{actor.name}办理。", now=now)


@dataclass(frozen=True)
class Left:
    jobs: int
    moved: list[tuple[str, int]]


def leave_office(
    user_id: int,
    *,
    organisation_id: int,
    on: date,
    actor: Actor,
    now: datetime,
    successor_id: int | None = None,
    reason: str = "",
) -> Left:
    """Ends all jobs of somebody at an organisation from `on` and hands over what is open there and below.

    The successor is an officer in sight; the jobs he doesn't hold there yet are given to him from the same day.
    Who takes the work over himself gets no job by it.
    Raises Missing, NotPermitted where the actor could not give one of the jobs, Refused for a day gone by,
    or without a successor while work is in hand.
    """
    organisation = organisation_in_sight(organisation_id, actor)
    path, today = organisation.scope.path, timezone.localdate(now)
    _ensure_not_oneself(user_id, actor)
    if on < today:
        raise Refused("leave_past", "离任日期不能早于今天。", "on")
    with transaction.atomic():
        grants = list(
            _open_grants(user_id, organisation.pk, today)
            .select_for_update(of=("self",))
            .select_related("user", "scope")
        )
        if not grants or not grants_in_sight(actor).filter(pk=grants[0].pk).exists():
            raise Missing("这位干部在该单位没有岗位，可能已经离任。")
        for grant in grants:
            ensure_may_give(actor, grant.job, path)
        leaving = Leaving(user_id, path, on)
        moved = in_hand(leaving)
        following = _following(successor_id, grants, organisation, on=on, actor=actor, now=now)
        if following is None:
            _ensure_nothing_in_hand(leaving)
        hand_over(leaving, Successor(following.pk if following else None, actor, now))
        for grant in grants:
            _end_on(grant, on, actor, now, reason)
        _tell_both(grants[0].user, following, organisation, on=on, moved=moved, now=now)
    return Left(len(grants), moved)


def _following(
    user_id: int | None, grants: list[Grant], organisation: Organisation, *, on: date, actor: Actor, now: datetime
) -> User | None:
    if user_id is None:
        return None
    if user_id == grants[0].user_id:
        raise Refused("successor_self", "接任人不能是离任人自己。", "successor_id")
    known = grants_in_sight(actor).filter(user=user_id, user__is_active=True).select_related("user").first()
    if known is None:
        raise Refused("successor_unknown", "接任人还不是您管辖范围内的干部，请先任命或邀请。", "successor_id")
    following: User = known.user
    if user_id == actor.user_id:
        if any(not permissions_of(grant.job) <= actor.permissions_at(organisation.scope.path) for grant in grants):
            raise Refused("successor_rights", "您在该单位没有这个岗位的全部权限，请指定别人接任。", "successor_id")
        return following
    held = (
        Grant.objects.unscoped(reason="what a successor holds already")
        .filter(open_on(on), user=following, from_on__lte=on)
        .values_list("job", "scope__path")
    )
    holds = list(held)
    for grant in grants:
        if any(job == grant.job and is_under(organisation.scope.path, path) for job, path in holds):
            continue
        until_on = grant.until_on if grant.until_on and grant.until_on > on else None
        grant_job(
            user=following, job=grant.job, scope=organisation.scope, from_on=on, until_on=until_on, actor=actor, now=now
        )
    return following


def _end_on(grant: Grant, on: date, actor: Actor, now: datetime, reason: str) -> None:
    if on <= timezone.localdate(now) or grant.from_on >= on:
        end_grant(grant, actor=actor, now=now, reason=reason)
    elif grant.until_on is None or grant.until_on > on:
        before = audit.snapshot(grant)
        grant.until_on = on
        grant.save(update_fields=["until_on"])
        audit.record(
            actor=actor, verb="access.grant.changed", subject=grant, path=grant.scope.path,
            before=before, after=audit.snapshot(grant), reason=reason, now=now,
        )  # fmt: skip


def _tell_both(
    leaver: User,
    following: User | None,
    organisation: Organisation,
    *,
    on: date,
    moved: list[tuple[str, int]],
    now: datetime,
) -> None:
    what = "、".join(f"{number} {label}" for label, number in moved) or "没有未办结的事"
    notify([leaver.pk], title=f"您自 {on} 起离任{organisation.name}", body=f"移交：{what}。", now=now)
    if following:
        notify([following.pk], title=f"您接任{leaver.name}在{organisation.name}的工作", body=f"移交：{what}。", now=now)


def unlock_officer(user_id: int, *, actor: Actor, now: datetime) -> None:
    """Forgets the wrong passwords, so that he may try again at once. Raises Missing, NotPermitted."""
    with transaction.atomic():
        user, path = _managed(user_id, actor, now)
        AccessAttempt.objects.filter(username__iexact=user.username).delete()
        audit.record(actor=actor, verb="access.user.unlocked", subject=user, path=path, now=now)


def close_account(user_id: int, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """No log-in any more: all jobs and sessions end.

    Raises Missing, NotPermitted as above, Refused for oneself and while work is in hand.
    """
    with transaction.atomic():
        user, path = _managed(user_id, actor, now)
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        today = timezone.localdate(now)
        for grant in Grant.objects.unscoped(reason="all jobs of an account").filter(open_on(today), user=user):
            _ensure_nothing_in_hand(Leaving(user.pk, grant.scope.path, today))
            end_grant(grant, actor=actor, now=now, reason=reason)
        close_user(user, actor=actor, now=now, path=path, reason=reason)
        _end_sessions(user)


def reset_second_step(user_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """For a lost telephone: the password alone opens until its owner sets a second step up again. All sessions end.

    Raises Missing, NotPermitted, Refused for oneself, without a reason, or where there is no second step.
    """
    with transaction.atomic():
        user, path = _managed(user_id, actor, now)
        kept = _reason(reason, "请写明原因，例如怎样核实了是本人。")
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if not removed:
            raise Refused("no_second_step", "这个账号没有开启两步验证。")
        _end_sessions(user)
        audit.record(actor=actor, verb="access.user.second_step_reset", subject=user, path=path, reason=kept, now=now)
        notify(
            [user.pk],
            title="您的两步验证已重置，请重新开启",
            body=f"由{actor.name}办理，原因：{kept}。各处的登录已退出。不是您要求的，请马上修改密码并告诉主席。",
            url=reverse("mfa_index"),
            now=now,
        )


def _end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def _reason(given: str, otherwise: str) -> str:
    reason = given.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("reason", otherwise, "reason")
    return reason


def reveal_phone(user_id: int, *, reason: str, actor: Actor, now: datetime) -> str:
    """The whole number, against a reason that is kept. Raises Missing, Refused without a reason."""
    officer = officer_in_sight(user_id, actor, now=now)
    audit.record(
        actor=actor, verb="access.user.revealed", subject=officer.user, path=officer.held[0].grant.scope.path,
        reason=_reason(reason, "请写明查看原因。"), now=now,
    )  # fmt: skip
    return str(officer.user.phone)


SHORTEST_REASON = 2


def checked_phone(raw: str) -> str:
    phone = tidy_phone(raw)
    problem = check_phone(phone, synthetic=settings.SYNTHETIC_NUMBERS) if phone else None
    if problem:
        raise Refused("phone", problem, "phone")
    return phone


def _open_organisation(organisation_id: int, actor: Actor) -> Organisation:
    organisation = organisation_in_sight(organisation_id, actor)
    rules.ensure_active(placed(organisation))
    return organisation


def _user_named(username: str, field: str) -> User:
    user = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if user is None:
        raise Refused("user_unknown", "没有这个用户名，请核对；还没有账号的请先邀请。", field)
    return user


def _grant_in_sight(grant_id: int, actor: Actor) -> Grant:
    grant = (
        grants_in_sight(actor)
        .select_for_update(of=("self",))
        .select_related("user", "scope")
        .filter(pk=grant_id)
        .first()
    )
    if grant is None:
        raise Missing("没有找到这个岗位，可能不在您的管辖范围内。")
    return grant


def _open_grants(user_id: int, organisation_id: int, today: date) -> QuerySet[Grant]:
    return Grant.objects.unscoped(reason="all jobs of somebody at one place in sight").filter(
        open_on(today), user=user_id, scope=organisation_id
    )


def _managed(user_id: int, actor: Actor, now: datetime) -> tuple[User, str]:
    officer = officer_in_sight(user_id, actor, now=now)
    if not actor.can(Access.OFFICER_APPOINT):
        raise NotPermitted
    _ensure_not_oneself(user_id, actor)
    return officer.user, ensure_may_manage(actor, officer.user, now=now)


def _ensure_not_oneself(user_id: int, actor: Actor) -> None:
    """Nobody saws off his own branch: the last one who may appoint would be gone."""
    if user_id == actor.user_id:
        raise Refused("oneself", "不能对自己办理，请由上级或系统管理员办理。")


def _ensure_nothing_in_hand(leaving: Leaving) -> None:
    open_things = in_hand(leaving)
    if open_things:
        what = "、".join(f"{number} {label}" for label, number in open_things)
        raise Refused("in_hand", f"还有{what}未交接，请用“离任交接”指定接任人。", "successor_id")
