"""When so many different people in so short a time are more than chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LEAST, MOST = 2, 1000
"""A rule may ask for so many people: one person is no burst, whatever he writes."""


@dataclass(frozen=True)
class Rule:
    people_a_day: int = 5
    people_a_week: int = 10


@dataclass(frozen=True)
class Burst:
    people: int
    hours: int

    @property
    def because(self) -> str:
        return (
            f"{self.hours} 小时内有 {self.people} 人"
            if self.hours <= DAY.total_seconds() // 3600
            else f"7 天内有 {self.people} 人"
        )


def burst(said: Iterable[tuple[str, datetime]], rule: Rule, now: datetime) -> Burst | None:
    """`said`: who, and when. The stretch that ends now counts: what burst last year is no news."""
    rows = [(who, at) for who, at in said if now - WEEK < at <= now]
    last_day, last_week = {who for who, at in rows if at > now - DAY}, {who for who, _ in rows}
    if len(last_day) >= rule.people_a_day:
        first = min(at for who, at in rows if at > now - DAY)
        return Burst(len(last_day), max(1, -int((first - now) // timedelta(hours=1))))
    if len(last_week) >= rule.people_a_week:
        return Burst(len(last_week), 7 * 24)
    return None


def is_news(told: int, now_people: int) -> bool:
    """Told once, and again when it has doubled: a desk that rings for each further one is switched off."""
    return now_people >= 2 * told if told else True
