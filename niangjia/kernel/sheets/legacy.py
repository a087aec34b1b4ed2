"""An .xls file (Excel 97–2003, WPS): at most 65,536 rows, so it may lie in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from niangjia.kernel.errors import Refused
from niangjia.kernel.files.compound import names_in
from niangjia.kernel.sheets.archive import locked, refused_macros
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.formats import value_text
from niangjia.kernel.sheets.headings import MOST_COLUMNS
from niangjia.kernel.sheets.markup import damaged
from niangjia.kernel.sheets.worksheet import Merged

_OF_WORKBOOKS = frozenset({"Workbook", "Book"})


class OldWorkbook:
    """The first visible worksheet that holds anything."""

    kind = "xls"
    dialect: Dialect | None = None

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            names = names_in(file)
        if "EncryptedPackage" in names:
            raise locked()
        if "_VBA_PROJECT" in names:
            raise refused_macros()
        if not names & _OF_WORKBOOKS:
            raise Refused("sheet.kind", "这不是表格文件。请上传 .xlsx、.xls 或 .csv 格式的表格。", "file")
        self._rows: list[tuple[int, list[str]]] = []
        self.merged: list[Merged] = []
        try:
            self._load(path)
        except PasswordError:
            raise locked() from None
        except (CalamineError, OSError, ValueError):
            raise damaged() from None
        except BaseException as panic:
            if type(panic).__name__ == "PanicException":  # how calamine gives up, outside Exception
                raise damaged() from None
            raise
        self.total: int | None = self._rows[-1][0] if self._rows else 0

    def rows(self, upto: int | None = None) -> Iterator[tuple[int, list[str]]]:
        yield from self._rows

    def _load(self, path: Path) -> None:
        # Not by path: a name that ends in .xlsx would be believed.
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            for place, about in enumerate(book.sheets_metadata):
                if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
                    continue
                sheet = book.get_sheet_by_index(place)
                found = enumerate(sheet.iter_rows(), start=1)
                self._rows = [(number, _texts(row)) for number, row in found if any(each != "" for each in row)]
                self.merged = [_merged(area) for area in sheet.merged_cell_ranges or ()]
                if self._rows:
                    return


def _texts(row: list[Any]) -> list[str]:
    texts = [value_text(value).replace("\0", "") for value in row[: MOST_COLUMNS + 1]]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _merged(area: tuple[tuple[int, int], tuple[int, int]]) -> Merged:
    (top, left), (bottom, right) = area
    return Merged.of(top + 1, left + 1, bottom + 1, right + 1)
