"""Messages in a file: `.csv` or `.csv.gz`, any order of columns, in Chinese or English names; what is missing is empty."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

MOST_ROWS = 200_000
NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "tid", "编号", "留言编号", "number"),
    "user": ("user", "留言用户", "用户", "asker"),
    "time": ("time", "留言时间", "时间", "at"),
    "title": ("t", "title", "留言主题", "标题", "主题"),
    "body": ("d", "detail", "body", "text", "留言详情", "内容", "详情"),
}
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


class Unreadable(ValueError):
    """Says in a sentence what is wrong with the file."""


@dataclass(frozen=True)
class Message:
    id: str
    user: str
    at: datetime | None
    title: str
    body: str


def messages_of(file: Path) -> list[Message]:
    """Raises Unreadable. A row without any words is kept: it stands alone."""
    try:
        raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError, zlib.error) as trouble:
        raise Unreadable(f"{file} can't be read: {trouble}") from trouble
    csv.field_size_limit(10_000_000)
    table = csv.DictReader(io.StringIO(_decoded(raw).replace("\x00", ""), newline=""))
    try:
        heads, rows = table.fieldnames or (), list(islice(table, MOST_ROWS + 1))
    except csv.Error as trouble:
        raise Unreadable(f"{file} is no CSV: {trouble}") from trouble
    if len(rows) > MOST_ROWS:
        raise Unreadable(f"{file} has more than {MOST_ROWS:,} rows.")
    column = {
        key: next((name for name in heads if name.strip().lower() in names), None) for key, names in NAMES.items()
    }
    if column["title"] is None and column["body"] is None:
        raise Unreadable(
            f"{file} has no column with a title or a text: expected one of {NAMES['title'] + NAMES['body']}."
        )
    found = []
    for number, row in enumerate(rows, start=1):
        cell = {key: (row.get(name) or "").strip() if name else "" for key, name in column.items()}
        key = cell["id"] or f"row {number}"
        found.append(
            Message(key, cell["user"] or f"unknown {number}", moment(cell["time"]), cell["title"], cell["body"])
        )
    if not found:
        raise Unreadable(f"{file} has no rows.")
    return found


def topics_of(file: Path) -> dict[str, set[str]]:
    """Ids by topic. Raises Unreadable."""
    try:
        read = json.loads(file.read_text(encoding="utf-8-sig"))
        return {str(name): {str(one) for one in ids} for name, ids in read.items()}
    except (OSError, ValueError, AttributeError, TypeError) as trouble:
        raise Unreadable(f"{file} is no table of topics ({{name: [id, …]}}): {trouble}") from trouble


def moment(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text.split(".", maxsplit=1)[0].replace("T", " ").removesuffix("Z"), form)  # noqa: DTZ007 - local
        except ValueError:
            continue
    return None


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")
