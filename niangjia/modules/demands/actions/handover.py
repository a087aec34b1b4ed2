"""What this room passes on when an officer leaves: the demands he leads, and what he was asked to do in others'."""

from __future__ import annotations

from niangjia.engines.casework import actions, queries
from niangjia.modules.organisations.queries.handover import Leaving, Successor, register_handover


def register() -> None:
    register_handover("件诉求", _in_hand, _move)


def _in_hand(leaving: Leaving) -> int:
    return queries.count_in_hand(leaving.user_id, leaving.path)


def _move(leaving: Leaving, successor: Successor) -> None:
    actions.hand_over_all(leaving.user_id, leaving.path, successor.user_id, actor=successor.actor, now=successor.now)
