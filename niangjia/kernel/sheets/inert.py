"""Cells of a CSV that a spreadsheet would run as formulas, kept from running; lossless both ways.

An apostrophe goes before such a cell (and before one that already looks like that), and reading takes
one away again. Cells of a workbook are typed as text and need none of this.
"""

from __future__ import annotations

import re

_RUNS = "=+\\-@\t\r\n＝＋－＠"
_WOULD_RUN = re.compile(f"'*[{_RUNS}]")
_MADE_INERT = re.compile(f"'+[{_RUNS}]")


def made_inert(cell: str) -> str:
    return "'" + cell if _WOULD_RUN.match(cell) else cell


def as_meant(cell: str) -> str:
    return cell[1:] if _MADE_INERT.match(cell) else cell
