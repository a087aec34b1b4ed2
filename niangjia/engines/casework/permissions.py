"""The right over the calendar and the office hours by which every clock runs; cases have those of their kind."""

from enum import StrEnum


class Permission(StrEnum):
    WORKTIME_EDIT = "casework:worktime:edit"
