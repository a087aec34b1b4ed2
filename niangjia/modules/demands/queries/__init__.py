"""Reads of demands, for this room's pages and for the rooms above."""

from niangjia.modules.demands.queries.catalogue import catalogue, label_of, suggest_kind
from niangjia.modules.demands.queries.demands import asked_before, demand_in_sight, demands_of_account, similar_open

__all__ = [
    "asked_before", "catalogue", "demand_in_sight", "demands_of_account", "label_of", "similar_open", "suggest_kind",
]  # fmt: skip
