"""Periods and shares, by a table of cases."""

from __future__ import annotations

from datetime import date

import pytest

from niangjia.engines.metrics.rules import percent, period_named

TODAY = date(2026, 11, 22)
FIRST_OF_YEAR = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("name", "today", "label", "from_on", "until_on"),
    [
        ("month", TODAY, "2026年11月", date(2026, 11, 1), date(2026, 12, 1)),
        ("quarter", TODAY, "2026年第4季度", date(2026, 10, 1), date(2027, 1, 1)),
        ("year", TODAY, "2026年", date(2026, 1, 1), date(2027, 1, 1)),
        ("last_month", TODAY, "2026年10月", date(2026, 10, 1), date(2026, 11, 1)),
        ("last_month", FIRST_OF_YEAR, "2025年12月", date(2025, 12, 1), date(2026, 1, 1)),
        ("last_quarter", FIRST_OF_YEAR, "2025年第4季度", date(2025, 10, 1), date(2026, 1, 1)),
        ("last_year", TODAY, "2025年", date(2025, 1, 1), date(2026, 1, 1)),
        ("nonsense", TODAY, "2026年", date(2026, 1, 1), date(2027, 1, 1)),
        ("last_nonsense", TODAY, "2025年", date(2025, 1, 1), date(2026, 1, 1)),
    ],
)
def test_a_period_has_its_days(name, today, label, from_on, until_on) -> None:
    period = period_named(name, today)
    assert (period.label, period.from_on, period.until_on) == (label, from_on, until_on)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "—"), (0, 3, "0.0%"), (1, 3, "33.3%"), (2, 3, "66.6%"), (9999, 10000, "99.9%"), (5, 5, "100.0%")],
)
def test_only_a_whole_is_a_hundred_per_cent(part, whole, text) -> None:
    assert percent(part, whole) == text
