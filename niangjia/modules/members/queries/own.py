"""What a worker may read: the own membership, applications and requests, and all else that is held."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from niangjia.kernel.access.scoped import ScopedQuerySet
from niangjia.kernel.audit.actions import kind_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing
from niangjia.modules.members.models import (
    ACTIVE_STATES,
    Consent,
    JoiningApplication,
    Membership,
    MembershipChange,
    MembershipRequest,
    Person,
)
from niangjia.modules.members.privacy import Purpose, current_version
from niangjia.modules.members.rules import ApplicationState

OWN = "rows of the worker who asks"
OPEN = (ApplicationState.RECEIVED.value, ApplicationState.RETURNED.value)
LOOKS_SHOWN = 50


def own_person(user_id: int) -> Person | None:
    found: Person | None = Person.objects.unscoped(reason=OWN).filter(user=user_id).first()
    return found


def own_memberships(user_id: int) -> list[Membership]:
    """The active one first, then the latest."""
    rows = Membership.objects.unscoped(reason=OWN).filter(person__user=user_id)
    rows = rows.select_related("person", "scope", "employer", "platform", "delivery_site")
    return sorted(rows, key=lambda row: (row.status not in ACTIVE_STATES, -row.joined_on.toordinal(), -row.pk))


def is_member(user_id: int) -> bool:
    """Whether somebody has proved to be a member: asked on every page, so without reading the membership."""
    rows = Membership.objects.unscoped(reason=OWN).filter(person__user=user_id, status__in=ACTIVE_STATES)
    return bool(rows.exists())


def own_active(user_id: int) -> Membership | None:
    first = next(iter(own_memberships(user_id)), None)
    return first if first is not None and first.status in ACTIVE_STATES else None


def own_application(user_id: int) -> JoiningApplication | None:
    """The latest one, open or not."""
    found: JoiningApplication | None = own_applications(user_id).first()
    return found


def own_applications(user_id: int) -> ScopedQuerySet[JoiningApplication]:
    rows = JoiningApplication.objects.unscoped(reason=OWN).filter(user=user_id)
    return rows.select_related("scope", "employer", "platform", "division").order_by("-received_at", "-pk")


def open_application(user_id: int, *, lock: bool = False) -> JoiningApplication | None:
    rows = own_applications(user_id).filter(state__in=OPEN)
    found: JoiningApplication | None = (rows.select_for_update(of=("self",)) if lock else rows).first()
    return found


def own_requests(user_id: int) -> list[MembershipRequest]:
    rows = MembershipRequest.objects.unscoped(reason=OWN).filter(user=user_id)
    return list(rows.select_related("membership").order_by("-received_at", "-pk"))


def own_request(pk: int, user_id: int) -> MembershipRequest:
    """Raises Missing for somebody else's."""
    found: MembershipRequest | None = MembershipRequest.objects.unscoped(reason=OWN).filter(pk=pk, user=user_id).first()
    if found is None:
        raise Missing("没有找到这条申请。")
    return found


def own_consents(user_id: int) -> list[Consent]:
    return list(Consent.objects.unscoped(reason=OWN).filter(user=user_id).order_by("purpose", "given_at"))


def missing_consents(user_id: int) -> list[Purpose]:
    """What is still to be agreed to, in the wording that holds now."""
    given = {(row.purpose, row.version) for row in own_consents(user_id) if row.withdrawn_at is None}
    return [purpose for purpose in Purpose if (purpose.value, current_version(purpose)) not in given]


@dataclass(frozen=True)
class Held:
    """All that the register keeps of one worker."""

    person: Person | None
    memberships: list[Membership]
    changes: list[MembershipChange]
    applications: list[JoiningApplication]
    requests: list[MembershipRequest]
    consents: list[Consent]
    looks: list[AuditEntry]
    """Who had a masked value shown in full."""


def held(user_id: int) -> Held:
    person, memberships = own_person(user_id), own_memberships(user_id)
    changes = MembershipChange.objects.unscoped(reason=OWN).filter(membership__in=[row.pk for row in memberships])
    applications = list(own_applications(user_id))
    return Held(
        person, memberships, list(changes.order_by("on", "id")), applications, own_requests(user_id),
        own_consents(user_id), _looks(person, applications),
    )  # fmt: skip


def _looks(person: Person | None, applications: list[JoiningApplication]) -> list[AuditEntry]:
    seen = Q(
        subject_kind=kind_of(JoiningApplication), subject_id__in=[row.pk for row in applications],
        verb="members.application.revealed",
    )  # fmt: skip
    if person is not None:
        seen |= Q(subject_kind=kind_of(Person), subject_id=person.pk, verb="members.person.revealed")
    return list(AuditEntry.objects.filter(seen).order_by("-id")[:LOOKS_SHOWN])
