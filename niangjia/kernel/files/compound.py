"""The names inside an OLE compound file: they tell an old workbook from a Word file or a locked one."""

from __future__ import annotations

import struct
from typing import BinaryIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_ENTRY = 128
_END_OF_CHAIN = 0xFFFFFFF0  # sectors are numbered below
_MOST_SECTORS = 4096  # of the directory; more than that is made to keep us busy


def names_in(content: BinaryIO) -> frozenset[str]:
    """Streams and storages by name, at any depth; empty where the file makes no sense. Moves the position."""
    content.seek(0)
    header = content.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(MAGIC):
        return frozenset()
    size = 1 << min(struct.unpack_from("<H", header, 30)[0], 12)
    sector: int = struct.unpack_from("<I", header, 48)[0]
    tables = struct.unpack_from("<109I", header, 76)
    names: set[str] = set()
    for _ in range(_MOST_SECTORS):
        if sector >= _END_OF_CHAIN:
            break
        entries = _sector(content, sector, size)
        if not entries:
            break
        names.update(filter(None, map(_name, (entries[at : at + _ENTRY] for at in range(0, len(entries), _ENTRY)))))
        sector = _next(content, sector, size, tables)
    return frozenset(names)


def _sector(content: BinaryIO, number: int, size: int) -> bytes:
    content.seek((number + 1) * size)
    return content.read(size)


def _next(content: BinaryIO, sector: int, size: int, tables: tuple[int, ...]) -> int:
    table, place = divmod(sector, size // 4)
    if table >= len(tables) or tables[table] >= _END_OF_CHAIN:
        return _END_OF_CHAIN
    cells = _sector(content, tables[table], size)
    if len(cells) < size:
        return _END_OF_CHAIN
    following: int = struct.unpack_from("<I", cells, place * 4)[0]
    return following


def _name(entry: bytes) -> str:
    if len(entry) < _ENTRY:
        return ""
    length = struct.unpack_from("<H", entry, 64)[0]
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace")
