"""The rows of a file as they were read, for the second look that the refused ones need.

Without a name in the file system: it is gone with the process, however that ends.
"""

from __future__ import annotations

import marshal
import tempfile
from collections.abc import Iterator
from typing import cast

from django.conf import settings

Row = tuple[int, list[str]]
Packed = tuple[int, bytes]
_LENGTH = 8

# marshal is for processes of the same Python, a moment later: three times as quick as pickle. Row by row, because
# most rows are never looked at again, and a whole piece at once keeps the garbage collector busy.


def pack(rows: list[Row]) -> bytes:
    return marshal.dumps(([number for number, _ in rows], [marshal.dumps(cells) for _, cells in rows]))


def packed_rows(piece: bytes) -> Iterator[Packed]:
    numbers, cells = marshal.loads(piece)  # noqa: S302 - packed by us
    return zip(numbers, cells, strict=True)


def cells_of(packed: bytes) -> list[str]:
    return cast("list[str]", marshal.loads(packed))  # noqa: S302 - packed by us


class Spool:
    def __init__(self) -> None:
        settings.FILES_ROOT.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=settings.FILES_ROOT)  # noqa: SIM115 - `close` is the caller's

    def add(self, piece: bytes) -> None:
        self._file.write(len(piece).to_bytes(_LENGTH, "big") + piece)

    def rows(self) -> Iterator[Packed]:
        self._file.seek(0)
        while length := self._file.read(_LENGTH):
            yield from packed_rows(self._file.read(int.from_bytes(length, "big")))

    def close(self) -> None:
        self._file.close()
