"""The rights over visits, the journal's meetings and its year."""

from enum import StrEnum


class Permission(StrEnum):
    VISIT_VIEW = "visits:visit:view"
    VISIT_MAKE = "visits:visit:make"  # plan one's own week, go there, write it down
    VISIT_DIRECT = "visits:visit:direct"  # postings, key employers, groups, plans of others
    KIND_EDIT = "visits:kind:edit"  # kinds of visit and their forms, surveys
    MEETING_LEAD = "visits:meeting:lead"  # monthly meetings: minutes, attendance, tasks
    REPORT_WRITE = "visits:report:write"  # the officer's text beside the quarter's facts
    YEAR_RUN = "visits:year:run"  # open the year's choice, name judges, publish
