"""What people do to the register. Other rooms and flows enter here."""

from niangjia.modules.members.actions.bulk import RowResult, change_members, tag_members, transfer_members
from niangjia.modules.members.actions.checking import Differences, check_register
from niangjia.modules.members.actions.confirming import confirm_register
from niangjia.modules.members.actions.duplicates import find_duplicates, keep_apart, merge_people, undo_merge
from niangjia.modules.members.actions.facts import MembershipFacts, PersonFacts
from niangjia.modules.members.actions.memberships import change_membership, edit_membership, transfer_member
from niangjia.modules.members.actions.merging import move_members
from niangjia.modules.members.actions.people import (
    admit_member,
    correct_document,
    edit_person,
    problems_of,
    rename_person,
    reveal,
)
from niangjia.modules.members.actions.work_places import add_delivery_site, add_platform

__all__ = [
    "Differences",
    "MembershipFacts",
    "PersonFacts",
    "RowResult",
    "add_delivery_site",
    "add_platform",
    "admit_member",
    "change_members",
    "change_membership",
    "check_register",
    "confirm_register",
    "correct_document",
    "edit_membership",
    "edit_person",
    "find_duplicates",
    "keep_apart",
    "merge_people",
    "move_members",
    "problems_of",
    "rename_person",
    "reveal",
    "tag_members",
    "transfer_member",
    "transfer_members",
    "undo_merge",
]
