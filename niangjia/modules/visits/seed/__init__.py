"""Visits that are made for demonstrations."""

from niangjia.modules.visits.seed.looking_back import Prepared, look_back
from niangjia.modules.visits.seed.story import Brought, Journal, is_told, mark_told

__all__ = ["Brought", "Journal", "Prepared", "is_told", "look_back", "mark_told"]
