"""What people do with demands; what they do with the case of one is done by `engines/casework`."""

from niangjia.modules.demands.actions.asker import link_employer, link_person, mark_asker_dead, reveal_asker
from niangjia.modules.demands.actions.facts import (
    Concerned,
    attach,
    edit_facts,
    facts_of,
    remove_attachment,
    set_concerned,
    set_outcome,
)
from niangjia.modules.demands.actions.recording import record_demand
from niangjia.modules.demands.rules import Channel, Facts, HowClosed, Nature, Party

__all__ = [
    "Channel", "Concerned", "Facts", "HowClosed", "Nature", "Party", "attach", "edit_facts", "facts_of",
    "link_employer", "link_person", "mark_asker_dead", "record_demand", "remove_attachment", "reveal_asker",
    "set_concerned", "set_outcome",
]  # fmt: skip
