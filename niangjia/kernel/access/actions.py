"""Placing scopes, opening accounts, giving and ending jobs."""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Grant, Invitation, Scope, ScopePath, User
from niangjia.kernel.access.permissions import Permission
from niangjia.kernel.access.rights import jobs, permissions_of
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.ltree import is_under

INVITATION_DAYS = 7
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")


def place_scope(parent: Scope | None, *, on: date) -> Scope:
    """A new place under `parent` (None: a root), standing there from `on`."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('access_scope', 'id'))")
        (number,) = cursor.fetchone() or (0,)
    path = f"{parent.path}.{number}" if parent else str(number)
    scope = Scope.objects.create(id=number, parent=parent, path=path)
    ScopePath.objects.create(scope=scope, path=path, from_on=on)
    return scope


def hold_tree() -> None:
    """Until the transaction ends nobody else changes the tree: two moves at once could tie it into a ring."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(7203)")


def hold_place(scope_id: int) -> None:
    """Until the transaction ends nobody else joins this place or ends it: a newcomer must not land in what is gone."""
    Scope.objects.select_for_update(no_key=True).get(pk=scope_id)


@transaction.atomic
def move_scope(scope: Scope, parent: Scope, *, on: date) -> int:
    """Hang a place and all below it under another; the history keeps where each stood before `on`.

    Returns how many places moved. Raises Refused for a move under itself.
    """
    hold_tree()
    scope.refresh_from_db()
    parent.refresh_from_db()
    if is_under(parent.path, scope.path):
        raise Refused("move_under_itself", "不能移到自己或自己的下级之下。", "parent")
    with connection.cursor() as cursor:
        cursor.execute(
            "update access_scope set path = %s::ltree || subpath(path, nlevel(%s::ltree) - 1) where path <@ %s::ltree",
            [parent.path, scope.path, scope.path],
        )
        moved = int(cursor.rowcount)
    Scope.objects.filter(pk=scope.pk).update(parent=parent)
    scope.refresh_from_db()
    # What was closed before stays where it was last.
    standing = ScopePath.objects.filter(
        scope__in=Scope.objects.filter(path__under=scope.path).values("id"), until_on=None
    )
    ids = list(standing.values_list("scope_id", flat=True))
    # What began on this very day never stood at the old place for a whole day: rewrite it.
    standing.filter(from_on=on).delete()
    standing.update(until_on=on)
    ScopePath.objects.bulk_create(
        ScopePath(scope_id=pk, path=path, from_on=on)
        for pk, path in Scope.objects.filter(pk__in=ids).values_list("id", "path")
    )
    return moved


def close_scope(scope: Scope, *, on: date) -> None:
    """The place stops counting from `on`; its row stays, since facts point to it."""
    ScopePath.objects.filter(scope=scope, until_on=None, from_on__lt=on).update(until_on=on)
    ScopePath.objects.filter(scope=scope, until_on=None).delete()


def create_user(
    *,
    username: str,
    name: str,
    actor: Actor,
    now: datetime,
    phone: str = "",
    password: str | None = None,
    path: str | None = None,
) -> User:
    """An account without any right; `path` is the place whose auditors see the entry.

    Raises Refused for a user name that is taken or unfit, ValidationError for a weak password.
    """
    username = fit_username(username)
    if User.objects.filter(username__iexact=username).exists():
        raise username_taken()
    user = User(username=username, name=name, phone=phone, created_at=now)
    if password is None:
        user.set_unusable_password()
    else:
        validate_password(password, user)
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            audit.record(
                actor=actor, verb="access.user.created", subject=user, path=path, now=now, after={"username": username}
            )
    except IntegrityError as error:  # somebody else took the name between the look and the writing
        raise username_taken() from error
    return user


def fit_username(raw: str) -> str:
    """As it is kept. Raises Refused."""
    username = raw.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise Refused(
            "username_unfit", "用户名为 3 至 40 位小写字母、数字或 . _ -，并以字母开头，如 zhoumin。", "username"
        )
    return username


def username_taken() -> Refused:
    return Refused("username_taken", "这个用户名已有人使用，请换一个。", "username")


