"""Who holds which job, where, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from niangjia.kernel.access.actions import ensure_may_give
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.labels import rights
from niangjia.kernel.access.log_ins import LOG_IN
from niangjia.kernel.access.models import Grant, Invitation, User
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.rights import Job, jobs
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted
from niangjia.kernel.words import Word
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.rules import OrganisationKind

SOON_DAYS = 30


class GrantState(Word):
    HELD = "HELD", "在任"
    COMING = "COMING", "未到任"
    ENDED = "ENDED", "已离任"


def grant_state(grant: Grant, today: date) -> GrantState:
    if grant.holds_on(today):
        return GrantState.HELD
    return GrantState.COMING if grant.ended_at is None and grant.from_on > today else GrantState.ENDED


def held_on(day: date) -> Q:
    """Grants that count on a day."""
    return Q(ended_at=None, from_on__lte=day) & (Q(until_on=None) | Q(until_on__gt=day))


def open_on(day: date) -> Q:
    """Grants that count on a day or will."""
    return Q(ended_at=None) & (Q(until_on=None) | Q(until_on__gt=day))


def ending_soon(day: date) -> Q:
    return held_on(day) & Q(until_on__lte=day + timedelta(days=SOON_DAYS))


def grants_in_sight(actor: Actor) -> QuerySet[Grant]:
    return Grant.objects.visible_to(actor)


@dataclass(frozen=True)
class JobHeld:
    """A grant with the words that stand beside it."""

    grant: Grant
    job: str
    organisation: str
    state: GrantState
    by: str


@dataclass(frozen=True)
class Officer:
    """Somebody with at least one job in the actor's sight, now or in the past; `held` is what is in sight."""

    user: User
    held: list[JobHeld]

    @property
    def current(self) -> list[JobHeld]:
        return [held for held in self.held if held.state is not GrantState.ENDED]

    @property
    def past(self) -> list[JobHeld]:
        return [held for held in self.held if held.state is GrantState.ENDED]


def job_label(code: str) -> str:
    table = jobs()
    return table[code].label if code in table else code


def officer_in_sight(user_id: int, actor: Actor, *, now: datetime) -> Officer:
    """Raises Missing."""
    today = timezone.localdate(now)
    grants = list(
        grants_in_sight(actor)
        .filter(user=user_id)
        .select_related("user", "scope", "granted_by")
        .order_by("-granted_at", "-pk")
    )
    if not grants:
        raise Missing("没有找到这位干部，可能不在您的管辖范围内。")
    names = names_of(grant.scope_id for grant in grants)
    held = [
        JobHeld(
            grant,
            job_label(grant.job),
            names.get(grant.scope_id, ""),
            grant_state(grant, today),
            grant.granted_by.name if grant.granted_by else "系统",
        )
        for grant in grants
    ]
    return Officer(grants[0].user, held)


def ensure_may_manage(actor: Actor, user: User, *, now: datetime) -> str:
    """Whoever may set somebody's password could act as him: only those who could give him all his jobs.

    Returns the path of one of the jobs. Raises NotPermitted.
    """
    open_grants = (
        Grant.objects.unscoped(reason="all jobs of an account, also those out of sight")
        .filter(open_on(timezone.localdate(now)), user=user)
        .select_related("scope")
    )
    paths = []
    for grant in open_grants:
        try:
            ensure_may_give(actor, grant.job, grant.scope.path)
        except NotPermitted as error:
            raise NotPermitted("此人还有超出您任命权限的岗位，请由上级或系统管理员办理。") from error
        paths.append(grant.scope.path)
    if paths:
        return str(min(paths, key=len))
    return _last_place(actor, user)


def _last_place(actor: Actor, user: User) -> str:
    """With no job left the last one decides who looks after the account."""
    last = grants_in_sight(actor).filter(user=user).select_related("scope").order_by("-granted_at", "-pk").first()
    if last is None or not actor.may(Access.OFFICER_APPOINT, last.scope.path):
        raise NotPermitted
    return str(last.scope.path)


def may_manage(actor: Actor, user: User, *, now: datetime) -> bool:
    try:
        ensure_may_manage(actor, user, now=now)
    except NotPermitted:
        return False
    return actor.user_id != user.pk


def may_end(actor: Actor, grant: Grant) -> bool:
    try:
        ensure_may_give(actor, grant.job, grant.scope.path)
    except NotPermitted:
        return False
    return grant.ended_at is None and grant.user_id != actor.user_id


