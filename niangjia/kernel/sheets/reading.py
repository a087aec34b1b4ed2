"""Opens a sheet file by what it is, whatever it is called, and hands its rows out as text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Protocol

from niangjia.kernel.errors import Refused
from niangjia.kernel.files.compound import MAGIC
from niangjia.kernel.sheets.delimited import DelimitedText, Dialect
from niangjia.kernel.sheets.headings import HEADINGS_ABOVE, LOOKED_AT, find_headings
from niangjia.kernel.sheets.legacy import OldWorkbook
from niangjia.kernel.sheets.workbook import Workbook
from niangjia.kernel.sheets.worksheet import Merged

LONGEST_CELL = 5_000
_WIDE_ROWS_NAMED = 100
_MERGED_NAMED = 5


class _Source(Protocol):
    """A file of some format; rows without any content may be left out, rows may be of any length."""

    @property
    def kind(self) -> str: ...
    @property
    def dialect(self) -> Dialect | None: ...
    @property
    def total(self) -> int | None: ...
    @property
    def merged(self) -> Sequence[Merged]:
        """Complete when the rows are through."""

    def rows(self, upto: int | None = None) -> Iterator[tuple[int, list[str]]]: ...


class OpenSheet:
    """The first visible sheet of a file, under its headings. `rows` may be called again and begins anew.

    `total` is an upper estimate of the rows or None. `too_wide` names the first rows that had something to the right
    of the last heading; that part is not read.
    """

    def __init__(self, source: _Source, known: Collection[str]) -> None:
        self._source = source
        self.kind = source.kind
        self.dialect = source.dialect
        self.total = source.total
        self.too_wide: list[int] = []
        above = takewhile(lambda row: row[0] <= HEADINGS_ABOVE, source.rows(HEADINGS_ABOVE))
        top = list(islice((row for row in above if any(map(str.strip, row[1]))), LOOKED_AT))
        if not top:
            raise Refused(
                "sheet.empty", "没有读到内容。请确认数据在第一张没有隐藏的工作表里、从顶上写起，再重新上传。", "file"
            )
        position, self.headings = find_headings([cells for _, cells in top], known)
        self.heading_row = top[position][0]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number as the reader of the file sees it, cells as text), as many cells as headings; empty rows left out.

        Raises Refused where the file turns out to be unreadable further down.
        """
        width = len(self.headings)
        self.too_wide = []
        number = self.heading_row
        for number, cells in self._source.rows():
            if number <= self.heading_row:
                continue
            if len(cells) != width:
                cells = self._fitted(number, cells, width)  # noqa: PLW2901 - the row, as long as the headings
            joined = "".join(cells)
            if not joined or joined.isspace():
                continue
            if len(joined) > LONGEST_CELL:
                self._refuse_long(number, cells)
            yield number, cells
        self._refuse_merged(number)

    def _fitted(self, number: int, cells: list[str], width: int) -> list[str]:
        if len(cells) < width:
            return cells + [""] * (width - len(cells))
        if len(self.too_wide) < _WIDE_ROWS_NAMED and any(map(str.strip, cells[width:])):
            self.too_wide.append(number)
        return cells[:width]

    def _refuse_long(self, number: int, cells: list[str]) -> None:
        for heading, cell in zip(self.headings, cells, strict=True):
            if len(cell) > LONGEST_CELL:
                raise Refused(
                    "sheet.cell",
                    f"第 {number} 行“{heading}”一格有 {len(cell):,} 个字，最多 {LONGEST_CELL:,} 个。请缩短后再上传。",
                    "file",
                )

    def _refuse_merged(self, last: int) -> None:
        """Only the first cell of a merged range holds anything: whether the others mean the same nobody can tell."""
        found = [
            area.reference
            for area in self._source.merged
            if area.bottom > self.heading_row and area.top <= last and area.left <= len(self.headings)
        ]
        if found:
            named = "、".join(found[:_MERGED_NAMED]) + ("等" if len(found) > _MERGED_NAMED else "")
            raise Refused(
                "sheet.merged",
                f"数据里有 {len(found)} 处合并的单元格：{named}。请取消合并，把每一格都填好后再上传。",
                "file",
            )


def open_sheet(path: Path, name: str, known: Collection[str] = frozenset()) -> OpenSheet:
    """Raises Refused for what can't be read. `known` headings tell the heading row from titles above it."""
    return OpenSheet(_source(path, name), known)


_OTHERS = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!doctype|<!--|<(?:html|head|meta|style|table|body|div)\b)", re.IGNORECASE
)
_WEB_ARCHIVE = re.compile(rb"\s*mime-version:", re.IGNORECASE)


def _source(path: Path, name: str) -> _Source:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise Refused("sheet.empty", "文件是空的，请重新选择。", "file")
    if head.startswith(b"PK"):
        return Workbook(path)
    if head.startswith(MAGIC):
        return OldWorkbook(path)
    if _MARKUP.match(head) or _WEB_ARCHIVE.match(head):
        raise Refused(
            "sheet.web",
            f"“{name}”其实是网页，不是 Excel 表格（有的系统这样导出）。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。",
            "file",
        )
    if head.startswith(_OTHERS):
        raise Refused("sheet.kind", "这不是表格文件。请上传 .xlsx、.xls 或 .csv 格式的表格。", "file")
    return DelimitedText(path)
