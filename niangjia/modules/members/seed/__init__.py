"""The demonstration's members, and what lately happened among them. `niangjia seed` and the tests enter here."""

from niangjia.modules.members.seed.filling import (
    Dictionary,
    Placed,
    copy_members,
    count_members,
    fill,
    placed,
)
from niangjia.modules.members.seed.story import joining_link, spare_identity_number
from niangjia.modules.organisations.seed import log_ins

__all__ = [
    "Dictionary",
    "Placed",
    "copy_members",
    "count_members",
    "fill",
    "joining_link",
    "log_ins",
    "placed",
    "spare_identity_number",
]
