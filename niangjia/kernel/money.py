"""Money is whole fen. People write yuan: 12.5, 1,200, 12.6万."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from niangjia.kernel.errors import Refused

_WRITTEN = re.compile(
    r"(?:¥|￥|RMB|人民币)?\s*(\d+(?:\.\d+)?)\s*(万|亿|千|百)?\s*(?:元|块钱|块)?", re.ASCII | re.IGNORECASE
)
_TIMES = {None: 1, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_GROUPS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))", re.ASCII)
MOST_FEN = 2**63 - 1


def fen_of(text: str, field: str | None = None) -> int:
    """Raises Refused for what is no sum, or has parts of a fen."""
    plain = _GROUPS.sub("", unicodedata.normalize("NFKC", text).strip())
    found = _WRITTEN.fullmatch(plain)
    if found is None:
        raise Refused(
            "money.unclear", f"看不懂金额“{text.strip()[:20]}”。请写数字，例如 1200、12.5 或 12.6万，单位是元。", field
        )
    fen = Decimal(found[1]) * _TIMES[found[2]] * 100
    if fen != fen.to_integral_value():
        raise Refused("money.fraction", "金额最多到分，请写到小数点后两位。", field)
    if fen > MOST_FEN:
        raise Refused("money.much", "金额太大，请核对。", field)
    return int(fen)


def yuan(fen: int | None) -> str:
    """12600000 → 126,000.00; nothing for no sum."""
    if fen is None:
        return ""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02}"
