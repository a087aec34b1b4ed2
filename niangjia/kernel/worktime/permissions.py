"""The right over the calendar and the office hours by which every clock runs."""

from enum import StrEnum


class Permission(StrEnum):
    WORKTIME_EDIT = "casework:worktime:edit"
