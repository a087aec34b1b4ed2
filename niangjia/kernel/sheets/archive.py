"""The parts of a workbook's zip, unpacked piece by piece within bounds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from niangjia.kernel.errors import Refused
from niangjia.kernel.sheets.markup import damaged

_PIECE = 256 * 1024
_MOST_PARTS = 10_000
_MOST_UNPACKED = 4 * 1024**3  # of one part; a million rows of 18 text columns take 1.2 GB
_MOST_RATIO = 100  # of unpacked to packed; a million rows that are only formatted stay below 25
_RATIO_COUNTS_FROM = 64 * 1024**2
SMALL = 16 * 1024**2

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, NotImplementedError)


class Archive:
    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _UNREADABLE:
            raise damaged() from None
        parts = self._zip.infolist()
        if len(parts) > _MOST_PARTS:
            raise _bomb()
        self._parts = {part.filename.replace("\\", "/").lower(): part for part in parts}

    @property
    def names(self) -> frozenset[str]:
        """In lower case: programs differ in how they write them."""
        return frozenset(self._parts)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def pieces(self, name: str, most: int = _MOST_UNPACKED) -> Iterator[bytes]:
        """The content of a part. Raises Refused when it is missing or broken, or grows beyond all measure."""
        part = self._parts.get(name.lower())
        if part is None:
            raise damaged()
        if part.flag_bits & 1:
            raise locked()
        packed, unpacked = max(part.compress_size, 1), 0
        try:
            with self._zip.open(part) as content:
                while piece := content.read(_PIECE):
                    unpacked += len(piece)
                    if unpacked > most or (unpacked > _RATIO_COUNTS_FROM and unpacked > packed * _MOST_RATIO):
                        raise _bomb()
                    yield piece
        except _UNREADABLE:
            raise damaged() from None


def locked() -> Refused:
    return Refused("sheet.locked", "文件设有打开密码，读不出来。请在 Excel 或 WPS 里去掉密码、保存后再上传。", "file")


def refused_macros() -> Refused:
    return Refused(
        "sheet.macros",
        "这个工作簿带有宏，为安全起见不能读取。请在 Excel 里另存为“Excel 工作簿（.xlsx）”后再上传。",
        "file",
    )


def _bomb() -> Refused:
    return Refused(
        "sheet.bomb",
        "文件解压后大得不合常理，为安全起见不能读取。请把数据复制到新的工作簿里，保存后再上传。",
        "file",
    )
