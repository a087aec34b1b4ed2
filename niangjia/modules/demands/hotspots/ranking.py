"""Which hot spot is hotter: by how many different people ask, and how quickly they came."""

from __future__ import annotations

from datetime import timedelta

WEEK = timedelta(days=7)


def heat_of(people: int, took: timedelta) -> float:
    """People, discounted by time: each week from the first to the last counts as one who stayed away.

    >>> round(heat_of(12, timedelta(hours=2)), 1), round(heat_of(30, timedelta(weeks=52)), 1)
    (12.0, 11.0)
    """
    weeks = max(took / WEEK, 0.0)
    return people * people / (people + weeks) if people else 0.0
