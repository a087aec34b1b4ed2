"""An .xlsx file: found out what it holds, refused with a reason, or read as a stream in bounded memory."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.archive import SMALL, Archive, refused_macros
from niangjia.kernel.sheets.cells import Cells
from niangjia.kernel.sheets.delimited import Dialect
from niangjia.kernel.sheets.formats import styles_of
from niangjia.kernel.sheets.headings import HEADINGS_ABOVE
from niangjia.kernel.sheets.markup import damaged, elements
from niangjia.kernel.sheets.strings import SharedStrings
from niangjia.kernel.sheets.worksheet import Merged, Worksheet

_CONTENT_TYPES = "[content_types].xml"
_MACROS = "vbaproject.bin"


class Workbook:
    """The first visible worksheet that holds anything."""

    kind = "xlsx"
    dialect: Dialect | None = None

    def __init__(self, path: Path) -> None:
        self._archive = Archive(path)
        _refuse_foreign(self._archive)
        book = self._root()
        related = self._related(book)
        sheets, self._since_1904 = self._listed(book)
        self._styles: list[int] = []
        self._strings = SharedStrings(())
        for kind, target in related.values():
            if kind == "styles":
                self._styles = styles_of(self._archive, target)
            elif kind == "sharedStrings":
                self._strings = SharedStrings(self._archive.pieces(target))
        self._parts = [related[each][1] for each in sheets if related.get(each, ("", ""))[0] == "worksheet"]
        if not self._parts:
            raise damaged()
        self.merged: list[Merged] = []
        self.total: int | None = None
        self._part = self._parts[0]
        for part in self._parts:
            sheet = self._worksheet()
            if next(sheet.rows(self._archive.pieces(part), HEADINGS_ABOVE), None) is not None:
                self._part, self.total = part, sheet.last_row
                break

    def rows(self, upto: int | None = None) -> Iterator[tuple[int, list[str]]]:
        sheet = self._worksheet()
        yield from sheet.rows(self._archive.pieces(self._part), upto)
        self.merged = sheet.merged

    def _worksheet(self) -> Worksheet:
        return Worksheet(Cells(self._strings, self._styles, since_1904=self._since_1904))

    def _root(self) -> str:
        if "_rels/.rels" in self._archive:
            for kind, target in self._related("").values():
                if kind == "officeDocument":
                    return target
        return "xl/workbook.xml"

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to within the archive: (kind, part) by id."""
        folder, name = posixpath.split(part)
        found = {}
        for element, attributes in elements(self._archive.pieces(f"{folder}/_rels/{name}.rels".lstrip("/"), SMALL)):
            if element == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").replace("\\", "/")
                resolved = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], resolved)
        return found

    def _listed(self, book: str) -> tuple[list[str], bool]:
        """The ids of the visible sheets in their order, and whether days count from 1904."""
        sheets, since_1904 = [], False
        for element, attributes in elements(self._archive.pieces(book, SMALL)):
            if element == "sheet" and attributes.get("state", "visible") == "visible":
                sheets.append(attributes.get("id", ""))
            elif element == "workbookPr":
                since_1904 = attributes.get("date1904", "") in {"1", "true", "on"}
        return sheets, since_1904


def _refuse_foreign(archive: Archive) -> None:
    if any(name.endswith(_MACROS) for name in archive.names) or _says_macros(archive):
        raise refused_macros()
    if "xl/workbook.bin" in archive.names or "content.xml" in archive.names:
        raise Refused("sheet.format", "读不了这种格式的工作簿。请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传。", "file")
    if _CONTENT_TYPES not in archive:
        raise Refused("sheet.kind", "这是压缩包，不是表格。请解压后上传里面的 .xlsx、.xls 或 .csv 文件。", "file")


def _says_macros(archive: Archive) -> bool:
    if _CONTENT_TYPES not in archive:
        return False
    described = elements(archive.pieces(_CONTENT_TYPES, SMALL))
    return any("macroenabled" in attributes.get("ContentType", "").lower() for _, attributes in described)
