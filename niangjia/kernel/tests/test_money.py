"""Sums as people write them."""

from __future__ import annotations

import pytest

from niangjia.kernel.errors import Refused
from niangjia.kernel.money import fen_of, yuan


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12.5", 1250), ("1,200", 120_000), ("1，200", 120_000), ("12.6万", 12_600_000), ("12.6 万元", 12_600_000), ("0", 0),
        ("￥88.08", 8808), ("126,000.00", 12_600_000), ("３００元", 30_000), ("2亿", 20_000_000_000), ("3千", 300_000),
        ("五百", None), ("", None), ("-3", None), ("1.234", None), ("1e9", None), ("12,34", None), ("9" * 30, None),
    ],
)  # fmt: skip
def test_read(text: str, fen: int | None) -> None:
    if fen is None:
        with pytest.raises(Refused):
            fen_of(text)
    else:
        assert fen_of(text) == fen


@pytest.mark.parametrize(
    ("fen", "text"), [(12_600_000, "126,000.00"), (5, "0.05"), (-150, "-1.50"), (0, "0.00"), (None, "")]
)
def test_written(fen: int | None, text: str) -> None:
    assert yuan(fen) == text
