"""How a file's columns are made of a list's values, in our own words or in those of another system.

Pure: no Django, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from niangjia.kernel.errors import Refused

DATE_FORMATS: Mapping[str, str] = {
    "": "2026-11-22",
    "%Y%m%d": "20261122",
    "%Y/%m/%d": "2026/11/22",
    "%Y.%m.%d": "2026.11.22",
    "%Y年%m月%d日": "2026年11月22日",
    "%Y-%m": "2026-11",
    "%Y%m": "202611",
}
KINDS: Mapping[str, str] = {"xlsx": "Excel（.xlsx）", "csv": "CSV"}
ENCODINGS: Mapping[str, str] = {"utf-8-sig": "UTF-8", "gb18030": "GB18030（GBK）"}
SEVERAL = "、"
LONGEST_HEADING, LONGEST_TEXT, MOST_COLUMNS = 60, 200, 80


@dataclass(frozen=True)
class LayoutColumn:
    """`source` is the key of one of the list's fields; without one the constant stands in every row."""

    heading: str
    source: str = ""
    constant: str = ""
    words: Mapping[str, str] = field(default_factory=dict)  # ours → theirs
    date_format: str = ""
    empty: str = ""  # what the other system wants where we know nothing

    def text(self, value: Any) -> str:
        """The cell, from the value as the list's row has it."""
        if not self.source:
            return self.constant
        if type(value) is str:  # as most are
            return (self.words.get(value, value) if self.words else value) or self.empty
        if isinstance(value, (list, tuple)):
            said = SEVERAL.join(self._theirs(one) for one in value)
        else:
            said = self._theirs(value)
        return said or self.empty

    def _theirs(self, value: Any) -> str:
        ours = text_of(value, self.date_format)
        return self.words.get(ours, ours)


def text_of(value: Any, date_format: str = "") -> str:
    if value is None:
        return ""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.strftime(date_format or "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.strftime(date_format) if date_format else value.isoformat()
    return str(value)


@dataclass(frozen=True)
class Layout:
    """The columns of a file in their order, and how the file is written."""

    code: str
    name: str
    columns: tuple[LayoutColumn, ...]
    description: str = ""
    kind: str = ""  # empty: as whoever exports chooses
    encoding: str = "utf-8-sig"
    header_lines: tuple[str, ...] = ()  # above the headings

    @property
    def headings(self) -> list[str]:
        return [column.heading for column in self.columns]

    @property
    def sources(self) -> set[str]:
        return {column.source for column in self.columns if column.source}


def words_read(text: str) -> dict[str, str]:
    """`男=1；女=2`, one pair a line or between semicolons. Raises Refused for what is no pair."""
    words: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in re.split(r"[;；\n]", text))):
        ours, equals, theirs = (part.strip() for part in pair.replace("＝", "=").partition("="))
        if not equals or not ours:
            raise Refused("layout.words", f"“{pair}”写法不对，请写成“男=1；女=2”。", "words")
        if ours in words:
            raise Refused("layout.words", f"“{ours}”对应了两次，请留一个。", "words")
        words[ours] = theirs
    return words


def words_written(words: Mapping[str, str]) -> str:
    return "；".join(f"{ours}={theirs}" for ours, theirs in words.items())


def columns_read(kept: Sequence[Mapping[str, Any]]) -> tuple[LayoutColumn, ...]:
    """From the JSON that is kept; keys that a newer version wrote are left out."""
    known = LayoutColumn.__dataclass_fields__
    return tuple(LayoutColumn(**{key: value for key, value in one.items() if key in known}) for one in kept)


def columns_written(columns: Sequence[LayoutColumn]) -> list[dict[str, Any]]:
    """Without what is empty anyhow."""
    return [
        {key: value for key in LayoutColumn.__dataclass_fields__ if (value := getattr(one, key)) or key == "heading"}
        for one in columns
    ]


def ensure_columns(columns: Sequence[LayoutColumn], known: set[str]) -> None:
    """Raises Refused for columns that make no file."""
    if not columns:
        raise Refused("layout.empty", "请至少填一列：写上列名，并选择取哪个数据。", "columns")
    if len(columns) > MOST_COLUMNS:
        raise Refused("layout.many", f"最多 {MOST_COLUMNS} 列。", "columns")
    headings: set[str] = set()
    for column in columns:
        if column.heading in headings:
            raise Refused("layout.twice", f"有两列都叫“{column.heading}”，请改一个。", "columns")
        headings.add(column.heading)
        if column.source and column.source not in known:
            raise Refused("layout.source", f"“{column.heading}”取的数据这个列表里没有，请重新选择。", "columns")
        if column.date_format not in DATE_FORMATS:
            raise Refused("layout.date", f"“{column.heading}”的日期写法不能用，请重新选择。", "columns")
