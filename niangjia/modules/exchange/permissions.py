"""The right over other systems that hand demands over: their keys and what they were told."""

from enum import StrEnum


class Permission(StrEnum):
    PARTNER_EDIT = "exchange:partner:edit"
