"""Which line of the map wins."""

from __future__ import annotations

import pytest

from niangjia.modules.demands.routing_rules import Line, Matter, goes_to_duty, lightest, ranked

COUNTY, TOWN = 1, 2
ANY = Line(1, COUNTY)
PAY_GROUP = Line(2, COUNTY, kind="01")
PAY = Line(3, COUNTY, kind="0101")
DIVISION = Line(4, COUNTY, division="530999101")
WIDE_DIVISION = Line(5, COUNTY, division="530999")
ZONE = Line(6, COUNTY, zone=7)
EMPLOYER = Line(7, COUNTY, employer=70)
PAY_IN_DIVISION = Line(8, COUNTY, kind="01", division="530999101")
FALLBACK = Line(9, COUNTY, is_fallback=True)
TOWN_ANY = Line(10, TOWN)
NEWER_PAY = Line(11, COUNTY, kind="0101")
TOWN_FALLBACK = Line(12, TOWN, is_fallback=True)

UNPAID = Matter("0101", ("530999101", "530999"), 7, 70)


@pytest.mark.parametrize(
    ("lines", "matter", "first"),
    [
        ([ANY, PAY_GROUP, PAY], UNPAID, PAY),
        ([ANY, PAY_GROUP], UNPAID, PAY_GROUP),
        ([ANY, FALLBACK], UNPAID, ANY),
        ([FALLBACK], UNPAID, FALLBACK),
        ([PAY, DIVISION], UNPAID, DIVISION),
        ([WIDE_DIVISION, DIVISION], UNPAID, DIVISION),
        ([DIVISION, PAY_IN_DIVISION], UNPAID, PAY_IN_DIVISION),
        ([PAY_IN_DIVISION, ZONE], UNPAID, ZONE),
        ([ZONE, EMPLOYER], UNPAID, EMPLOYER),
        ([EMPLOYER, TOWN_ANY], UNPAID, TOWN_ANY),
        ([FALLBACK, TOWN_FALLBACK], UNPAID, TOWN_FALLBACK),
        ([TOWN_FALLBACK, ANY], UNPAID, ANY),
        ([PAY, NEWER_PAY], UNPAID, NEWER_PAY),
        ([PAY, ANY], Matter("0102"), ANY),
        ([PAY_GROUP], Matter("0201"), None),
        ([PAY_GROUP], Matter(""), None),
        ([ZONE, EMPLOYER, DIVISION], Matter("0101"), None),
        ([EMPLOYER], Matter("0101", (), None, 71), None),
    ],
)
def test_the_line_that_says_most_wins(lines: list[Line], matter: Matter, first: Line | None) -> None:
    for order in (lines, lines[::-1]):
        assert next(iter(ranked(order, matter)), None) == first


@pytest.mark.parametrize(
    ("urgency", "is_major", "is_open", "duty"),
    [
        (1, False, True, False), (1, False, False, False), (2, False, True, False), (2, False, False, True),
        (3, False, True, False), (3, False, False, True), (4, False, True, True), (4, False, False, True),
        (1, True, True, True),
    ],
)  # fmt: skip
def test_what_goes_to_whoever_is_on_duty(urgency: int, is_major: bool, is_open: bool, duty: bool) -> None:
    assert goes_to_duty(urgency=urgency, is_major=is_major, is_open=is_open) is duty


def test_the_lightest_desk_first() -> None:
    assert lightest([5, 3, 9, 5], {5: 2, 3: 4}) == [9, 5, 3]
    assert lightest([5, 3], {5: 1, 3: 1}) == [3, 5]
