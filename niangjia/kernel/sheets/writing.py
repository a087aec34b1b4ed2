"""Writes sheets in which nothing runs: every cell is text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyzipper
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.inert import made_inert
from niangjia.kernel.sheets.strings import disk_full

_LAST_ROW = 1_048_575
_LONGEST_CELL = 32_767
_NARROW, _WIDE = 9, 40
_SAMPLE = 200  # rows that decide how wide the columns are
_RED = "#C00000"


@dataclass(frozen=True)
class TemplateColumn:
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
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    count = 0
    with xlsxwriter.Workbook(str(target), options) as book:
        sheet = book.add_worksheet("数据")
        bold = book.add_format({"bold": True, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        red = book.add_format({"num_format": "@", "font_color": _RED})
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading[:_LONGEST_CELL], bold)
        for row in rows:
            count += 1
            if count > _LAST_ROW:
                raise Refused("sheet.rows", "超过 1,048,575 行，一张 Excel 工作表放不下。请改用 CSV 格式。")
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(count, column, cell[:_LONGEST_CELL], red if column == marked else text)
    return count


def write_template(target: Path, columns: Sequence[TemplateColumn]) -> None:
    """An empty sheet to fill in, with drop-downs, and a second one that explains the columns."""
    write_sheet(target, "xlsx", [each.heading + ("*" if each.required else "") for each in columns], ())


def lock_in_zip(source: Path, name: str, password: str, target: Path) -> None:
    """`source` under `name` in a zip that only opens with the password (AES-256)."""
    try:
        with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(password.encode())
            archive.write(source, name)
    except OSError:
        target.unlink(missing_ok=True)
        raise disk_full() from None
