"""The rights over figures; what a figure counts asks the right of the room that keeps the rows as well."""

from enum import StrEnum


class Permission(StrEnum):
    FIGURE_VIEW = "metrics:figure:view"
    FAULT_ASSIGN = "metrics:fault:assign"  # who mends a fault of the data, and until when
