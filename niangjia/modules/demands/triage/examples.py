"""Messages with their labels out of a file: `label,title,detail`, as CSV, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from pathlib import Path

from niangjia.modules.demands.triage.learning import Example

COLUMNS = ("label", "title", "detail")
ENCODINGS = ("utf-8-sig", "gb18030")
LONGEST_CELL = 10_000_000


class BadFile(Exception):
    """The sentence says what is wrong with it."""


def read_examples(path: Path) -> list[Example]:
    """Every row that has something in it; a cell that is missing is empty. Raises BadFile."""
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    try:
        names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        if missing := [column for column in COLUMNS if column not in names]:
            raise BadFile(f"{path.name} 缺少列：{'、'.join(missing)}。第一行要有 label、title、detail 三列。")
        read = [Example(*((row[names[column]] or "").strip() for column in COLUMNS)) for row in rows]
    except csv.Error as error:
        raise BadFile(f"{path.name} 不是能读的 CSV：{error}。") from error
    return [example for example in read if example.label or example.title or example.body]


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise BadFile(f"{path} 打不开：{error}。") from error
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise BadFile(f"{path.name} 的文字编码认不出来，请另存为 UTF-8。")
