"""Reads of the register, for this room's pages and for the rooms above."""

from niangjia.modules.members.queries.figures import active_members_at, headcount

__all__ = ["active_members_at", "headcount"]
