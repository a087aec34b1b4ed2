"""What a person is called beside an entry of the trail that the reader may see: never in full."""

from __future__ import annotations

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.crypto.masks import mask_name
from niangjia.modules.members.models import (
    DuplicatePair,
    JoiningApplication,
    JoiningCode,
    Membership,
    MembershipRequest,
    Person,
)

REASON = "names beside entries that the reader may see"


def names_of_persons(ids: list[int]) -> dict[int, str]:
    rows = Person.objects.unscoped(reason=REASON).filter(pk__in=ids)
    return {pk: mask_name(name) for pk, name in rows.values_list("pk", "name")}


def names_of_persons_in_sight(ids: list[int], actor: Actor) -> dict[int, str]:
    """As `names_of_persons`; whoever is out of the actor's sight has none."""
    rows = Person.objects.visible_to(actor).filter(pk__in=ids)
    return {pk: mask_name(name) for pk, name in rows.values_list("pk", "name")}


def names_of_memberships(ids: list[int]) -> dict[int, str]:
    rows = Membership.objects.unscoped(reason=REASON).filter(pk__in=ids)
    return {pk: mask_name(name) for pk, name in rows.values_list("pk", "person__name")}


def names_of_applications(ids: list[int]) -> dict[int, str]:
    rows = JoiningApplication.objects.unscoped(reason=REASON).filter(pk__in=ids)
    return {pk: mask_name(name) for pk, name in rows.values_list("pk", "name")}


def names_of_requests(ids: list[int]) -> dict[int, str]:
    rows = MembershipRequest.objects.unscoped(reason=REASON).filter(pk__in=ids)
    return {pk: mask_name(name) for pk, name in rows.values_list("pk", "membership__name")}


def names_of_codes(ids: list[int]) -> dict[int, str]:
    rows = JoiningCode.objects.unscoped(reason=REASON).filter(pk__in=ids)
    return dict(rows.values_list("pk", "spot"))


def names_of_pairs(ids: list[int]) -> dict[int, str]:
    rows = DuplicatePair.objects.unscoped(reason=REASON).filter(pk__in=ids)
    return {pk: mask_name(name) for pk, name in rows.values_list("pk", "first__name")}
