"""Our values in another system's words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from niangjia.engines.exports.layout import (
    LayoutColumn,
    columns_read,
    columns_written,
    ensure_columns,
    words_read,
    words_written,
)
from niangjia.kernel.errors import Refused

SEX = {"男": "1", "女": "2"}
DAY = date(1990, 5, 7)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ({}, "林小燕", "林小燕"),
        ({}, None, ""),
        ({}, "", ""),
        ({}, True, "是"),
        ({}, False, "否"),
        ({}, 12860, "12860"),
        ({}, 0, "0"),
        ({}, DAY, "1990-05-07"),
        ({}, datetime(2026, 11, 22, 9, 5, tzinfo=UTC), "2026-11-22 09:05"),
        ({"date_format": "%Y%m%d"}, DAY, "19900507"),
        ({"date_format": "%Y年%m月%d日"}, DAY, "1990年05月07日"),
        ({"date_format": "%Y-%m"}, None, ""),
        ({"date_format": "%Y%m%d", "empty": "00000000"}, None, "00000000"),
        ({"words": SEX}, "女", "2"),
        ({"words": SEX}, "未知", "未知"),
        ({"words": SEX, "empty": "9"}, "", "9"),
        ({"words": {"是": "1", "否": "0"}}, True, "1"),
        ({"words": {"无": ""}, "empty": "-"}, "无", "-"),
        ({}, ("快递员", "网约送餐员"), "快递员、网约送餐员"),
        ({"words": {"快递员": "02", "网约送餐员": "06"}}, ["快递员", "网约送餐员"], "02、06"),
        ({"empty": "无"}, (), "无"),
        ({"source": "", "constant": "地方平台"}, "whatever", "地方平台"),
        ({"source": ""}, "whatever", ""),
        ({"empty": "0"}, 0, "0"),
    ],
)
def test_a_cell(column: dict[str, Any], value: Any, said: str) -> None:
    assert LayoutColumn(**{"heading": "列", "source": "key", **column}).text(value) == said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", {}),
        ("男=1；女=2", SEX),
        (" 男 = 1 ;\n女＝2；", SEX),
        ("无=", {"无": ""}),
        ("甲=a=b", {"甲": "a=b"}),
    ],
)
def test_words_as_they_are_typed(text: str, words: dict[str, str]) -> None:
    assert words_read(text) == words
    assert words_read(words_written(words)) == words


@pytest.mark.parametrize("text", ["男", "=1", "男=1；男=2", "男：1"])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        words_read(text)


def test_columns_are_kept_without_what_is_empty() -> None:
    columns = (LayoutColumn("性别", "sex", words=SEX, empty="9"), LayoutColumn("来源", constant="地方平台"))
    kept = columns_written(columns)
    assert kept[1] == {"heading": "来源", "constant": "地方平台"}
    assert columns_read(kept) == columns
    assert columns_read([{"heading": "性别", "source": "sex", "of_a_newer_version": 1}]) == (
        LayoutColumn("性别", "sex"),
    )


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [LayoutColumn("姓名", "name"), LayoutColumn("姓名", "sex")],
        [LayoutColumn("姓名", "nowhere")],
        [LayoutColumn("生日", "name", date_format="%c")],
        [LayoutColumn(f"列{n}", "name") for n in range(81)],
    ],
)
def test_columns_that_make_no_file(columns: list[LayoutColumn]) -> None:
    with pytest.raises(Refused):
        ensure_columns(columns, {"name", "sex"})
