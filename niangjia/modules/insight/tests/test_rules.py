from datetime import date

import pytest

from niangjia.modules.insight.rules import Days, bars, days_of, last_of, months_of, named_periods

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (None, None, Days(date(2026, 1, 1), TODAY)),
        (date(2026, 3, 1), None, Days(date(2026, 3, 1), TODAY)),
        (date(2026, 3, 1), date(2026, 2, 1), Days(date(2026, 2, 1), date(2026, 3, 1))),
        (date(2026, 3, 1), date(2030, 1, 1), Days(date(2026, 3, 1), TODAY)),
        (None, date(2025, 5, 6), Days(date(2025, 1, 1), date(2025, 5, 6))),
    ],
)
def test_what_was_asked_is_put_right(since, until, found) -> None:
    assert days_of(since, until, TODAY) == found


def test_periods_people_name() -> None:
    named = dict(named_periods(TODAY))
    assert named["上月"] == Days(date(2026, 10, 1), date(2026, 10, 31))
    assert named["本季度"] == Days(date(2026, 10, 1), TODAY)
    assert named["近两年"] == Days(date(2024, 11, 23), TODAY)
    assert dict(named_periods(date(2028, 2, 29)))["近两年"].until == date(2028, 2, 29)


def test_a_year_before_is_the_same_days() -> None:
    assert Days(date(2028, 2, 1), date(2028, 2, 29)).a_year_before() == Days(date(2027, 2, 1), date(2027, 2, 28))
    assert Days(date(2026, 1, 1), date(2026, 12, 31)).is_one_year_or_less
    assert not Days(date(2025, 1, 1), date(2026, 12, 31)).is_one_year_or_less


def test_bars_stand_side_by_side_and_reach_the_top() -> None:
    first, second = bars([10, 5], 10, place=0, of=2), bars([5, 0], 10, place=1, of=2)
    assert (first[0].top, first[0].height, second[1].height) == (0.0, 100.0, 0.0)
    assert first[0].left + first[0].width == second[0].left
    assert bars([0], 0, place=0, of=1)[0].height == 0.0


def test_every_month_of_a_period_has_its_place() -> None:
    months = months_of(Days(date(2025, 11, 23), date(2026, 2, 1)))
    assert months == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert months_of(Days(TODAY, TODAY)) == [date(2026, 11, 1)]
    assert last_of(date(2028, 2, 1)) == date(2028, 2, 29)
