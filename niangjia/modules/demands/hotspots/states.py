"""What becomes of a hot spot."""

from __future__ import annotations

from niangjia.kernel.words import Code


class State(Code):
    WATCHED = 10, "观察中"
    WARNED = 20, "已预警"
    JOINED = 30, "已并案"
    QUIET = 40, "已平息"
    DISMISSED = 50, "不是热点"


LIVE = frozenset({State.WATCHED, State.WARNED, State.JOINED})
"""A new demand is still compared with these."""

LEAST_PEOPLE = 3
"""Two who say the same are no hot spot yet: fewer are shown to nobody."""

WINDOW_DAYS = 60
"""So far back demands are put together."""

QUIET_AFTER_DAYS = 14
"""Nobody new for so long: it is over."""
