"""The rights over the tree, its officers and the employers."""

from enum import StrEnum


class Permission(StrEnum):
    ORGANISATION_VIEW = "organisations:organisation:view"
    ORGANISATION_EDIT = "organisations:organisation:edit"
    ORGANISATION_RESTRUCTURE = "organisations:organisation:restructure"  # found, merge, move, dissolve
    TERM_EDIT = "organisations:term:edit"
    EMPLOYER_VIEW = "organisations:employer:view"
    EMPLOYER_EDIT = "organisations:employer:edit"
    STAFF_VIEW = "organisations:staff:view"
    STAFF_EDIT = "organisations:staff:edit"
    DUTY_VIEW = "organisations:duty:view"
    DUTY_EDIT = "organisations:duty:edit"
    ZONE_VIEW = "organisations:zone:view"
    ZONE_EDIT = "organisations:zone:edit"
