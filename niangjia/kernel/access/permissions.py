"""The rights the kernel itself asks for."""

from enum import StrEnum


class Permission(StrEnum):
    OFFICER_VIEW = "access:officer:view"
    OFFICER_APPOINT = "access:officer:appoint"
    AUDIT_VIEW = "access:audit:view"
