"""What every clock that runs should hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CalendarChanged:
    years: tuple[int, ...]
    now: datetime


@dataclass(frozen=True)
class OfficeHoursChanged:
    path: str  # at and under it; empty: everywhere
    now: datetime
