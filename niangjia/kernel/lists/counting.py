"""How many: exactly where a tally knows, else up to a thousand and then '1,000+'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

CAP = 1000


@dataclass(frozen=True)
class Count:
    number: int
    exact: bool = True

    @property
    def text(self) -> str:
        return f"{self.number:,}" if self.exact else f"{self.number:,}+"


def up_to(number: int, cap: int) -> Count:
    return Count(min(number, cap), exact=number <= cap)


def capped_count(rows: QuerySet[Any], cap: int = CAP) -> Count:
    """Counts no further than `cap`: at a million rows the rest would cost more than the page."""
    return up_to(rows.order_by()[: cap + 1].count(), cap)
