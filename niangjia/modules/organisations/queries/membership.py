"""What the register of members asks: who has members of its own, and how the employers beside them are called."""

from __future__ import annotations

from collections.abc import Iterable

from niangjia.kernel.access.actor import Actor
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Employer, Organisation

MEMBER_KINDS: tuple[str, ...] = tuple(sorted(str(kind) for kind in rules.MEMBER_KINDS))


def takes_members(organisation: Organisation) -> bool:
    return organisation.is_open and organisation.kind in MEMBER_KINDS


def names_in_sight(ids: Iterable[int], actor: Actor) -> dict[int, str]:
    """Of unions that this actor sees."""
    return dict(Organisation.objects.visible_to(actor).filter(pk__in=set(ids)).values_list("pk", "name"))


def employer_names_in_sight(ids: Iterable[int], actor: Actor) -> dict[int, str]:
    return dict(Employer.objects.visible_to(actor).filter(pk__in=set(ids)).values_list("pk", "name"))


def employer_names(ids: Iterable[int]) -> dict[int, str]:
    rows = Employer.objects.unscoped(reason="labels of memberships in sight").filter(pk__in=set(ids))
    return dict(rows.values_list("pk", "name"))
