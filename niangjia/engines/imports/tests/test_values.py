"""The shapes that spreadsheets make."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from niangjia.engines.imports.headings import plain
from niangjia.engines.imports.values import (
    FAR_DAY,
    NO_DAY,
    NO_YES,
    TWO_DAYS,
    NearestNames,
    day_of,
    is_mangled_number,
    yes_no,
)

MAY = date(2024, 5, 6)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024-05-06", MAY), ("2024-5-6", MAY), ("2024/5/6", MAY), ("2024.5.6", MAY), ("20240506", MAY),
        ("2024年5月6日", MAY), ("2024年05月06号", MAY), (" 2024-05-06 00:00:00 ", MAY), ("2024-05-06T08:30", MAY),
        ("45418", MAY), ("45418.5", MAY), ("２０２４-05-06", MAY), ("2024-05", date(2024, 5, 1)),
        ("2024年5月", date(2024, 5, 1)), ("202405", date(2024, 5, 1)), ("2024.5", date(2024, 5, 1)),
        ("13/05/2024", date(2024, 5, 13)), ("05/13/2024", date(2024, 5, 13)), ("05/05/2024", date(2024, 5, 5)),
        ("", None), ("  ", None), ("05/06/2024", TWO_DAYS), ("2024-02-30", NO_DAY), ("2023-02-29", NO_DAY),
        ("不详", NO_DAY), ("24-5-6", NO_DAY), ("99999", NO_DAY), ("1850-01-01", FAR_DAY), ("3000-01-01", FAR_DAY),
        ("1.23457E+17", NO_DAY), ("2024", NO_DAY),
    ],
)  # fmt: skip
def test_days(text, meant):
    assert day_of(text) == meant


@given(st.dates(min_value=date(1928, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_in_every_shape(day):
    serial = (day - date(1899, 12, 30)).days
    for text in (
        day.isoformat(), f"{day:%Y/%m/%d}", f"{day.year}.{day.month}.{day.day}", f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日", str(serial), f"{day.isoformat()} 00:00:00",
    ):  # fmt: skip
        assert day_of(text) == day


@given(st.text())
def test_no_text_is_too_strange(text):
    day_of(text)
    yes_no(text)
    is_mangled_number(text)
    plain(text)


def test_mangled_numbers():
    assert all(map(is_mangled_number, ["1.23457E+17", "4.40123199E+17", "1e+05"]))
    assert not any(map(is_mangled_number, ["440123199005170022", "1.5", "A+B", "E+17", ""]))


def test_yes_and_no():
    assert (yes_no("是"), yes_no("√"), yes_no("Ｙ"), yes_no("否"), yes_no("0"), yes_no("")) == (
        True, True, True, False, False, None,
    )  # fmt: skip
    assert yes_no("也许") == NO_YES


def test_the_nearest_three_names():
    names = NearestNames(["北山镇总工会", "南湖街道总工会", "北山纺织厂工会", "中坪镇总工会", "石门镇总工会"])
    assert names.three("北山镇工会")[0] == "北山镇总工会"
    assert len(names.three("北山镇工会")) == 3
    assert names.three("zzz") == []
    assert NearestNames([]).three("北山") == []


def test_headings_are_compared_without_their_trimmings():
    assert {plain(one) for one in ("证件号码", " * 证件 号码（必填）：", "证件号码\n(18位)", "證件号码"[1:])} == {
        "证件号码", "件号码",
    }  # fmt: skip
    assert plain("（备注）") == "(备注)"