def jobs_to_give(actor: Actor, path: str | None = None) -> list[Job]:
    """What the actor may give at a place, or anywhere; the action asks again for the very place."""
    places = [path] if path else [held.path for held in actor.held]
    table = jobs().values()
    return [
        job
        for job in table
        if any(
            actor.may(Access.OFFICER_APPOINT, place) and job.permissions <= actor.may_give_at(place) for place in places
        )
    ]


def is_locked(user: User, *, now: datetime) -> bool:
    """Too many wrong passwords within the cooling-off time."""
    since = now - timedelta(hours=settings.AXES_COOLOFF_TIME)
    failures = AccessAttempt.objects.filter(username__iexact=user.username, attempt_time__gte=since)
    return (failures.aggregate(total=Sum("failures_since_start"))["total"] or 0) >= settings.AXES_FAILURE_LIMIT


def has_second_step(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def open_invitation_of(user: User, *, now: datetime) -> Invitation | None:
    return Invitation.objects.filter(user=user, used_at=None, expires_at__gt=now).order_by("-pk").first()


def trail_of_officer(officer: Officer, limit: int = 50) -> list[AuditEntry]:
    """What was recorded about the account and the jobs in sight, newest first; log-ins have a place of their own."""
    ids = [held.grant.pk for held in officer.held]
    return list(
        AuditEntry.objects.filter(
            Q(subject_kind="access.user", subject_id=officer.user.pk)
            | Q(subject_kind="access.grant", subject_id__in=ids)
        )
        .exclude(verb__startswith=LOG_IN)
        .order_by("-id")[:limit]
    )


def grants_ending_soon(actor: Actor, *, now: datetime) -> QuerySet[Grant]:
    """Jobs that end within thirty days, where the actor could prolong them."""
    paths = actor.paths(Access.OFFICER_APPOINT)
    return grants_in_sight(actor).filter(ending_soon(timezone.localdate(now)), scope__path__under_any=list(paths))


def officer_options(actor: Actor, text: str, *, path: str | None = None, now: datetime) -> list[tuple[User, str]]:
    """Officers in sight who hold a job today (within a place), each with a job and its organisation."""
    grants = grants_in_sight(actor).filter(held_on(timezone.localdate(now)), user__is_active=True)
    if path:
        grants = grants.under(path)  # type: ignore[attr-defined]
    if text:
        grants = grants.filter(Q(user__name__contains=text) | Q(user__username__startswith=text.lower()))
    found = list(grants.select_related("user").order_by("user__name", "user_id", "pk")[:60])
    names = names_of(grant.scope_id for grant in found)
    options: dict[int, tuple[User, str]] = {}
    for grant in found:
        options.setdefault(grant.user_id, (grant.user, f"{names.get(grant.scope_id, '')} {job_label(grant.job)}"))
    return list(options.values())[:20]


MANY_PLACES = 60


def grounds_in_sight(actor: Actor) -> list[tuple[str, str]]:
    """What a filter by place offers: the townships and systems in sight, or the counties when there are many."""
    for kinds in (TOWNSHIP_KINDS, COUNTY_KINDS):
        rows = Organisation.objects.visible_to(actor).filter(kind__in=kinds, closed_on=None).order_by("name_key")
        found = [(str(pk), name) for pk, name in rows.values_list("pk", "name")[: MANY_PLACES + 1]]
        if len(found) <= MANY_PLACES:
            return found
    return found[:MANY_PLACES]


TOWNSHIP_KINDS = (OrganisationKind.TOWNSHIP_UNION, OrganisationKind.INDUSTRY_UNION, OrganisationKind.SYSTEM_COMMITTEE)
COUNTY_KINDS = (OrganisationKind.COUNTY_FEDERATION,)


@dataclass(frozen=True)
class JobRow:
    """A line of the table that staff read: what a job may do and who gives it."""

    label: str
    rights: list[tuple[str, list[str]]]
    given_by: list[str]
    passes_on: bool


def job_table() -> list[JobRow]:
    table = jobs().values()
    givers = [job for job in table if Access.OFFICER_APPOINT in job.permissions]
    return [
        JobRow(
            job.label,
            [
                (room, words)
                for room, labels in rights()
                if (words := [label for code, label in labels if code in job.permissions])
            ],
            [giver.label for giver in givers if job.permissions <= giver.may_give],
            bool(job.passes_on - job.permissions),
        )
        for job in table
    ]
