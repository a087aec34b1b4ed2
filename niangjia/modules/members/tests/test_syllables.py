"""Pinyin typed in one go, cut into syllables as keys have them."""

from __future__ import annotations

import pytest

from niangjia.kernel.pinyin import name_key
from niangjia.modules.members.queries.syllables import MOST_READINGS, readings


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("linxiaoyan", "lin xiao yan"),
        ("lin xiaoyan", "lin xiao yan"),
        ("zhangw", "zhang w"),
        ("xian", "xian"),
        ("xian", "xi an"),
        ("ouyangming", "ou yang ming"),
        ("lvbu", "lv bu"),
        ("fangan", "fang an"),
        ("fangan", "fan gan"),
        ("zengxiaomi", "zeng xiao mi"),
    ],
)
def test_a_reading_is_among_those_found(typed: str, meant: str) -> None:
    assert meant in readings(typed)


def test_spaces_that_were_typed_are_kept() -> None:
    assert "xian" not in readings("xi an")


@pytest.mark.parametrize("letters", ["lxy", "zxm", "v", "uuu", "bcd", ""])
def test_initials_are_no_syllables(letters: str) -> None:
    assert [key for key in readings(letters) if key] == []


@pytest.mark.parametrize("name", ["林小燕", "曾国强", "欧阳明珠", "单丽娟", "吕布", "司马相如", "区爱群", "解晓东"])
def test_a_name_is_found_by_its_own_pinyin(name: str) -> None:
    key = name_key(name)
    assert any(key.startswith(reading) for reading in readings(key.replace(" ", "")))


def test_long_input_stays_cheap() -> None:
    assert len(readings("xian" * 12)) == MOST_READINGS
