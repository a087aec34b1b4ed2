"""The rights over exports; what a list shows asks the list's own right as well."""

from enum import StrEnum


class Permission(StrEnum):
    EXPORT_RUN = "exports:list:export"  # take a list away as a file
    LAYOUT_EDIT = "exports:layout:edit"  # say how another system wants its files