def invite(user: User, *, actor: Actor, now: datetime, path: str | None = None) -> str:
    """A token for the link by which the user sets a password; earlier ones stop working."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        Invitation.objects.filter(user=user, used_at=None).update(expires_at=now)
        Invitation.objects.create(
            user=user, token_digest=digest(token), created_at=now, expires_at=now + timedelta(days=INVITATION_DAYS)
        )
        audit.record(actor=actor, verb="access.user.invited", subject=user, path=path, now=now)
    return token


def open_invitation(token: str, *, now: datetime) -> Invitation:
    """The invitation behind a link. Raises Missing for a wrong, used or old one."""
    found = (
        Invitation.objects.select_related("user")
        .filter(token_digest=digest(token), used_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if found is None:
        raise Missing("邀请链接已失效（7 天内有效，只能用一次）。请让邀请您的人重新发送。")
    return found


def accept_invitation(token: str, *, password: str, now: datetime) -> User:
    """Sets the first password. Raises Missing as above, ValidationError for a weak password."""
    with transaction.atomic():
        invitation = open_invitation(token, now=now)
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if invitation.used_at is not None:
            raise Missing("邀请链接已经用过。")
        user = invitation.user
        validate_password(password, user)
        user.set_password(password)
        user.save(update_fields=["password"])
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        audit.record(
            actor=Actor(user_id=user.pk, name=user.name), verb="access.invitation.accepted", subject=user,
            path=place_of(user), now=now,
        )  # fmt: skip
    return user


def note_own_change(user: User, verb: str, *, now: datetime) -> None:
    """What somebody did to the own account elsewhere than in an action of ours."""
    audit.record(actor=Actor(user_id=user.pk, name=user.name), verb=verb, subject=user, path=place_of(user), now=now)


def place_of(user: User) -> str | None:
    """Where the trail of an account is read: its first open job, or the last that ended."""
    grants = Grant.objects.unscoped(reason="the place of an entry about the account").filter(user=user)
    by_age = grants.order_by(F("ended_at").desc(nulls_first=True), "pk")
    return by_age.values_list("scope__path", flat=True).first()


def ensure_may_give(actor: Actor, job: str, path: str) -> None:
    """Raises NotPermitted unless the actor may appoint here and holds (or may pass on) all that the job gives."""
    if job not in jobs():
        raise Refused("unknown_job", "没有这个岗位。", "job")
    if not actor.may(Permission.OFFICER_APPOINT, path):
        raise NotPermitted("您不能在这个单位任命岗位。")
    if not permissions_of(job) <= actor.may_give_at(path):
        raise NotPermitted("这个岗位的权限超出了您自己持有的权限，请由上级任命。")


def grant_job(
    *, user: User, job: str, scope: Scope, from_on: date, actor: Actor, now: datetime, until_on: date | None = None
) -> Grant:
    """Gives a job at a place, from a day until a day (half-open).

    Raises NotPermitted beyond what the actor may give, Refused for a job to oneself, a span that ends
    before it begins or a job already held there.
    """
    ensure_may_give(actor, job, scope.path)
    ensure_may_receive(user, actor)
    ensure_span(from_on, until_on)
    with transaction.atomic():
        # Two appointments at once: the second waits here and then finds the first.
        ensure_may_receive(User.objects.select_for_update(no_key=True).get(pk=user.pk), actor)
        # A job that ran out by its date makes room for the same job again.
        Grant.objects.unscoped(reason="uniqueness of an open grant").filter(
            Q(until_on__lte=timezone.localdate(now)), user=user, job=job, scope=scope, ended_at=None
        ).update(ended_at=now)
        if (
            Grant.objects.unscoped(reason="uniqueness of an open grant")
            .filter(user=user, job=job, scope=scope, ended_at=None)
            .exists()
        ):
            raise Refused("job_held", "这个人已经担任该单位的这个岗位。", "job")
        # Whoever made an open link could not have made one for what the account is from now on.
        Invitation.objects.filter(user=user, used_at=None, expires_at__gt=now).update(expires_at=now)
        grant: Grant = Grant.objects.create(
            user=user, job=job, scope=scope, from_on=from_on, until_on=until_on,
            granted_by_id=actor.user_id, granted_at=now,
        )  # fmt: skip
        audit.record(
            actor=actor, verb="access.grant.given", subject=grant, path=scope.path, now=now,
            after={"user": user.name, "job": job, "from_on": str(from_on), "until_on": str(until_on or "")},
        )  # fmt: skip
    return grant


def ensure_may_receive(user: User, actor: Actor) -> None:
    """Raises Refused for oneself and for a closed account."""
    if user.pk == actor.user_id:
        # Else who only passes rights on would take them, and who holds one until a day would hold it for ever.
        raise Refused("oneself", "不能给自己任命岗位，请由上级或系统管理员办理。", "username")
    if not user.is_active:
        raise Refused("user_closed", "这个账号已停用，不能再任命。", "username")


def ensure_span(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on <= from_on:
        raise Refused("span", "结束日期要晚于开始日期。", "until_on")


def end_grant(grant: Grant, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Takes a job away at once. Raises NotPermitted as giving it would."""
    ensure_may_give(actor, grant.job, grant.scope.path)
    with transaction.atomic():
        locked = Grant.objects.unscoped(reason="re-read under lock").select_for_update().get(pk=grant.pk)
        if locked.ended_at is not None:
            return
        locked.ended_at = now
        locked.save(update_fields=["ended_at"])
        audit.record(
            actor=actor, verb="access.grant.ended", subject=locked, path=grant.scope.path, reason=reason, now=now
        )


def end_grants_at(scope: Scope, *, actor: Actor, now: datetime, reason: str) -> int:
    """The place ceases, and its jobs with it; whoever may close the place may do this. Returns how many ended."""
    grants = (
        Grant.objects.unscoped(reason="jobs at a place that ceases")
        .select_for_update()
        .filter(scope=scope, ended_at=None)
    )
    ended = list(grants)
    for grant in ended:
        grant.ended_at = now
        grant.save(update_fields=["ended_at"])
        audit.record(actor=actor, verb="access.grant.ended", subject=grant, path=scope.path, reason=reason, now=now)
    return len(ended)


def close_user(user: User, *, actor: Actor, now: datetime, path: str | None = None, reason: str = "") -> None:
    """The account can't log in any more, and its sessions end with the next request."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        Invitation.objects.filter(user=user, used_at=None, expires_at__gt=now).update(expires_at=now)
        audit.record(actor=actor, verb="access.user.closed", subject=user, path=path, reason=reason, now=now)
