"""A workbook of figures: numbers stay numbers, so that whoever gets it can go on reckoning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

Cell = str | int | float | None
_INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class ReportSheet:
    """`shares` are the columns whose numbers are parts of one; `note` stands under the title."""

    name: str
    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    shares: frozenset[int] = frozenset()


def write_report(target: Path, sheets: Sequence[ReportSheet]) -> None:
    with xlsxwriter.Workbook(str(target), _INERT) as book:
        large = book.add_format({"bold": True, "font_size": 14})
        quiet = book.add_format({"font_color": "#666666"})
        head = book.add_format({"bold": True, "bg_color": "#EDEDED", "border": 1, "text_wrap": True, "align": "center"})
        text = book.add_format({"border": 1})
        number = book.add_format({"border": 1, "num_format": "#,##0.##"})
        whole = book.add_format({"border": 1, "num_format": "#,##0"})
        share = book.add_format({"border": 1, "num_format": "0.00%"})
        for one in sheets:
            sheet = book.add_worksheet(one.name)
            sheet.write_string(0, 0, one.title, large)
            sheet.write_string(1, 0, one.note, quiet)
            sheet.set_column(0, 0, 28)
            sheet.set_column(1, max(len(one.headings) - 1, 1), 12)
            sheet.freeze_panes(3, 1)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            for column, heading in enumerate(one.headings):
                sheet.write_string(2, column, heading, head)
            for line, row in enumerate(one.rows, start=3):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(line, column, cell, text)
                    elif cell is None:
                        sheet.write_blank(line, column, None, text)
                    else:
                        form = share if column in one.shares else whole if isinstance(cell, int) else number
                        sheet.write_number(line, column, cell, form)
