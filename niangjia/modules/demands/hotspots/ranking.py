"""Which hot spot is hotter: by how many different people ask, and how quickly they came."""

from __future__ import annotations

from datetime import timedelta

MONTH = timedelta(days=30)


def heat_of(people: int, took: timedelta) -> float:
    """People, discounted by time: each month from the first to the last counts as one who stayed away.

    >>> round(heat_of(12, timedelta(hours=2)), 1), round(heat_of(30, timedelta(weeks=52)), 1)
    (12.0, 21.4)
    """
    months = max(took / MONTH, 0.0)
    return people * people / (people + months) if people else 0.0
