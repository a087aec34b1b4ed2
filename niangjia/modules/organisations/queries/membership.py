"""Which organisations have members of their own."""

from __future__ import annotations

from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Organisation

MEMBER_KINDS: tuple[str, ...] = tuple(sorted(str(kind) for kind in rules.MEMBER_KINDS))


def takes_members(organisation: Organisation) -> bool:
    return organisation.is_open and organisation.kind in MEMBER_KINDS
