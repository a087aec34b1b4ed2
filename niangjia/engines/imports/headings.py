"""Which heading of a file means which column: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from niangjia.engines.imports.sheet import Column

REASONS = "退回原因"
RESULT = "处理结果"
OURS = frozenset({REASONS, RESULT})
"""Columns that we add to a sheet that goes back; when it returns they are no news."""

_REMARK = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_NOISE = re.compile(r"[\s*＊:：、,，/／_\-]+")


def plain(heading: str) -> str:
    """'* 证件号码（必填）：' is 证件号码."""
    folded = unicodedata.normalize("NFKC", heading).lower()
    return _NOISE.sub("", _REMARK.sub("", folded)) or _NOISE.sub("", folded)


def match(columns: Sequence[Column], found: Sequence[str], remembered: Mapping[str, str]) -> dict[str, int]:
    """Column key → index. What was matched by hand comes first, then names, then aliases; each heading once."""
    places: dict[str, int] = {}
    for index, heading in enumerate(found):
        if heading not in OURS:
            places.setdefault(plain(heading), index)
    mapping: dict[str, int] = {}
    known = {column.key for column in columns}

    def take(key: str, name: str) -> None:
        index = places.get(name)
        if index is not None and key not in mapping and index not in mapping.values():
            mapping[key] = index

    for heading, key in remembered.items():
        if key in known:
            take(key, plain(heading))
    for column in columns:
        take(column.key, plain(column.heading))
    for column in columns:
        for alias in column.aliases:
            take(column.key, plain(alias))
    return {column.key: mapping[column.key] for column in columns if column.key in mapping}
