"""Reading people: who is behind a document, and all that a member's page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.actions import kind_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.crypto.ring import digest
from niangjia.kernel.errors import Missing
from niangjia.modules.members.models import (
    ACTIVE_STATES,
    DeliverySite,
    Membership,
    MembershipChange,
    Person,
    Platform,
)
from niangjia.modules.members.rules import MembershipState

ELSEWHERE = "该证件号码已登记，请办理会籍转接。"
"""All that anybody learns of a person out of sight."""


@dataclass(frozen=True)
class Registered:
    """The person behind a document number, and why nobody can join under it now (empty: may join again)."""

    person: Person
    in_sight: bool
    obstacle: str


def person_in_sight(pk: int, actor: Actor) -> Person:
    """Raises Missing."""
    found: Person | None = Person.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这个人，可能不在您的管辖范围内。")
    return found


def membership_in_sight(pk: int, actor: Actor) -> Membership:
    """Raises Missing."""
    found: Membership | None = (
        Membership.objects.visible_to(actor).select_related("person", "scope").filter(pk=pk).first()
    )
    if found is None:
        raise Missing("没有找到这条会籍，可能不在您的管辖范围内。")
    return found


def registered(number: str, actor: Actor, *, name: str | None = None, lock: bool = False) -> Registered | None:
    """Who is registered under a document number; None: nobody yet.

    With a name given, another name than the one registered is an obstacle as well.
    """
    everybody = Person.objects.unscoped(reason="one person is one document, wherever the membership is")
    if lock:
        everybody = everybody.select_for_update()
    person: Person | None = everybody.filter(document_digest=digest(number)).first()
    if person is not None and person.merged_into_id:
        person = everybody.get(pk=person.merged_into_id)
    if person is None:
        return None
    rows = Membership.objects.unscoped(reason="whether this person may join").filter(person=person)
    latest: Membership | None = rows.order_by("-joined_on", "-pk").first()
    active: Membership | None = rows.filter(status__in=ACTIVE_STATES).first()
    blocking = active or latest
    in_sight = blocking is not None and Membership.objects.visible_to(actor).filter(pk=blocking.pk).exists()
    obstacle = _obstacle(person, active, latest, name)
    if obstacle and not in_sight:
        obstacle = ELSEWHERE
    return Registered(person, in_sight, obstacle)


def _obstacle(person: Person, active: Membership | None, latest: Membership | None, name: str | None) -> str:
    if active is not None:
        return f"{person.name}已经是会员（会籍{MembershipState(active.status).label}），换了单位请办理会籍转接。"
    if latest is not None and latest.status == MembershipState.DIED:
        return f"{person.name}登记为去世。登记有误的，请在原会籍上办理更正。"
    if name is not None and name != person.name:
        return "该证件号码登记的是另一个姓名，请核对证件；登记有误的，请先更正姓名。"
    return ""


def memberships_of(person: Person, actor: Actor) -> list[Membership]:
    """Those in the actor's sight, the active one first."""
    rows = (
        Membership.objects.visible_to(actor)
        .filter(person=person)
        .select_related("scope", "platform", "delivery_site")
        .order_by("status", "-joined_on")
    )
    return list(rows)


def changes_of(memberships: Iterable[Membership]) -> QuerySet[MembershipChange]:
    """What became of memberships that are in sight, newest first."""
    rows = MembershipChange.objects.unscoped(reason="the history of memberships in sight").filter(
        membership__in=[membership.pk for membership in memberships]
    )
    return rows.order_by("-on", "-id")


def trail_of(person: Person, memberships: Iterable[Membership], limit: int = 100) -> list[AuditEntry]:
    """Every recorded change and look, newest first; of other unions' memberships nothing."""
    wanted = Q(subject_kind=kind_of(person), subject_id=person.pk)
    ids = [membership.pk for membership in memberships]
    if ids:
        wanted |= Q(subject_kind=kind_of(Membership), subject_id__in=ids)
    return list(AuditEntry.objects.filter(wanted).order_by("-id")[:limit])


def platforms() -> list[Platform]:
    return list(Platform.objects.order_by("name"))


def delivery_sites(text: str = "") -> QuerySet[DeliverySite]:
    rows = DeliverySite.objects.select_related("division").order_by("name", "pk")
    return rows.filter(name__contains=text) if text else rows
