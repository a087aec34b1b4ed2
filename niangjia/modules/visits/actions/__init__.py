"""What people do in the visit journal."""

from niangjia.modules.visits.actions.absences import add_absence, remove_absence
from niangjia.modules.visits.actions.findings import link_finding
from niangjia.modules.visits.actions.follow_ups import done_follow_up, drop_follow_up
from niangjia.modules.visits.actions.groups import add_group, close_group, edit_group
from niangjia.modules.visits.actions.handing_in import hand_in_visit, hand_in_visits
from niangjia.modules.visits.actions.key_employers import add_key_employer, assign_key_employer, end_key_employer
from niangjia.modules.visits.actions.meetings import (
    close_meeting,
    finish_meeting_task,
    move_meeting,
    note_meeting,
    open_meeting,
)
from niangjia.modules.visits.actions.postings import add_posting, edit_posting, end_posting, set_group
from niangjia.modules.visits.actions.proposals import accept_proposal, decline_proposal
from niangjia.modules.visits.actions.township_reports import (
    finish_township_report,
    reopen_township_report,
    write_township_report,
)
from niangjia.modules.visits.actions.years import (
    judge,
    name_judges,
    open_year_round,
    publish_round,
    put_forward,
    withdraw_nomination,
)

__all__ = [
    "accept_proposal", "add_absence", "add_group", "add_key_employer", "add_posting", "assign_key_employer",
    "close_group", "close_meeting", "decline_proposal", "done_follow_up", "drop_follow_up", "edit_group",
    "edit_posting", "end_key_employer", "end_posting", "finish_meeting_task", "finish_township_report",
    "hand_in_visit", "hand_in_visits", "judge", "link_finding", "move_meeting", "name_judges", "note_meeting",
    "open_meeting", "open_year_round", "publish_round", "put_forward", "remove_absence",
    "reopen_township_report", "set_group", "withdraw_nomination", "write_township_report",
]  # fmt: skip
