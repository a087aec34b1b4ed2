"""The rights over the register of members."""

from enum import StrEnum


class Permission(StrEnum):
    MEMBER_VIEW = "members:member:view"
    MEMBER_EDIT = "members:member:edit"
    MEMBERSHIP_CHANGE = "members:membership:change"  # admit, transfer, retain, end
    MEMBER_REVEAL = "members:member:reveal"  # a masked value in full, with a reason
