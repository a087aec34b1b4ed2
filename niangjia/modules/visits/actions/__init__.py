"""What people do in the visit journal."""

from niangjia.modules.visits.actions.absences import add_absence, remove_absence
from niangjia.modules.visits.actions.findings import link_finding
from niangjia.modules.visits.actions.follow_ups import done_follow_up, drop_follow_up
from niangjia.modules.visits.actions.groups import add_group, close_group, edit_group
from niangjia.modules.visits.actions.handing_in import hand_in_visit, hand_in_visits
from niangjia.modules.visits.actions.key_employers import add_key_employer, assign_key_employer, end_key_employer
from niangjia.modules.visits.actions.postings import add_posting, edit_posting, end_posting, set_group
from niangjia.modules.visits.actions.proposals import accept_proposal, decline_proposal

__all__ = [
    "accept_proposal", "add_absence", "add_group", "add_key_employer", "add_posting", "assign_key_employer",
    "close_group", "decline_proposal", "done_follow_up", "drop_follow_up", "edit_group", "edit_posting",
    "end_key_employer", "end_posting", "hand_in_visit", "hand_in_visits", "link_finding", "remove_absence", "set_group",
]  # fmt: skip
