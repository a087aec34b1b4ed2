"""Writes sheets in which nothing runs: every cell is text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyzipper
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.formats import letters_of
from niangjia.kernel.sheets.inert import made_inert
from niangjia.kernel.sheets.strings import disk_full

_LAST_ROW = 1_048_575
_LONGEST_CELL = 32_767
_NARROW, _WIDE = 9, 40
_SAMPLE = 200  # rows that decide how wide the columns are
_RED = "#C00000"
_GREY = "#EDEDED"
_CHOICES_NAMED = 12
_INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class TemplateColumn:
    """A column of a form to fill in; `example` stands among the explanations, not among the rows."""

    heading: str
    required: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""
    example: str = ""


def write_sheet(
    target: Path,
    kind: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    dialect: Dialect | None = None,
    marked: int | None = None,
) -> int:
    """How many rows were written. 'xlsx' and 'xls' become .xlsx, 'csv' a CSV like `dialect`; `marked` is in red."""
    try:
        if kind == "csv":
            return _write_delimited(target, headings, rows, dialect or Dialect())
        return _write_workbook(target, headings, rows, marked)
    except (OSError, XlsxWriterException):
        target.unlink(missing_ok=True)
        raise disk_full() from None
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write_delimited(target: Path, headings: Sequence[str], rows: Iterable[Sequence[str]], dialect: Dialect) -> int:
    # UTF-8 goes out with its mark, without which Excel takes it for GBK.
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    count = 0
    with target.open("w", encoding=encoding, newline="", errors="replace", buffering=1024 * 1024) as file:
        writer = csv.writer(file, delimiter=dialect.delimiter)
        writer.writerow(map(made_inert, headings))
        for row in rows:
            writer.writerow(map(made_inert, row))
            count += 1
    return count


def _write_workbook(target: Path, headings: Sequence[str], rows: Iterable[Sequence[str]], marked: int | None) -> int:
    count = 0
    rows = iter(rows)
    sample = list(islice(rows, _SAMPLE))
    # A folder of its own, because the writer leaves its pieces behind when the disk is full.
    with (
        TemporaryDirectory(prefix=".sheet-", dir=target.parent) as folder,
        xlsxwriter.Workbook(str(target), {**_INERT, "constant_memory": True, "tmpdir": folder}) as book,
    ):
        sheet = book.add_worksheet("数据")
        bold = book.add_format({"bold": True, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        red = book.add_format({"num_format": "@", "font_color": _RED})
        formats = [red if column == marked else text for column in range(len(headings))]
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            cells = (row[column][:_WIDE] for row in sample if column < len(row))
            sheet.set_column(column, column, _width([heading, *cells]), formats[column])
            sheet.write_string(0, column, heading[:_LONGEST_CELL], bold)
        for row in chain(sample, rows):
            count += 1
            if count > _LAST_ROW:
                raise Refused("sheet.rows", "超过 1,048,575 行，一张 Excel 工作表放不下。请改用 CSV 格式。")
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(count, column, cell[:_LONGEST_CELL], formats[column])
    return count


def write_template(target: Path, columns: Sequence[TemplateColumn]) -> None:
    """An empty sheet to fill in, with notes and drop-downs, and a second one that explains each column.

    Required headings end in an asterisk, which reading takes off again.
    """
    try:
        with xlsxwriter.Workbook(str(target), _INERT) as book:
            sheet = book.add_worksheet("填写")
            _explain(book, book.add_worksheet("填写说明"), columns)
            listed = _lists(book, columns)
            text = book.add_format({"num_format": "@"})
            plain = book.add_format({"bold": True, "num_format": "@", "bg_color": _GREY, "border": 1})
            needed = book.add_format(
                {"bold": True, "num_format": "@", "bg_color": _GREY, "border": 1, "font_color": _RED}
            )
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(columns):
                heading = column.heading + ("*" if column.required else "")
                sheet.set_column(place, place, _width([heading, column.example]), text)
                sheet.write_string(0, place, heading, needed if column.required else plain)
                if column.hint:
                    sheet.write_comment(0, place, column.hint, {"author": "", "x_scale": 1.5})
                if column.choices:
                    sheet.data_validation(1, place, _LAST_ROW, place, _drop_down(column, listed[column.heading]))
    except (OSError, XlsxWriterException):
        target.unlink(missing_ok=True)
        raise disk_full() from None


def _lists(book: Any, columns: Sequence[TemplateColumn]) -> dict[str, str]:
    """The ranges of a hidden sheet that hold the choices: a list within a cell's rule ends at 255 characters."""
    ranges = {}
    sheet = book.add_worksheet("选项")
    sheet.hide()
    for place, column in enumerate(each for each in columns if each.choices):
        for row, choice in enumerate(column.choices):
            sheet.write_string(row, place, choice)
        letters = letters_of(place + 1)
        ranges[column.heading] = f"=选项!${letters}$1:${letters}${len(column.choices)}"
    return ranges


def _drop_down(column: TemplateColumn, choices: str) -> dict[str, object]:
    """Warns of other values and lets them through: the check on import has the last word."""
    return {
        "validate": "list",
        "source": choices,
        "error_type": "warning",
        "error_title": "不在选项里",
        "error_message": f"“{column.heading[:60]}”请从下拉选项里选。",
    }


def _explain(book: Any, sheet: Any, columns: Sequence[TemplateColumn]) -> None:
    bold, grey = book.add_format({"bold": True}), book.add_format({"font_color": "#666666", "text_wrap": True})
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 8)
    sheet.set_column(2, 3, 60)
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(("列", "必填", "怎样填", "例子（不会导入）")):
        sheet.write_string(0, place, heading, bold)
    for row, column in enumerate(columns, start=1):
        options = "可选：" + "、".join(column.choices[:_CHOICES_NAMED]) if column.choices else ""
        options += " 等，见下拉选项" if len(column.choices) > _CHOICES_NAMED else ""
        said = "。".join(each for each in (column.hint.rstrip("。"), options) if each)
        for place, cell in enumerate((column.heading, "是" if column.required else "", said, column.example)):
            sheet.write_string(row, place, cell, grey)


def _width(cells: Iterable[str]) -> int:
    """Of a column in which these fit; a Chinese character takes two places."""
    longest = max(len(cell) + sum(character > "\u2e7f" for character in cell) for cell in cells)
    return min(max(longest + 2, _NARROW), _WIDE)


def lock_in_zip(source: Path, name: str, password: str, target: Path) -> None:
    """`source` under `name` in a zip that only opens with the password (AES-256)."""
    try:
        with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(password.encode())
            archive.write(source, name)
    except OSError:
        target.unlink(missing_ok=True)
        raise disk_full() from None
